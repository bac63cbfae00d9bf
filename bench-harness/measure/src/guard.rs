//! Kills a server if this program ends and leaves it behind: one that is stopped, or an external one.
//!
//! The kernel sends a server a signal when this program is killed (`Process::start`), but a stopped process does not act on
//! SIGTERM. Nor can this program change that signal later: only the server itself can. The kernel wakes a stopped group that
//! became an orphan (SIGHUP and SIGCONT), but a group whose new parent is a subreaper of the same session is none. So a shell
//! waits for the end of this program, which closes its stdin, and then kills the whole group.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use nix::unistd::Pid;

/// Reads two lines: the leader of a group, and one which means that the group may live. At the end of its stdin it kills the
/// group instead, and all processes whose environment contains `$0`; a process that is just being forked has a second chance.
const SCRIPT: &str = r#"
read -r leader
read -r line && exit
[ "$leader" ] && kill -s KILL -- "-$leader"
[ "$0" = nothing ] && exit
for time in 1 2; do
    for file in $(grep -lF -- "$0" /proc/[0-9]*/environ); do
        pid=${file#/proc/}
        kill -s KILL "${pid%/environ}"
    done
done
"#;
/// The `$0` of a guard that looks for no mark.
const NOTHING: &str = "nothing";

/// A shell that kills a group of processes at the end of this program.
#[derive(Debug)]
pub struct Guard(Child);

impl Guard {
    /// Guards the group of this leader.
    ///
    /// # Errors
    /// The system cannot start a shell.
    pub fn of(leader: Pid) -> io::Result<Self> {
        let mut guard = Self::of_marked(NOTHING)?;
        guard.name(leader);
        Ok(guard)
    }

    /// Guards all processes whose environment contains this text.
    ///
    /// # Errors
    /// The system cannot start a shell.
    pub fn of_marked(mark: &str) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, mark]);
        shell.stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        // In a group of its own, it survives a Ctrl-C that ends this program.
        shell.process_group(0).spawn().map(Self)
    }

    /// Guards the group of this leader, too.
    pub fn name(&mut self, leader: Pid) {
        if let Some(stdin) = &mut self.0.stdin {
            // It can only fail if the shell has already ended.
            let _ = writeln!(stdin, "{leader}");
        }
    }
}

impl Drop for Guard {
    /// Ends the shell, and lets the group live.
    fn drop(&mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            // It can only fail if the shell has already ended.
            let _ = stdin.write_all(b"\n\n");
        }
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    /// A process in a group of its own that stops itself.
    fn stopped() -> Child {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "kill -s STOP $$; exit 3"]);
        command.process_group(0).spawn().unwrap()
    }

    fn leader(child: &Child) -> Pid {
        Pid::from_raw(child.id() as i32)
    }

    #[test]
    fn a_stopped_group_is_killed_when_the_program_ends() {
        let mut child = stopped();
        let mut guard = Guard::of(leader(&child)).unwrap();
        // The end of the program closes the pipe.
        drop(guard.0.stdin.take());
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn a_group_lives_on_if_its_guard_is_dismissed() {
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        drop(Guard::of(leader(&child)).unwrap());
        drop(child.stdin.take());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}
