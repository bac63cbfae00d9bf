//! The rate of an open loop in a plan: given, a share of the peak, or the one that a search looks for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Follows the share in a rate that is one of the peak.
const OF_PEAK: &str = " of peak";
/// Stands for the rate that a search looks for.
const SEARCHED: &str = "searched";

/// Requests per second that a load offers, as reports name it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// This number.
    Fixed(f64),
    /// This share of the peak, which a probe finds at the head of the run. It is the same for all contenders.
    OfPeak(f64),
}

impl Rate {
    /// Requests per second with this peak; `None` if the peak is needed and not known.
    pub fn at(self, peak: Option<f64>) -> Option<f64> {
        match self {
            Self::Fixed(rate) => Some(rate),
            Self::OfPeak(share) => Some(share * peak?),
        }
    }
}

/// The rate of a class of clients, as a scenario writes it.
///
/// Its text is that of the generator (`12000`, `ramp:1000..20000/10s`, …), or `0.5 of peak`, or `searched`.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedRate {
    /// Known before the run.
    Given(loadgen::Rate),
    /// This share of the peak.
    OfPeak(f64),
    /// The highest rate that meets the objective of the scenario.
    Searched,
}

impl PlannedRate {
    /// The rate that the generator is given: `found` in the place of one that only the run knows.
    pub fn when_found(self, found: f64) -> loadgen::Rate {
        match self {
            Self::Given(rate) => rate,
            Self::OfPeak(_) | Self::Searched => loadgen::Rate::Constant(found),
        }
    }

    /// True if only the run knows it.
    pub const fn is_found_by_the_run(&self) -> bool {
        matches!(self, Self::OfPeak(_) | Self::Searched)
    }

    /// The rate as reports name it; `None` if it is searched, or changes in the course of a trial.
    pub const fn shown(&self) -> Option<Rate> {
        match self {
            Self::Given(loadgen::Rate::Constant(rate)) => Some(Rate::Fixed(*rate)),
            Self::OfPeak(share) => Some(Rate::OfPeak(*share)),
            Self::Given(_) | Self::Searched => None,
        }
    }
}

/// A text is no rate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlannedRateError {
    /// The share is no positive number.
    #[error("`{0}` is no rate; write for example \"0.5 of peak\"")]
    Share(String),
    /// The generator does not know it.
    #[error(transparent)]
    Given(#[from] loadgen::RateError),
}

impl FromStr for PlannedRate {
    type Err = PlannedRateError;

    fn from_str(text: &str) -> Result<Self, PlannedRateError> {
        if text == SEARCHED {
            return Ok(Self::Searched);
        }
        let Some(share) = text.strip_suffix(OF_PEAK) else {
            return Ok(Self::Given(text.parse()?));
        };
        let share = share.trim().parse().ok();
        let share = share.filter(|share: &f64| share.is_finite() && *share > 0.0);
        share
            .map(Self::OfPeak)
            .ok_or_else(|| PlannedRateError::Share(text.to_owned()))
    }
}

impl fmt::Display for PlannedRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(rate) => rate.fmt(f),
            Self::OfPeak(share) => write!(f, "{share}{OF_PEAK}"),
            Self::Searched => f.write_str(SEARCHED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_written_as_it_is_read() {
        for text in ["12000", "0.5 of peak", "searched"] {
            assert_eq!(text.parse::<PlannedRate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_share_that_is_no_positive_number_is_refused_with_an_example() {
        for text in ["all of peak", "0 of peak", "-1 of peak", "inf of peak"] {
            let error = text.parse::<PlannedRate>().unwrap_err().to_string();
            assert!(error.contains("0.5 of peak"), "{error}");
        }
    }

    #[test]
    fn a_share_is_one_of_the_peak_and_needs_it() {
        assert_eq!(Rate::OfPeak(0.5).at(None), None);
        assert_eq!(Rate::OfPeak(0.5).at(Some(3e4)), Some(15e3));
        assert_eq!(Rate::Fixed(7.0).at(None), Some(7.0));
    }
}
