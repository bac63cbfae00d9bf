//! The search for the highest offered rate at which an objective still holds: a bisection without any I/O.

use record::plan::Objective;
use record::search_result::{HALVINGS, SearchResult, TriedRate};

/// The range of the search, as shares of the peak.
const LOWEST: f64 = 1.0 / 64.0;
const HIGHEST: f64 = 1.25;

/// A search in progress.
#[derive(Clone, Debug)]
pub struct Search {
    low: f64,
    high: f64,
    halvings: u32,
    /// A rate that missed the objective once and is tried again.
    retry: Option<f64>,
    result: SearchResult,
}

impl Search {
    /// A search from far below this peak to a little above it. Rates are in requests per second.
    pub fn around(peak: f64, objective: Objective) -> Self {
        Self {
            low: peak * LOWEST,
            high: peak * HIGHEST,
            halvings: 0,
            retry: None,
            result: SearchResult {
                objective: Some(objective),
                ..SearchResult::default()
            },
        }
    }

    /// The rate to try next: a rate that missed the objective once, else the geometric middle of the range. `None` if the
    /// range is narrow enough.
    pub fn next_rate(&self) -> Option<f64> {
        let middle = || (self.low * self.high).sqrt().round().max(1.0);
        let continues = self.halvings < HALVINGS;
        continues.then(|| self.retry.unwrap_or_else(middle))
    }

    /// Adds the result of a rate, and narrows the range.
    pub fn add(&mut self, tried: TriedRate) {
        let (rate, met) = (tried.rate, tried.missed.is_none());
        self.result.steps.push(tried);
        if !met && self.retry.is_none() {
            self.retry = Some(rate);
            return;
        }
        self.retry = None;
        self.halvings += 1;
        if met {
            self.low = rate;
            self.result.highest = Some(rate);
        } else {
            self.high = rate;
            self.result.lowest_missed = Some(rate);
        }
    }

    /// The result so far.
    pub const fn result(&self) -> &SearchResult {
        &self.result
    }

    /// The final result.
    pub fn finish(self) -> SearchResult {
        self.result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result for a server that meets the objective up to the rate `limit`.
    fn search(limit: f64) -> SearchResult {
        let mut search = Search::around(100e3, "p99<2ms".parse().unwrap());
        while let Some(rate) = search.next_rate() {
            search.add(TriedRate {
                rate,
                missed: (rate > limit).then(|| "p99 was 1 s".to_owned()),
                ..TriedRate::default()
            });
        }
        search.finish()
    }

    #[test]
    fn the_limit_is_found_within_two_per_cent() {
        for limit in [2e3, 9.5e3, 31.4e3, 100e3, 120e3] {
            let result = search(limit);
            let (met, missed) = (result.highest.unwrap(), result.lowest_missed.unwrap());
            assert!(met <= limit && limit < missed, "{result:?}");
            assert!(missed / met < 1.02, "{result:?}");
            assert!(result.steps.len() <= 2 * HALVINGS as usize);
        }
    }

    #[test]
    fn one_disturbance_does_not_exclude_all_higher_rates() {
        let mut search = Search::around(100e3, "p99<2ms".parse().unwrap());
        while let Some(rate) = search.next_rate() {
            let disturbed = search.result().steps.is_empty();
            search.add(TriedRate {
                rate,
                missed: (disturbed || rate > 80e3).then(|| "p99 was 3 ms".to_owned()),
                ..TriedRate::default()
            });
        }
        let result = search.finish();
        assert!(result.highest.unwrap() > 78e3, "{result:?}");
    }

    #[test]
    fn a_server_that_never_meets_the_objective_has_no_highest_rate() {
        let result = search(0.0);
        assert_eq!(result.highest, None);
        assert!(result.lowest_missed.unwrap() < 1.6e3);
    }

    #[test]
    fn the_limit_of_a_server_that_always_meets_the_objective_is_unknown() {
        let result = search(f64::INFINITY);
        assert_eq!(result.lowest_missed, None);
        assert!(result.highest.unwrap() > 120e3);
    }
}
