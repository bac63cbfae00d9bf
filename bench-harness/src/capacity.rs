//! The search for the knee: the highest offered rate at which an objective still holds, by bisection, without any I/O.

use serde::{Deserialize, Serialize};

use crate::plan::Objective;

/// Rates that a search tries: so many halve the logarithm of the range until it is under 2 % wide.
pub const SEARCH: u32 = 8;

/// The range of the search, as shares of the peak.
const LOWEST: f64 = 1.0 / 64.0;
const HIGHEST: f64 = 1.25;

/// A search for the highest rate at which the objective still holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capacity {
    /// What had to hold.
    pub objective: Option<Objective>,
    /// The rates that were tried, in order.
    pub steps: Vec<Step>,
    /// The highest rate that held, in requests a second; absent where none did.
    pub highest: Option<f64>,
    /// The lowest rate that did not hold; absent where all held, so that the knee lies above what was tried.
    pub lowest_missed: Option<f64>,
}

/// A rate that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// Requests offered a second.
    pub rate: f64,
    /// Why the objective did not hold; absent where it held.
    pub missed: Option<String>,
    /// The percentile of the objective, in nanoseconds; absent where nothing was answered.
    pub value_ns: Option<u64>,
    /// Requests answered: a percentile of few means little.
    pub requests: u64,
}

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    low: f64,
    high: f64,
    found: Capacity,
}

impl Search {
    /// From far below this peak to a little above it, in requests a second.
    pub fn around(peak: f64, objective: Objective) -> Self {
        Self {
            low: peak * LOWEST,
            high: peak * HIGHEST,
            found: Capacity {
                objective: Some(objective),
                ..Capacity::default()
            },
        }
    }

    /// The rate to try next: the geometric middle of what is left; `None` when enough were tried.
    pub fn next_rate(&self) -> Option<f64> {
        let left = self.found.steps.len() < SEARCH as usize;
        left.then(|| (self.low * self.high).sqrt().round().max(1.0))
    }

    /// Notes what a rate came to.
    pub fn note(&mut self, step: Step) {
        if step.missed.is_none() {
            self.low = step.rate;
            self.found.highest = Some(step.rate);
        } else {
            self.high = step.rate;
            self.found.lowest_missed = Some(step.rate);
        }
        self.found.steps.push(step);
    }

    /// What has been found so far.
    pub const fn found(&self) -> &Capacity {
        &self.found
    }

    /// What was found.
    pub fn finish(self) -> Capacity {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches a server whose objective holds up to a rate.
    fn search(knee: f64) -> Capacity {
        let mut search = Search::around(100e3, "p99<2ms".parse().unwrap());
        while let Some(rate) = search.next_rate() {
            search.note(Step {
                rate,
                missed: (rate > knee).then(|| "p99 was 1 s".to_owned()),
                ..Step::default()
            });
        }
        search.finish()
    }

    #[test]
    fn the_knee_is_found_within_two_per_cent() {
        for knee in [2e3, 9.5e3, 31.4e3, 100e3, 120e3] {
            let found = search(knee);
            let (held, missed) = (found.highest.unwrap(), found.lowest_missed.unwrap());
            assert!(held <= knee && knee < missed, "{found:?}");
            assert!(missed / held < 1.02, "{found:?}");
            assert_eq!(found.steps.len(), SEARCH as usize);
        }
    }

    #[test]
    fn a_server_that_never_meets_the_objective_has_no_capacity() {
        let found = search(0.0);
        assert_eq!(found.highest, None);
        assert!(found.lowest_missed.unwrap() < 1.6e3);
    }

    #[test]
    fn a_server_that_always_does_has_one_above_what_was_tried() {
        let found = search(f64::INFINITY);
        assert_eq!(found.lowest_missed, None);
        assert!(found.highest.unwrap() > 120e3);
    }
}
