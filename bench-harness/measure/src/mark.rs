//! Marks an external server and all processes that it starts, so that none of them stays behind.
//!
//! A process may leave its group and its session, and outlive the process that started it, as a daemon does. But it keeps
//! the environment of its parent, and there the mark is. A guard looks for it if this program is killed.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cost::numbers_in;
use crate::guard::Guard;

/// The variable that contains the mark.
pub const VARIABLE: &str = "ECHOLAB_SERVER";
/// Maximum time for the kernel to end killed processes. They are not our children, so they cannot be waited for.
const DEATH: Duration = Duration::from_secs(1);

/// The mark of one server.
#[derive(Debug)]
pub struct Mark {
    /// Different for each server that was ever started on this machine.
    value: String,
    guard: Guard,
}

impl Mark {
    /// Makes a mark, and starts its guard.
    ///
    /// # Errors
    /// The system cannot start a shell.
    pub fn new() -> io::Result<Self> {
        static MARKS: AtomicUsize = AtomicUsize::new(0);
        let number = MARKS.fetch_add(1, Ordering::Relaxed);
        // A clock before 1970 makes the mark no worse: the process id still tells it from those of other programs.
        let time = SystemTime::now().duration_since(UNIX_EPOCH);
        let time = time.map_or(0, |time| time.as_nanos());
        let value = format!("{}-{number}-{time}", Pid::this());
        let guard = Guard::of_marked(&format!("{VARIABLE}={value}"))?;
        Ok(Self { value, guard })
    }

    /// The value of the variable.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Tells the guard the leader of the server's process group.
    pub fn of_group(&mut self, leader: Pid) {
        self.guard.name(leader);
    }

    /// The marked processes that have not ended.
    pub fn processes(&self) -> Vec<Pid> {
        let mark = format!("{VARIABLE}={}", self.value);
        let is_marked = |pid: &i32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let mut variables = environment.split(|&byte| byte == 0);
            variables.any(|variable| variable == mark.as_bytes())
        };
        let all = numbers_in("/proc").into_iter();
        all.filter(is_marked).map(Pid::from_raw).collect()
    }

    /// Kills all marked processes, and waits for their end.
    pub fn kill(&self) {
        let deadline = Instant::now() + DEATH;
        loop {
            let left = self.processes();
            if left.is_empty() || Instant::now() > deadline {
                return;
            }
            for pid in left {
                // ESRCH: it has just ended.
                let _ = kill(pid, Signal::SIGKILL);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
