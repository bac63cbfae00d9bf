//! One of several generator processes that share a load: it reports to its owner, begins when told to, and never outlives it.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use loadgen::{Phase, Progress};
use measure::stop::Stop;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};

use super::live::{EVERY, Reading};

/// What a part says on stdout, a line each.
#[derive(Clone, Debug)]
pub enum Line {
    /// All its connections are made or have failed.
    Connected,
    /// Its measured window has begun.
    Measuring,
    /// How it is going, once a second.
    Reading(Box<Reading>),
    /// What it found out, as JSON: the last line.
    Outcome(String),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("connected"),
            Self::Measuring => f.write_str("measuring"),
            Self::Reading(reading) => {
                let json = serde_json::to_string(reading).map_err(|_| fmt::Error)?;
                write!(f, "reading {json}")
            }
            Self::Outcome(json) => write!(f, "outcome {json}"),
        }
    }
}

impl FromStr for Line {
    type Err = serde_json::Error;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match word {
            "connected" => Self::Connected,
            "measuring" => Self::Measuring,
            "reading" => Self::Reading(serde_json::from_str(rest)?),
            _ => Self::Outcome(rest.to_owned()),
        })
    }
}

/// What a part has said and heard.
pub struct Part {
    start: Instant,
    next: Duration,
    begin: Arc<OnceLock<Instant>>,
    said: Phase,
    connected: bool,
}

impl Part {
    /// Listens to the owner on stdin. Its end ends this process, by a stop until asking begins and at once after that.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn new(stop: &Stop) -> io::Result<Self> {
        set_pdeathsig(Signal::SIGKILL)?;
        let begin = Arc::new(OnceLock::new());
        let (told, stop) = (Arc::clone(&begin), stop.clone());
        // It ends with the first order: a generator with a single thread is faster.
        thread::Builder::new().spawn(move || match order() {
            Some(at) => _ = told.set(at),
            None => stop.ask(),
        })?;
        Ok(Self {
            start: Instant::now(),
            next: EVERY,
            begin,
            said: Phase::Connecting,
            connected: false,
        })
    }

    /// Says what is new, and lets the load begin when it was told to.
    pub fn look(&mut self, progress: &Progress) {
        if !self.connected && progress.is_connected() {
            self.connected = true;
            say(&Line::Connected);
        }
        if let Some(at) = self.begin.get() {
            progress.begin_at(*at);
        }
        if self.said != Phase::Measuring && progress.phase() == Phase::Measuring {
            self.said = Phase::Measuring;
            say(&Line::Measuring);
        }
        let at = self.start.elapsed();
        if at >= self.next {
            self.next = at + EVERY;
            say(&Line::Reading(Box::new(Reading::of(progress, at))));
        }
    }
}

/// Says something to the owner. If that is gone this process is about to go as well.
fn say(line: &Line) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Waits for the owner's order to begin, and says when; none if there is no owner any more.
fn order() -> Option<Instant> {
    let mut order = [0; 8];
    io::stdin().read_exact(&mut order).ok()?;
    Some(instant(u64::from_ne_bytes(order)))
}

/// A time as all processes of this machine understand it: nanoseconds of `CLOCK_MONOTONIC`.
pub fn shared_time(at: Instant) -> io::Result<u64> {
    let now = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC)?);
    Ok((now + at.saturating_duration_since(Instant::now())).as_nanos() as u64)
}

/// The other way round; a time that has passed is now.
fn instant(shared: u64) -> Instant {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
    Instant::now() + Duration::from_nanos(shared).saturating_sub(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_says_is_understood() {
        let lines = [
            Line::Connected,
            Line::Measuring,
            Line::Reading(Box::default()),
            Line::Outcome("{}".to_owned()),
        ];
        for line in lines {
            let text = line.to_string();
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(text.parse::<Line>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_time_means_the_same_in_another_process() {
        let at = Instant::now() + Duration::from_secs(9);
        let there_and_back = instant(shared_time(at).unwrap());
        let apart = there_and_back.max(at) - there_and_back.min(at);
        assert!(apart < Duration::from_secs(1), "{apart:?}");
    }
}
