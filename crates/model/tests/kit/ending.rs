//! Tests of a stop: first the server accepts no new clients, and then it ends the open conversations.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use model::{Context, Io, Protocol, Stop};

use crate::{DEADLINE, config, conversation, listener};

#[test]
fn a_stop_wakes_a_blocking_accept() {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Echo, None), stop).unwrap();
    let (listener, address) = listener();
    stop.watch(&listener);
    let (send, accepted) = mpsc::channel();
    let server = cx.clone();
    // A detached thread: a scope would wait for it for ever if the stop did not wake it.
    thread::spawn(move || {
        for _ in 0..2 {
            send.send(server.accept(&listener).is_some()).unwrap();
        }
        thread::park(); // the listener stays open until the process ends
    });
    let _client = TcpStream::connect(&address).unwrap();
    assert_eq!(accepted.recv_timeout(DEADLINE), Ok(true));
    stop.stop();
    assert_eq!(accepted.recv_timeout(DEADLINE), Ok(false));
    assert!(cx.stopping() && !cx.has_room());
    assert!(
        TcpStream::connect(&address).is_err(),
        "clients cannot connect after a stop"
    );
    assert_eq!(
        cx.stats().accept_errors,
        BTreeMap::new(),
        "a stop is not an error"
    );
}

#[test]
fn the_end_of_the_grace_period_ends_open_conversations_and_those_that_begin_later() {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Echo, None), stop).unwrap();
    let (mut client, mut conn) = conversation(&cx);
    client.write_all(b"x").unwrap();
    let (send, progress) = mpsc::channel();
    let talk = thread::spawn(move || {
        assert_eq!(conn.read(), Io::Moved(1));
        send.send("begun").unwrap();
        conn.converse(|_| {});
        send.send("ended").unwrap();
    });
    assert_eq!(progress.recv_timeout(DEADLINE), Ok("begun"));
    stop.end_grace();
    assert_eq!(progress.recv_timeout(DEADLINE), Ok("ended"));
    talk.join().unwrap();
    let (_late_client, mut late) = conversation(&cx);
    assert_eq!(late.read(), Io::Moved(0));
    drop(late);
    assert!(stop.stopping() && stop.grace_over());
    assert_eq!(cx.stats().cut_off, 2);
}

#[test]
fn the_end_of_the_grace_period_leaves_ended_conversations_alone() {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Echo, None), stop).unwrap();
    let (_client, conn) = conversation(&cx);
    let copy = conn.as_fd().try_clone_to_owned().unwrap();
    drop(conn);
    // The descriptor may belong to another socket by now. Here it is a copy of the same socket.
    let mut copy = UnixStream::from(copy);
    stop.end_grace();
    copy.write_all(b"still open").unwrap();
    assert_eq!(cx.stats().cut_off, 0);
}

#[test]
fn a_client_that_stays_after_the_end_of_the_server_is_sent_away_after_a_second() {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Line, None), stop).unwrap();
    let (mut client, mut conn) = conversation(&cx);
    let begun = Instant::now();
    let talk = thread::spawn(move || conn.converse(|_| {}));
    client.write_all(b"exit\nand more").unwrap();
    let mut received = String::new();
    client.read_to_string(&mut received).unwrap();
    assert_eq!(received, "hello!\nGoodbye!\n");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "its end came late"
    );
    talk.join().unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let stats = cx.stats();
    assert_eq!((stats.closed, stats.requests), (1, 1));
    assert_eq!((stats.timed_out, stats.broken, stats.cut_off), (0, 0, 0));
}
