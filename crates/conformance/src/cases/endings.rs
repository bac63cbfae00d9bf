//! Cases about clients that end: however a client ends, no other client notices.

use std::collections::BTreeMap;
use std::time::Duration;

use echo_protocol::Protocol;
use echo_protocol::frame::HEADER;

use super::bytes::LARGE;
use super::patience::OFFERED;
use crate::client::Client;
use crate::finding::{Checked, ensure_eq};
use crate::frame::Frame;
use crate::options::Options;
use crate::server::Server;
use crate::subject::Subject;

/// Clients come one after another, and each is served from beginning to end.
pub fn the_next_client_is_served(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    for _ in 0..5 {
        server.serves_a_new_client()?;
    }
    server.end()?;
    Ok(())
}

/// A client sends all it has, ends its half of the connection, and reads only then. It gets every byte and then the
/// end of file.
pub fn half_close_gets_everything(subject: &Subject) -> Checked {
    if subject.plain() == Protocol::Echo {
        what_fills_a_connection_comes_back_after_the_end(subject)?;
    }
    let server = subject.serve(subject.richest_protocol())?;
    let mut client = server.connect()?;
    let messages: Vec<u8> = (0..60).flat_map(|_| client.message(800)).collect();
    client.send(&messages)?;
    client.finish_writing()?;
    client.expect(&messages)?;
    client.expect_end()?;
    server.end()?;
    Ok(())
}

/// The connection is full when the client ends its half. The last message may be incomplete.
fn what_fills_a_connection_comes_back_after_the_end(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Echo)?;
    let mut client = server.connect_narrow()?;
    let message = client.message(1_000);
    let sent = client.fill(&server, &message, 1 << 20)?;
    client.finish_writing()?;
    let echo: Vec<u8> = message.iter().copied().cycle().take(sent).collect();
    client.expect(&echo)?;
    client.expect_end()?;
    server.end()?;
    Ok(())
}

/// A message and the end of file arrive at once. The client gets its echo and then the end of file.
///
/// A message and the end of file arrive at once. The sizes are around what a session holds (16 KiB), so that one read
/// takes everything, or not.
pub fn a_message_with_the_end_behind_it(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        for bytes in [HEADER + 1, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, LARGE] {
            let mut client = server.connect()?;
            client.round_trip(1)?;
            let header = if protocol == Protocol::Framed {
                HEADER
            } else {
                0
            };
            let message = client.message(bytes - header);
            server.freeze()?;
            client.send(&message)?;
            client.finish_writing()?;
            server.thaw();
            client.expect(&message)?;
            client.expect_end()?;
        }
        server.end()?;
    }
    Ok(())
}

/// Clients connect and leave without a word. The server serves the next client.
pub fn connect_and_leave(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        for _ in 0..20 {
            drop(server.connect()?);
        }
        for _ in 0..20 {
            server.connect()?.leave()?;
        }
        server.serves_a_new_client()?;
        server.end()?.check(|stats| {
            ensure_eq!(stats.opened, 41, "clients accepted");
            Ok(())
        })?;
    }
    Ok(())
}

/// How a client begins a conversation that it will reset.
type Beginning = fn(&Server, &mut Client) -> Checked;

/// The beginnings. A reset breaks the server's reading in the first ones, and its writing in the last one.
const BEGINNINGS: [Beginning; 3] = [a_round_trip, half_a_message, more_than_it_receives];

/// A client resets its connection: after a round trip, in the middle of a message, and while the server waits to
/// write. Another one closes its connection before its echo comes. Other clients do not notice.
pub fn a_reset_harms_nobody(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut others = server.connect_and_meet(subject.at_once(3) - 1)?;
        for begin in BEGINNINGS {
            let mut client = server.connect()?;
            begin(&server, &mut client)?;
            client.reset();
            for other in &mut others {
                other.round_trip(100)?;
            }
        }
        closes_before_its_echo_comes(&server)?;
        for other in &mut others {
            other.round_trip(100)?;
        }
        others.into_iter().try_for_each(Client::leave)?;
        server.serves_a_new_client()?;
        server.end()?.check(|stats| {
            // The client that closes breaks its conversation if the server writes twice.
            let resets = BEGINNINGS.len() as u64;
            let broken = stats.broken.clamp(resets, resets + 1);
            ensure_eq!(stats.broken, broken, "broken conversations in {stats:?}");
            Ok(())
        })?;
    }
    Ok(())
}

fn a_round_trip(_: &Server, client: &mut Client) -> Checked {
    client.round_trip(1)
}

fn half_a_message(_: &Server, client: &mut Client) -> Checked {
    client.round_trip(1)?;
    let message = client.message(100);
    client.send(&message[..50])
}

/// Fills the connection, so that the server waits for room to write.
///
/// A server without a bound takes all of it, so the case offers less than the one that is about the bound.
fn more_than_it_receives(server: &Server, client: &mut Client) -> Checked {
    client.round_trip(1)?;
    let message = client.message(1_000);
    let most = if server.subject().keeps_contract() {
        OFFERED
    } else {
        OFFERED / 4
    };
    client.fill(server, &message, most)?;
    Ok(())
}

/// The server's first write to a closed connection succeeds, and brings a reset. After the client's end, the next write fails
/// with EPIPE instead of ECONNRESET, and with SIGPIPE if nothing prevents that.
fn closes_before_its_echo_comes(server: &Server) -> Checked {
    let mut client = server.connect()?;
    client.round_trip(1)?;
    let message = client.message(LARGE);
    server.freeze()?;
    client.send(&message)?;
    drop(client);
    server.thaw();
    Ok(())
}

/// A malformed request ends its own connection, after the replies to the good requests before it. Other clients do
/// not notice.
pub fn a_malformed_frame_ends_its_connection_only(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let mut others = server.connect_and_meet(subject.at_once(3) - 1)?;
    for (_, malformed) in malformed_frames() {
        let mut client = server.connect()?;
        let good = client.message(10);
        client.send(&[&good[..], &malformed].concat())?;
        if malformed.len() < HEADER {
            client.finish_writing()?;
        }
        client.expect(&good)?;
        if subject.keeps_contract() {
            client.expect_end()?;
        } else {
            client.expect_to_be_cut_off()?;
        }
        for other in &mut others {
            other.round_trip(100)?;
        }
    }
    others.into_iter().try_for_each(Client::leave)?;
    server.serves_a_new_client()?;
    server.end()?.check(|stats| {
        let expected = malformed_frames().map(|(kind, _)| (kind.to_string(), 1));
        ensure_eq!(
            stats.protocol_errors,
            BTreeMap::from(expected),
            "errors of the protocol"
        );
        Ok(())
    })
}

/// One malformed frame of each kind.
fn malformed_frames() -> [(&'static str, Vec<u8>); 5] {
    let changed = |at: usize, to: [u8; 4]| {
        let mut frame = Frame::plain(7, Vec::new()).request();
        frame[at..at + 4].copy_from_slice(&to);
        frame
    };
    [
        ("too-short", changed(0, [0, 0, 0, 15])),
        ("too-long", changed(0, [0x7f, 0, 0, 0])),
        ("reply-too-long", changed(16, [0x7f, 0, 0, 0])),
        ("unknown-work", changed(4, [3, 0, 0, 1])),
        (
            "truncated",
            changed(0, [0, 0, 0, 16])[..HEADER - 1].to_vec(),
        ),
    ]
}

/// Conversations end in every way, and the server counts each of them as opened once and closed once.
///
/// All endings with one server, and its counters.
pub fn opened_equals_closed(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    for round in 1..=10 {
        one_of_each_ending(&server, round)?;
    }
    let stats = server.end()?.stats();
    ensure_eq!(stats.opened, 40, "clients accepted");
    ensure_eq!(stats.closed, 40, "conversations ended");
    ensure_eq!(stats.broken, 10, "broken conversations");
    ensure_eq!(
        (stats.refused, stats.cut_off),
        (0, 0),
        "refused and cut off"
    );
    let bytes = (1..=10).map(|round| 3 * round * 10).sum();
    ensure_eq!(
        (stats.bytes_in, stats.bytes_out),
        (bytes, bytes),
        "bytes received and sent"
    );
    ensure_eq!(stats.accept_errors, BTreeMap::new(), "errors of accept");
    ensure_eq!(
        stats.protocol_errors,
        BTreeMap::new(),
        "errors of the protocol"
    );
    Ok(())
}

fn one_of_each_ending(server: &Server, round: usize) -> Checked {
    server.connect()?.leave()?;
    let (mut leaves, mut closes, mut resets) =
        (server.connect()?, server.connect()?, server.connect()?);
    leaves.round_trip(round * 10)?;
    leaves.leave()?;
    closes.round_trip(round * 10)?;
    drop(closes);
    resets.round_trip(round * 10)?;
    resets.reset();
    Ok(())
}

/// Long enough for a client that is not silent, even on a busy machine.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// A client that never says anything, and one that has said something, are sent away. A client that goes on talking stays,
/// and the place of the others is free again.
pub fn a_silent_client_is_sent_away_after_the_idle_timeout(subject: &Subject) -> Checked {
    let server = subject.start(Options {
        idle_timeout: Some(IDLE_TIMEOUT),
        ..subject.options(subject.plain())
    })?;
    let mut said_nothing = server.connect()?;
    said_nothing.expect_to_be_cut_off()?;
    let mut said_something = server.connect()?;
    said_something.round_trip(1)?;
    if subject.serves_two() {
        let mut talks = server.connect()?;
        while !said_something.has_news() {
            talks.round_trip(1)?;
        }
        talks.leave()?;
    }
    said_something.expect_to_be_cut_off()?;
    server.serves_a_new_client()?;
    ensure_eq!(server.end()?.stats().timed_out, 2, "clients sent away");
    Ok(())
}
