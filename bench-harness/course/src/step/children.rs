//! The step `zombies`: children that end, and a parent that does or does not wait for them. The step `parent-killed`: what becomes
//! of the children of a server whose parent is killed.
//!
//! Everything between `fork` and `_exit` makes system calls only: this program has other threads, and a child of a program with
//! threads may not allocate (signal-safety(7)).

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd as _, RawFd};
use std::thread;
use std::time::{Duration, Instant};

use measure::stop::Stop;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2, setpgid};
use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::{Client, pause};

/// Longest wait for something that takes the kernel microseconds.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest wait for the reply of a server of this step.
const REPLY: Duration = Duration::from_millis(300);
/// Bytes of the report of a worker.
const REPORT: usize = size_of::<i32>();

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Children {
    /// Number of children.
    children: usize,
}

/// Carries out `zombies`: children that have ended and are still in the list of processes.
///
/// # Errors
/// The system refuses a process.
pub fn zombies(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Children = parameters(table)?;
    let mut measured = Measured::default();
    for waits in [false, true] {
        (stage.progress)("children that end", if waits { 0.5 } else { 0.0 });
        let mut children = Family(Vec::new());
        for _ in 0..parameters.children {
            // SAFETY: the child calls `_exit` only.
            match unsafe { fork() }.map_err(io::Error::from)? {
                // SAFETY: `_exit` ends the child without running anything of this program.
                ForkResult::Child => unsafe { libc::_exit(0) },
                ForkResult::Parent { child } => children.0.push(child),
            }
        }
        if waits {
            children.reap();
        } else {
            let deadline = Instant::now() + PATIENCE;
            while children.count('Z') < children.0.len() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(1));
            }
        }
        let label = if waits {
            "with waitpid"
        } else {
            "without waitpid"
        };
        let zombies = children.count('Z') as f64;
        measured
            .rows
            .push(Row::new(label, Unit::Count, vec![zombies]));
    }
    Ok(measured)
}

/// Processes that this step has started. They are killed and reaped when it is dropped.
struct Family(Vec<Pid>);

impl Family {
    /// The number of them in this state (proc_pid_stat(5)).
    fn count(&self, state: char) -> usize {
        let is_it = |pid: &&Pid| self::state(**pid) == Some(state);
        self.0.iter().filter(is_it).count()
    }

    /// Waits for all of them.
    fn reap(&self) {
        for pid in &self.0 {
            // ECHILD: it has been waited for already.
            let _ = waitpid(*pid, None);
        }
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        for pid in &self.0 {
            if state(*pid).is_some() {
                let _ = kill(*pid, Signal::SIGKILL);
            }
        }
        self.reap();
    }
}

/// The state of a process (proc_pid_stat(5)); `None` if there is no such process.
pub(super) fn state(pid: Pid) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(") ")?.1.chars().next()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Killed {
    /// Number of children that accept clients.
    workers: usize,
    /// Requests after the parent was killed, each of a client of its own.
    requests: usize,
}

/// Carries out `parent-killed`: requests that are answered after `kill -9` of the parent, with children that stay, and with children
/// that asked the kernel to die with their parent.
///
/// # Errors
/// The system refuses a process or a socket, or the user stops it.
pub fn parent_killed(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Killed = parameters(table)?;
    let mut measured = Measured::default();
    let mut alive = Vec::new();
    for (dies, label) in [(false, "plain prefork"), (true, "PR_SET_PDEATHSIG")] {
        (stage.progress)(label, if dies { 0.5 } else { 0.0 });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let server = Prefork::start(&listener, parameters.workers, dies)?;
        drop(listener);
        if answered(stage.stop, address, 1)? == 0 {
            let reason = "the server of this experiment does not answer".to_owned();
            return Err(StepError::Process(reason));
        }
        server.kill_parent()?;
        pause(stage.stop, Duration::from_millis(100))?;
        let count = |label: &str, n| Row::new(label, Unit::Count, vec![n as f64]);
        let replies = answered(stage.stop, address, parameters.requests)?;
        measured.rows.push(count(label, replies));
        alive.push(count(&format!("{label}, alive"), server.alive()));
        let adopter = server.workers.first().and_then(|pid| parent_of(*pid));
        if let Some(adopter) = adopter.filter(|_| !dies) {
            measured.notes.push(format!(
                "The children of the killed parent now belong to process {adopter}."
            ));
        }
    }
    measured.rows.extend(alive);
    Ok(measured)
}

/// The process id of the parent of a process.
fn parent_of(pid: Pid) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Number of clients that get their echo.
fn answered(stop: &Stop, address: SocketAddr, clients: usize) -> Result<usize, StepError> {
    let mut answered = 0;
    for _ in 0..clients {
        if let Ok(mut client) = Client::connect(address, REPLY) {
            answered += usize::from(client.ask(stop, b"hello", REPLY)?.is_some());
        }
    }
    Ok(answered)
}

/// A parent and its workers, which are no children of this process. The parent leads a process group, and the whole group is
/// killed when this is dropped.
struct Prefork {
    parent: Pid,
    workers: Vec<Pid>,
}

impl Prefork {
    /// Starts a parent that forks workers and sleeps, and waits until every worker has reported itself.
    fn start(listener: &TcpListener, workers: usize, dies: bool) -> Result<Self, StepError> {
        let (reading, writing) = pipe2(OFlag::O_CLOEXEC).map_err(io::Error::from)?;
        let (socket, reports) = (listener.as_raw_fd(), writing.as_raw_fd());
        let this = getpid();
        // SAFETY: the child makes system calls only, and ends with `_exit` or by a signal.
        let parent = match unsafe { fork() }.map_err(io::Error::from)? {
            // SAFETY: as above.
            ForkResult::Child => unsafe { be_parent(this, socket, reports, workers, dies) },
            ForkResult::Parent { child } => child,
        };
        let mut prefork = Self {
            parent,
            workers: Vec::new(),
        };
        // The parent makes the same call. The first of the two wins, so the group exists before it is needed.
        let _ = setpgid(parent, parent);
        drop(writing);
        let mut reports = File::from(reading);
        for _ in 0..workers {
            let mut report = [0; REPORT];
            reports.read_exact(&mut report).map_err(silent)?;
            prefork.workers.push(reported(report)?);
        }
        Ok(prefork)
    }

    /// Kills the parent alone, and waits for its end.
    fn kill_parent(&self) -> io::Result<()> {
        kill(self.parent, Signal::SIGKILL)?;
        waitpid(self.parent, None)?;
        Ok(())
    }

    /// Number of workers that still run.
    fn alive(&self) -> usize {
        let runs = |pid: &&Pid| state(**pid).is_some_and(|state| state != 'Z');
        self.workers.iter().filter(runs).count()
    }
}

impl Drop for Prefork {
    fn drop(&mut self) {
        // ESRCH: all of them have ended.
        let _ = killpg(self.parent, Signal::SIGKILL);
        // ECHILD: `kill_parent` has waited for it.
        let _ = waitpid(self.parent, None);
    }
}

/// The process id in the report of a worker. A negative number is the error of `fork` or `prctl`.
fn reported(report: [u8; REPORT]) -> Result<Pid, StepError> {
    let number = i32::from_ne_bytes(report);
    if number > 0 {
        return Ok(Pid::from_raw(number));
    }
    let error = io::Error::from_raw_os_error(-number);
    match -number {
        libc::EAGAIN | libc::ENOMEM => Err(StepError::System(error)),
        _ => Err(StepError::NotHere(format!(
            "the kernel refuses PR_SET_PDEATHSIG ({error}), probably because of a sandbox; run the lesson outside of it"
        ))),
    }
}

/// The pipe of the reports is closed too early, or broken.
fn silent(error: io::Error) -> StepError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            StepError::Process("a worker of this experiment ended before it was ready".to_owned())
        }
        _ => StepError::System(error),
    }
}

/// Forks the workers, and sleeps until it is killed. It is killed with `this`, the process that started it.
///
/// # Safety
/// Only in a process that was just forked: it makes system calls only, and never returns.
unsafe fn be_parent(this: Pid, socket: RawFd, reports: RawFd, workers: usize, dies: bool) -> ! {
    // SAFETY: system calls with arguments of this function; none allocates.
    unsafe {
        libc::setpgid(0, 0);
        die_with(this.as_raw(), reports);
        let parent = libc::getpid();
        for _ in 0..workers {
            match libc::fork() {
                0 => {
                    if dies {
                        die_with(parent, reports);
                    }
                    report(reports, libc::getpid());
                    libc::close(reports);
                    be_worker(socket)
                }
                -1 => report(reports, -Errno::last_raw()),
                _ => {}
            }
        }
        libc::close(reports);
        loop {
            libc::pause();
        }
    }
}

/// Asks the kernel to kill this process when its parent ends. A parent that ended before `prctl` sends no signal any more, so this
/// process then ends itself.
///
/// # Safety
/// As [`be_parent`].
unsafe fn die_with(parent: i32, reports: RawFd) {
    // SAFETY: as in `be_parent`.
    unsafe {
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            report(reports, -Errno::last_raw());
            libc::_exit(1);
        }
        if libc::getppid() != parent {
            libc::_exit(1);
        }
    }
}

/// Writes a process id, or a negative error. A pipe takes four bytes whole (`PIPE_BUF`, pipe(7)).
///
/// # Safety
/// As [`be_parent`].
unsafe fn report(reports: RawFd, number: i32) {
    // SAFETY: as in `be_parent`.
    unsafe {
        libc::write(reports, number.to_ne_bytes().as_ptr().cast(), REPORT);
    }
}

/// Serves one client after the other with one echo each.
///
/// # Safety
/// As [`be_parent`].
unsafe fn be_worker(socket: RawFd) -> ! {
    // SAFETY: system calls with arguments of this function; none allocates.
    unsafe {
        // A worker ends by itself after a while, if no signal ends it before.
        libc::alarm(20);
        loop {
            let client = libc::accept(socket, std::ptr::null_mut(), std::ptr::null_mut());
            let mut buffer = [0_u8; 64];
            let came = libc::read(client, buffer.as_mut_ptr().cast(), buffer.len());
            if came > 0 {
                libc::write(client, buffer.as_ptr().cast(), came as usize);
            }
            libc::close(client);
        }
    }
}

#[cfg(test)]
mod tests;
