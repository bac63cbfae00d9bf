//! Starts a process in its own process group and on its own CPUs, and ends it at the latest with its owner.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};

use crate::cpus;
use crate::mark::{Mark, VARIABLE};

/// Maximum number of bytes of stderr in a message.
const MESSAGE_BYTES: u64 = 400;
/// Maximum number of bytes of stderr that are stored, so that a server with a message for each client does not fill the
/// disk.
const STORED_BYTES: u64 = 64 << 10;

/// The program of a process, and the place where it runs.
#[derive(Clone, Debug)]
pub struct Seat<'a> {
    /// The program.
    pub program: &'a Path,
    /// The CPUs that it is pinned to; `None` for all.
    pub cpus: Option<&'a [usize]>,
    /// The file for its stderr.
    pub stderr: PathBuf,
}

/// A started process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    stderr: PathBuf,
    status: Option<ExitStatus>,
    /// Present if it is an external program.
    mark: Option<Mark>,
}

/// The reason why there is no further line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoLine {
    /// The deadline has passed.
    Timeout,
    /// Stdout is closed.
    Closed,
}

impl Process {
    /// Starts the program of this seat with these arguments.
    ///
    /// # Errors
    /// The file for stderr cannot be created, the CPUs do not exist, or the system cannot start more processes.
    pub fn start(seat: &Seat, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(seat.program);
        command.args(args).stdout(Stdio::piped());
        spawn(command.stdin(Stdio::null()), Signal::SIGTERM, seat)
    }

    /// The same, but stdin stays open until [`Process::close_stdin`].
    ///
    /// # Errors
    /// Those of [`Process::start`].
    pub fn start_with_stdin(seat: &Seat, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(seat.program);
        command.args(args).stdout(Stdio::piped());
        spawn(command.stdin(Stdio::piped()), Signal::SIGTERM, seat)
    }

    /// Starts an external program. Its stdout is not read.
    ///
    /// # Errors
    /// Those of [`Process::start`], or the program does not exist.
    pub fn start_external(seat: &Seat, args: &[String]) -> io::Result<Self> {
        let mut command = Command::new(seat.program);
        command.args(args).stdout(Stdio::null());
        let mut mark = Mark::new()?;
        command.env(VARIABLE, mark.value());
        // An external program may ignore SIGTERM, and nothing is left to send SIGKILL after this program has ended.
        let mut process = spawn(command.stdin(Stdio::null()), Signal::SIGKILL, seat)?;
        mark.of_group(process.pid());
        process.mark = Some(mark);
        Ok(process)
    }

    /// Stdin, if it is open.
    pub const fn stdin(&mut self) -> Option<&mut ChildStdin> {
        self.child.stdin.as_mut()
    }

    /// Closes stdin, so that the process reads its end.
    pub fn close_stdin(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Its process id, which is also the id of its group.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// The next line of stdout.
    ///
    /// # Errors
    /// There is no line before the deadline, or stdout is closed.
    pub fn line(&self, deadline: Instant) -> Result<String, NoLine> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.lines.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoLine::Timeout,
            RecvTimeoutError::Disconnected => NoLine::Closed,
        })
    }

    /// True if the process itself has ended. Its children may still run.
    pub fn has_ended(&mut self) -> bool {
        self.status = self.status.or_else(|| self.child.try_wait().ok().flatten());
        self.status.is_some()
    }

    /// The processes of an external program that have left its group. Its signals and its figures miss them.
    pub fn strays(&self) -> Vec<Pid> {
        let mut strays = self.mark.as_ref().map_or(Vec::new(), Mark::processes);
        strays.retain(|&pid| getpgid(Some(pid)).is_ok_and(|group| group != self.pid()));
        strays
    }

    /// Sends a signal to the process, not to its children.
    pub fn signal(&self, signal: Signal) {
        // ESRCH means that the process has already ended.
        let _ = nix::sys::signal::kill(self.pid(), signal);
    }

    /// Sends a signal to all processes of its group.
    pub fn signal_group(&self, signal: Signal) {
        // ESRCH means that all processes of the group have already ended.
        let _ = killpg(self.pid(), signal);
    }

    /// Waits for the process until the deadline, then kills all that is left of its group, and all marked processes. Returns `None` if the process did not end
    /// in time.
    pub fn wait_or_kill(&mut self, deadline: Instant) -> Option<ExitStatus> {
        while !self.has_ended() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        let status = self.status;
        self.kill();
        status
    }

    /// The end of its stderr in one line, for a message; empty if it wrote nothing.
    pub fn stderr_tail(&self) -> String {
        let bytes = tail(&self.stderr, MESSAGE_BYTES).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Kills the whole group.
    fn kill(&mut self) {
        // ESRCH means that all processes of the group have already ended.
        let _ = killpg(self.pid(), Signal::SIGKILL);
        if let Some(mark) = &self.mark {
            mark.kill();
        }
        if self.status.is_none() {
            self.status = self.child.wait().ok();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        // A file that is too long or empty does no harm if it stays.
        let _ = match fs::metadata(&self.stderr).map_or(0, |file| file.len()) {
            0 => fs::remove_file(&self.stderr),
            1..=STORED_BYTES => Ok(()),
            _ => tail(&self.stderr, STORED_BYTES).and_then(|end| fs::write(&self.stderr, end)),
        };
    }
}

/// Starts a command in its own group. The kernel sends it the signal `on_parent_death` when the thread that started it ends,
/// so that no server stays behind if this program is killed.
fn spawn(command: &mut Command, on_parent_death: Signal, seat: &Seat) -> io::Result<Process> {
    let cpu_set = seat.cpus.map(cpus::set).transpose()?;
    command.process_group(0);
    command.stderr(File::create(&seat.stderr)?);
    let parent = Pid::this();
    // SAFETY: between fork and exec the closure makes five system calls; it takes no lock and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            set_pdeathsig(on_parent_death)?;
            // If this program was killed just before, the signal never comes.
            if Pid::parent() != parent {
                return Err(io::ErrorKind::NotFound.into());
            }
            // External programs do not raise their soft limit of file descriptors themselves.
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
        status: None,
        mark: None,
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

/// A part of a sentence about a process: the end of its stderr; empty if it wrote nothing.
pub fn with_message(stderr: &str) -> String {
    if stderr.is_empty() {
        return String::new();
    }
    format!(", with the message `{stderr}`")
}

/// The way a process ended, in words: `exited with code 2`, `was killed by SIGSEGV`.
pub fn describe_exit(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with code {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(name) => format!("was killed by {name}"),
            Err(_) => format!("was killed by signal {signal}"),
        },
        (None, None) => "ended".to_owned(),
    }
}

/// Reads lines in a separate thread, because reading a pipe has no timeout. The thread ends when the last writer closes the
/// pipe.
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
