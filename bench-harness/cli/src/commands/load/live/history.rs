//! The readings that the live view shows: one per second, for the last minutes.

use std::collections::VecDeque;
use std::time::Duration;

use loadgen::{Moment, Phase, Progress, Recent};
use record::number::{grouped, nanoseconds, waiting};
use serde::{Deserialize, Serialize};

use super::planned::Planned;
use super::waited::waited_for_cpu;

/// Number of readings to keep; a terminal has fewer columns.
const MOST: usize = 300;

/// Share of the time that a worker may wait for a CPU: the limit of the generator's own check `run-queue`.
const DELAY: f64 = 0.04;

/// The state of the run at one moment.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Reading {
    /// Time since the start of the run.
    pub elapsed: Duration,
    /// Phase of the run.
    pub phase: Phase,
    /// All counters.
    pub now: Moment,
    /// Response times of the last second.
    pub recent: Recent,
    /// Time in which the generator was ready to run but had no CPU, since the start.
    pub waited: Duration,
    /// Time that is left, if it is known.
    pub left: Option<Duration>,
}

impl Reading {
    /// The state now, at this time since the start.
    pub fn of(progress: &Progress, elapsed: Duration) -> Self {
        Self {
            elapsed,
            phase: progress.phase(),
            now: progress.now(),
            recent: progress.recent(),
            waited: waited_for_cpu(),
            left: None,
        }
    }

    /// Merges the readings of several processes: counts are added, and of each percentile the longest is kept.
    pub fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let parts = parts.into_iter();
        let sum = parts.copied().reduce(|mut sum, part| {
            sum.elapsed = sum.elapsed.max(part.elapsed);
            sum.phase = sum.phase.min(part.phase);
            sum.now.add(&part.now);
            sum.recent = sum.recent.or_longer(&part.recent);
            sum.waited += part.waited;
            sum
        });
        sum.unwrap_or_default()
    }
}

/// The last readings of a run.
#[derive(Clone)]
pub struct History {
    /// The run as it was planned.
    pub planned: Planned,
    readings: VecDeque<Reading>,
    /// Seconds in which other programs disturbed the generator.
    pub disturbed: usize,
}

impl History {
    /// A history without readings.
    pub fn new(planned: Planned) -> Self {
        Self {
            planned,
            readings: VecDeque::new(),
            disturbed: 0,
        }
    }

    /// Adds a reading, and drops the oldest one if there are too many.
    pub fn add(&mut self, reading: Reading) {
        let before = self.readings.back().copied().unwrap_or_default();
        let is_disturbed = self.delay(&reading, &before) > DELAY;
        self.disturbed += usize::from(is_disturbed);
        if self.readings.len() == MOST {
            self.readings.pop_front();
        }
        self.readings.push_back(reading);
    }

    /// The last reading.
    pub fn last(&self) -> Reading {
        self.readings.back().copied().unwrap_or_default()
    }

    /// Share of the time since the last reading that a worker waited for a CPU, if that disturbs the figures.
    pub fn disturbance(&self) -> Option<f64> {
        let mut newest = self.readings.iter().rev();
        let (last, before) = (newest.next()?, newest.next().copied());
        let share = self.delay(last, &before.unwrap_or_default());
        (share > DELAY).then_some(share)
    }

    /// The share of the time between two readings that a worker waited for a CPU.
    fn delay(&self, reading: &Reading, before: &Reading) -> f64 {
        let seconds = reading.elapsed.saturating_sub(before.elapsed).as_secs_f64();
        let waited = reading.waited.saturating_sub(before.waited).as_secs_f64();
        if seconds > 0.0 {
            waited / seconds / self.planned.workers.max(1) as f64
        } else {
            0.0
        }
    }

    /// Points of the throughput: seconds, and requests per second since the reading before.
    pub fn rates(&self) -> Vec<(f64, f64)> {
        let befores = [None].into_iter().chain(self.readings.iter().map(Some));
        let pairs = befores.zip(&self.readings);
        let points = pairs.map(|(before, reading)| {
            let rate = rate(reading, before);
            (reading.elapsed.as_secs_f64(), rate)
        });
        points.collect()
    }

    /// Points of one percentile: seconds, and the decimal logarithm of nanoseconds. Readings without it have no point.
    pub fn curve(&self, percentile: impl Fn(&Recent) -> u64) -> Vec<(f64, f64)> {
        let points = self.readings.iter().map(|reading| {
            let ns = percentile(&reading.recent);
            (reading.elapsed.as_secs_f64(), ns)
        });
        points
            .filter(|&(_, ns)| ns > 0)
            .map(|(seconds, ns)| (seconds, (ns as f64).log10()))
            .collect()
    }

    /// Times of the oldest and the last reading, in seconds.
    pub fn span(&self) -> (f64, f64) {
        let seconds = |reading: Option<&Reading>| {
            reading.map_or(0.0, |reading| reading.elapsed.as_secs_f64())
        };
        (
            seconds(self.readings.front()),
            seconds(self.readings.back()),
        )
    }
}

/// Name of a phase.
pub const fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::WarmingUp => "warming up",
        Phase::Measuring => "measuring",
        Phase::Over => "ending",
    }
}

/// A reading as a line of text, with the rate since the one before.
pub fn line(reading: &Reading, before: Option<&Reading>) -> String {
    let Reading {
        elapsed,
        phase,
        now,
        recent,
        ..
    } = reading;
    let [p50, p99, p999] =
        [recent.p50_ns, recent.p99_ns, recent.p999_ns].map(|ns| nanoseconds(ns as f64));
    let rate = grouped(rate(reading, before).round() as u64);
    format!(
        "{:>6}  {:<10}  {rate:>9} requests/s  p50 {p50}  p99 {p99}  p99.9 {p999}  {} connecting  {} open  {} busy  {} queued  {} errors",
        waiting(*elapsed),
        doing(*phase),
        grouped(now.connecting()),
        grouped(now.open),
        grouped(now.busy),
        grouped(now.queued),
        grouped(now.errors)
    )
}

/// Requests per second since the reading before, or since the start.
pub fn rate(reading: &Reading, before: Option<&Reading>) -> f64 {
    let (then, requests) = before.map_or((Duration::ZERO, 0), |before| {
        (before.elapsed, before.now.requests)
    });
    let seconds = reading.elapsed.saturating_sub(then).as_secs_f64();
    if seconds > 0.0 {
        reading.now.requests.saturating_sub(requests) as f64 / seconds
    } else {
        0.0
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The reading after `seconds` of a run with 1,000 requests per second.
    pub fn reading(seconds: u64) -> Reading {
        Reading {
            elapsed: Duration::from_secs(seconds),
            phase: Phase::Measuring,
            now: Moment {
                requests: 1000 * seconds,
                attempted: 70,
                established: 64,
                refused: 1,
                reset: 2,
                open: 62,
                busy: 12,
                queued: 3,
                errors: 3,
                ..Moment::default()
            },
            waited: Duration::ZERO,
            left: None,
            recent: Recent {
                p50_ns: 60_000,
                p90_ns: 90_000,
                p99_ns: 400_000,
                p999_ns: 3_000_000,
                max_ns: 5_000_000,
            },
        }
    }

    #[test]
    fn merged_readings_add_counts_and_keep_the_longest_percentiles() {
        let (slow, mut quick) = (reading(3), reading(2));
        quick.phase = Phase::WarmingUp;
        quick.recent.p50_ns = 70_000;
        let sum = Reading::sum([&slow, &quick]);
        assert_eq!((sum.elapsed, sum.phase), (slow.elapsed, Phase::WarmingUp));
        assert_eq!((sum.now.requests, sum.now.open), (5000, 124));
        assert_eq!((sum.recent.p50_ns, sum.recent.p99_ns), (70_000, 400_000));
    }

    #[test]
    fn rates_are_differences() {
        let mut history = History::new(Planned::default());
        (1..=3).for_each(|seconds| history.add(reading(seconds)));
        let rates = [(1.0, 1000.0), (2.0, 1000.0), (3.0, 1000.0)];
        assert_eq!(history.rates(), rates);
        assert_eq!(history.span(), (1.0, 3.0));
        assert!(History::new(Planned::default()).rates().is_empty());
    }

    #[test]
    fn a_long_run_stays_in_bounded_memory() {
        let mut history = History::new(Planned::default());
        (1..1000).for_each(|seconds| history.add(reading(seconds)));
        assert_eq!(history.readings.len(), MOST);
        assert_eq!(history.last().elapsed, Duration::from_secs(999));
    }

    #[test]
    fn a_second_in_which_the_generator_waits_for_a_cpu_is_disturbed() {
        let mut history = History::new(Planned::example("echo", 0, 9));
        let waited = |seconds, ms| Reading {
            waited: Duration::from_millis(ms),
            ..reading(seconds)
        };
        history.add(waited(1, 0));
        assert_eq!(history.disturbance(), None);
        history.add(waited(2, 490));
        let share = history.disturbance().unwrap();
        assert!((share - 0.49).abs() < 1e-9, "{share}");
        history.add(waited(3, 500));
        assert_eq!((history.disturbance(), history.disturbed), (None, 1));
    }

    #[test]
    fn seconds_without_a_reply_have_no_point_in_the_curve() {
        let mut history = History::new(Planned::default());
        history.add(reading(1));
        history.add(Reading {
            recent: Recent::default(),
            ..reading(2)
        });
        let curve = history.curve(|recent| recent.p99_ns);
        assert_eq!(curve.len(), 1);
        assert!((10_f64.powf(curve[0].1) - 400_000.0).abs() < 1.0);
    }

    #[test]
    fn a_line_has_rate_percentiles_and_connections_by_state() {
        assert_eq!(
            line(&reading(3), Some(&reading(2))),
            "   3 s  measuring       1,000 requests/s  p50 60 us  p99 400 us  p99.9 3 ms  5 connecting  62 open  12 busy  3 queued  3 errors"
        );
        assert!(line(&Reading::default(), None).contains("0 requests/s"));
    }
}
