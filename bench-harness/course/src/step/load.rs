//! Runs `echolab load` against a server of an experiment, and reads its outcome.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use loadgen::Outcome;
use measure::process::{NoLine, Process, Seat};

use crate::stage::Stage;
use crate::step::StepError;
use crate::talk::pause;

/// Time beside warm-up and window: connecting, draining, the end.
const SLACK: Duration = Duration::from_secs(10);
/// Longest time between two looks at the user's wish to stop.
const LOOK: Duration = Duration::from_millis(100);

/// A running generator.
pub struct Loading {
    process: Process,
    deadline: Instant,
}

impl Loading {
    /// Starts `echolab load ADDRESS` with these options on the CPUs of clients.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start(
        stage: &Stage,
        address: SocketAddr,
        window: Duration,
        options: &[&str],
    ) -> Result<Self, StepError> {
        let seat = Seat {
            program: stage.program,
            cpus: stage.client_cpus,
            stderr: stage.folder.join("load.stderr"),
        };
        let (address, duration) = (address.to_string(), format!("{}ms", window.as_millis()));
        // A step needs the outcome even if the generator calls it invalid: `generator::fault` says what that means.
        let usual = [
            "load",
            &address,
            "--duration",
            &duration,
            "--json",
            "--quiet",
            "--allow-invalid",
        ];
        let words = usual.iter().chain(options).map(|word| (*word).to_owned());
        Ok(Self {
            process: Process::start(&seat, &words.collect::<Vec<_>>())?,
            deadline: Instant::now() + window + SLACK,
        })
    }

    /// Waits for the outcome.
    ///
    /// # Errors
    /// The generator fails or hangs, or the user stops the experiment.
    pub fn finish(self, stage: &Stage) -> Result<Outcome, StepError> {
        let mut text = String::new();
        loop {
            match self.process.line(Instant::now() + LOOK) {
                Ok(line) => text += &line,
                Err(NoLine::Closed) => break,
                Err(NoLine::Timeout) => pause(stage.stop, Duration::ZERO)?,
            }
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
            if Instant::now() > self.deadline {
                return Err(StepError::Process("`echolab load` did not end".to_owned()));
            }
        }
        outcome(&text, || self.process.stderr_tail())
    }
}

/// The outcome that the generator has printed. Without one, the error names what it said instead.
fn outcome(text: &str, stderr: impl FnOnce() -> String) -> Result<Outcome, StepError> {
    serde_json::from_str(text).map_err(|_| {
        let stderr = stderr();
        StepError::Process(format!("`echolab load` has no outcome: {stderr}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_and_its_absence_is_explained_by_stderr() {
        let read = outcome(r#"{"schema": 2, "rate": 7.5}"#, String::new).unwrap();
        assert_eq!(format!("{}", read.rate), "7.5");
        let error = outcome("", || "no route".to_owned())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("`echolab load` has no outcome: no route"),
            "{error}"
        );
        assert!(error.ends_with("run it by hand to see why"), "{error}");
    }
}
