//! The rate of an open loop in a plan: given, a share of the peak, or found by a search; and the class that has it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::peak::Probed;

/// The text after the number, if the rate is a share of the peak.
const OF_PEAK: &str = " of peak";
/// The text after the number, if the rate is a share of what the slowest contender reaches.
const OF_SLOWEST: &str = " of slowest";
/// The text of a rate that a search finds.
const SEARCHED: &str = "searched";

/// The rate of a load in reports.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// Requests per second.
    Fixed(f64),
    /// A share of the peak, which the probe finds at the start of the run. The peak is the same for all contenders.
    OfPeak(f64),
    /// A share of what the slowest contender reaches in the probe, so that all can keep up.
    OfSlowest(f64),
}

impl Rate {
    /// Requests per second, given what the probe found; `None` if that is needed but not known.
    pub fn per_second(self, probed: Option<Probed>) -> Option<f64> {
        match self {
            Self::Fixed(rate) => Some(rate),
            Self::OfPeak(share) => Some(share * probed?.peak),
            Self::OfSlowest(share) => Some(share * probed?.slowest),
        }
    }
}

/// The rate of a class of clients in a scenario.
///
/// Its text is a rate of the generator (`12000`, `ramp:1000..20000/10s`, …), or `0.5 of peak`, or `0.5 of slowest`, or
/// `searched`.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedRate {
    /// Known before the run.
    Given(loadgen::Rate),
    /// A share of the peak.
    OfPeak(f64),
    /// A share of what the slowest contender reaches.
    OfSlowest(f64),
    /// The highest rate that meets the objective of the scenario, found by a search.
    Searched,
}

impl PlannedRate {
    /// The rate for the generator: the given one, else the one that the run has found.
    pub fn resolve(self, found: f64) -> loadgen::Rate {
        match self {
            Self::Given(rate) => rate,
            Self::OfPeak(_) | Self::OfSlowest(_) | Self::Searched => loadgen::Rate::Constant(found),
        }
    }

    /// True if it becomes known only during the run.
    pub const fn is_found_by_the_run(&self) -> bool {
        matches!(self, Self::OfPeak(_) | Self::OfSlowest(_) | Self::Searched)
    }

    /// The rate for reports; `None` if a search finds it, or if it changes during a trial.
    pub const fn report_rate(&self) -> Option<Rate> {
        match self {
            Self::Given(loadgen::Rate::Constant(rate)) => Some(Rate::Fixed(*rate)),
            Self::OfPeak(share) => Some(Rate::OfPeak(*share)),
            Self::OfSlowest(share) => Some(Rate::OfSlowest(*share)),
            Self::Given(_) | Self::Searched => None,
        }
    }
}

/// A class of clients. Its rate may become known only during the run.
pub type Class = loadgen::Class<PlannedRate>;

/// The text is not a rate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlannedRateError {
    /// The share is not a positive number.
    #[error("`{0}` is not a rate; write for example \"0.5 of peak\" or \"0.5 of slowest\"")]
    Share(String),
    /// The generator refuses it.
    #[error(transparent)]
    Given(#[from] loadgen::RateError),
}

impl FromStr for PlannedRate {
    type Err = PlannedRateError;

    fn from_str(text: &str) -> Result<Self, PlannedRateError> {
        if text == SEARCHED {
            return Ok(Self::Searched);
        }
        if let Some(share) = text.strip_suffix(OF_PEAK) {
            return Ok(Self::OfPeak(positive(share, text)?));
        }
        if let Some(share) = text.strip_suffix(OF_SLOWEST) {
            return Ok(Self::OfSlowest(positive(share, text)?));
        }
        Ok(Self::Given(text.parse()?))
    }
}

/// The share in front of a suffix of the whole text.
fn positive(share: &str, text: &str) -> Result<f64, PlannedRateError> {
    let share = share.trim().parse().ok();
    let share = share.filter(|share: &f64| share.is_finite() && *share > 0.0);
    share.ok_or_else(|| PlannedRateError::Share(text.to_owned()))
}

impl fmt::Display for PlannedRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(rate) => rate.fmt(f),
            Self::OfPeak(share) => write!(f, "{share}{OF_PEAK}"),
            Self::OfSlowest(share) => write!(f, "{share}{OF_SLOWEST}"),
            Self::Searched => f.write_str(SEARCHED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_written_the_way_it_is_read() {
        for text in ["12000", "0.5 of peak", "0.5 of slowest", "searched"] {
            assert_eq!(text.parse::<PlannedRate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_share_that_is_not_a_positive_number_is_refused_with_an_example() {
        for text in ["all of peak", "0 of peak", "-1 of slowest", "inf of peak"] {
            let error = text.parse::<PlannedRate>().unwrap_err().to_string();
            assert!(error.contains("0.5 of peak"), "{error}");
        }
    }

    #[test]
    fn only_a_share_needs_the_probe() {
        let probed = Some(Probed {
            peak: 3e4,
            slowest: 2e4,
        });
        assert_eq!(Rate::OfPeak(0.5).per_second(None), None);
        assert_eq!(Rate::OfPeak(0.5).per_second(probed), Some(15e3));
        assert_eq!(Rate::OfSlowest(0.5).per_second(probed), Some(10e3));
        assert_eq!(Rate::Fixed(7.0).per_second(None), Some(7.0));
    }
}
