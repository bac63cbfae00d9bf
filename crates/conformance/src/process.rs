//! The process of a server under test: a group of its own, with all that it writes.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::finding::{Checked, Finding};
use crate::texts::Symptom;
use crate::watch::{Group, seconds, within};

/// Most bytes of the server's output that a finding shows: the last ones.
const SHOWN: u64 = 2_000;

/// A server's process group. Dropping it kills the group.
pub struct Process {
    child: Child,
    /// Standard output, if the server keeps our contract.
    stdout: Option<BufReader<UnixStream>>,
    /// Standard error, and standard output if the server does not keep our contract.
    output: File,
    deadline: Duration,
    /// Set when the server has ended and was waited for.
    exit: Option<ExitStatus>,
}

/// Ends the command's process together with this one, and limits its descriptors.
///
/// This process is then copied by fork(2), which costs as much as it has memory. A program of ours can do both itself, after
/// its start.
pub fn confine(command: &mut Command, descriptors: Option<u64>) {
    // SAFETY: prctl(2) and setrlimit(2) are system calls, which a child may make before execve(2).
    unsafe {
        command.pre_exec(move || {
            set_pdeathsig(Signal::SIGKILL)?;
            if let Some(limit) = descriptors {
                setrlimit(Resource::RLIMIT_NOFILE, limit, limit)?;
            }
            Ok(())
        })
    };
}

impl Process {
    /// Starts the command. Its standard output is read line by line if `speaks` is true.
    pub fn start(mut command: Command, speaks: bool, deadline: Duration) -> Checked<Self> {
        let output = tempfile::tempfile().expect("the temporary directory is writable");
        let copy = || output.try_clone().expect("descriptors are left");
        let mut stdout = None;
        if speaks {
            // Standard output is a socket, because reads from it can have a deadline.
            let (ours, theirs) = UnixStream::pair().expect("descriptors are left");
            ours.set_read_timeout(Some(deadline))
                .expect("the timeout is not zero");
            command.stdout(OwnedFd::from(theirs));
            stdout = Some(BufReader::new(ours));
        } else {
            command.stdout(copy());
        }
        command
            .stderr(copy())
            .stdin(Stdio::null())
            .env("RUST_BACKTRACE", "0")
            .process_group(0);
        let child = command.spawn();
        let child = child
            .map_err(|error| Finding::of(Symptom::Died, format!("it does not start: {error}")))?;
        Ok(Self {
            child,
            stdout,
            output,
            deadline,
            exit: None,
        })
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub fn group(&self) -> Group {
        Group(self.pid().as_raw())
    }

    /// Sends a signal to the first process.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the server was not waited for yet");
    }

    /// Sends a signal to all processes of the group.
    pub fn signal_all(&self, signal: Signal) {
        // They may all have ended, if the server has ended by itself.
        let _ = killpg(self.pid(), signal);
    }

    /// Lowers the limit of descriptors of all processes. The processes that they start later inherit it.
    pub fn limit_descriptors(&self, limit: u64) {
        let limit = libc::rlimit64 {
            rlim_cur: limit,
            rlim_max: limit,
        };
        for pid in self.group().living() {
            // SAFETY: prlimit(2) reads the new limit, and writes no old one.
            unsafe {
                libc::prlimit64(
                    pid.as_raw(),
                    libc::RLIMIT_NOFILE,
                    &raw const limit,
                    std::ptr::null_mut(),
                )
            };
        }
    }

    /// The next line of a server that keeps our contract; empty at the end.
    pub fn line(&mut self, what: &str) -> Checked<String> {
        let stdout = self.stdout.as_mut();
        let stdout = stdout.expect("only servers that keep our contract speak");
        let mut line = String::new();
        match stdout.read_line(&mut line) {
            Ok(_) => Ok(line),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(Finding::of(
                Symptom::Silence,
                format!("waited {} in vain for {what}", seconds(self.deadline)),
            )),
            Err(error) => Err(Finding::new(format!("cannot read {what}: {error}"))),
        }
    }

    /// The exit status, if the server has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        if self.exit.is_none() {
            self.exit = self.child.try_wait().ok().flatten();
        }
        self.exit
    }

    /// Waits until the server has ended.
    pub fn wait(&mut self) -> Checked<ExitStatus> {
        let deadline = self.deadline;
        within(deadline, || self.exited().is_some());
        self.exited().ok_or_else(|| {
            Finding::of(
                Symptom::Silence,
                format!(
                    "the server has not ended {} after the signal",
                    seconds(deadline)
                ),
            )
        })
    }

    /// The end of what the server wrote to standard error; to standard output too, if it does not keep our contract.
    pub fn written(&mut self) -> String {
        let mut text = Vec::new();
        let length = self.output.metadata().map_or(0, |metadata| metadata.len());
        let from = std::io::SeekFrom::Start(length.saturating_sub(SHOWN));
        let read = self.output.seek(from);
        let read = read.and_then(|_| self.output.read_to_end(&mut text));
        read.expect("the temporary file is readable");
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Asks all processes to end, and kills those that do not end in time. Returns the exit status.
    pub fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        self.signal_all(Signal::SIGTERM);
        within(patience, || {
            self.exited().is_some() && self.group().living().is_empty()
        });
        self.kill();
        self.exit
    }

    /// Asserts that the server runs.
    pub fn still_runs(&mut self) -> Checked {
        match self.exited() {
            None => Ok(()),
            Some(exit) => Err(Finding::of(
                Symptom::Died,
                format!("the server has ended by itself: {exit}"),
            )),
        }
    }

    fn kill(&mut self) {
        // After the wait, the number may belong to another process, unless the group still has a member.
        if self.exit.is_none() || !self.group().living().is_empty() {
            self.signal_all(Signal::SIGKILL);
        }
        if self.exit.is_none() {
            self.exit = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
