//! The search for the knee: the highest offered rate at which an objective still holds, by bisection, without any I/O.

use record::capacity::{Capacity, HALVINGS, Step};
use record::plan::Objective;

/// The range of the search, as shares of the peak.
const LOWEST: f64 = 1.0 / 64.0;
const HIGHEST: f64 = 1.25;

/// A search under way.
#[derive(Clone, Debug)]
pub struct Search {
    low: f64,
    high: f64,
    halvings: u32,
    /// A rate that was missed once.
    doubted: Option<f64>,
    found: Capacity,
}

impl Search {
    /// From far below this peak to a little above it, in requests a second.
    pub fn around(peak: f64, objective: Objective) -> Self {
        Self {
            low: peak * LOWEST,
            high: peak * HIGHEST,
            halvings: 0,
            doubted: None,
            found: Capacity {
                objective: Some(objective),
                ..Capacity::default()
            },
        }
    }

    /// The rate to try next: one that was missed once, or the geometric middle of what is left; `None` when that is narrow.
    pub fn next_rate(&self) -> Option<f64> {
        let middle = || (self.low * self.high).sqrt().round().max(1.0);
        let left = self.halvings < HALVINGS;
        left.then(|| self.doubted.unwrap_or_else(middle))
    }

    /// Notes what a rate came to.
    pub fn note(&mut self, step: Step) {
        let (rate, held) = (step.rate, step.missed.is_none());
        self.found.steps.push(step);
        if !held && self.doubted.is_none() {
            self.doubted = Some(rate);
            return;
        }
        self.doubted = None;
        self.halvings += 1;
        if held {
            self.low = rate;
            self.found.highest = Some(rate);
        } else {
            self.high = rate;
            self.found.lowest_missed = Some(rate);
        }
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
            assert!(found.steps.len() <= 2 * HALVINGS as usize);
        }
    }

    #[test]
    fn one_disturbance_does_not_cost_all_that_lies_above_it() {
        let mut search = Search::around(100e3, "p99<2ms".parse().unwrap());
        while let Some(rate) = search.next_rate() {
            let disturbed = search.found().steps.is_empty();
            search.note(Step {
                rate,
                missed: (disturbed || rate > 80e3).then(|| "p99 was 3 ms".to_owned()),
                ..Step::default()
            });
        }
        let found = search.finish();
        assert!(found.highest.unwrap() > 78e3, "{found:?}");
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
