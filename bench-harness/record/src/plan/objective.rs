//! The objective of a search: a bound on a percentile of the response time, as in `p99<2ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use loadgen::{Outcome, parse_time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::number::{grouped, nanoseconds, significant};

/// A bound on a percentile of the response time, counted from the intended time. Written as `p99<2ms`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Objective {
    /// The percentile, from 0 to 100.
    pub percentile: f64,
    /// The bound: the percentile must be below it.
    pub below: Duration,
}

/// The text is not an objective.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not an objective; write a percentile and a time in quotes, for example 'p99<2ms' or 'p99.9<10ms'"
)]
pub struct ObjectiveError(String);

impl FromStr for Objective {
    type Err = ObjectiveError;

    fn from_str(text: &str) -> Result<Self, ObjectiveError> {
        let parse = || {
            let (percentile, below) = text.strip_prefix('p')?.split_once('<')?;
            let objective = Self {
                percentile: percentile.trim().parse().ok()?,
                below: parse_time(below.trim()).ok()?,
            };
            let is_possible = objective.percentile > 0.0
                && objective.percentile < 100.0
                && !objective.below.is_zero();
            is_possible.then_some(objective)
        };
        parse().ok_or_else(|| ObjectiveError(text.to_owned()))
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let below = nanoseconds(self.below.as_nanos() as f64).replace(' ', "");
        write!(f, "p{}<{below}", self.percentile)
    }
}

impl From<Objective> for String {
    fn from(objective: Objective) -> Self {
        objective.to_string()
    }
}

impl TryFrom<String> for Objective {
    type Error = ObjectiveError;

    fn try_from(text: String) -> Result<Self, ObjectiveError> {
        text.parse()
    }
}

impl Objective {
    /// The percentile of the response time, in nanoseconds; `None` if there was no reply, or the histogram is damaged.
    pub fn value_ns(&self, outcome: &Outcome) -> Option<u64> {
        let histogram = outcome.response.histogram().ok()?;
        let value = || histogram.value_at_quantile(self.percentile / 100.0);
        (!histogram.is_empty()).then(value)
    }

    /// The reason why this outcome misses the objective; `None` if it meets it.
    ///
    /// It meets the objective if the percentile is below the bound, the server refused and starved no client, no request was
    /// left out, and the generator kept its schedule.
    pub fn miss_reason(&self, outcome: &Outcome) -> Option<String> {
        let (connections, censored) = (&outcome.connections, &outcome.censored);
        let refused = connections.refused
            + connections.timed_out
            + connections.failed
            + connections.reset
            + connections.closed
            + censored.refused
            + censored.overflowed;
        let wrong = outcome.verification.mismatched;
        if wrong > 0 {
            return Some(format!("{} replies were wrong", grouped(wrong)));
        }
        if refused > 0 {
            return Some(format!(
                "{} connections or requests were refused",
                grouped(refused)
            ));
        }
        if connections.never_served > 0 {
            return Some(format!(
                "{} clients were never served",
                grouped(connections.never_served)
            ));
        }
        match self.value_ns(outcome) {
            None => Some("no request was answered".to_owned()),
            Some(value) if u128::from(value) >= self.below.as_nanos() => Some(format!(
                "p{} was {}",
                significant(self.percentile),
                nanoseconds(value as f64)
            )),
            Some(_) if !outcome.valid => outcome.reasons().into_iter().next().or_else(|| {
                Some(
                    "the generator was the bottleneck; the server may keep a higher rate"
                        .to_owned(),
                )
            }),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use loadgen::Latency;

    use super::*;

    /// 100 requests: `slow` of them took 5 ms, the others 1 ms.
    fn outcome(slow: u64) -> Outcome {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        histogram.record_n(1_000_000, 100 - slow).unwrap();
        histogram.record_n(5_000_000, slow).unwrap();
        Outcome {
            response: Latency::of(&histogram),
            valid: true,
            ..Outcome::default()
        }
    }

    #[test]
    fn an_objective_is_read_and_written_the_same_way() {
        for text in ["p99<2ms", "p99.9<10ms", "p50<250us", "p99<1.5s"] {
            assert_eq!(text.parse::<Objective>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_wrong_objective_is_refused_with_an_example() {
        for text in [
            "", "99<2ms", "p99", "p99<", "p0<2ms", "p100<2ms", "p99<0ms", "p99<soon",
        ] {
            let error = text.parse::<Objective>().unwrap_err().to_string();
            assert!(
                error.ends_with("for example 'p99<2ms' or 'p99.9<10ms'"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_objective_is_missed_if_its_percentile_is_too_high_or_unknown() {
        let objective: Objective = "p90<2ms".parse().unwrap();
        assert_eq!(objective.miss_reason(&outcome(10)), None);
        let reason = objective.miss_reason(&outcome(11)).unwrap();
        assert_eq!(reason, "p90 was 5 ms");
        assert_eq!(
            objective.miss_reason(&Outcome::default()).as_deref(),
            Some("no request was answered")
        );
    }

    #[test]
    fn an_objective_is_missed_if_clients_are_refused_or_starve() {
        let objective: Objective = "p90<2ms".parse().unwrap();
        let mut starved = outcome(0);
        starved.connections.never_served = 3;
        let reason = objective.miss_reason(&starved).unwrap();
        assert!(reason.starts_with("3 clients"), "{reason}");
        let mut full = outcome(0);
        full.censored.overflowed = 1;
        let reason = objective.miss_reason(&full).unwrap();
        assert_eq!(reason, "1 connections or requests were refused");
        let mut late = outcome(0);
        late.valid = false;
        let reason = objective.miss_reason(&late).unwrap();
        assert!(reason.contains("a higher rate"), "{reason}");
    }
}
