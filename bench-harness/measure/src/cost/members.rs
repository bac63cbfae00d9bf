//! The processes of a group, found among all processes; looked for again only where one may have been born since.

use std::fs;

use nix::unistd::{Pid, getpgid};
use procfs::{Current as _, LoadAverage};

use super::Group;

/// The processes of a group at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// Their ids. Some may have ended since.
    pub pids: Vec<Pid>,
    /// The youngest process or thread of the machine (of this PID namespace) just before; absent where the kernel does not say.
    youngest: Option<u32>,
}

impl Members {
    /// Those of that group now. A directory and a cheap call each: the files in `/proc/PID` stay closed.
    pub fn of(group: Group) -> Self {
        let youngest = youngest();
        let all = numbers_in("/proc").into_iter().map(Pid::from_raw);
        let pids = all
            .filter(|&pid| getpgid(Some(pid)) == Ok(group.0))
            .collect();
        Self { pids, youngest }
    }

    /// Those of that group now, without looking where nobody was born since: then there are no others than these, and nothing
    /// that is asked in a window takes longer than looking.
    #[must_use]
    pub fn again(self, group: Group) -> Self {
        if self.youngest.is_some() && self.youngest == youngest() {
            return self;
        }
        Self::of(group)
    }
}

/// The last field of `/proc/loadavg`.
fn youngest() -> Option<u32> {
    LoadAverage::current().ok().map(|load| load.latest_pid)
}

/// The processes or threads that a folder of `/proc` has folders of.
pub(super) fn numbers_in(folder: &str) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn own_group() -> Group {
        Group(getpgid(None).unwrap())
    }

    #[test]
    fn a_process_that_is_born_is_a_member_from_then_on() {
        let before = Members::of(own_group());
        assert!(before.pids.contains(&Pid::this()), "{before:?}");
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        let after = before.clone().again(own_group());
        drop(child.stdin.take());
        child.wait().unwrap();
        assert!(!before.pids.contains(&pid) && after.pids.contains(&pid));
    }

    #[test]
    fn where_the_kernel_does_not_say_who_was_born_all_are_looked_for() {
        let unknown = Members {
            pids: Vec::new(),
            youngest: None,
        };
        assert!(unknown.again(own_group()).pids.contains(&Pid::this()));
    }

    #[test]
    fn where_nobody_was_born_nobody_is_looked_for() {
        // Some other program may start a process just now; it does not do so a thousand times on end.
        let kept = (0..1000).any(|_| {
            let none = Members {
                pids: Vec::new(),
                youngest: youngest(),
            };
            none.again(own_group()).pids.is_empty()
        });
        assert!(kept);
    }
}
