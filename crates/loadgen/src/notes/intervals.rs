//! The run second by second: a small histogram for each, in bounded memory. When the list is full, neighbours are merged.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::notes::waits::LONGEST;
use crate::outcome::latency::Latency;
use crate::outcome::over_time::{Interval, Moment};

/// How many intervals are kept at most.
const MOST: usize = 600;

/// Their length at first.
const FINEST: Duration = Duration::from_secs(1);

/// Significant decimal digits: a second has few samples.
const DIGITS: u8 = 2;

/// All intervals of one worker, and the one that is going on.
pub struct Intervals {
    every: Duration,
    current: Histogram<u64>,
    done: Vec<Cell>,
}

/// One interval: its histogram as pairs of value and count, and how things stood at its end.
#[derive(Clone, Default)]
struct Cell {
    pairs: Vec<(u64, u64)>,
    end: Moment,
}

impl Intervals {
    /// No interval yet.
    pub fn new() -> Self {
        Self {
            every: FINEST,
            current: histogram(),
            done: Vec::new(),
        }
    }

    /// A reply came after so many nanoseconds.
    pub fn answered(&mut self, response: u64) {
        self.current.saturating_record(response);
    }

    /// When the interval that is going on ends, since the beginning.
    pub fn due(&self) -> Duration {
        self.every * (self.done.len() as u32 + 1)
    }

    /// Ends the interval that is going on. What it measured is returned, for whoever watches.
    pub fn close(&mut self, end: Moment) -> Latency {
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

    /// Adds the intervals of another worker to these.
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

    /// All intervals; those within the window from `start_s` to `end_s` are marked as measured.
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
                // Connecting takes a few milliseconds: a second that lacks so little is one of the window.
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
        let pairs = self.done.chunks(2).map(|two| Cell {
            pairs: merged(two),
            end: two[1].end,
        });
        self.done = pairs.collect();
        self.every *= 2;
    }

    /// A worker that ended earlier stays as it ended.
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

    /// A worker with one request of so many microseconds in each of so many seconds.
    fn steady(micros: u64, seconds: u64) -> Intervals {
        let mut intervals = Intervals::new();
        for second in 1..=seconds {
            intervals.answered(micros * 1000);
            if Duration::from_secs(second) >= intervals.due() {
                intervals.close(Moment {
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
            all.iter().map(|one| one.at_s).collect::<Vec<_>>(),
            [0.0, 1.0, 2.0]
        );
        assert_eq!(
            all.iter().map(|one| one.measured).collect::<Vec<_>>(),
            [false, true, true]
        );
        assert!(
            all.iter()
                .all(|one| (one.requests, one.open, one.errors) == (1, 1, 1))
        );
        assert!(all[0].response.p50_ns.abs_diff(500_000) < 5_000);
    }

    #[test]
    fn workers_add_up_second_by_second() {
        let mut both = steady(500, 4);
        both.merge(steady(900, 2));
        let all = both.finish(0.0, 4.0);
        assert_eq!(
            all.iter().map(|one| one.requests).collect::<Vec<_>>(),
            [2, 2, 1, 1]
        );
        assert!(all.iter().all(|one| one.open == 2));
    }

    #[test]
    fn a_long_run_stays_in_bounded_memory() {
        let mut long = steady(500, 1500);
        assert!(long.done.len() < MOST && long.every > FINEST);
        long.merge(steady(500, 2));
        let all = long.finish(0.0, 1500.0);
        assert_eq!(all.iter().map(|one| one.requests).sum::<u64>(), 1502);
    }
}
