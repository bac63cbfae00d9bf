//! The system calls of a server, from the lines of `strace`: which thread made which call for which client, and how long.

use std::collections::BTreeMap;

use contract::event::What;

use super::event::{Call, ClientId, Event, Happening, Thread};

/// The program that traces.
pub const STRACE: &str = "strace";

/// The calls that are traced: those on sockets, those that wait, and those that start threads and processes. strace ignores
/// a name with `?` that the machine does not have.
const CALLS: &[&str] = &[
    "accept",
    "accept4",
    "read",
    "readv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "write",
    "writev",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "close",
    "shutdown",
    "select",
    "pselect6",
    "poll",
    "ppoll",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "io_uring_enter",
    "futex",
    "wait4",
    "clone",
    "clone3",
    "fork",
    "vfork",
];

/// Arguments that let strace start a program and write its calls to a file.
///
/// With `-D` the program is our own child, and strace a grandchild: signals reach the program, and it ends with us. With
/// `-z` calls that only found out that nothing is ready are left out. `-yy` writes the addresses of sockets.
pub fn arguments(log: &str, program: &[String]) -> Vec<String> {
    let calls: Vec<_> = CALLS.iter().map(|call| format!("?{call}")).collect();
    let trace = format!("--trace={}", calls.join(","));
    let options = [
        "-D",
        "-f",
        "--seccomp-bpf",
        "--timestamps=unix,us",
        "-T",
        "-yy",
        "-s0",
        "-z",
        "--signal=none",
        &trace,
        "-o",
        log,
        "--",
    ];
    let options = options.iter().map(|&option| option.to_owned());
    options.chain(program.iter().cloned()).collect()
}

/// Turns lines of strace into calls and events.
#[derive(Debug)]
pub struct Reader {
    /// Seconds of the real-time clock at moment 0.
    epoch: f64,
    /// The clients by their ports.
    ports: BTreeMap<u16, ClientId>,
    /// The processes of threads.
    processes: BTreeMap<i32, i32>,
}

/// What a line says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The call.
    pub call: Option<Call>,
    /// The event that it is for the client.
    pub event: Option<Event>,
}

impl Reader {
    /// `epoch` is moment 0 in seconds of the real-time clock.
    pub const fn new(epoch: f64, ports: BTreeMap<u16, ClientId>) -> Self {
        let processes = BTreeMap::new();
        Self {
            epoch,
            ports,
            processes,
        }
    }

    /// Reads a line; nothing if it is not a call that has ended.
    pub fn read(&mut self, line: &str) -> Read {
        self.parse(line).unwrap_or_default()
    }

    /// `814 1795932242.144588 recvfrom(5<TCP:[…:35717->127.0.0.1:40974]>, ""..., 16384, 0, NULL, NULL) = 5 <0.000022>`
    fn parse(&mut self, line: &str) -> Option<Read> {
        let (thread, rest) = line.split_once(' ')?;
        let thread: i32 = thread.parse().ok()?;
        let process = *self.processes.entry(thread).or_insert(thread);
        let (begin, rest) = rest.trim_start().split_once(' ')?;
        let from = begin.parse::<f64>().ok()? - self.epoch;
        let (name, arguments) = rest.split_once('(')?;
        let (arguments, end) = arguments.rsplit_once(") = ")?;
        let took = end.rsplit_once('<')?.1.strip_suffix('>')?;
        let took: f64 = took.parse().ok()?;
        let result: i64 = end.split([' ', '<']).next()?.parse().ok()?;
        self.note_thread(name, arguments, process, result);
        let thread = Thread { process, thread };
        // The socket of an accepted client is the result; all other calls have theirs among the arguments.
        let socket = if name.starts_with("accept") {
            end
        } else {
            arguments
        };
        let is_socket = socket.contains("<TCP") || socket.contains("<UDP");
        let client = self.client(socket);
        let to = from + took;
        let what = what(name, result).filter(|_| is_socket);
        let event = what.filter(|_| client.is_some()).map(|what| Event {
            at: to,
            what: Happening::Server(thread, client, what),
        });
        let call = Call {
            thread,
            name: name.to_owned(),
            client,
            from,
            to,
        };
        Some(Read {
            call: Some(call),
            event,
        })
    }

    /// Notes to which process a new thread belongs.
    fn note_thread(&mut self, name: &str, arguments: &str, process: i32, result: i64) {
        let starts = name.starts_with("clone") || name.ends_with("fork");
        if let Ok(new) = i32::try_from(result)
            && starts
            && new > 0
        {
            let is_thread = arguments.contains("CLONE_THREAD");
            self.processes
                .insert(new, if is_thread { process } else { new });
        }
    }

    /// The client of a socket as `-yy` writes it: `4<TCP:[127.0.0.1:35717->127.0.0.1:40964]>`.
    fn client(&self, text: &str) -> Option<ClientId> {
        let (_, peer) = text.split_once("->")?;
        let (peer, _) = peer.split_once(']')?;
        // An address of IPv6 has brackets of its own: `[::ffff:127.0.0.1]:40964`.
        let port = match peer.rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok() => port,
            _ => text
                .split_once("->")?
                .1
                .split("]:")
                .nth(1)?
                .split(']')
                .next()?,
        };
        self.ports.get(&port.parse().ok()?).copied()
    }
}

/// What a call means for its client.
fn what(name: &str, result: i64) -> Option<What> {
    let bytes = usize::try_from(result).ok()?;
    match name {
        "accept" | "accept4" => Some(What::Accept),
        "read" | "readv" | "recvfrom" | "recvmsg" => Some(What::Read(bytes)),
        "write" | "writev" | "sendto" | "sendmsg" => Some(What::Write(bytes)),
        "close" => Some(What::End),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> Reader {
        Reader::new(1000.0, BTreeMap::from([(40964, 0), (40974, 1)]))
    }

    const READ: &str = r#"814 1002.144588 recvfrom(5<TCP:[127.0.0.1:35717->127.0.0.1:40974]>, ""..., 16384, 0, NULL, NULL) = 5 <0.500000>"#;
    const ACCEPT: &str = "814 1001.500000 accept4(3<TCP:[127.0.0.1:35717]>, NULL, NULL, SOCK_CLOEXEC) = 4<TCP:[127.0.0.1:35717->127.0.0.1:40964]> <0.871572>";
    const THREAD: &str = "814 1000.0 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7fe9} => {parent_tid=[815]}, 88) = 815 <0.000053>";
    const FORK: &str = "814 1000.0 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 816 <0.000053>";

    #[test]
    fn a_call_names_its_thread_its_client_and_its_length() {
        let read = reader().read(READ);
        let call = read.call.unwrap();
        assert_eq!((call.name.as_str(), call.client), ("recvfrom", Some(1)));
        assert!((call.from - 2.144_588).abs() < 1e-6 && (call.to - 2.644_588).abs() < 1e-6);
        let thread = Thread {
            process: 814,
            thread: 814,
        };
        let happening = Happening::Server(thread, Some(1), What::Read(5));
        assert_eq!(read.event.unwrap().what, happening);
    }

    #[test]
    fn an_accept_is_for_the_client_that_it_returns() {
        let event = reader().read(ACCEPT).event.unwrap();
        let Happening::Server(_, client, what) = event.what else {
            panic!("{event:?}");
        };
        assert_eq!((client, what), (Some(0), What::Accept));
    }

    #[test]
    fn a_thread_belongs_to_its_process_and_a_child_to_itself() {
        let mut reader = reader();
        reader.read(THREAD);
        reader.read(FORK);
        let mut process_of = |line: &str| reader.read(line).call.unwrap().thread.process;
        assert_eq!(process_of(&READ.replace("814 ", "815 ")), 814);
        assert_eq!(process_of(&READ.replace("814 ", "816 ")), 816);
    }

    #[test]
    fn an_address_of_ipv6_has_its_port_too() {
        let line = READ.replace(
            "TCP:[127.0.0.1:35717->127.0.0.1:40974]",
            "TCPv6:[[::ffff:127.0.0.1]:35717->[::ffff:127.0.0.1]:40974]",
        );
        assert_eq!(reader().read(&line).call.unwrap().client, Some(1));
    }

    #[test]
    fn other_lines_are_passed_over() {
        for line in [
            "",
            "814 1002.4 +++ exited with 0 +++",
            "strace: Process 815 attached",
            "814 1002.4 close(5) = ?",
        ] {
            assert_eq!(reader().read(line), Read::default(), "{line}");
        }
    }

    #[test]
    fn a_call_on_a_file_is_no_event() {
        let line = "814 1002.4 read(3</etc/passwd>, \"\"..., 832) = 832 <0.000012>";
        assert_eq!(reader().read(line).event, None);
    }
}
