//! A process, mostly of this very program, in a group of its own, on CPUs of its own; it never outlives its owner.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::cpus;

/// How much of what a process said on stderr is repeated in a message, in bytes.
const LAST_WORDS: u64 = 400;
/// How much of it is kept, in bytes: a server that complains about every client fills no disk.
const MOST_WORDS: u64 = 64 << 10;

/// Where a process runs, and what runs there.
#[derive(Clone, Debug)]
pub struct Seat<'a> {
    /// The program.
    pub program: &'a Path,
    /// The CPUs that it is confined to; `None` for all.
    pub cpus: Option<&'a [usize]>,
    /// The file for what it writes to stderr.
    pub stderr: PathBuf,
}

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
    /// Starts the program of this seat with these arguments.
    ///
    /// # Errors
    /// The file for stderr cannot be made, the CPUs do not exist, or the system can start no more processes.
    pub fn start(seat: &Seat, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(seat.program);
        command.args(args).stdout(Stdio::piped());
        // If this program is killed, its servers do not stay behind.
        spawn(command.stdin(Stdio::null()), Signal::SIGTERM, seat)
    }

    /// The same, but its stdin stays open until [`Process::close_stdin`].
    ///
    /// # Errors
    /// Those of [`Process::start`].
    pub fn start_told(seat: &Seat, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(seat.program);
        command.args(args).stdout(Stdio::piped());
        spawn(command.stdin(Stdio::piped()), Signal::SIGTERM, seat)
    }

    /// Starts an external program; its stdout is not read.
    ///
    /// # Errors
    /// Those of [`Process::start`], or there is no such program.
    pub fn start_silent(seat: &Seat, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(seat.program);
        command.args(args).stdout(Stdio::null());
        // It may ignore SIGTERM, and this program is then no longer there to send SIGKILL.
        spawn(command.stdin(Stdio::null()), Signal::SIGKILL, seat)
    }

    /// Ends what the process can read on stdin.
    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
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

    /// Sends a signal to the process and to all of its group.
    pub fn signal_group(&self, signal: Signal) {
        // ESRCH means that nobody of the group is left to be told.
        let _ = killpg(self.pid(), signal);
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
        let said = tail(&self.stderr, LAST_WORDS).unwrap_or_default();
        let words = String::from_utf8_lossy(&said);
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
        // What could not be tidied up stays as it is, and is no harm.
        let _ = match fs::metadata(&self.stderr).map_or(0, |file| file.len()) {
            0 => fs::remove_file(&self.stderr),
            1..=MOST_WORDS => Ok(()),
            _ => tail(&self.stderr, MOST_WORDS).and_then(|end| fs::write(&self.stderr, end)),
        };
    }
}

/// Starts it in a group of its own. It gets the signal when the thread that started it ends.
fn spawn(command: &mut Command, farewell: Signal, seat: &Seat) -> io::Result<Process> {
    let cpu_set = seat.cpus.map(cpus::set).transpose()?;
    command.process_group(0);
    command.stderr(File::create(&seat.stderr)?);
    // SAFETY: between fork and exec the closure makes four system calls; it takes no lock and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            set_pdeathsig(farewell)?;
            // As many clients as the system allows: programs of others do not raise the limit themselves.
            let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
            setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
            Ok(cpu_set.as_ref().map_or(Ok(()), cpus::confine)?)
        });
    }
    let mut child = command.spawn()?;
    let lines = child
        .stdout
        .take()
        .map_or_else(|| mpsc::channel().1, read_lines);
    Ok(Process {
        child,
        lines,
        stderr: seat.stderr.clone(),
        ended: None,
    })
}

/// The last bytes of a file.
fn tail(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let skip = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(skip))?;
    let mut end = Vec::new();
    file.take(most).read_to_end(&mut end)?;
    Ok(end)
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
