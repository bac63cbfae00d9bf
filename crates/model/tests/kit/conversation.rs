//! Tests of a conversation, call by call: everything that `recv` and `send` may return.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use echo_protocol::Work;
use echo_protocol::frame::Header;
use model::{Conn, Context, Io, Protocol, Stream};
use nix::sys::pthread::{pthread_kill, pthread_self};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use socket2::Socket;

use crate::{DEADLINE, context, conversation};

/// Number of bytes that a session has room for.
const ROOM: usize = 16 << 10;

#[test]
fn a_conversation_counts_every_byte_and_every_call() {
    let cx = context(Protocol::Echo, None);
    let (mut client, mut conn) = conversation(&cx);
    client.write_all(b"hello").unwrap();
    assert_eq!(conn.read(), Io::Moved(5));
    assert_eq!(conn.write(), Io::Moved(5));
    let mut echo = [0; 5];
    client.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"hello");
    drop(client);
    assert_eq!(conn.read(), Io::Moved(0));
    assert!(conn.is_done());
    assert_eq!(
        cx.stats().bytes_in,
        0,
        "the bytes are added when the conversation ends"
    );
    drop(conn);
    let stats = cx.stats();
    assert_eq!((stats.bytes_in, stats.bytes_out), (5, 5));
    assert_eq!((stats.reads, stats.writes), (2, 1));
    assert_eq!((stats.would_block, stats.broken, stats.closed), (0, 0, 1));
}

#[test]
fn a_read_from_a_socket_that_is_not_ready_is_blocked_and_counted() {
    let cx = context(Protocol::Echo, None);
    let (mut client, mut conn) = nonblocking_conversation(&cx);
    for _ in 0..3 {
        assert_eq!(conn.read(), Io::Blocked);
        assert!(conn.drained());
    }
    client.write_all(b"now").unwrap();
    assert_eq!(conn.read(), Io::Moved(3));
    drop(conn);
    assert_eq!((cx.stats().reads, cx.stats().would_block), (4, 3));
}

#[test]
fn the_next_write_continues_where_a_short_write_ended() {
    let cx = context(Protocol::Echo, None);
    let (mut client, mut conn) = nonblocking_conversation(&cx);
    Socket::from(conn.as_fd().try_clone_to_owned().unwrap())
        .set_send_buffer_size(1)
        .unwrap();
    let sent: Vec<u8> = (0..ROOM).map(|i| (i / 7) as u8).collect();
    client.write_all(&sent).unwrap();
    assert_eq!(conn.read(), Io::Moved(ROOM));
    let (mut received, mut writes, mut blocked) = (Vec::new(), 0, 0);
    client.set_nonblocking(true).unwrap();
    while conn.wants_write() {
        writes += 1;
        if conn.write() == Io::Blocked {
            blocked += 1;
            // Reads everything, so that there is room for the next write.
            let error = client
                .read_to_end(&mut received)
                .expect_err("the server has not closed the connection yet");
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
    }
    drop(conn);
    client.read_to_end(&mut received).unwrap();
    assert!(received == sent, "the echo differs from what was sent");
    assert!(blocked > 0 && writes > blocked + 1, "no write was short");
    assert_eq!(
        (cx.stats().writes, cx.stats().would_block),
        (writes, blocked)
    );
    assert_eq!(cx.stats().bytes_out, ROOM as u64);
}

#[test]
fn a_read_that_a_signal_interrupts_is_blocked() {
    extern "C" fn nothing(_: std::os::raw::c_int) {}
    // Without SA_RESTART: calls that wait return EINTR.
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: a handler that does nothing is safe at any time.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    let cx = context(Protocol::Echo, None);
    let (mut client, mut conn) = conversation(&cx);
    let (send_thread, receive_thread) = mpsc::channel();
    let (send_result, results) = mpsc::channel();
    let reader = thread::spawn(move || {
        send_thread.send(pthread_self()).unwrap();
        send_result.send(conn.read()).unwrap();
        send_result.send(conn.read()).unwrap();
    });
    let thread = receive_thread.recv_timeout(DEADLINE).unwrap();
    let mut interrupted = Err(mpsc::RecvTimeoutError::Timeout);
    for _ in 0..10_000 {
        // A signal that comes before the read has begun interrupts nothing, so signals are sent until one does.
        pthread_kill(thread, Signal::SIGUSR1).unwrap();
        interrupted = results.recv_timeout(Duration::from_millis(1));
        if interrupted.is_ok() {
            break;
        }
    }
    assert_eq!(interrupted, Ok(Io::Blocked));
    client.write_all(b"x").unwrap();
    let next = results.recv_timeout(DEADLINE).unwrap();
    assert!(matches!(next, Io::Moved(1) | Io::Blocked), "{next:?}");
    reader.join().unwrap();
    assert_eq!((cx.stats().would_block, cx.stats().broken), (0, 0));
}

#[test]
fn a_reset_at_any_byte_breaks_only_its_own_conversation() {
    let message = frame(None, 7);
    let cx = context(Protocol::Framed, None);
    let (mut other, mut other_conn) = conversation(&cx);
    for k in 0..=message.len() {
        let (mut client, stream) = tcp_pair();
        let mut conn = cx.open(stream);
        client.write_all(&message[..k]).unwrap();
        let mut received = 0;
        while received < k {
            let Io::Moved(n) = conn.read() else {
                panic!("the client has not reset the connection yet")
            };
            received += n;
        }
        reset(client);
        assert_eq!(conn.read(), Io::Broken);
        assert!(conn.is_done() && conn.drained());
        assert!(!conn.wants_read() && !conn.wants_write() && conn.work().is_none());
    }
    other.write_all(&message).unwrap();
    assert_eq!(other_conn.read(), Io::Moved(message.len()));
    drop(other_conn);
    let stats = cx.stats();
    assert_eq!(stats.broken, message.len() as u64 + 1);
    assert_eq!(
        stats.protocol_errors,
        BTreeMap::new(),
        "a reset is not a protocol error"
    );
}

#[test]
fn a_write_to_a_client_that_has_left_breaks_the_conversation_without_sigpipe() {
    let cx = context(Protocol::Echo, None);
    let (mut client, mut conn) = conversation(&cx);
    client.write_all(b"bye").unwrap();
    conn.read();
    drop(client);
    assert_eq!(conn.write(), Io::Broken);
    assert!(conn.is_done());
}

#[test]
fn drained_is_true_only_if_the_read_emptied_the_socket() {
    let cx = context(Protocol::Echo, None);
    for (waiting, drained) in [
        (1, true),
        (ROOM - 1, true),
        (ROOM, false),
        (ROOM + 1, false),
    ] {
        let (mut client, mut conn) = conversation(&cx);
        assert!(!conn.drained(), "false before the first read");
        client.write_all(&vec![0; waiting]).unwrap();
        assert_eq!(conn.read(), Io::Moved(waiting.min(ROOM)));
        assert_eq!(conn.drained(), drained, "{waiting} bytes were waiting");
    }
}

#[test]
fn a_conversation_does_requested_work_in_order() {
    let cx = context(Protocol::Framed, None);
    let (mut client, mut conn) = conversation(&cx);
    let work = [
        Work::Sleep(Duration::from_micros(1)),
        Work::Spin(Duration::from_micros(2)),
    ];
    let frames = [
        frame(Some(work[0]), 1),
        frame(None, 2),
        frame(Some(work[1]), 3),
    ];
    client.write_all(&frames.concat()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut performed = Vec::new();
    conn.converse(|work| performed.push(format!("{work:?}")));
    assert_eq!(performed, work.map(|work| format!("{work:?}")));
    drop(conn);
    let mut replies = Vec::new();
    client.read_to_end(&mut replies).unwrap();
    assert_eq!(replies.len(), frames.concat().len());
    assert_eq!(cx.stats().requests, 3);
}

#[test]
fn the_tallies_of_connections_are_added_up() {
    let cx = context(Protocol::Framed, None);
    let not_a_frame = [0; 20];
    for input in [&frame(None, 1)[..], &frame(None, 2)[..10], &not_a_frame] {
        let (mut client, mut conn) = conversation(&cx);
        client.write_all(input).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        conn.converse(|_| {});
    }
    let stats = cx.stats();
    let errors = [("too-short", 1), ("truncated", 1)].map(|(kind, n)| (kind.to_string(), n));
    assert_eq!(stats.protocol_errors, BTreeMap::from(errors));
    assert_eq!((stats.requests, stats.closed), (1, 3));
    assert_eq!(stats.bytes_in, 27 + 10 + 20);
}

fn nonblocking_conversation(cx: &Context) -> (UnixStream, Conn) {
    let (client, server) = UnixStream::pair().unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    server.set_nonblocking(true).unwrap();
    (client, cx.open(Stream::new(server.into())))
}

/// A TCP connection: only TCP has resets.
fn tcp_pair() -> (TcpStream, Stream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    server.set_read_timeout(Some(DEADLINE)).unwrap();
    (client, Stream::new(OwnedFd::from(server)))
}

fn reset(client: TcpStream) {
    Socket::from(client)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// A request with seven bytes of payload.
pub fn frame(work: Option<Work>, id: u64) -> Vec<u8> {
    let header = Header {
        work,
        done: false,
        id,
        reply_size: 7,
        payload: 7,
    };
    [&header.encode()[..], b"payload"].concat()
}
