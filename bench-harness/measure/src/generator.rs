//! Runs `echolab load` against a server in a separate process, and reads its outcome.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::generator::{Answered, Line};
use echo_protocol::Protocol;
use loadgen::Outcome;
use record::plan::{Load, Timing};
use thiserror::Error;

use crate::process::{NoLine, Process, Seat, describe_exit, with_message};
use crate::stop::Stop;

/// Maximum time of a generator beside warm-up and window: for connecting, and for its work after the window.
const SLACK: Duration = Duration::from_secs(15);
/// Time between two checks whether the user wants to stop.
const STEP: Duration = Duration::from_millis(50);
/// The same in the measured window. It is longer, because each check takes CPU time from the server.
const WINDOW_STEP: Duration = Duration::from_millis(250);

/// A running generator.
#[derive(Debug)]
pub struct Generator {
    process: Process,
    started: Instant,
    deadline: Instant,
    /// The text of its outcome so far.
    text: String,
    /// The path of the document that holds its load.
    document: PathBuf,
}

/// The generator produced no outcome.
#[derive(Debug, Error)]
pub enum GeneratorError {
    /// The process could not be started.
    #[error(
        "the generator process could not be started ({0}); check `ulimit -u` and the disk of the results folder"
    )]
    Start(#[from] io::Error),
    /// The process ended without an outcome.
    #[error(
        "the generator {how} without an outcome{}; run the same load with `echolab load` to see why",
        with_message(stderr)
    )]
    Died {
        /// The way it ended.
        how: String,
        /// The end of its stderr.
        stderr: String,
    },
    /// The process took too long.
    #[error(
        "the generator did not end within {0} s and was killed; try a shorter --duration or fewer --connections"
    )]
    Deadline(u64),
    /// The load cannot be written as JSON, or the outcome cannot be read.
    #[error(
        "the generator and the harness do not understand each other ({0}); this is a bug of echolab, please report it"
    )]
    Document(#[from] serde_json::Error),
    /// The user stopped the run.
    #[error("the run was stopped; measure this trial with `echolab compare --resume`")]
    Stopped,
}

impl Generator {
    /// Starts a generator that sends its load to this address.
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
        let process = Process::start_with_stdin(seat, &arguments)?;
        let started = Instant::now();
        Ok(Self {
            process,
            started,
            deadline: started + window + SLACK,
            text: String::new(),
            document,
        })
    }

    /// Waits until the measured window begins, and passes on the reports of the generator. Returns the time of the begin;
    /// `None` if the generator ended before, or the user stopped the run.
    pub fn wait_for_window(
        &mut self,
        stop: &Stop,
        on_report: &mut dyn FnMut(Answered),
    ) -> Option<Instant> {
        self.wait_for(&Line::Measuring, stop, on_report)
    }

    /// Waits until the measured window has ended. Returns the number of requests answered since the first connect; `None` if
    /// the window does not end. The clients stay connected until [`finish`](Self::finish), but at most half a second.
    pub fn wait_for_window_end(&mut self, stop: &Stop) -> Option<u64> {
        let mut answered = None;
        self.wait_for(&Line::Measured, stop, &mut |report| {
            answered = Some(report.requests);
        })?;
        answered
    }

    fn wait_for(
        &mut self,
        line: &Line,
        stop: &Stop,
        on_report: &mut dyn FnMut(Answered),
    ) -> Option<Instant> {
        while !stop.is_requested() {
            match self.process.line(self.deadline.min(Instant::now() + STEP)) {
                Ok(text) => match Line::parse(&text) {
                    Some(other) if other == *line => return Some(Instant::now()),
                    Some(Line::Answered(report)) => on_report(report),
                    Some(Line::Measuring | Line::Measured | Line::Connected | Line::Slice(_)) => {}
                    None => self.text.push_str(&text),
                },
                Err(NoLine::Closed) => return None,
                Err(NoLine::Timeout) if Instant::now() >= self.deadline => return None,
                Err(NoLine::Timeout) => {}
            }
        }
        None
    }

    /// Sleeps until this time while the generator works. Returns false if the generator ended before, or the user stopped
    /// the run.
    pub fn sleep_until(&mut self, time: Instant, stop: &Stop) -> bool {
        loop {
            let left = time.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            if stop.is_requested() || self.process.has_ended() {
                return false;
            }
            std::thread::sleep(left.min(WINDOW_STEP));
        }
    }

    /// Lets the clients disconnect, and waits for the outcome.
    ///
    /// # Errors
    /// There is no outcome, or not in time, or the user stopped the run.
    pub fn finish(mut self, stop: &Stop) -> Result<Outcome, GeneratorError> {
        self.process.close_stdin();
        loop {
            match self.process.line(self.deadline.min(Instant::now() + STEP)) {
                Ok(line) => self.text.push_str(&line),
                Err(NoLine::Closed) => break,
                Err(NoLine::Timeout) if stop.is_requested() => return Err(GeneratorError::Stopped),
                Err(NoLine::Timeout) if Instant::now() >= self.deadline => {
                    return Err(GeneratorError::Deadline(
                        (self.deadline - self.started).as_secs(),
                    ));
                }
                Err(NoLine::Timeout) => {}
            }
        }
        let status = self.process.wait_or_kill(self.deadline);
        if self.text.is_empty() {
            return Err(GeneratorError::Died {
                how: status.map_or("hung".to_owned(), describe_exit),
                stderr: self.process.stderr_tail(),
            });
        }
        Ok(serde_json::from_str(&self.text)?)
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // The row holds the load, so the document is not needed any more.
        let _ = fs::remove_file(&self.document);
    }
}

/// The complete load for the document of the generator.
fn generated(load: &Load, timing: &Timing, seed: u64) -> loadgen::Load {
    let milliseconds = |seconds: f64| Duration::from_millis((seconds * 1e3).round() as u64);
    // The rates in `load` are known by now, so 1.0 replaces none.
    let mut generated = load.generated(1.0);
    generated.warmup = milliseconds(timing.warm_up_s);
    generated.duration = milliseconds(timing.duration_s);
    generated.seed = seed;
    if load.protocol == Protocol::Framed {
        // The work of a request may take long; its datagram is then not lost. The timeout does not apply to streams.
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
