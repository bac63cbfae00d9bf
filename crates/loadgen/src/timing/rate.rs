//! The offered rate of an open loop as a function of time: constant, ramp, steps or bursts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::request::times::{parse_time, positive, write_time};
use crate::text::stored_as_text;

/// Requests per second over the time since the start of the measured window. Before the window it is the initial rate.
///
/// | text | meaning |
/// |---|---|
/// | `20000` | constant |
/// | `ramp:1000..20000/10s` | linear from one rate to another in 10 s, then constant |
/// | `steps:1000,2000,4000/2s` | each rate for 2 s; the last one stays |
/// | `bursts:20000/100ms/900ms` | this rate for 100 ms, then nothing for 900 ms, repeated |
#[derive(Clone, Debug, PartialEq)]
pub enum Rate {
    /// Always the same rate.
    Constant(f64),
    /// Linear from one rate to another, then constant.
    Ramp {
        /// The rate at the start.
        from: f64,
        /// The rate at the end of the ramp and after it.
        to: f64,
        /// Duration of the ramp.
        over: Duration,
    },
    /// One rate after another; the last one stays.
    Steps {
        /// The rates; 0 is a pause.
        rates: Vec<f64>,
        /// Duration of each step.
        every: Duration,
    },
    /// A rate for a while, then nothing for a while, repeated.
    Bursts {
        /// The rate while it is on.
        rate: f64,
        /// How long it is on.
        on: Duration,
        /// How long it is off.
        off: Duration,
    },
}

impl Rate {
    /// The highest rate that a load may ask for; nothing sends a billion requests per second.
    pub const HIGHEST: f64 = 1e9;

    /// Expected number of requests in the first `t` seconds: the integral of the rate. Negative for a negative `t`.
    pub fn expected(&self, t: f64) -> f64 {
        if t < 0.0 {
            return t * self.initial();
        }
        match self {
            Self::Constant(rate) => rate * t,
            Self::Ramp { from, to, over } => {
                let over = over.as_secs_f64();
                let rising = t.min(over);
                from * rising + (to - from) * rising * rising / (2.0 * over) + to * (t - rising)
            }
            Self::Steps { rates, every } => {
                let every = every.as_secs_f64();
                let last = rates.len() - 1;
                let lasted = |i: usize| {
                    let since = (t - every * i as f64).max(0.0);
                    if i == last { since } else { since.min(every) }
                };
                rates
                    .iter()
                    .enumerate()
                    .map(|(i, rate)| rate * lasted(i))
                    .sum()
            }
            Self::Bursts { rate, on, off } => {
                let (on, period) = (on.as_secs_f64(), (*on + *off).as_secs_f64());
                let bursts = (t / period).floor();
                rate * (bursts * on + (t - bursts * period).min(on))
            }
        }
    }

    /// Returns the time in seconds at which `requests` requests are expected: the inverse of [`expected`](Self::expected).
    /// `None` if that number is never reached.
    pub fn time_of(&self, requests: f64) -> Option<f64> {
        if requests < 0.0 {
            return Some(requests / self.initial()).filter(|t| t.is_finite());
        }
        let t = match self {
            Self::Constant(rate) => requests / rate,
            Self::Ramp { from, to, over } => {
                let over = over.as_secs_f64();
                let rising = f64::midpoint(*from, *to) * over;
                if requests <= rising {
                    // The root of the quadratic equation in the form that avoids cancellation.
                    let root = (from * from + 2.0 * (to - from) / over * requests)
                        .max(0.0)
                        .sqrt();
                    2.0 * requests / (from + root)
                } else {
                    over + (requests - rising) / to
                }
            }
            Self::Steps { rates, every } => time_in_steps(rates, every.as_secs_f64(), requests),
            Self::Bursts { rate, on, off } => {
                let burst = rate * on.as_secs_f64();
                let bursts = (requests / burst).floor();
                bursts * (*on + *off).as_secs_f64() + (requests - bursts * burst) / rate
            }
        };
        // For a ramp from 0, the formula gives 0/0 for request 0, which is due at the start.
        if requests == 0.0 && t.is_nan() {
            Some(0.0)
        } else {
            Some(t).filter(|t| t.is_finite())
        }
    }

    /// The rate, if it is constant.
    pub const fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(rate) => Some(*rate),
            _ => None,
        }
    }

    /// The rate at the start.
    pub fn initial(&self) -> f64 {
        match self {
            Self::Constant(rate) | Self::Bursts { rate, .. } => *rate,
            Self::Ramp { from, .. } => *from,
            Self::Steps { rates, .. } => rates.first().copied().unwrap_or(0.0),
        }
    }
}

/// Returns the time at which `requests` requests are expected if the rate changes in steps.
fn time_in_steps(rates: &[f64], every: f64, mut requests: f64) -> f64 {
    let last = rates.len() - 1;
    for (i, rate) in rates.iter().enumerate() {
        let here = rate * every;
        if i == last || requests < here {
            return every * i as f64 + requests / rate;
        }
        requests -= here;
    }
    f64::INFINITY
}

/// A text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not a rate ({reason}); write for example 20000, ramp:1000..20000/10s, steps:1000,2000,4000/2s or bursts:20000/100ms/900ms"
)]
pub struct RateError {
    text: String,
    reason: String,
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let read = match text.split_once(':') {
            Some(("ramp", rest)) => ramp(rest),
            Some(("steps", rest)) => steps(rest),
            Some(("bursts", rest)) => bursts(rest),
            _ => rate(text).map(Self::Constant),
        };
        read.map_err(|reason| RateError {
            text: text.to_owned(),
            reason,
        })
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = positive(text).ok_or("a rate is a number above 0")?;
    if rate > Rate::HIGHEST {
        return Err("a rate is at most a billion per second".to_owned());
    }
    Ok(rate)
}

/// Reads a rate that may be 0, because another one is not.
fn rate_or_none(text: &str) -> Result<f64, String> {
    if text.trim() == "0" {
        Ok(0.0)
    } else {
        rate(text)
    }
}

fn time(text: &str) -> Result<Duration, String> {
    match parse_time(text) {
        Ok(time) if time.is_zero() => Err("times must be longer than 0".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

fn ramp(text: &str) -> Result<Rate, String> {
    let parts = text
        .split_once('/')
        .and_then(|(rates, over)| Some((rates.split_once("..")?, over)));
    let ((from, to), over) = parts.ok_or("a ramp needs two rates and a time")?;
    let (from, to, over) = (rate_or_none(from)?, rate_or_none(to)?, time(over)?);
    if from + to == 0.0 {
        return Err("a ramp from 0 to 0 sends nothing".to_owned());
    }
    Ok(Rate::Ramp { from, to, over })
}

fn steps(text: &str) -> Result<Rate, String> {
    let (rates, every) = text.split_once('/').ok_or("steps need rates and a time")?;
    let rates: Vec<f64> = rates
        .split(',')
        .map(rate_or_none)
        .collect::<Result<_, _>>()?;
    if rates.iter().sum::<f64>() == 0.0 {
        return Err("steps that are all 0 send nothing".to_owned());
    }
    Ok(Rate::Steps {
        rates,
        every: time(every)?,
    })
}

fn bursts(text: &str) -> Result<Rate, String> {
    let parts = text
        .split_once('/')
        .and_then(|(rate, times)| Some((rate, times.split_once('/')?)));
    let (high, (on, off)) = parts.ok_or("bursts need a rate and two times")?;
    Ok(Rate::Bursts {
        rate: rate(high)?,
        on: time(on)?,
        off: time(off)?,
    })
}

stored_as_text!(Rate);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(rate) => write!(f, "{rate}"),
            Self::Ramp { from, to, over } => write!(f, "ramp:{from}..{to}/{}", write_time(*over)),
            Self::Steps { rates, every } => {
                let rates: Vec<String> = rates.iter().map(f64::to_string).collect();
                write!(f, "steps:{}/{}", rates.join(","), write_time(*every))
            }
            Self::Bursts { rate, on, off } => {
                write!(f, "bursts:{rate}/{}/{}", write_time(*on), write_time(*off))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 6] = [
        "20000",
        "ramp:1000..20000/10s",
        "ramp:0..50/4s",
        "ramp:500..0/2s",
        "steps:1000,0,4000/2s",
        "bursts:20000/100ms/900ms",
    ];

    #[test]
    fn rates_are_read_and_written_the_same_way() {
        for text in ALL {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn expected_requests_are_the_area_under_the_rate() {
        for (text, t, expected) in [
            ("20000", 3.0, 60_000.0),
            ("ramp:1000..20000/10s", 10.0, 105_000.0),
            ("ramp:1000..20000/10s", 11.0, 125_000.0),
            ("steps:1000,0,4000/2s", 5.0, 6000.0),
            ("bursts:20000/100ms/900ms", 2.05, 5000.0),
            ("ramp:1000..20000/10s", -1.0, -1000.0),
        ] {
            let n = text.parse::<Rate>().unwrap().expected(t);
            assert!((n - expected).abs() < 1e-6, "{text} at {t}: {n}");
        }
    }

    #[test]
    fn the_time_of_a_request_is_the_inverse_of_the_requests_until_a_time() {
        for text in ALL {
            let rate: Rate = text.parse().unwrap();
            for n in [0.5, 1.0, 7.25, 99.0, 499.0] {
                let t = rate.time_of(n).unwrap();
                assert!((rate.expected(t) - n).abs() < 1e-6, "{text}: {n} at {t}");
            }
        }
    }

    #[test]
    fn a_ramp_down_to_nothing_ends() {
        let rate: Rate = "ramp:500..0/2s".parse().unwrap();
        assert!(rate.time_of(499.9).is_some());
        assert_eq!(rate.time_of(501.0), None);
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for (text, reason) in [
            ("0", "a number above 0"),
            ("-5", "a number above 0"),
            ("NaN", "a number above 0"),
            ("fast", "a number above 0"),
            ("2e9", "at most a billion"),
            ("ramp:1..2", "two rates and a time"),
            ("ramp:0..0/1s", "sends nothing"),
            ("ramp:1..2/0s", "longer than 0"),
            ("steps:0,0/1s", "send nothing"),
            ("steps:1,2", "rates and a time"),
            ("bursts:5/1s", "a rate and two times"),
            ("bursts:5/1s/x", "is not a time"),
        ] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("for example 20000"),
                "{text}: {error}"
            );
        }
    }
}
