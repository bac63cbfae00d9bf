//! A server of this program for steps that choose its options themselves: `echolab serve MODEL …`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use contract::server::Line;
use measure::guard::Guard;
use measure::process::{Process, Seat};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::stage::Stage;
use crate::step::StepError;

/// Longest wait for the line `ready`.
const START: Duration = Duration::from_secs(10);
/// Longest wait for a process to stop after SIGSTOP, or to end after SIGTERM.
const SIGNAL: Duration = Duration::from_secs(2);

/// A running server. It ends when it is dropped.
pub struct Served {
    process: Process,
    /// The address on which it listens.
    pub address: SocketAddr,
    /// Kills the server if this program is killed while the server is stopped.
    guard: Option<Guard>,
}

impl Served {
    /// Starts this program with these arguments on the CPUs of servers, and waits until it is ready.
    ///
    /// # Errors
    /// It does not start, or does not say `ready`.
    pub fn start(stage: &Stage, arguments: &[&str]) -> Result<Self, StepError> {
        let seat = Seat {
            program: stage.program,
            cpus: stage.server_cpus,
            stderr: stage.folder.join("server.stderr"),
        };
        let words = arguments.iter().map(|word| (*word).to_owned());
        let process = Process::start(&seat, &words.collect::<Vec<_>>())?;
        let line = process.line(Instant::now() + START).ok();
        let address = line.and_then(|line| Line::ready(&line));
        let address = address.and_then(|text| text.trim_start_matches("udp:").parse().ok());
        let address = address.ok_or_else(|| {
            let command = arguments.join(" ");
            let stderr = process.stderr_tail();
            StepError::Process(format!("`echolab {command}` did not start: {stderr}"))
        })?;
        Ok(Self {
            process,
            address,
            guard: None,
        })
    }

    /// Its process id, which is also the id of its group.
    pub fn pid(&self) -> i32 {
        self.process.pid().as_raw()
    }

    /// Ends the server with SIGTERM. Returns the document of its last line.
    ///
    /// # Errors
    /// It does not say what it has counted.
    pub fn stats(self) -> Result<Value, StepError> {
        self.process.signal(Signal::SIGTERM);
        let line = self.process.line(Instant::now() + START).ok();
        let stats = line.and_then(|line| Line::stats(&line));
        let stats = stats.and_then(|text| serde_json::from_str(&text).ok());
        stats.ok_or_else(|| {
            let stderr = self.process.stderr_tail();
            StepError::Process(format!(
                "`echolab serve` ended without its counts: {stderr}"
            ))
        })
    }

    /// Stops the server with SIGSTOP, and waits until it does nothing any more.
    ///
    /// # Errors
    /// The process that guards a stopped server cannot be started.
    pub fn pause(&mut self) -> Result<(), StepError> {
        self.guard = Some(Guard::of(self.process.pid())?);
        self.process.signal_group(Signal::SIGSTOP);
        let tasks = format!("/proc/{}/task", self.process.pid());
        let deadline = Instant::now() + SIGNAL;
        while !are_stopped(Path::new(&tasks)) {
            if Instant::now() > deadline {
                let what = "the server does not stop after SIGSTOP".to_owned();
                return Err(StepError::Process(what));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Lets a stopped server go on.
    pub fn resume(&mut self) {
        self.process.signal_group(Signal::SIGCONT);
        self.guard = None;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.process.signal(Signal::SIGKILL);
        self.process.wait_or_kill(Instant::now() + SIGNAL);
    }
}

/// True if all threads of a process are stopped.
fn are_stopped(tasks: &Path) -> bool {
    let entries = fs::read_dir(tasks).into_iter().flatten().flatten();
    entries.into_iter().all(|task| {
        let text = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        // The state stands behind the name, which may contain anything.
        text.rsplit_once(") ")
            .is_none_or(|(_, fields)| fields.starts_with('T'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_not_stopped() {
        assert!(!are_stopped(Path::new("/proc/self/task")));
    }
}
