//! Runs `echolab load` against a server in a process of its own, and reads its outcome.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::generator::{Answered, Line};
use echo_protocol::Protocol;
use loadgen::Outcome;
use record::plan::{Load, Timing};
use thiserror::Error;

use crate::process::{NoLine, Process, Seat, how};
use crate::stop::Stop;

/// Time for connecting and for what comes after the window, beside the window itself.
const SLACK: Duration = Duration::from_secs(15);
/// How often the wish to stop is looked at.
const STEP: Duration = Duration::from_millis(50);
/// How often in the measured window, where looking takes time from whom is measured.
const SELDOM: Duration = Duration::from_millis(250);

/// A generator at work.
#[derive(Debug)]
pub struct Generator {
    process: Process,
    started: Instant,
    deadline: Instant,
    /// What it said that was not read yet.
    text: String,
    /// The document that holds its load.
    document: PathBuf,
}

/// A generator that has no outcome.
#[derive(Debug, Error)]
pub enum GeneratorError {
    /// The process could not be started.
    #[error(
        "the generator process could not be started ({0}); check `ulimit -u` and the disk of the results folder"
    )]
    Start(#[from] io::Error),
    /// It ended without an outcome.
    #[error(
        "the generator {how} without an outcome, saying `{words}`; try the command `echolab load` with --json"
    )]
    Died {
        /// How it ended.
        how: String,
        /// What it said.
        words: String,
    },
    /// It took too long.
    #[error(
        "the generator did not end within {0} s, and was killed; try a shorter --duration or fewer --connections"
    )]
    Deadline(u64),
    /// Its load cannot be written, or its outcome cannot be read.
    #[error(
        "the generator and the harness do not understand each other ({0}); this is a fault of echolab, please report it"
    )]
    Document(#[from] serde_json::Error),
    /// The user stopped the run.
    #[error("stopped; start the comparison again to measure this trial")]
    Stopped,
}

impl Generator {
    /// Starts a generator against this address.
    ///
    /// # Errors
    /// The document with its load cannot be written, or the process cannot be started.
    pub fn start(
        seat: &Seat,
        address: &str,
        load: &Load,
        timing: &Timing,
        seed: u64,
    ) -> Result<Self, GeneratorError> {
        let load = generated(load, timing, seed);
        let document = seat.stderr.with_extension("json");
        fs::write(&document, serde_json::to_vec(&load)?)?;
        let arguments = arguments(address, &document);
        let window = load.warmup + load.duration;
        let process = Process::start_told(seat, &arguments)?;
        let started = Instant::now();
        Ok(Self {
            process,
            started,
            deadline: started + window + SLACK,
            text: String::new(),
            document,
        })
    }

    /// Waits until the measured window begins, and passes on what the generator says in its warm-up; `None` where it ended
    /// before, or a stop was asked for.
    pub fn measuring(&mut self, stop: &Stop, hear: &mut dyn FnMut(Answered)) -> Option<Instant> {
        self.wait_for(Line::Measuring, stop, hear)
    }

    /// Waits until the measured window has ended, and says how many requests were answered since the first connect; `None`
    /// where it never ends. The clients stay connected until [`finish`](Self::finish), or for half a second.
    pub fn measured(&mut self, stop: &Stop) -> Option<u64> {
        let mut answered = None;
        self.wait_for(Line::Measured, stop, &mut |word| {
            answered = Some(word.requests);
        })?;
        answered
    }

    fn wait_for(
        &mut self,
        line: Line,
        stop: &Stop,
        hear: &mut dyn FnMut(Answered),
    ) -> Option<Instant> {
        while !stop.asked() {
            match self.process.line(self.deadline.min(Instant::now() + STEP)) {
                Ok(text) => match Line::parse(&text) {
                    Some(other) if other == line => return Some(Instant::now()),
                    Some(Line::Answered(answered)) => hear(answered),
                    Some(Line::Measuring | Line::Measured) => {}
                    None => self.text.push_str(&text),
                },
                Err(NoLine::Ever) => return None,
                Err(NoLine::InTime) if Instant::now() >= self.deadline => return None,
                Err(NoLine::InTime) => {}
            }
        }
        None
    }

    /// Waits until then, but no longer than the generator lives. Says whether it is then.
    pub fn work_until(&mut self, then: Instant, stop: &Stop) -> bool {
        loop {
            let left = then.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            if stop.asked() || self.process.has_ended() {
                return false;
            }
            std::thread::sleep(left.min(SELDOM));
        }
    }

    /// Lets the clients leave, and waits for the outcome.
    ///
    /// # Errors
    /// There is none, or none in time, or a stop was asked for.
    pub fn finish(mut self, stop: &Stop) -> Result<Outcome, GeneratorError> {
        self.process.close_stdin();
        loop {
            match self.process.line(self.deadline.min(Instant::now() + STEP)) {
                Ok(line) => self.text.push_str(&line),
                Err(NoLine::Ever) => break,
                Err(NoLine::InTime) if stop.asked() => return Err(GeneratorError::Stopped),
                Err(NoLine::InTime) if Instant::now() >= self.deadline => {
                    return Err(GeneratorError::Deadline(
                        (self.deadline - self.started).as_secs(),
                    ));
                }
                Err(NoLine::InTime) => {}
            }
        }
        let status = self.process.end(self.deadline);
        if self.text.is_empty() {
            let how = status.map_or("hung".to_owned(), how);
            return Err(GeneratorError::Died {
                how,
                words: self.process.last_words(),
            });
        }
        Ok(serde_json::from_str(&self.text)?)
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // The load is part of the row, so nobody needs the document any more.
        let _ = fs::remove_file(&self.document);
    }
}

/// The whole load, as the generator reads it from its document.
fn generated(load: &Load, timing: &Timing, seed: u64) -> loadgen::Load {
    let milliseconds = |seconds: f64| Duration::from_millis((seconds * 1e3).round() as u64);
    // A rate is known by now: what the run had to find stands in the load.
    let mut generated = load.generated(1.0);
    generated.warmup = milliseconds(timing.warm_up_s);
    generated.duration = milliseconds(timing.duration_s);
    generated.seed = seed;
    if load.protocol == Protocol::Framed {
        // A datagram whose work takes long is slow and not lost. Over a stream the timeout means nothing.
        generated.reply_timeout = Duration::from_secs(1);
    }
    generated
}

fn arguments(address: &str, document: &Path) -> Vec<String> {
    let document = document.display().to_string();
    let words = [
        "load",
        address,
        "--load",
        &document,
        "--json",
        "--announce",
        "--quiet",
    ];
    words.map(str::to_owned).to_vec()
}
