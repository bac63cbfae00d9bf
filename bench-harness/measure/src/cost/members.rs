//! Finds the processes of a process group among all processes of the machine.

use std::fs;
use std::time::Duration;

use nix::unistd::{Pid, getpgid};
use procfs::{Current as _, LoadAverage};

use super::usage::cpu_time;

/// The processes of a group at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// The leader, which gives the group its id.
    pub leader: Pid,
    /// All process ids, with the leader's. Some processes may have ended since.
    pub pids: Vec<Pid>,
    /// The newest process or thread of the PID namespace just before; absent if the kernel does not show it.
    newest: Option<u32>,
}

impl Members {
    /// The processes of the group of this leader. This lists one directory and makes one cheap system call per process; it
    /// opens no file in `/proc/PID`.
    pub fn find(leader: Pid) -> Self {
        let newest = newest();
        let all = numbers_in("/proc").into_iter().map(Pid::from_raw);
        let pids = all
            .filter(|&pid| getpgid(Some(pid)) == Ok(leader))
            .collect();
        Self {
            leader,
            pids,
            newest,
        }
    }

    /// CPU time of these processes so far; `None` if one cannot be read. Children that were reaped are not part of it.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.pids.iter().map(|&pid| cpu_time(pid)).sum()
    }

    /// Refreshes the list. Skipped if no process was created since, because scanning `/proc` is the slowest thing we do in
    /// the window.
    #[must_use]
    pub fn refresh(self) -> Self {
        if self.newest.is_some() && self.newest == newest() {
            return self;
        }
        Self::find(self.leader)
    }
}

/// The last field of `/proc/loadavg`.
fn newest() -> Option<u32> {
    LoadAverage::current().ok().map(|load| load.latest_pid)
}

/// The ids of the processes or threads in a folder of `/proc`.
pub(crate) fn numbers_in(folder: &str) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn empty(newest: Option<u32>) -> Members {
        Members {
            leader: getpgid(None).unwrap(),
            pids: Vec::new(),
            newest,
        }
    }

    #[test]
    fn a_new_process_is_found_by_a_refresh() {
        let before = Members::find(getpgid(None).unwrap());
        assert!(before.pids.contains(&Pid::this()), "{before:?}");
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        let after = before.clone().refresh();
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!before.pids.contains(&pid) && after.pids.contains(&pid));
    }

    #[test]
    fn a_refresh_lists_the_processes_if_the_newest_is_unknown() {
        assert!(empty(None).refresh().pids.contains(&Pid::this()));
    }

    #[test]
    fn a_refresh_is_skipped_if_no_process_was_created() {
        // Another program may start a process at any moment, but not a thousand times in a row.
        let skipped = (0..1000).any(|_| empty(newest()).refresh().pids.is_empty());
        assert!(skipped);
    }
}
