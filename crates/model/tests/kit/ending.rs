//! The two halves of an end: no new clients, and then no old ones either.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

use model::{Context, Io, Protocol, Stop};

use crate::{DEADLINE, config, conversation, listener};

#[test]
fn a_stop_wakes_a_blocking_accept() {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Echo, None), stop).unwrap();
    let (listener, address) = listener();
    stop.watch(&listener);
    let (say, said) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            say.send(cx.accept(&listener).is_some()).unwrap();
            say.send(cx.accept(&listener).is_some()).unwrap();
        });
        let _client = TcpStream::connect(&address).unwrap();
        assert_eq!(said.recv_timeout(DEADLINE), Ok(true));
        stop.stop();
        assert_eq!(said.recv_timeout(DEADLINE), Ok(false));
    });
    assert!(cx.stopping() && !cx.has_room());
    assert!(
        TcpStream::connect(&address).is_err(),
        "nobody can connect after it"
    );
    assert_eq!(
        cx.stats().accept_errors,
        BTreeMap::new(),
        "a stop is no error"
    );
}

#[test]
fn the_end_of_the_grace_period_ends_open_conversations_and_late_ones() {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Echo, None), stop).unwrap();
    let (mut client, mut conn) = conversation(&cx);
    client.write_all(b"x").unwrap();
    let (say, said) = mpsc::channel();
    let talk = thread::spawn(move || {
        assert_eq!(conn.read(), Io::Moved(1));
        say.send("begun").unwrap();
        conn.converse(|_| {});
        say.send("ended").unwrap();
    });
    assert_eq!(said.recv_timeout(DEADLINE), Ok("begun"));
    stop.end_grace();
    assert_eq!(said.recv_timeout(DEADLINE), Ok("ended"));
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
    let number = conn.as_fd().try_clone_to_owned().unwrap();
    drop(conn);
    // Its descriptor may be somebody else's by now: here it is a copy of the same socket.
    let mut copy = UnixStream::from(number);
    stop.end_grace();
    copy.write_all(b"still open").unwrap();
    assert_eq!(cx.stats().cut_off, 0);
}
