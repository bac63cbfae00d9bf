//! Tests of the two halves of a connection in a chat server: what is counted when they end, together or apart.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use model::chat::{Reply, Request};
use model::{Context, Protocol, Reader, RoomStats, Writer};
use socket2::SockRef;

use crate::{DEADLINE, context, listener};

/// A client that the server has accepted.
fn talk(cx: &Context) -> (TcpStream, Reader, Writer) {
    let (listener, address) = listener();
    let client = TcpStream::connect(&address).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    let (reader, writer) = cx.talk(cx.accept(&listener).unwrap());
    (client, reader, writer)
}

fn next(reader: &mut Reader) -> Request {
    loop {
        match reader.next_request() {
            Some(request) => return request,
            None => _ = reader.read(),
        }
    }
}

fn rooms(cx: &Context) -> RoomStats {
    cx.stats().rooms.expect("it has rooms")
}

#[test]
fn a_conversation_is_counted_when_both_halves_have_ended() {
    let cx = context(Protocol::Echo, None);
    let (mut client, mut reader, mut writer) = talk(&cx);
    client.write_all(b"hello\n/dance\n").unwrap();
    let Request::Say(message) = next(&mut reader) else {
        panic!("it is a message");
    };
    cx.said(1);
    assert!(writer.queue(&message));
    let Request::Reply(reply) = next(&mut reader) else {
        panic!("it is a mistake");
    };
    assert!(matches!(reply, Reply::Mistake(_)));
    writer.reply(&reply);
    while writer.wants_write() {
        writer.write();
    }
    let mut heard = BufReader::new(client.try_clone().unwrap());
    let mut line = String::new();
    heard.read_line(&mut line).unwrap();
    assert_eq!(line, "guest: hello\n");
    // A client that leaves bytes unread would reset the connection.
    heard.read_line(&mut line).unwrap();
    assert!(line.contains("\n! no such command; "), "{line}");
    drop(client);
    drop(heard);
    assert_eq!(next(&mut reader), Request::End);
    assert!(reader.is_done());
    drop(reader);
    assert_eq!(cx.stats().closed, 0, "the writer has the connection");
    drop(writer);
    let stats = cx.stats();
    assert_eq!((stats.closed, stats.broken, stats.requests), (1, 0, 2));
    let expected = RoomStats {
        messages: 1,
        owed: 1,
        delivered: 1,
        mistakes: 1,
        ..RoomStats::default()
    };
    assert_eq!(rooms(&cx), expected);
}

#[test]
fn a_reset_that_the_reader_sees_ends_the_writer_and_its_queue_is_lost() {
    let cx = context(Protocol::Echo, None);
    let (client, mut reader, mut writer) = talk(&cx);
    assert!(writer.queue(b"a: 1\n"));
    SockRef::from(&client)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(client);
    assert_eq!(next(&mut reader), Request::End);
    assert!(writer.is_lost() && !writer.wants_write());
    assert!(!writer.queue(b"a: 2\n"));
    drop((reader, writer));
    assert_eq!(rooms(&cx).lost, 2);
    assert_eq!(cx.stats().broken, 1);
}

#[test]
fn a_disconnected_client_is_counted_and_both_sides_see_the_end() {
    let cx = context(Protocol::Echo, None);
    let (mut client, mut reader, mut writer) = talk(&cx);
    assert!(writer.queue(b"a: 1\n"));
    writer.disconnect();
    writer.disconnect();
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(next(&mut reader), Request::End);
    drop((reader, writer));
    let rooms = rooms(&cx);
    assert_eq!((rooms.disconnected, rooms.lost), (1, 1));
    assert_eq!(cx.stats().broken, 0, "it was the server's decision");
}
