//! Tests of accepting: limits, refusals, and a process without descriptors.

use std::fs::File;
use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;
use std::time::Duration;
use std::{env, iter, thread};

use model::{Context, Io, Listener, Protocol};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::socket::{getsockopt, sockopt};
use socket2::{SockFilter, SockRef, Socket};

use crate::{DEADLINE, context, listener, until};

#[test]
fn clients_beyond_the_limit_wait_in_the_accept_queue() {
    let cx = context(Protocol::Echo, Some(1));
    let (listener, address) = listener();
    listener.set_nonblocking().unwrap();
    assert!(
        cx.try_accept(&listener).is_none(),
        "no client has connected"
    );
    let _clients = [(); 2].map(|()| TcpStream::connect(&address).unwrap());
    let first = cx.open(
        cx.try_accept(&listener)
            .expect("the first client is waiting"),
    );
    assert!(!cx.has_room());
    assert!(cx.try_accept(&listener).is_none(), "the limit is reached");
    drop(first);
    assert!(cx.has_room());
    assert!(
        cx.try_accept(&listener).is_some(),
        "the second client is still waiting"
    );
}

#[test]
fn try_accept_returns_nonblocking_streams_and_try_accept_blocking_returns_blocking_ones() {
    let cx = context(Protocol::Echo, None);
    let (listener, address) = listener();
    listener.set_nonblocking().unwrap();
    assert!(cx.try_accept_blocking(&listener).is_none());
    let _clients = [(); 2].map(|()| TcpStream::connect(&address).unwrap());
    let modes = [Context::try_accept_blocking, Context::try_accept].map(|accept| {
        let stream = accept(&cx, &listener).expect("two clients are waiting");
        let flags = OFlag::from_bits_retain(fcntl(&stream, FcntlArg::F_GETFL).unwrap());
        flags.contains(OFlag::O_NONBLOCK)
    });
    assert_eq!(modes, [false, true]);
}

#[test]
fn a_refused_client_is_counted_and_sees_the_end_of_file() {
    let cx = context(Protocol::Echo, None);
    let (listener, address) = listener();
    let mut client = TcpStream::connect(&address).unwrap();
    cx.refuse(cx.accept(&listener).unwrap());
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    let stats = cx.stats();
    assert_eq!((stats.refused, stats.opened, stats.closed), (1, 1, 1));
}

#[test]
fn a_wait_is_repeated_after_a_signal_and_every_call_is_counted() {
    let cx = context(Protocol::Echo, None);
    let mut answers = [Err(Errno::EINTR), Err(Errno::EINTR), Ok(3)].into_iter();
    assert_eq!(cx.wait(|| answers.next().unwrap()).unwrap(), 3);
    let failed: io::Result<()> = cx.wait(|| Err(Errno::EBADF));
    assert_eq!(
        failed.unwrap_err().raw_os_error(),
        Some(Errno::EBADF as i32)
    );
    assert_eq!(cx.stats().waits, 4);
}

#[test]
fn without_descriptors_clients_wait_until_one_is_free() {
    // In a process of its own, because the limit would also affect the tests that run in parallel.
    if env::var_os(ALONE).is_none() {
        return passes_alone("accepting::without_descriptors_clients_wait_until_one_is_free");
    }
    setrlimit(Resource::RLIMIT_NOFILE, 64, 64).unwrap();
    for wait in [in_accept, in_a_loop, with_no_conversation_open] {
        let cx = context(Protocol::Echo, None);
        let (listener, address) = listener();
        let mut clients = [(); 2].map(|()| TcpStream::connect(&address).unwrap());
        wait(&cx, &listener);
        let errors = cx.stats().accept_errors;
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["descriptors"]);
        for client in &mut clients {
            client.set_read_timeout(Some(DEADLINE)).unwrap();
            assert_eq!(
                client.read(&mut [0]).unwrap(),
                0,
                "the client was accepted, and its connection closed"
            );
        }
    }
}

fn in_accept(cx: &Context, listener: &Listener) {
    let _taken = take_descriptors_but(1);
    let first = cx.open(cx.accept(listener).expect("one descriptor is left"));
    thread::scope(|scope| {
        scope.spawn(|| {
            until("descriptors have run out", || {
                !cx.stats().accept_errors.is_empty()
            });
            drop(first);
        });
        assert!(cx.accept(listener).is_some());
    });
    assert_eq!(
        cx.stats().accept_errors["descriptors"],
        1,
        "the kit tries again only after a conversation has ended"
    );
}

fn in_a_loop(cx: &Context, listener: &Listener) {
    listener.set_nonblocking().unwrap();
    let _taken = take_descriptors_but(1);
    let first = cx.open(cx.try_accept(listener).expect("one descriptor is left"));
    assert!(cx.try_accept(listener).is_none());
    assert!(
        !cx.has_room(),
        "with room, a loop would wait for its listener, and spin"
    );
    drop(first);
    assert!(cx.has_room());
    assert!(cx.try_accept(listener).is_some());
}

/// No conversation can end and free a descriptor, so the kit must try again regularly.
fn with_no_conversation_open(cx: &Context, listener: &Listener) {
    let taken = take_descriptors_but(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            until("it has tried twice", || {
                cx.stats().accept_errors.get("descriptors") >= Some(&2)
            });
            drop(taken);
        });
        drop(cx.open(cx.accept(listener).unwrap()));
    });
    drop(cx.open(cx.accept(listener).unwrap()));
}

/// Environment variable that is set in the process that runs one test alone.
const ALONE: &str = "KIT_TEST_ALONE";

/// Runs one test of this binary in a process of its own, and asserts that it passes.
fn passes_alone(name: &str) {
    let mut alone = Command::new(env::current_exe().unwrap());
    let output = alone
        .args(["--exact", name])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains(" 1 passed;"),
        "{text}"
    );
}

/// Takes all descriptors that the process may still open, except `n`.
fn take_descriptors_but(n: usize) -> Vec<File> {
    let mut taken: Vec<File> = iter::from_fn(|| File::open("/dev/null").ok()).collect();
    taken.truncate(taken.len() - n);
    taken
}

#[test]
fn streams_send_at_once_unless_the_listener_and_its_siblings_collect_small_writes() {
    let cx = context(Protocol::Echo, None);
    for nodelay in [true, false] {
        let (listener, address) = listener();
        let listener = if nodelay {
            listener
        } else {
            listener.with_delay()
        };
        let first = TcpStream::connect(&address).unwrap();
        let stream = cx.accept(&listener).unwrap();
        assert_eq!(getsockopt(&stream, sockopt::TcpNoDelay), Ok(nodelay));
        drop((first, stream));
        let sibling = cx.sibling(&listener).unwrap();
        // The kernel gives each new client to one of the two queues.
        drop(listener);
        let _second = TcpStream::connect(&address).unwrap();
        let stream = cx.accept(&sibling).unwrap();
        assert_eq!(getsockopt(&stream, sockopt::TcpNoDelay), Ok(nodelay));
    }
}

/// The instruction of a socket filter that returns a constant: the number of bytes to keep (`BPF_RET | BPF_K`).
const KEEP: u16 = 0x06;

#[test]
fn keepalive_ends_the_connection_of_a_dead_machine_and_not_that_of_a_silent_client() {
    let cx = context(Protocol::Echo, None);
    let (listener, address) = listener();
    let listener = listener.with_keepalive(Duration::from_secs(1)).unwrap();
    let _silent = TcpStream::connect(&address).unwrap();
    let silent = cx.accept(&listener).unwrap();
    let sibling = cx.sibling(&listener).unwrap();
    drop(listener);
    let dead = TcpStream::connect(&address).unwrap();
    // It drops whatever comes, as a machine without power does.
    let filter = [SockFilter::new(KEEP, 0, 0, 0)];
    SockRef::from(&dead).attach_filter(&filter).unwrap();
    let server = cx.accept(&sibling).unwrap();
    let mut conn = cx.open(server);
    assert_eq!(conn.read(), Io::Broken);
    let error = SockRef::from(&silent).take_error().unwrap();
    assert!(error.is_none(), "{error:?}");
    assert_eq!(getsockopt(&silent, sockopt::KeepAlive), Ok(true));
}

#[test]
fn keepalive_changes_nothing_for_a_unix_domain_socket() {
    let name = SocketAddr::from_abstract_name("").unwrap();
    let socket = UnixListener::bind_addr(&name).unwrap();
    let listener = Listener::new(Socket::from(OwnedFd::from(socket))).unwrap();
    assert!(listener.with_keepalive(Duration::from_secs(1)).is_ok());
}
