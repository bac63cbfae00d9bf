//! A process of this very program, in a group of its own, on CPUs of its own; it never outlives its owner.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::cpus;

/// How much of what a process said on stderr is repeated in a message.
const LAST_WORDS: usize = 400;

/// A started process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    stderr: PathBuf,
    ended: Option<ExitStatus>,
}

/// There is no such line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLine {
    /// Not until the deadline.
    InTime,
    /// And there never will be: stdout is closed.
    Ever,
}

impl Process {
    /// Starts `program` with these arguments, confined to these CPUs; what it says on stderr goes into that file.
    ///
    /// # Errors
    /// The file cannot be made, the CPUs do not exist, or the system can start no more processes.
    pub fn start(
        program: &Path,
        args: &[String],
        cpus: Option<&[usize]>,
        stderr: PathBuf,
    ) -> io::Result<Self> {
        let set = cpus.map(cpus::set).transpose()?;
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command.stderr(File::create(&stderr)?).process_group(0);
        // SAFETY: between fork and exec the closure makes two system calls; it takes no lock and allocates nothing.
        unsafe {
            command.pre_exec(move || {
                // Should this program be killed, its servers do not stay behind.
                set_pdeathsig(Signal::SIGTERM)?;
                Ok(set.as_ref().map_or(Ok(()), cpus::confine)?)
            });
        }
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().expect("stdout was asked to be a pipe");
        Ok(Self {
            child,
            lines: read_lines(stdout),
            stderr,
            ended: None,
        })
    }

    /// Its process id, and that of its group.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// The next line of stdout.
    ///
    /// # Errors
    /// There is none until then.
    pub fn line(&self, deadline: Instant) -> Result<String, NoLine> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoLine::InTime,
            RecvTimeoutError::Disconnected => NoLine::Ever,
        })
    }

    /// Whether the process itself has ended.
    pub fn has_ended(&mut self) -> bool {
        self.ended = self.ended.or_else(|| self.child.try_wait().ok().flatten());
        self.ended.is_some()
    }

    /// Sends a signal to the process, not to its children.
    pub fn signal(&self, signal: Signal) {
        // It may have ended a moment ago; then there is nobody left to tell.
        let _ = nix::sys::signal::kill(self.pid(), signal);
    }

    /// Waits for a process that closed its stdout, and ends what is left of its group.
    pub fn end(&mut self, deadline: Instant) -> Option<ExitStatus> {
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        let in_time = self.ended;
        self.kill();
        in_time
    }

    /// The last words on stderr, for a message; empty where there are none.
    pub fn last_words(&self) -> String {
        let said = fs::read(&self.stderr).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let skip = said.chars().count().saturating_sub(LAST_WORDS);
        let words: String = said.chars().skip(skip).collect();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Ends the whole group at once.
    fn kill(&mut self) {
        // ESRCH means that nobody of the group is left, which is what is wanted.
        let _ = killpg(self.pid(), Signal::SIGKILL);
        if self.ended.is_none() {
            self.ended = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if fs::metadata(&self.stderr).is_ok_and(|file| file.len() == 0) {
            // An empty file tells nobody anything; that it stays is no harm either.
            let _ = fs::remove_file(&self.stderr);
        }
    }
}

/// How a process ended, in words: `exited with code 2`, `was killed by SIGSEGV`.
pub fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(name) => format!("was killed by {name}"),
            Err(_) => format!("was killed by signal {signal}"),
        },
        (None, None) => "ended".to_owned(),
    }
}

/// Reads in a thread of its own, because a pipe knows no deadline. The thread ends with the last writer.
fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}
