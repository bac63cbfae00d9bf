//! The step `reaping`: ways to reap children that end at the same time. How many zombies does each leave, and how much of the
//! children's CPU time does the parent see?
//!
//! Signals belong to a whole process, so each way has a process of its own. Between `fork` and `_exit` there are system calls only:
//! a child of a program with threads may not allocate (signal-safety(7)).

use std::fs::File;
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, RawFd};
use std::ptr::null_mut;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe2};
use serde::Deserialize;
use toml::Table;

use super::children::state;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

/// Time after the last child has closed its pipe: it is a zombie then.
const SETTLE_NS: i64 = 20_000_000;
/// CPU time that each child uses before it ends.
const WORK_NS: i64 = 1_000_000;
/// Longest wait for the first process of the system to reap the grandchildren. In some containers it looks only now and then.
const ADOPTED: Duration = Duration::from_secs(5);
/// Most children. Their process ids must fit into one pipe, which holds 64 KiB.
const MOST: u16 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Number of children that end at the same time, at most [`MOST`].
    children: u16,
}

/// The way a parent reaps its children.
#[derive(Clone, Copy)]
enum Way {
    OncePerSignal,
    InALoop,
    Ignored,
    DoubleFork,
}

impl Way {
    const ALL: [Self; 4] = [
        Self::OncePerSignal,
        Self::InALoop,
        Self::Ignored,
        Self::DoubleFork,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::OncePerSignal => "one waitpid a signal",
            Self::InALoop => "waitpid in a loop",
            Self::Ignored => "SIGCHLD ignored",
            Self::DoubleFork => "double fork",
        }
    }
}

/// Carries it out: for each way the zombies that it leaves, and then the CPU time of the children that the parent sees.
///
/// # Errors
/// The number of children is out of range, or the system refuses a process.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let children = children(table)?;
    let (mut left, mut seen) = (Vec::new(), Vec::new());
    for (index, way) in Way::ALL.into_iter().enumerate() {
        (stage.progress)(way.label(), index as f64 / Way::ALL.len() as f64);
        let answer = experiment(way, children)?;
        let row = Row::new(way.label(), Unit::Count, vec![answer.zombies as f64]);
        left.push(row);
        let label = format!("CPU seen, {}", way.label());
        seen.push(Row::new(label, Unit::Ms, vec![answer.cpu_us as f64 / 1e3]));
    }
    left.extend(seen);
    Ok(Measured {
        rows: left,
        notes: Vec::new(),
    })
}

/// The number of children.
fn children(table: &Table) -> Result<u16, StepError> {
    let parameters: Parameters = parameters(table)?;
    match parameters.children {
        children @ 1..=MOST => Ok(children),
        other => Err(StepError::Mistake {
            step: "reaping".to_owned(),
            reason: format!("`children` is {other}, and must be from 1 to {MOST}"),
        }),
    }
}

/// What a parent answers, as it stands in the pipe.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    /// Zombies that are left.
    zombies: i64,
    /// CPU time of children that the parent sees, in microseconds.
    cpu_us: i64,
}

/// Bytes of the numbers of an answer: an error (0 for none), the zombies, the CPU time.
const ANSWER: usize = 3 * size_of::<i64>();

impl Answer {
    fn parse(bytes: &[u8]) -> Result<Self, StepError> {
        let mut numbers = bytes.as_chunks().0.iter().map(|n| i64::from_ne_bytes(*n));
        match [numbers.next(), numbers.next(), numbers.next()] {
            [Some(0), Some(zombies), Some(cpu_us)] => Ok(Self { zombies, cpu_us }),
            [Some(error), ..] => Err(io::Error::from_raw_os_error(error as i32).into()),
            [None, ..] => Err(StepError::Process(
                "the parent of the experiment died".to_owned(),
            )),
        }
    }
}

/// Lets a parent reap in this way. Zombies among its grandchildren count, too.
fn experiment(way: Way, children: u16) -> Result<Answer, StepError> {
    let (answer, answers) = pipe2(OFlag::O_CLOEXEC).map_err(io::Error::from)?;
    let (born, births) = pipe2(OFlag::O_CLOEXEC).map_err(io::Error::from)?;
    let pipes = (answers.as_raw_fd(), births.as_raw_fd());
    // SAFETY: the child makes system calls only, and ends with `_exit`.
    let parent = match unsafe { fork() }.map_err(io::Error::from)? {
        // SAFETY: as above.
        ForkResult::Child => unsafe { be_parent(way, children, pipes) },
        ForkResult::Parent { child } => child,
    };
    drop((answers, births));
    let (mut bytes, mut pids) = (Vec::new(), Vec::new());
    let read = File::from(answer).read_to_end(&mut bytes);
    let read = read.and_then(|_| File::from(born).read_to_end(&mut pids));
    waitpid(parent, None).map_err(io::Error::from)?;
    read?;
    let mut answer = Answer::parse(&bytes)?;
    answer.zombies += adopted_zombies(&pids) as i64;
    Ok(answer)
}

/// Number of these processes that their new parent leaves as zombies.
fn adopted_zombies(pids: &[u8]) -> usize {
    let pids = pids.as_chunks().0.iter();
    let pids: Vec<Pid> = pids
        .map(|pid| Pid::from_raw(i32::from_ne_bytes(*pid)))
        .collect();
    let deadline = Instant::now() + ADOPTED;
    loop {
        let zombies = pids.iter().filter(|pid| state(**pid) == Some('Z')).count();
        if zombies == 0 || Instant::now() > deadline {
            return zombies;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Starts the children, lets them end, reaps, counts what is left, and writes the numbers.
///
/// # Safety
/// Only in a process that was just forked: it makes system calls only, and never returns.
unsafe fn be_parent(way: Way, children: u16, (answers, births): (RawFd, RawFd)) -> ! {
    // SAFETY: system calls with pointers to variables of this function; none allocates.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let signals = block_sigchld();
        if matches!(way, Way::Ignored) {
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
        }
        let error = start_and_await(way, children, births);
        match way {
            Way::OncePerSignal => {
                let now = libc::timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                };
                while libc::sigtimedwait(&raw const signals, null_mut(), &raw const now) > 0 {
                    reap_one();
                }
            }
            Way::InALoop => while reap_one() {},
            Way::Ignored | Way::DoubleFork => {}
        }
        // The CPU time first: to count the rest is to reap it.
        let cpu_us = cpu_of_children();
        let mut left = 0;
        while reap_one() {
            left += 1;
        }
        let answer: [i64; 3] = [i64::from(error), left, cpu_us];
        libc::write(answers, answer.as_ptr().cast(), ANSWER);
        libc::_exit(0)
    }
}

/// Blocks SIGCHLD, and returns the set of signals that holds it. A blocked signal stays pending, as it would while a handler runs.
///
/// # Safety
/// As [`be_parent`].
unsafe fn block_sigchld() -> libc::sigset_t {
    // SAFETY: as in `be_parent`; `sigemptyset` initialises the set.
    unsafe {
        let mut signals = MaybeUninit::uninit();
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGCHLD);
        libc::sigprocmask(libc::SIG_BLOCK, signals.as_ptr(), null_mut());
        signals.assume_init()
    }
}

/// Starts children that work and end, and returns when all have ended: each holds the pipe until then. Returns the error of a fork,
/// or 0.
///
/// # Safety
/// As [`be_parent`].
unsafe fn start_and_await(way: Way, children: u16, births: RawFd) -> i32 {
    // SAFETY: as in `be_parent`.
    unsafe {
        let mut ends = [0; 2];
        if libc::pipe(ends.as_mut_ptr()) != 0 {
            return Errno::last_raw();
        }
        let mut error = 0;
        for _ in 0..children {
            error = match way {
                Way::DoubleFork => start_grandchild(births),
                Way::OncePerSignal | Way::InALoop | Way::Ignored => start_child(),
            };
            if error != 0 {
                break;
            }
        }
        libc::close(ends[1]);
        let mut byte = 0_u8;
        libc::read(ends[0], (&raw mut byte).cast(), 1);
        let settle = libc::timespec {
            tv_sec: 0,
            tv_nsec: SETTLE_NS,
        };
        libc::nanosleep(&raw const settle, null_mut());
        error
    }
}

/// Starts a child that works and ends. Returns the error of `fork`, or 0.
///
/// # Safety
/// As [`be_parent`].
unsafe fn start_child() -> i32 {
    // SAFETY: as in `be_parent`.
    unsafe {
        match libc::fork() {
            -1 => Errno::last_raw(),
            0 => {
                work();
                libc::_exit(0)
            }
            _ => 0,
        }
    }
}

/// Starts a child that starts a grandchild and ends, and reaps the child. The first process of the system then adopts the
/// grandchild, which writes its process id, works and ends. Returns the error of a `fork`, or 0.
///
/// # Safety
/// As [`be_parent`].
unsafe fn start_grandchild(births: RawFd) -> i32 {
    // SAFETY: as in `be_parent`.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            match libc::fork() {
                // The exit status tells the error: its number is below 256.
                -1 => libc::_exit(Errno::last_raw()),
                0 => {
                    let pid = libc::getpid().to_ne_bytes();
                    libc::write(births, pid.as_ptr().cast(), pid.len());
                    work();
                }
                _ => {}
            }
            libc::_exit(0);
        }
        if child == -1 {
            return Errno::last_raw();
        }
        let mut status = 0;
        libc::waitpid(child, &raw mut status, 0);
        libc::WEXITSTATUS(status)
    }
}

/// Uses CPU time.
///
/// # Safety
/// As [`be_parent`].
unsafe fn work() {
    // SAFETY: as in `be_parent`.
    unsafe {
        let mut used: libc::timespec = std::mem::zeroed();
        while used.tv_sec == 0 && used.tv_nsec < WORK_NS {
            libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut used);
        }
    }
}

/// CPU time of the children that this process has waited for, in microseconds.
///
/// # Safety
/// As [`be_parent`].
unsafe fn cpu_of_children() -> i64 {
    // SAFETY: as in `be_parent`; zeros are a valid `rusage`.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        let microseconds = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
        microseconds(usage.ru_utime) + microseconds(usage.ru_stime)
    }
}

/// Reaps one child that has ended; false if there is none.
///
/// # Safety
/// As [`be_parent`].
unsafe fn reap_one() -> bool {
    // SAFETY: as in `be_parent`.
    unsafe { libc::waitpid(-1, null_mut(), libc::WNOHANG) > 0 }
}

#[cfg(test)]
mod tests;
