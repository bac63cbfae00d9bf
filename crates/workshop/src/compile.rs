//! Builds the conformance suite in a copy of the workspace.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::Value;

use crate::copy::Copy;
use crate::error::WorkshopError;
use crate::suite::Suite;
use crate::tree::cargo;

/// Time between two checks of the user's request to stop.
const CHECK_EVERY: Duration = Duration::from_millis(100);
/// Most lines of a span that says where an error is.
const LONGEST_SPAN: usize = 6;

/// Receives the name of each package that is done, and nothing whenever the build goes on.
pub type Progress<'a> = Box<dyn FnMut(Option<&str>) + 'a>;

/// How the suite is built.
pub struct Build<'a> {
    /// The profile of cargo: `dev` or `release`.
    pub profile: &'a str,
    /// Is called with the name of each package that is done, and whenever the build goes on.
    pub progress: Progress<'a>,
    /// True if the user wants to stop.
    pub stop: Box<dyn Fn() -> bool + 'a>,
}

/// A suite, or the messages of the compiler.
#[derive(Debug)]
pub enum Built {
    /// The suite can run.
    Suite(Suite),
    /// The copy does not compile.
    Errors {
        /// The messages as the compiler prints them.
        text: String,
        /// The files and lines of the errors.
        places: Vec<(PathBuf, usize)>,
    },
}

impl Built {
    /// The suite.
    ///
    /// # Errors
    /// The copy does not compile.
    pub fn suite(self) -> Result<Suite, WorkshopError> {
        match self {
            Self::Suite(suite) => Ok(suite),
            Self::Errors { text, .. } => Err(WorkshopError::Compile(text)),
        }
    }
}

/// Ends cargo, and all that it has started, with its owner.
struct Cargo(Child);

impl Drop for Cargo {
    fn drop(&mut self) {
        // The child was not waited for, so the number of the group is still its own.
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGTERM);
            let _ = self.0.wait();
        }
    }
}

impl Build<'_> {
    /// Builds the suite in this copy.
    ///
    /// # Errors
    /// Cargo does not start, or the user stops it.
    pub fn run(mut self, copy: &Copy) -> Result<Built, WorkshopError> {
        let mut cargo = Cargo(
            command(copy, self.profile)
                .spawn()
                .map_err(WorkshopError::NoCargo)?,
        );
        let stdout = cargo.0.stdout.take().expect("stdout is a pipe");
        let mut stderr = cargo.0.stderr.take().expect("stderr is a pipe");
        // Cargo blocks if one of its pipes is full, so each is read all the time.
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        let mut seen = Seen::default();
        loop {
            match messages.recv_timeout(CHECK_EVERY) {
                Ok(line) => (self.progress)(seen.read(&line).as_deref()),
                Err(RecvTimeoutError::Timeout) => (self.progress)(None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if (self.stop)() {
                return Err(WorkshopError::Stopped);
            }
        }
        let status = cargo.0.wait().map_err(WorkshopError::NoCargo)?;
        if let Some(suite) = seen.suite.filter(|_| status.success()) {
            return Ok(Built::Suite(Suite::new(suite)));
        }
        let mut text = seen.text;
        if text.is_empty() {
            text = errors.join().unwrap_or_default();
        }
        Ok(Built::Errors {
            text,
            places: seen.places,
        })
    }
}

fn command(copy: &Copy, profile: &str) -> Command {
    let mut command = Command::new(cargo());
    command
        .current_dir(copy.root())
        .env("CARGO_TARGET_DIR", copy.target())
        // The copy is never debugged, and without debug information it is much smaller.
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_PROFILE_TEST_DEBUG", "false")
        .args(["build", "--locked", "--keep-going"])
        .args(["--package", "echo-server", "--test", "conformance"])
        .args(["--message-format", "json", "--profile", profile])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// What cargo has said so far.
#[derive(Default)]
struct Seen {
    suite: Option<PathBuf>,
    text: String,
    places: Vec<(PathBuf, usize)>,
}

impl Seen {
    /// Reads one message. Returns the name of a package that is done.
    fn read(&mut self, line: &str) -> Option<String> {
        let message: Value = serde_json::from_str(line).ok()?;
        if message["reason"] == "compiler-message" && message["message"]["level"] == "error" {
            self.text += message["message"]["rendered"].as_str().unwrap_or_default();
            let spans = message["message"]["spans"].as_array().into_iter().flatten();
            self.places.extend(spans.flat_map(places));
        }
        if message["reason"] != "compiler-artifact" {
            return None;
        }
        let name = message["target"]["name"].as_str()?;
        if let Some(path) = message["executable"]
            .as_str()
            .filter(|_| name == "conformance")
        {
            self.suite = Some(path.into());
        }
        Some(name.into())
    }
}

/// The lines of a span, if it is short: a long one marks a whole function.
fn places(span: &Value) -> Vec<(PathBuf, usize)> {
    let file = span["file_name"].as_str().unwrap_or_default();
    let [start, end] = ["line_start", "line_end"].map(|key| span[key].as_u64().unwrap_or(0));
    let lines = (start..=end).take(LONGEST_SPAN + 1);
    let places: Vec<_> = lines.map(|line| (file.into(), line as usize)).collect();
    if places.len() > LONGEST_SPAN {
        return Vec::new();
    }
    places
}
