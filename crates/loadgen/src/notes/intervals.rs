//! Response times second by second: one small histogram per second, in bounded memory. A full list merges neighbours.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::notes::waits::LONGEST;
use crate::outcome::latency::Latency;
use crate::outcome::over_time::{Interval, Moment};

/// Highest number of intervals.
const MOST: usize = 600;

/// Duration of an interval until the list is full for the first time.
const FINEST: Duration = Duration::from_secs(1);

/// Significant decimal digits; one second has few samples.
const DIGITS: u8 = 2;

/// The intervals of one worker, and the current one.
pub struct Intervals {
    every: Duration,
    current: Histogram<u64>,
    done: Vec<Cell>,
}

/// One interval: its histogram as pairs of value and count, and the counts at its end.
#[derive(Clone, Default)]
struct Cell {
    pairs: Vec<(u64, u64)>,
    end: Moment,
}

impl Intervals {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self {
            every: FINEST,
            current: histogram(),
            done: Vec::new(),
        }
    }

    /// Records a response time in nanoseconds.
    pub fn record(&mut self, response: u64) {
        self.current.saturating_record(response);
    }

    /// The end of the current interval, since the start of the run.
    pub fn current_end(&self) -> Duration {
        self.every * (self.done.len() as u32 + 1)
    }

    /// Ends the current interval and returns its figures for the live view.
    pub fn end_current(&mut self, end: Moment) -> Latency {
        let latency = Latency::figures(&self.current);
        let pairs = self.current.iter_recorded();
        let pairs = pairs
            .map(|value| (value.value_iterated_to(), value.count_at_value()))
            .collect();
        self.done.push(Cell { pairs, end });
        self.current.reset();
        if self.done.len() == MOST {
            self.thin();
        }
        latency
    }

    /// Adds the intervals of another worker.
    pub fn merge(&mut self, mut other: Self) {
        while self.every < other.every {
            self.thin();
        }
        while other.every < self.every {
            other.thin();
        }
        self.pad(other.done.len());
        other.pad(self.done.len());
        for (mine, theirs) in self.done.iter_mut().zip(other.done) {
            mine.pairs.extend(theirs.pairs);
            mine.end.add(&theirs.end);
        }
    }

    /// Returns all intervals. Those within the window from `start_s` to `end_s` are marked as measured.
    pub fn finish(self, start_s: f64, end_s: f64) -> Vec<Interval> {
        let every = self.every.as_secs_f64();
        let mut errors = 0;
        let mut interval = |(i, cell): (usize, Cell)| {
            let response = cell.latency();
            let at_s = every * i as f64;
            let (connecting, before) = (cell.end.connecting(), errors);
            errors = cell.end.errors;
            Interval {
                at_s,
                duration_s: every,
                // Connecting takes a few milliseconds, so the window may start slightly after the second does.
                measured: at_s >= start_s - every / 50.0 && at_s + every <= end_s + every / 50.0,
                requests: response.count,
                rate: response.count as f64 / every,
                response,
                connecting,
                open: cell.end.open,
                busy: cell.end.busy,
                queued: cell.end.queued,
                errors: errors.saturating_sub(before),
            }
        };
        self.done
            .into_iter()
            .enumerate()
            .map(&mut interval)
            .collect()
    }

    fn thin(&mut self) {
        if self.done.len() % 2 == 1 {
            let last = self
                .done
                .last()
                .map_or_else(Moment::default, |cell| cell.end);
            self.done.push(Cell {
                pairs: Vec::new(),
                end: last,
            });
        }
        let pairs = self.done.chunks(2).map(|pair| Cell {
            pairs: merged(pair),
            end: pair[1].end,
        });
        self.done = pairs.collect();
        self.every *= 2;
    }

    /// Repeats the last counts, for a worker that ended earlier.
    fn pad(&mut self, len: usize) {
        let end = self
            .done
            .last()
            .map_or_else(Moment::default, |cell| cell.end);
        if self.done.len() < len {
            self.done.resize(
                len,
                Cell {
                    pairs: Vec::new(),
                    end,
                },
            );
        }
    }
}

impl Cell {
    fn latency(&self) -> Latency {
        let mut all = histogram();
        for (value, count) in &self.pairs {
            all.saturating_record_n(*value, *count);
        }
        Latency::of(&all)
    }
}

fn merged(cells: &[Cell]) -> Vec<(u64, u64)> {
    let mut sum = std::collections::BTreeMap::new();
    for (value, count) in cells.iter().flat_map(|cell| &cell.pairs) {
        *sum.entry(*value).or_default() += count;
    }
    sum.into_iter().collect()
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, DIGITS)
        .expect("bounds and digits are constants within what the histogram allows")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A worker with one request of `micros` microseconds in each second.
    fn steady(micros: u64, seconds: u64) -> Intervals {
        let mut intervals = Intervals::new();
        for second in 1..=seconds {
            intervals.record(micros * 1000);
            if Duration::from_secs(second) >= intervals.current_end() {
                intervals.end_current(Moment {
                    open: 1,
                    errors: second,
                    ..Moment::default()
                });
            }
        }
        intervals
    }

    #[test]
    fn every_second_has_its_own_figures() {
        let all = steady(500, 3).finish(1.0, 3.0);
        assert_eq!(
            all.iter().map(|interval| interval.at_s).collect::<Vec<_>>(),
            [0.0, 1.0, 2.0]
        );
        assert_eq!(
            all.iter()
                .map(|interval| interval.measured)
                .collect::<Vec<_>>(),
            [false, true, true]
        );
        assert!(
            all.iter()
                .all(|interval| (interval.requests, interval.open, interval.errors) == (1, 1, 1))
        );
        assert!(all[0].response.p50_ns.abs_diff(500_000) < 5_000);
    }

    #[test]
    fn workers_add_up_second_by_second() {
        let mut both = steady(500, 4);
        both.merge(steady(900, 2));
        let all = both.finish(0.0, 4.0);
        assert_eq!(
            all.iter()
                .map(|interval| interval.requests)
                .collect::<Vec<_>>(),
            [2, 2, 1, 1]
        );
        assert!(all.iter().all(|interval| interval.open == 2));
    }

    #[test]
    fn a_long_run_stays_in_bounded_memory() {
        let mut long = steady(500, 1500);
        assert!(long.done.len() < MOST && long.every > FINEST);
        long.merge(steady(500, 2));
        let all = long.finish(0.0, 1500.0);
        assert_eq!(
            all.iter().map(|interval| interval.requests).sum::<u64>(),
            1502
        );
    }
}
