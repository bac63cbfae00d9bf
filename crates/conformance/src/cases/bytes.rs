//! Cases about bytes: every byte comes back, whatever the segments in which it was sent.

use echo_protocol::Protocol;

use super::patience::OFFERED;
use crate::client::Client;
use crate::finding::{Checked, ensure, ensure_eq};
use crate::frame::Frame;
use crate::options::Options;
use crate::server::Server;
use crate::subject::Subject;

/// More than a session holds (16 KiB), and less than a receive window (64 KiB), so that all of it can arrive at once.
pub const LARGE: usize = 50_000;

/// The same for other servers. Whether a server stops reading is the subject of another case, and a slow server would need long
/// for 64 MiB.
const FOREIGN_OFFERED: usize = 4 << 20;

/// A client sends one byte and gets it back. It leaves, and the server ends when it is asked to.
pub fn one_byte(subject: &Subject) -> Checked {
    in_all_protocols(subject, |_, client| client.round_trip(1))
}

/// One client sends 200 messages, each after the echo of the one before.
pub fn many_messages_one_after_another(subject: &Subject) -> Checked {
    in_all_protocols(subject, |_, client| {
        for i in 0..200 {
            client.round_trip(1 + i * 37 % 2_000)?;
        }
        Ok(())
    })
}

/// 300 small messages arrive at once. All of them come back.
pub fn many_messages_in_one_segment(subject: &Subject) -> Checked {
    in_all_protocols(subject, |server, client| {
        client.round_trip(1)?;
        let messages: Vec<u8> = (0..300).flat_map(|_| client.message(9)).collect();
        server.freeze()?;
        client.send(&messages)?;
        server.thaw();
        client.expect(&messages)
    })
}

/// A message of 300 bytes arrives byte by byte. All of it comes back.
pub fn one_message_in_many_segments(subject: &Subject) -> Checked {
    in_all_protocols(subject, |_, client| {
        let message = client.message(300);
        for byte in message.chunks(1) {
            client.send(byte)?;
        }
        client.expect(&message)
    })
}

/// A small message, and then a large one that arrives at once. All of it comes back.
///
/// A loop that reads once for each edge-triggered event stalls here.
pub fn a_large_message_after_a_small_one(subject: &Subject) -> Checked {
    in_all_protocols(subject, |server, client| {
        client.round_trip(1)?;
        let message = client.message(LARGE);
        server.freeze()?;
        client.send(&message)?;
        server.thaw();
        client.expect(&message)
    })
}

/// A client sends messages of 1 MiB and reads nothing until the connection is full. Then it reads, and gets every
/// byte.
///
/// Messages of one mebibyte. The client receives nothing until the connection is full, so the server must stop reading
/// and wait for room to write. Then the client completes its last message. (If the kernel moves the bytes, it has room
/// for all of them, and one message is enough.)
pub fn one_mebibyte(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut client = server.connect_narrow()?;
        let message = client.message(1 << 20);
        let limit = if subject.is_reference_line() {
            message.len()
        } else if subject.keeps_contract() {
            OFFERED
        } else {
            FOREIGN_OFFERED
        };
        let sent = client.fill(&server, &message, limit)?;
        let has_waited = sent < limit || limit != OFFERED;
        ensure!(has_waited, Grows, "the server never had to wait");
        // A stop and a continuation interrupt a blocked `send`, which returns then what it has sent.
        server.freeze()?;
        server.thaw();
        let messages = message.repeat(sent.div_ceil(message.len()));
        client.exchange(&messages[sent..], &messages)?;
        client.leave()?;
        server.end()?;
    }
    Ok(())
}

/// A client sends 1,000 requests without waiting for replies. All replies come, in order, each with the size that its
/// request asks for.
pub fn pipelined_frames(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let mut client = server.connect()?;
    let frames: Vec<Frame> = (0..1_000_usize).map(frame).collect();
    let requests: Vec<u8> = frames.iter().flat_map(Frame::request).collect();
    let replies: Vec<u8> = frames.iter().flat_map(Frame::reply).collect();
    client.exchange(&requests, &replies)?;
    client.leave()?;
    server.end()?.check(|stats| {
        ensure_eq!(stats.requests, 1_000, "requests");
        ensure_eq!(stats.bytes_in, requests.len() as u64, "bytes received");
        ensure_eq!(stats.bytes_out, replies.len() as u64, "bytes sent");
        Ok(())
    })
}

/// A request whose reply is as long as its payload, shorter, longer, or empty, depending on `i`.
fn frame(i: usize) -> Frame {
    let payload: Vec<u8> = (0..i * 13 % 700).map(|k| (i + k) as u8).collect();
    let reply_size = [payload.len(), payload.len() / 2, payload.len() + 77 * i, 0][i % 4];
    Frame {
        reply_size,
        ..Frame::plain(i as u64, payload)
    }
}

/// The server serves clients over a Unix-domain socket, and removes the socket file at its end.
pub fn unix_domain_listener(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let directory = tempfile::tempdir().expect("the temporary directory is writable");
        let path = directory.path().join("echo.sock");
        let server = subject.start(Options {
            listen: format!("unix:{}", path.display()),
            ..subject.options(protocol)
        })?;
        let mut client = server.connect()?;
        client.round_trip(1)?;
        let message = client.message(1 << 20);
        client.exchange(&message, &message)?;
        client.leave()?;
        server.serves_a_new_client()?;
        server.end()?;
        ensure!(!path.exists(), "the server left its socket file behind");
    }
    Ok(())
}

/// Holds one conversation in each protocol that the model speaks.
fn in_all_protocols(subject: &Subject, talk: impl Fn(&Server, &mut Client) -> Checked) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut client = server.connect()?;
        talk(&server, &mut client)?;
        client.leave()?;
        server.end()?;
    }
    Ok(())
}
