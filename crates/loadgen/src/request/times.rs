//! Durations of work: one time, a weighted choice of times, or a distribution.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use thiserror::Error;

/// The longest time that a text may say. Sums of a few times and a moment cannot overflow.
pub const LONGEST_TIME: Duration = Duration::from_hours(10_000);

/// A distribution of durations.
///
/// | text | meaning |
/// |---|---|
/// | `250us` | always this time |
/// | `100us:0.9,10ms:0.1` | times with weights |
/// | `exp:250us` | exponential with this mean |
/// | `pareto:100us:1.5` | Pareto with this shortest time and this shape; a small shape has a long tail |
#[derive(Clone, Debug, PartialEq)]
pub enum Times {
    /// Always the same time.
    Fixed(Duration),
    /// A few times, each with its weight.
    Choice(Vec<(Duration, f64)>),
    /// Exponential with this mean.
    Exponential(Duration),
    /// Pareto: longer than `t` with probability `(least / t)^shape`.
    Pareto {
        /// The shortest time.
        least: Duration,
        /// The larger the shape, the fewer long times; the mean is finite above 1.
        shape: f64,
    },
}

impl Times {
    /// Returns the time for a random number, uniform from 0 to 1.
    pub fn pick(&self, random: f64) -> Duration {
        match self {
            Self::Fixed(time) => *time,
            Self::Choice(weights) => *choose(weights, random),
            Self::Exponential(mean) => scale(*mean, exponential(random)),
            Self::Pareto { least, shape } => scale(*least, pareto(random, *shape)),
        }
    }

    /// The longest time that the text of this distribution names.
    pub fn longest_named(&self) -> Duration {
        match self {
            Self::Fixed(_) | Self::Choice(_) => self.longest().unwrap_or_default(),
            Self::Exponential(mean) => *mean,
            Self::Pareto { least, .. } => *least,
        }
    }

    /// The longest time; `None` for an unbounded distribution.
    pub fn longest(&self) -> Option<Duration> {
        match self {
            Self::Fixed(time) => Some(*time),
            Self::Choice(weights) => weights.iter().map(|(time, _)| *time).max(),
            Self::Exponential(_) | Self::Pareto { .. } => None,
        }
    }
}

/// An exponential variable with mean 1, by inversion.
pub fn exponential(random: f64) -> f64 {
    -(1.0 - random).ln()
}

/// A Pareto variable of at least 1, by inversion.
pub fn pareto(random: f64, shape: f64) -> f64 {
    (1.0 - random).powf(-1.0 / shape)
}

/// Chooses a value by weight. `place` is from 0 to 1; the weights need not add up to 1.
pub fn choose<T>(weights: &[(T, f64)], place: f64) -> &T {
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = place * sum;
    for (value, weight) in weights {
        left -= weight;
        if left < 0.0 {
            return value;
        }
    }
    &weights.last().expect("a choice has at least one value").0
}

fn scale(time: Duration, by: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * by).unwrap_or(Duration::MAX)
}

/// A text is not a distribution of durations.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TimesError {
    /// A single time cannot be read.
    #[error("`{0}` is not a time; write for example 250us, 10ms or 30s")]
    Time(String),
    /// A single time is too long.
    #[error("`{0}` is too long; write a time of at most 10000h, for example 250us, 10ms or 30s")]
    TooLong(String),
    /// A weight cannot be read or makes no sense.
    #[error("`{0}` has no positive weight; write time and weight, for example 100us:0.9,10ms:0.1")]
    Weight(String),
    /// A shape cannot be read or makes no sense.
    #[error(
        "`{0}` is not a Pareto distribution; write shortest time and shape, for example pareto:100us:1.5"
    )]
    Pareto(String),
}

/// Reads a time such as `250us`, `10s` or `1m 30s`.
///
/// # Errors
/// The text is not a time, or the time is negative or longer than 10,000 hours.
pub fn parse_time(text: &str) -> Result<Duration, TimesError> {
    let time: Option<SignedDuration> = text.trim().parse().ok();
    let time = time
        .and_then(|time| Duration::try_from(time).ok())
        .ok_or_else(|| TimesError::Time(text.to_owned()))?;
    if time > LONGEST_TIME {
        return Err(TimesError::TooLong(text.to_owned()));
    }
    Ok(time)
}

impl FromStr for Times {
    type Err = TimesError;

    fn from_str(text: &str) -> Result<Self, TimesError> {
        if let Some(mean) = text.strip_prefix("exp:") {
            parse_time(mean).map(Self::Exponential)
        } else if let Some(rest) = text.strip_prefix("pareto:") {
            parse_pareto(rest)
        } else if text.contains(':') {
            text.split(',')
                .map(parse_weight)
                .collect::<Result<_, _>>()
                .map(Self::Choice)
        } else {
            parse_time(text).map(Self::Fixed)
        }
    }
}

fn parse_pareto(text: &str) -> Result<Times, TimesError> {
    let wrong = || TimesError::Pareto(text.to_owned());
    let (least, shape) = text.split_once(':').ok_or_else(wrong)?;
    let shape = positive(shape).ok_or_else(wrong)?;
    Ok(Times::Pareto {
        least: parse_time(least)?,
        shape,
    })
}

fn parse_weight(text: &str) -> Result<(Duration, f64), TimesError> {
    let wrong = || TimesError::Weight(text.to_owned());
    let (time, weight) = text.split_once(':').ok_or_else(wrong)?;
    Ok((parse_time(time)?, positive(weight).ok_or_else(wrong)?))
}

/// Reads a finite number above 0.
pub fn positive(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0)
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(time) => f.write_str(&write_time(*time)),
            Self::Exponential(mean) => write!(f, "exp:{}", write_time(*mean)),
            Self::Pareto { least, shape } => write!(f, "pareto:{}:{shape}", write_time(*least)),
            Self::Choice(weights) => {
                for (i, (time, weight)) in weights.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{weight}", write_time(*time))?;
                }
                Ok(())
            }
        }
    }
}

/// Writes a time so that [`parse_time`] can read it: `250us`.
pub fn write_time(time: Duration) -> String {
    format!("{time:?}").replace('µ', "u")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean over evenly spread random numbers.
    fn mean(text: &str) -> f64 {
        let times: Times = text.parse().unwrap();
        let places = (0..100_000).map(|i| (f64::from(i) + 0.5) / 100_000.0);
        places
            .map(|place| times.pick(place).as_secs_f64())
            .sum::<f64>()
            / 1e5
    }

    #[test]
    fn times_are_read_and_written_the_same_way() {
        for text in ["250us", "100us:0.9,10ms:0.1", "exp:1ms", "pareto:100us:1.5"] {
            assert_eq!(text.parse::<Times>().unwrap().to_string(), text);
        }
        assert_eq!(parse_time("1m 30s"), Ok(Duration::from_secs(90)));
    }

    #[test]
    fn means_match_the_textbook() {
        for (text, expected) in [
            ("2ms", 2e-3),
            ("1ms:9,11ms:1", 2e-3),
            ("exp:2ms", 2e-3),
            // The mean of a Pareto distribution is shape / (shape - 1) times the shortest time.
            ("pareto:1ms:3", 1.5e-3),
        ] {
            let mean = mean(text);
            assert!((mean / expected - 1.0).abs() < 1e-3, "{text}: {mean}");
        }
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for (text, example) in [
            ("soon", "250us, 10ms or 30s"),
            ("-1s", "250us, 10ms or 30s"),
            ("10001h", "at most 10000h"),
            ("9223372036854775807s", "at most 10000h"),
            ("exp:x", "250us, 10ms or 30s"),
            ("1ms:x", "100us:0.9,10ms:0.1"),
            ("1ms:1,2ms", "100us:0.9,10ms:0.1"),
            ("1ms:-1", "100us:0.9,10ms:0.1"),
            ("pareto:1ms", "pareto:100us:1.5"),
            ("pareto:1ms:0", "pareto:100us:1.5"),
        ] {
            let error = text.parse::<Times>().unwrap_err().to_string();
            assert!(error.contains(example), "{text}: {error}");
        }
    }
}
