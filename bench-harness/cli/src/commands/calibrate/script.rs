//! The script of a known server: when each reply is due.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// Computes when a reply is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Script {
    /// At once.
    Null,
    /// One service after another, all of the same length: M/D/1 if requests arrive as a Poisson process.
    Fixed(Duration),
    /// One service after another, exponentially distributed with this mean: M/M/1 if they arrive as a Poisson process.
    Exponential(Duration),
    /// After a uniformly distributed time between two bounds, independent of other requests.
    Delay(Duration, Duration),
}

impl Script {
    /// Due time of the reply to a request that arrived at `now`; the reply before it was due at `last`.
    pub fn due(self, now: Instant, last: Instant, random: &mut ChaCha8Rng) -> Instant {
        match self {
            Self::Null => now,
            Self::Fixed(service) => now.max(last) + service,
            Self::Exponential(mean) => {
                let share = -(1.0 - random.random::<f64>()).ln();
                now.max(last) + mean.mul_f64(share)
            }
            Self::Delay(from, to) => {
                now + from + to.saturating_sub(from).mul_f64(random.random::<f64>())
            }
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Fixed(service) => write!(f, "fixed:{}ns", service.as_nanos()),
            Self::Exponential(mean) => write!(f, "exponential:{}ns", mean.as_nanos()),
            Self::Delay(from, to) => write!(f, "delay:{}ns..{}ns", from.as_nanos(), to.as_nanos()),
        }
    }
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, times) = text.split_once(':').unwrap_or((text, ""));
        let time = |text| loadgen::parse_time(text).map_err(|error| error.to_string());
        match kind {
            "null" => Ok(Self::Null),
            "fixed" => Ok(Self::Fixed(time(times)?)),
            "exponential" => Ok(Self::Exponential(time(times)?)),
            "delay" => match times.split_once("..") {
                Some((from, to)) => delay(time(from)?, time(to)?),
                None => Err(format!("`{times}` is not a range; write delay:1ms..3ms")),
            },
            _ => Err(format!(
                "`{kind}` is not a script; write null, fixed:200us, exponential:200us or delay:1ms..3ms"
            )),
        }
    }
}

fn delay(from: Duration, to: Duration) -> Result<Script, String> {
    if from > to {
        return Err("the first bound is above the second; write delay:1ms..3ms".to_owned());
    }
    Ok(Script::Delay(from, to))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    const SERVICE: Duration = Duration::from_millis(1);

    #[test]
    fn a_script_is_parsed_from_its_own_text() {
        for script in [
            Script::Null,
            Script::Fixed(SERVICE),
            Script::Exponential(SERVICE),
            Script::Delay(SERVICE, 3 * SERVICE),
        ] {
            assert_eq!(script.to_string().parse(), Ok(script));
        }
        for (text, remedy) in [
            ("often", "write null"),
            ("delay:3ms", "delay:1ms..3ms"),
            ("delay:3ms..1ms", "delay:1ms..3ms"),
            ("fixed:soon", "250us"),
        ] {
            let error = text.parse::<Script>().unwrap_err();
            assert!(error.contains(remedy), "{error}");
        }
    }

    #[test]
    fn a_queue_serves_one_request_after_another() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let now = Instant::now();
        let first = Script::Fixed(SERVICE).due(now, now, &mut random);
        let second = Script::Fixed(SERVICE).due(now, first, &mut random);
        let later = Script::Fixed(SERVICE).due(now + 9 * SERVICE, second, &mut random);
        assert_eq!(first, now + SERVICE);
        assert_eq!(second, now + 2 * SERVICE);
        assert_eq!(later, now + 10 * SERVICE);
    }

    #[test]
    fn services_and_delays_have_the_distribution_of_their_name() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let start = Instant::now();
        let mut last = start;
        for _ in 0..20_000 {
            last = Script::Exponential(SERVICE).due(start, last, &mut random);
        }
        let mean = (last - start).as_secs_f64() / 20_000.0;
        assert!((mean / 0.001 - 1.0).abs() < 0.03, "{mean}");
        for _ in 0..1000 {
            let delay = Script::Delay(SERVICE, 3 * SERVICE).due(start, last, &mut random) - start;
            assert!((SERVICE..=3 * SERVICE).contains(&delay));
        }
    }
}
