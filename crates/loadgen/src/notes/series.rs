//! Counts at regular moments, in bounded memory. A full list drops every second moment and doubles the distance.

use std::time::Duration;

use crate::outcome::over_time::{Halves, Moment};

/// Highest number of moments.
const MOST: usize = 32;

/// Distance of the moments until the list is full for the first time.
const FINEST: Duration = Duration::from_millis(10);

/// Moments at regular times; the first is one distance after the start.
pub struct Series {
    every: Duration,
    moments: Vec<Moment>,
}

impl Series {
    /// Creates an empty series.
    pub fn new() -> Self {
        Self {
            every: FINEST,
            moments: Vec::with_capacity(MOST),
        }
    }

    /// Records the counts `at` a time since the start, once for each distance that has passed.
    pub fn record(&mut self, at: Duration, now: Moment) {
        while at >= self.due() {
            self.push(now);
        }
    }

    /// Adds the moments of another worker.
    pub fn merge(&mut self, mut other: Self) {
        while self.every < other.every {
            self.thin();
        }
        while other.every < self.every {
            other.thin();
        }
        self.pad(other.moments.len());
        other.pad(self.moments.len());
        for (moment, more) in self.moments.iter_mut().zip(&other.moments) {
            moment.add(more);
        }
    }

    /// Returns all moments, with `end` as the last one.
    pub fn finish(mut self, end: Moment) -> Vec<Moment> {
        self.moments.retain(|moment| moment.at_s < end.at_s);
        self.moments.push(end);
        self.moments
    }

    fn due(&self) -> Duration {
        self.every * (self.moments.len() as u32 + 1)
    }

    fn push(&mut self, now: Moment) {
        let at_s = self.due().as_secs_f64();
        self.moments.push(Moment { at_s, ..now });
        if self.moments.len() == MOST {
            self.thin();
        }
    }

    fn thin(&mut self) {
        let mut keep = true;
        self.moments.retain(|_| {
            keep = !keep;
            keep
        });
        self.every *= 2;
    }

    /// Repeats the last moment, for a worker that ended earlier.
    fn pad(&mut self, len: usize) {
        let last = self.moments.last().copied().unwrap_or_default();
        while self.moments.len() < len {
            let at_s = self.due().as_secs_f64();
            self.moments.push(Moment { at_s, ..last });
        }
    }
}

/// Splits the `requests` of a window into two halves of the same duration, using the moments.
pub fn halves(moments: &[Moment], start_s: f64, end_s: f64, requests: u64) -> Halves {
    let [start, middle, end] =
        [start_s, f64::midpoint(start_s, end_s), end_s].map(|at_s| requests_at(moments, at_s));
    if end <= start {
        return Halves::default();
    }
    let share = (middle - start) / (end - start);
    let first = (requests as f64 * share).round() as u64;
    Halves {
        first,
        second: requests.saturating_sub(first),
    }
}

/// Number of requests until a time, interpolated linearly between the moments.
fn requests_at(moments: &[Moment], at_s: f64) -> f64 {
    let mut before = Moment::default();
    for moment in moments {
        if moment.at_s >= at_s {
            let length = moment.at_s - before.at_s;
            let part = if length > 0.0 {
                (at_s - before.at_s) / length
            } else {
                1.0
            };
            let more = moment.requests - before.requests.min(moment.requests);
            return before.requests as f64 + part * more as f64;
        }
        before = *moment;
    }
    before.requests as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker with 100 requests per second until `seconds`.
    fn steady(seconds: u64) -> Series {
        let mut series = Series::new();
        for ms in (0..=seconds * 1000).step_by(5) {
            let requests = ms / 10;
            let moment = Moment {
                requests,
                open: 1,
                ..Moment::default()
            };
            series.record(Duration::from_millis(ms), moment);
        }
        series
    }

    #[test]
    fn a_long_run_stays_in_bounded_memory() {
        let series = steady(100);
        assert!((MOST / 2..MOST).contains(&series.moments.len()));
        for moment in &series.moments {
            assert_eq!((moment.at_s * 100.0).round() as u64, moment.requests);
        }
    }

    #[test]
    fn workers_that_ended_at_different_times_add_up() {
        let mut long = steady(10);
        long.merge(steady(1));
        let at = |series: &Series, at_s| {
            let mut moments = series.moments.iter();
            moments.find(|moment| moment.at_s >= at_s).copied().unwrap()
        };
        assert_eq!(at(&long, 0.64).requests, 128);
        assert_eq!(at(&long, 0.64).open, 2);
        let late = at(&long, 9.6);
        assert_eq!(late.requests, (late.at_s * 100.0).round() as u64 + 96);

        let mut short = steady(1);
        short.merge(steady(10));
        assert_eq!(short.moments, long.moments);
    }

    #[test]
    fn a_steady_run_has_equal_halves() {
        let end = Moment {
            at_s: 2.0,
            requests: 200,
            ..Moment::default()
        };
        let moments = steady(2).finish(end);
        let equal = Halves {
            first: 50,
            second: 50,
        };
        assert_eq!(halves(&moments, 1.0, 2.0, 100), equal);
    }

    #[test]
    fn a_run_that_dies_has_unequal_halves() {
        let end = Moment {
            at_s: 4.0,
            requests: 200,
            ..Moment::default()
        };
        let mut series = steady(2);
        series.record(Duration::from_secs(4), end);
        let halves = halves(&series.finish(end), 0.0, 4.0, 200);
        assert_eq!(halves.first + halves.second, 200);
        assert!(halves.first >= 195, "{halves:?}");
    }

    #[test]
    fn an_empty_window_has_empty_halves() {
        assert_eq!(halves(&[], 0.0, 1.0, 0), Halves::default());
    }
}
