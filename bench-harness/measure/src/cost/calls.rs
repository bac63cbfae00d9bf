//! Counts system calls in a part of the warm-up: the load is full then, and nothing else is measured yet.
//!
//! The generator reports every 10 ms how many requests were answered. The counters are read between two reports, and the
//! number of requests at that moment is interpolated.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::clock::now;
use contract::generator::Answered;
use record::sample::{Method, SystemCalls};

use super::tracepoints::{Counts, Tracepoints};

/// Time for closing the counters before the measured window begins: twice the measured time.
const CLOSING: Duration = Duration::from_millis(70);
/// Minimum part of the warm-up in which counting makes sense.
const SHORTEST: Duration = Duration::from_millis(50);
/// Maximum number of stored reports of the generator: enough for a warm-up of a minute.
const MOST_REPORTS: usize = 6000;

/// A count in progress.
#[derive(Debug)]
pub struct Counting {
    /// The counters; `None` after they were closed.
    counters: Option<Tracepoints>,
    warm_up: Duration,
    /// The reports of the generator so far.
    reports: Vec<Answered>,
    from: Option<Reading>,
    to: Option<Reading>,
    /// The time at which the counters were closed.
    closed: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Reading {
    time: Duration,
    counts: Counts,
}

impl Counting {
    /// Opens the counters. They slow down system calls until they are closed.
    ///
    /// # Errors
    /// Counting is impossible. The error is a sentence with what the user can do.
    pub fn open(cpus: Option<&[usize]>, warm_up: Duration) -> Result<Self, String> {
        let Some(cpus) = cpus else {
            return Err(
                "server and generator share their CPUs, so the system calls of both would be counted; use a machine with at least two CPUs"
                    .to_owned(),
            );
        };
        if warm_up < CLOSING + SHORTEST {
            let needed = (CLOSING + SHORTEST).as_millis();
            return Err(format!(
                "the warm-up is too short to count system calls; make it at least {needed} ms"
            ));
        }
        let counters = Tracepoints::open(cpus).map_err(|reason| reason.to_string())?;
        Ok(Self {
            counters: Some(counters),
            warm_up,
            reports: Vec::new(),
            from: None,
            to: None,
            closed: None,
        })
    }

    /// Handles a report of the generator.
    ///
    /// The counters are read in the middle of the warm-up, because a server may still accept connections when its first
    /// clients already send requests. They are read again and closed shortly before the end of the warm-up.
    pub fn progress(&mut self, report: Answered) {
        if self.reports.len() < MOST_REPORTS {
            self.reports.push(report);
        }
        let since_first = report.at.saturating_sub(self.reports[0].at);
        let end = self.warm_up.saturating_sub(CLOSING);
        if self.from.is_none() && since_first >= end / 2 {
            self.from = self.reading();
        } else if self.from.is_some() && self.to.is_none() && since_first >= end {
            self.to = self.reading();
            self.close();
        }
    }

    /// True if the counters are closed.
    pub const fn is_closed(&self) -> bool {
        self.counters.is_none()
    }

    /// Closes the counters, if they are still open.
    fn close(&mut self) {
        if self.counters.take().is_some() {
            self.closed = Some(now());
        }
    }

    /// The calls of the server between the two readings.
    ///
    /// # Errors
    /// The generator ended or hung before the second reading.
    pub fn finish(mut self) -> Result<SystemCalls, String> {
        self.close();
        let incomplete = "the generator did not complete its warm-up; see why the trial failed";
        let (Some(from), Some(to)) = (&self.from, &self.to) else {
            return Err(incomplete.to_owned());
        };
        let [begin, end] = [from.time, to.time].map(|time| requests_at(&self.reports, time));
        let by_name: BTreeMap<String, u64> = to
            .counts
            .since(&from.counts)
            .map(|(name, calls)| (name.to_owned(), calls))
            .collect();
        Ok(SystemCalls {
            by_name,
            requests: (end - begin).max(0.0).round() as u64,
            span_s: to.time.saturating_sub(from.time).as_secs_f64(),
            how: Method::Tracepoints,
            overran_s: self.overran().as_secs_f64(),
        })
    }

    /// Time between the begin of the measured window and the close of the counters.
    fn overran(&self) -> Duration {
        let begin = self.reports.first().map(|first| first.at + self.warm_up);
        let late = self
            .closed
            .zip(begin)
            .map(|(closed, begin)| closed.saturating_sub(begin));
        late.unwrap_or_default()
    }

    fn reading(&self) -> Option<Reading> {
        let begin = now();
        let counts = self.counters.as_ref()?.read().ok()?;
        Some(Reading {
            time: begin + now().saturating_sub(begin) / 2,
            counts,
        })
    }
}

/// Number of requests answered by this time, interpolated between the reports, or extrapolated from the first or last two.
pub fn requests_at(reports: &[Answered], time: Duration) -> f64 {
    let pairs = reports.windows(2);
    let nearest = pairs
        .clone()
        .find(|pair| time <= pair[1].at)
        .or_else(|| pairs.last());
    let Some([before, after]) = nearest else {
        return reports.first().map_or(0.0, |only| only.requests as f64);
    };
    let length = (after.at.saturating_sub(before.at)).as_secs_f64();
    if length == 0.0 {
        return after.requests as f64;
    }
    let share = (time.as_secs_f64() - before.at.as_secs_f64()) / length;
    let requests = after.requests.saturating_sub(before.requests) as f64;
    before.requests as f64 + share * requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(requests: u64, ms: u64) -> Answered {
        Answered {
            requests,
            at: Duration::from_millis(ms),
        }
    }

    #[test]
    fn requests_are_interpolated_between_reports() {
        let reports = [answered(0, 1000), answered(100, 1010), answered(300, 1020)];
        let requests = |ms| requests_at(&reports, Duration::from_millis(ms)).round() as u64;
        assert_eq!(requests(1005), 50);
        assert_eq!(requests(1015), 200);
        assert_eq!(requests(1025), 400);
        assert!(requests_at(&reports[..1], Duration::ZERO) < 1.0);
        assert!(requests_at(&[], Duration::ZERO) < 1.0);
    }

    #[test]
    fn counting_needs_separate_cpus_and_a_long_warm_up() {
        let reason = Counting::open(None, Duration::from_secs(1)).unwrap_err();
        assert!(reason.ends_with("a machine with at least two CPUs"));
        let reason = Counting::open(Some(&[0]), Duration::from_millis(50)).unwrap_err();
        assert!(reason.ends_with("make it at least 120 ms"), "{reason}");
    }

    #[test]
    fn counters_are_closed_before_the_warm_up_ends() {
        let cpus = [crate::cpus::allowed()[0]];
        let mut counting = match Counting::open(Some(&cpus), Duration::from_millis(200)) {
            Ok(counting) => counting,
            Err(reason) => return eprintln!("not tested here: {reason}"),
        };
        let begin = now();
        let report = |requests, ms| Answered {
            requests,
            at: begin + Duration::from_millis(ms),
        };
        counting.progress(report(0, 0));
        counting.progress(report(100, 100));
        assert!(counting.counters.is_some() && counting.to.is_none());
        counting.progress(report(140, 140));
        assert!(counting.counters.is_none());
        let calls = counting.finish().unwrap();
        assert_eq!(calls.how, Method::Tracepoints);
        assert!(calls.span_s > 0.0);
    }
}
