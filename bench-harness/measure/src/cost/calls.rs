//! Counts system calls during a part of the warm-up, in which the load is full and nothing is measured yet.
//!
//! The generator tells every ten milliseconds how many requests were answered until when. Counters are read
//! in between; how many requests belong to a reading is found on the straight line between what was told before and after.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::clock::now;
use contract::generator::Answered;
use record::sample::{Method, SystemCalls};

use super::tracepoints::{Counts, Tracepoints};

/// Time that closing the counters is given before the measured window begins, twice what was seen.
const CLOSING: Duration = Duration::from_millis(70);
/// The shortest part of a warm-up that is worth counting.
const SHORTEST: Duration = Duration::from_millis(50);
/// Words of the generator that are kept: enough for a minute of warm-up.
const MOST_HEARD: usize = 6000;

/// A count that is under way.
#[derive(Debug)]
pub struct Counting {
    counters: Option<Tracepoints>,
    warm_up: Duration,
    heard: Vec<Answered>,
    from: Option<Reading>,
    to: Option<Reading>,
    closed: Option<Duration>,
}

#[derive(Clone, Debug)]
struct Reading {
    at: Duration,
    counts: Counts,
}

impl Counting {
    /// Opens the counters. They count, and cost, until they are closed.
    ///
    /// # Errors
    /// It cannot be counted; the reason is a sentence with what can be done about it.
    pub fn open(cpus: Option<&[usize]>, warm_up: Duration) -> Result<Self, String> {
        let Some(cpus) = cpus else {
            return Err(
                "server and generator share their CPUs, so that the calls of both would be counted; use a machine with two CPUs or more"
                    .to_owned(),
            );
        };
        if warm_up < CLOSING + SHORTEST {
            let needed = (CLOSING + SHORTEST).as_millis();
            return Err(format!(
                "the warm-up is too short to count in it; let it be {needed} ms or more"
            ));
        }
        let counters = Tracepoints::open(cpus).map_err(|reason| reason.to_string())?;
        Ok(Self {
            counters: Some(counters),
            warm_up,
            heard: Vec::new(),
            from: None,
            to: None,
            closed: None,
        })
    }

    /// Goes on, each time that the generator says something: reads the counters when asking is well under way, because a
    /// server still accepts when its first clients already ask; reads them again and closes them when the warm-up is nearly over.
    pub fn hear(&mut self, word: Answered) {
        if self.heard.len() < MOST_HEARD {
            self.heard.push(word);
        }
        let since_asking = word.at.saturating_sub(self.heard[0].at);
        let end = self.warm_up.saturating_sub(CLOSING);
        if self.from.is_none() && since_asking >= end / 2 {
            self.from = self.reading();
        } else if self.from.is_some() && self.to.is_none() && since_asking >= end {
            self.to = self.reading();
            self.close();
        }
    }

    /// Whether nothing is counted any more.
    pub const fn is_closed(&self) -> bool {
        self.counters.is_none()
    }

    /// Closes the counters, if they are still open. Nothing may be measured before.
    pub fn close(&mut self) {
        if self.counters.take().is_some() {
            self.closed = Some(now());
        }
    }

    /// What was counted.
    ///
    /// # Errors
    /// The generator ended or hung before there was enough to count.
    pub fn finish(mut self) -> Result<SystemCalls, String> {
        self.close();
        let nothing = "the generator did not get through its warm-up; see why the trial failed";
        let (Some(from), Some(to)) = (&self.from, &self.to) else {
            return Err(nothing.to_owned());
        };
        let [begin, end] = [from.at, to.at].map(|at| requests_at(&self.heard, at));
        let by_name: BTreeMap<String, u64> = to
            .counts
            .since(&from.counts)
            .map(|(name, calls)| (name.to_owned(), calls))
            .collect();
        Ok(SystemCalls {
            by_name,
            requests: (end - begin).max(0.0).round() as u64,
            span_s: to.at.saturating_sub(from.at).as_secs_f64(),
            how: Method::Tracepoints,
            overran_s: self.overran().as_secs_f64(),
        })
    }

    /// How long the measured window had been going on when the counters were closed.
    fn overran(&self) -> Duration {
        let begin = self.heard.first().map(|first| first.at + self.warm_up);
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
            at: begin + now().saturating_sub(begin) / 2,
            counts,
        })
    }
}

/// Requests until a time, on straight lines through what was heard, the first and the last line continued.
pub fn requests_at(heard: &[Answered], at: Duration) -> f64 {
    let pairs = heard.windows(2);
    let near = pairs
        .clone()
        .find(|pair| at <= pair[1].at)
        .or_else(|| pairs.last());
    let Some([before, after]) = near else {
        return heard.first().map_or(0.0, |only| only.requests as f64);
    };
    let length = (after.at.saturating_sub(before.at)).as_secs_f64();
    if length == 0.0 {
        return after.requests as f64;
    }
    let part = (at.as_secs_f64() - before.at.as_secs_f64()) / length;
    let more = after.requests.saturating_sub(before.requests) as f64;
    before.requests as f64 + part * more
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
    fn requests_lie_on_lines_between_words() {
        let heard = [answered(0, 1000), answered(100, 1010), answered(300, 1020)];
        let at = |ms| requests_at(&heard, Duration::from_millis(ms)).round() as u64;
        assert_eq!(at(1005), 50);
        assert_eq!(at(1015), 200);
        assert_eq!(at(1025), 400);
        assert!(requests_at(&heard[..1], Duration::ZERO) < 1.0);
        assert!(requests_at(&[], Duration::ZERO) < 1.0);
    }

    #[test]
    fn without_cpus_of_its_own_nothing_is_counted() {
        let reason = Counting::open(None, Duration::from_secs(1)).unwrap_err();
        assert!(reason.ends_with("use a machine with two CPUs or more"));
        let reason = Counting::open(Some(&[0]), Duration::from_millis(50)).unwrap_err();
        assert!(reason.ends_with("let it be 120 ms or more"), "{reason}");
    }

    #[test]
    fn counters_are_closed_before_the_warm_up_ends() {
        let cpus = [crate::cpus::allowed()[0]];
        let mut counting = match Counting::open(Some(&cpus), Duration::from_millis(200)) {
            Ok(counting) => counting,
            Err(reason) => return eprintln!("not tested here: {reason}"),
        };
        let begin = now();
        let word = |requests, ms| Answered {
            requests,
            at: begin + Duration::from_millis(ms),
        };
        counting.hear(word(0, 0));
        counting.hear(word(100, 100));
        assert!(counting.counters.is_some() && counting.to.is_none());
        counting.hear(word(140, 140));
        assert!(counting.counters.is_none());
        let calls = counting.finish().unwrap();
        assert_eq!(calls.how, Method::Tracepoints);
        assert!(calls.span_s > 0.0);
    }
}
