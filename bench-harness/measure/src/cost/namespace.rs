//! The network namespace of a server, whose counters and sockets are in `/proc/PID/net`.
//!
//! An external server may run in a namespace of its own (`ip netns exec`, `unshare -n`). `/proc/net` would show ours.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;

use nix::unistd::Pid;
use record::sample::NetCounters;

use super::group::Group;
use super::{memory, network};

/// A network namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetNamespace {
    /// That of this process.
    #[default]
    Own,
    /// That of this process of a server.
    Of(Pid),
}

impl NetNamespace {
    /// The namespace of a server: that of the first of its processes that has left ours. The leader of the group may be a
    /// shell that has stayed in ours.
    pub fn of(group: Group) -> Self {
        let Ok(own) = identity("self") else {
            return Self::Own;
        };
        let has_left = |pid: &Pid| identity(&pid.to_string()).is_ok_and(|other| other != own);
        let members = group.members().pids;
        members
            .into_iter()
            .find(has_left)
            .map_or(Self::Own, Self::Of)
    }

    /// The counters since the namespace exists, of all programs in it; `None` if the kernel does not show them.
    pub fn counters(self) -> Option<NetCounters> {
        let [snmp, netstat] = ["snmp", "netstat"].map(|name| self.read(name));
        Some(network::read(
            &format!("{}{}", snmp.ok()?, netstat.ok()?),
            &self.sockstat(),
        ))
    }

    /// Number of sockets in TIME_WAIT; 0 if the kernel does not show it.
    pub fn time_wait_sockets(self) -> u64 {
        memory::tcp_value(&self.sockstat(), "tw").unwrap_or(0)
    }

    /// The numbers of sockets; empty if the kernel does not show them.
    pub(super) fn sockstat(self) -> String {
        self.read("sockstat").unwrap_or_default()
    }

    fn read(self, name: &str) -> io::Result<String> {
        fs::read_to_string(match self {
            Self::Own => format!("/proc/net/{name}"),
            Self::Of(pid) => format!("/proc/{pid}/net/{name}"),
        })
    }
}

/// What identifies the namespace of a process: two names of one namespace lead to the same file.
fn identity(process: &str) -> io::Result<(u64, u64)> {
    let identity = |file: Metadata| (file.dev(), file.ino());
    fs::metadata(format!("/proc/{process}/ns/net")).map(identity)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// Closes a connection with unread data, which sends a reset.
    fn reset_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        client.write_all(b"unread").unwrap();
        while server.peek(&mut [0; 6]).unwrap() < 6 {}
        drop(server);
        // The read ends with an error or with the end of the stream. In both cases the reset has arrived.
        let _ = client.read(&mut [0; 1]);
    }

    /// Starts this command, followed by `cat`, as a group of its own. `None` if it has ended before `cat` echoes.
    fn cat_behind(words: &[&str]) -> Option<(Child, Group)> {
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .arg("cat")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let group = Group(Pid::from_raw(child.id() as i32));
        // An error means that the child has ended, which the read finds out.
        let _ = child.stdin.as_mut()?.write_all(b"\n");
        let echo = child.stdout.as_mut()?.read(&mut [0; 1]);
        if echo.is_ok_and(|n| n == 1) {
            return Some((child, group));
        }
        child.wait().unwrap();
        None
    }

    #[test]
    fn a_server_in_our_namespace_has_our_counters() {
        let (mut child, group) = cat_behind(&["env"]).unwrap();
        assert_eq!(NetNamespace::of(group), NetNamespace::Own);
        drop(child.stdin.take());
        child.wait().unwrap();
        // It has ended, and its counters can still be read.
        assert_eq!(NetNamespace::of(group), NetNamespace::Own);
        assert!(NetNamespace::Own.counters().is_some());
    }

    #[test]
    fn a_server_in_another_namespace_has_other_counters() {
        let Some((mut child, group)) =
            cat_behind(&["unshare", "--user", "--map-root-user", "--net"])
        else {
            return eprintln!("not tested here: this user may not create a network namespace");
        };
        let theirs = NetNamespace::of(group);
        assert_eq!(theirs, NetNamespace::Of(group.0));
        let before = NetNamespace::Own.counters().unwrap();
        reset_a_connection();
        let since = NetNamespace::Own.counters().unwrap().since(&before);
        assert!(since.resets_sent >= 1, "{since:?}");
        assert_eq!(theirs.counters(), Some(NetCounters::default()));
        assert_eq!(theirs.time_wait_sockets(), 0);
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(theirs.counters(), None);
    }

    #[test]
    fn the_namespace_of_a_server_behind_a_shell_is_found() {
        // A shell with a second command does not become the first one.
        let script = "unshare --user --map-root-user --net \"$@\"; :";
        let Some((mut child, group)) = cat_behind(&["sh", "-c", script, "sh"]) else {
            return eprintln!("not tested here: this user may not create a network namespace");
        };
        let theirs = NetNamespace::of(group);
        assert!(
            matches!(theirs, NetNamespace::Of(pid) if pid != group.0),
            "{theirs:?}"
        );
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
