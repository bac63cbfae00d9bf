//! Runs the conformance suite of a copy, and reads from its output which cases fail and why.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setsid};

use crate::error::WorkshopError;
use crate::schemata::SWITCH;

/// Time between two checks whether the suite has ended.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// A suite that is built.
#[derive(Clone, Debug)]
pub struct Suite {
    executable: PathBuf,
}

/// One test of the suite, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its name: `/MODEL/CASE`.
    pub name: String,
    /// Why it fails, in one line; `None` if it passes.
    pub failure: Option<String>,
}

/// What a run of the suite says.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The tests that ran, by their names.
    pub tests: Vec<Test>,
    /// All that the suite printed.
    pub text: String,
    /// True if the deadline ended the run: a test that is missing then hung.
    pub timed_out: bool,
}

impl Outcome {
    /// The names of the cases that fail, without the model.
    pub fn failed(&self) -> Vec<&str> {
        let failed = self.tests.iter().filter(|test| test.failure.is_some());
        failed.map(|test| case(&test.name)).collect()
    }

    /// The names of the cases that pass, without the model.
    pub fn passed(&self) -> Vec<&str> {
        let passed = self.tests.iter().filter(|test| test.failure.is_none());
        passed.map(|test| case(&test.name)).collect()
    }
}

fn case(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A suite that runs. Dropping it ends it and all servers that it has started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The suite has a session of its own. Its servers have process groups of their own in that session.
        let session = self.0.id();
        let _ = self.0.kill();
        for pid in in_session(session) {
            let _ = kill(pid, Signal::SIGKILL);
        }
        let _ = self.0.wait();
    }
}

impl Suite {
    /// The suite with this executable.
    pub fn new(executable: PathBuf) -> Self {
        Self { executable }
    }

    /// Runs the tests that these words select, as after `cargo test … --`. `switch` turns one change of a source with
    /// switches on. Gives up after `deadline`.
    ///
    /// # Errors
    /// The suite does not start, gives no result, or the user stops it.
    pub fn run(
        &self,
        words: &[&str],
        switch: Option<&str>,
        deadline: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<Outcome, WorkshopError> {
        let begun = self.start(words, switch);
        let mut running = Running(begun.map_err(WorkshopError::file("cannot start the suite"))?);
        let stdout = reader(running.0.stdout.take().expect("stdout is a pipe"));
        let stderr = reader(running.0.stderr.take().expect("stderr is a pipe"));
        let end = Instant::now() + deadline;
        let timed_out = loop {
            if stop() {
                return Err(WorkshopError::Stopped);
            }
            match running.0.try_wait() {
                Ok(Some(_)) => break false,
                Ok(None) if Instant::now() > end => break true,
                Ok(None) => thread::sleep(CHECK_EVERY),
                Err(error) => return Err(WorkshopError::NoResult(error.to_string())),
            }
        };
        drop(running); // closes the pipes that servers may still hold
        let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
        let tests = tests(&stdout);
        if tests.is_empty() && !timed_out {
            let said = stderr.lines().next().unwrap_or("it printed nothing");
            return Err(WorkshopError::NoResult(said.into()));
        }
        Ok(Outcome {
            tests,
            text: format!("{stdout}\n{stderr}"),
            timed_out,
        })
    }

    fn start(&self, words: &[&str], switch: Option<&str>) -> io::Result<Child> {
        let mut command = Command::new(&self.executable);
        command
            .args(words)
            .args(["--color", "never"])
            .env_remove(SWITCH)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(switch) = switch {
            command.env(SWITCH, switch);
        }
        // SAFETY: setsid(2) and prctl(2) are system calls, which a child may make before execve(2).
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                set_pdeathsig(Signal::SIGKILL)?;
                Ok(())
            })
        };
        command.spawn()
    }
}

/// Reads a pipe to its end in a thread of its own.
fn reader(mut pipe: impl io::Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The processes of a session.
fn in_session(session: u32) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let members = numbers.filter(|pid| session_of(*pid) == Some(session));
    members.map(Pid::from_raw).collect()
}

/// The session of a process: the sixth field of its `stat` (proc(5)). The name before it may contain spaces.
fn session_of(pid: i32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(3)?.parse().ok()
}

/// The tests in the output of the suite.
fn tests(stdout: &str) -> Vec<Test> {
    let results = stdout.lines().filter_map(|line| {
        let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let (name, result) = (name.trim(), result.trim());
        let failure = match result {
            "ok" => None,
            "FAILED" => Some(reason(stdout, name)),
            _ => return None,
        };
        Some(Test {
            name: name.into(),
            failure,
        })
    });
    results.collect()
}

/// The first line of what a failed test says.
fn reason(stdout: &str, name: &str) -> String {
    let heading = format!("---- {name} ----\n");
    let text = stdout.split_once(&heading).map_or("", |(_, text)| text);
    let text = text.split("\n---- ").next().unwrap_or(text);
    let text = text.strip_prefix("test panicked: ").unwrap_or(text);
    let text = text.split("\n\n").next().unwrap_or(text);
    let lines = text.lines().map(str::trim);
    match text.strip_prefix("assertion `left == right` failed: ") {
        // The assertion has a sentence of its own, which says more than the two values.
        Some(sentence) => sentence.lines().next().unwrap_or(sentence).into(),
        None => lines.collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "running 2 tests\ntest /m/one_byte      ... ok\ntest /m/one_mebibyte ... FAILED\n\nfailures:\n\n---- /m/one_mebibyte ----\ntest panicked: assertion failed: nothing came\n  left: 1\n right: 2\n\n\nfailures:\n    /m/one_mebibyte\n";

    #[test]
    fn the_output_gives_each_test_with_its_reason() {
        let outcome = Outcome {
            tests: tests(OUTPUT),
            ..Outcome::default()
        };
        assert_eq!(outcome.passed(), ["one_byte"]);
        assert_eq!(outcome.failed(), ["one_mebibyte"]);
        let reason = outcome.tests[1].failure.as_deref();
        assert_eq!(
            reason,
            Some("assertion failed: nothing came left: 1 right: 2")
        );
    }

    #[test]
    fn the_sentence_of_an_assertion_stands_without_its_values() {
        let output = OUTPUT.replace(
            "assertion failed: nothing came",
            "assertion `left == right` failed: one reply is missing",
        );
        let reason = tests(&output)[1].failure.clone();
        assert_eq!(reason.as_deref(), Some("one reply is missing"));
    }

    #[test]
    fn a_suite_that_prints_nothing_gives_no_result() {
        let suite = Suite::new("/bin/true".into());
        let error = suite.run(&[], None, Duration::from_secs(10), &|| false);
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with("run the command again"), "{error}");
    }
}
