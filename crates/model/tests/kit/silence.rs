//! Tests of the idle timeout: it ends the conversations of silent clients, and no others.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use echo_protocol::Work;
use echo_protocol::frame::Header;
use model::{Config, Context, Io, Protocol, Stop};

use crate::{config, conversation, until};

const TIMEOUT: Duration = Duration::from_millis(50);

fn context(protocol: Protocol) -> Context {
    let config = Config {
        idle_timeout: Some(TIMEOUT),
        ..config(protocol, None)
    };
    Context::new(config, Stop::leak().unwrap()).unwrap()
}

fn timed_out(cx: &Context) -> u64 {
    cx.stats().timed_out
}

#[test]
fn the_conversation_of_a_silent_client_ends() {
    let cx = context(Protocol::Echo);
    let (mut client, mut conn) = conversation(&cx);
    conn.converse(|_| {});
    assert!(conn.is_done());
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(timed_out(&cx), 1);
}

#[test]
fn a_client_that_never_reads_is_silent_too() {
    let cx = context(Protocol::Echo);
    let (mut client, mut conn) = conversation(&cx);
    client.set_nonblocking(true).unwrap();
    let server = thread::spawn(move || conn.converse(|_| {}));
    // The buffers of both directions fill up: then no byte moves any more, and the server ends the conversation.
    until("the server has ended the conversation", || {
        let _ = client.write(&[0; 4096]);
        timed_out(&cx) == 1
    });
    server.join().unwrap();
}

#[test]
fn a_client_for_which_the_server_works_is_not_silent() {
    let cx = context(Protocol::Framed);
    let (mut client, mut conn) = conversation(&cx);
    let request = Header {
        work: Some(Work::Spin(TIMEOUT)),
        done: false,
        id: 1,
        reply_size: 0,
        payload: 0,
    };
    client.write_all(&request.encode()).unwrap();
    conn.read();
    assert!(conn.work().is_some());
    // The second client began later. When it is sent away, the first one would have been due, too.
    let (_silent, _conn) = conversation(&cx);
    until("the silent client is sent away", || timed_out(&cx) > 0);
    conn.worked();
    assert!(matches!(conn.write(), Io::Moved(1..)));
    assert_eq!(timed_out(&cx), 1);
}

#[test]
fn an_ended_conversation_is_left_alone() {
    let cx = context(Protocol::Echo);
    let (_client, conn) = conversation(&cx);
    let copy = conn.as_fd().try_clone_to_owned().unwrap();
    drop(conn);
    let (_silent, mut other) = conversation(&cx);
    assert_eq!(other.read(), Io::Moved(0));
    // The descriptor may belong to another socket by now. Here it is a copy of the same socket.
    let mut copy = UnixStream::from(copy);
    copy.write_all(b"still open").unwrap();
    assert_eq!(timed_out(&cx), 1);
}
