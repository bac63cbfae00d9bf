//! A generator that measures in slices: it gets an order for each, and keeps its clients connected in between.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::generator::Line;
use contract::slices::{self, Order};
use loadgen::{Outcome, SliceOutcome};
use record::plan::{Load, Slicing};

use crate::generator::{GeneratorError, document, generated};
use crate::process::{NoLine, Process, Seat, describe_exit};
use crate::stop::Stop;

/// Maximum time for all clients to connect, and for the outcome at the end.
const PATIENCE: Duration = Duration::from_secs(20);
/// Maximum time of a slice beside its settling and its window: the drain, and the report.
const SLACK: Duration = Duration::from_secs(5);
/// Time between two checks whether the user wants to stop.
const STEP: Duration = Duration::from_millis(50);

/// A running generator that measures in slices.
#[derive(Debug)]
pub struct SliceGenerator {
    process: Process,
    /// The path of the document that holds its load.
    document: PathBuf,
    /// The text of its outcome so far.
    text: String,
}

impl SliceGenerator {
    /// Starts a generator, and waits until its clients are connected or have failed to connect.
    ///
    /// # Errors
    /// It cannot be started, or does not connect in time, or the user stops the run.
    pub fn start(
        seat: &Seat,
        address: &str,
        load: &Load,
        slicing: Slicing,
        seed: u64,
        stop: &Stop,
    ) -> Result<Self, GeneratorError> {
        let load = generated(load, slicing.settle, slicing.window, seed);
        let document = document(seat, &load)?;
        let path = document.display().to_string();
        let words = [
            "load",
            address,
            "--load",
            &path,
            "--json",
            "--announce",
            "--slices",
            "--quiet",
        ];
        let arguments: Vec<String> = words.map(str::to_owned).to_vec();
        let mut generator = Self {
            process: Process::start_with_stdin(seat, &arguments)?,
            document,
            text: String::new(),
        };
        let deadline = Instant::now() + load.connect_timeout + PATIENCE;
        match generator.wait(deadline, stop)? {
            Line::Connected => Ok(generator),
            _ => Err(generator.died()),
        }
    }

    /// Orders a slice.
    ///
    /// # Errors
    /// The generator is gone.
    pub fn order(&mut self, order: &Order) -> Result<(), GeneratorError> {
        let given = match self.process.stdin() {
            Some(stdin) => slices::give(stdin, order),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        given.map_err(|_| self.died())
    }

    /// Waits for the outcome of the slice that was ordered.
    ///
    /// # Errors
    /// The generator ended or hangs, or the user stops the run.
    pub fn slice(&mut self, order: &Order, stop: &Stop) -> Result<SliceOutcome, GeneratorError> {
        let deadline = order.at + order.settle + order.window + SLACK;
        match self.wait(deadline, stop)? {
            Line::Slice(json) => Ok(serde_json::from_str(&json)?),
            _ => Err(self.died()),
        }
    }

    /// Lets the clients disconnect, and waits for the outcome over all slices.
    ///
    /// # Errors
    /// There is no outcome, or not in time, or the user stops the run.
    pub fn finish(mut self, stop: &Stop) -> Result<Outcome, GeneratorError> {
        self.process.close_stdin();
        let deadline = Instant::now() + PATIENCE;
        while let Some(text) = self.text_line(deadline, stop)? {
            self.text.push_str(&text);
        }
        if self.text.is_empty() {
            return Err(self.died());
        }
        Ok(serde_json::from_str(&self.text)?)
    }

    /// The next line of the contract.
    fn wait(&mut self, deadline: Instant, stop: &Stop) -> Result<Line, GeneratorError> {
        while let Some(text) = self.text_line(deadline, stop)? {
            if let Some(line) = Line::parse(&text) {
                return Ok(line);
            }
            self.text.push_str(&text);
        }
        Err(self.died())
    }

    /// The next line; `None` if there is no further one.
    fn text_line(
        &mut self,
        deadline: Instant,
        stop: &Stop,
    ) -> Result<Option<String>, GeneratorError> {
        let began = Instant::now();
        loop {
            match self.process.line(deadline.min(Instant::now() + STEP)) {
                Ok(text) => return Ok(Some(text)),
                Err(NoLine::Closed) => return Ok(None),
                Err(NoLine::Timeout) if stop.is_requested() => return Err(GeneratorError::Stopped),
                Err(NoLine::Timeout) if Instant::now() >= deadline => {
                    return Err(GeneratorError::Deadline(began.elapsed().as_secs()));
                }
                Err(NoLine::Timeout) => {}
            }
        }
    }

    fn died(&mut self) -> GeneratorError {
        let status = self.process.wait_or_kill(Instant::now() + STEP);
        GeneratorError::Died {
            how: status.map_or("hung".to_owned(), describe_exit),
            stderr: self.process.stderr_tail(),
        }
    }
}

impl Drop for SliceGenerator {
    fn drop(&mut self) {
        // The row holds the load, so the document is not needed any more.
        let _ = fs::remove_file(&self.document);
    }
}
