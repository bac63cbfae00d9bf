//! Cases about slow clients: the server waits for each of them, stores little, and serves the others meanwhile.

use echo_protocol::Protocol;

use crate::client::Client;
use crate::finding::{Checked, ensure};
use crate::frame::Frame;
use crate::server::Server;
use crate::subject::Subject;

/// More than kernel buffers hold (about 8 MiB), so that a server that takes all of it must store it.
pub const OFFERED: usize = 64 << 20;

/// Limit of the memory for one conversation: a multiple of what a model needs.
const GROWTH: u64 = 8 << 20;

/// The same for other servers: their language may collect garbage late, but may not store what is offered.
const FOREIGN_GROWTH: u64 = 32 << 20;

/// Number of pieces in which a slow client sends its message: more than the kernel takes for a client that reads little at a
/// time, and less than it takes from one that sends.
const PIECES: usize = 100;

/// A client sends its message in pieces, and receives the echo in pieces. Between two pieces, another client is served.
pub fn a_slow_client_delays_nobody(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut slow = server.connect_narrow()?;
    let mut other = server.connect()?;
    other.round_trip(1)?;
    let message = slow.message(PIECES * 1_000);
    let pieces = || message.chunks(1_000);
    for piece in pieces() {
        slow.send(piece)?;
        other.round_trip(100)?;
    }
    for piece in pieces() {
        slow.expect(piece)?;
        other.round_trip(100)?;
    }
    slow.leave()?;
    other.leave()?;
    server.end()?;
    Ok(())
}

/// A client sends for ever and never reads. The server stops reading from it, stores little, and serves others.
pub fn a_client_that_never_reads_is_bounded(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut client = server.connect()?;
        client.round_trip(1)?;
        fill_within_bounds(&server, &mut client)?;
        if subject.keeps_contract() && subject.serves_two() {
            server.serves_a_new_client()?;
        }
        client.reset();
        if subject.keeps_contract() {
            server.serves_a_new_client()?;
        }
        server.end()?;
    }
    Ok(())
}

/// Sends until the server takes no more. It may store only a part of what is offered.
fn fill_within_bounds(server: &Server, client: &mut Client) -> Checked {
    let memory = || server.known_group().map_or(0, |group| group.memory());
    let before = memory();
    let message = client.message(1_000);
    let sent = client.fill(server, &message, OFFERED)?;
    ensure!(
        sent < OFFERED,
        Grows,
        "the server takes everything that a client sends, {} MiB, although the client reads nothing",
        OFFERED >> 20
    );
    let grown = memory().saturating_sub(before);
    let limit = if server.subject().keeps_contract() {
        GROWTH
    } else {
        FOREIGN_GROWTH
    };
    ensure!(
        grown < limit,
        Grows,
        "the server's memory grew by {grown} bytes for a client that reads nothing"
    );
    Ok(())
}

/// A client sends until the server takes no more, and reads nothing. Other clients, old and new, are served meanwhile.
pub fn a_client_that_never_reads_delays_nobody(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut other = server.connect()?;
    other.round_trip(1)?;
    let mut client = server.connect()?;
    client.round_trip(1)?;
    let message = client.message(1_000);
    // A server without a bound takes all of it. Whether others wait meanwhile is another question.
    client.fill(&server, &message, OFFERED / 4)?;
    other.round_trip(100)?;
    if subject.at_once(3) == 3 {
        server.serves_a_new_client()?;
    }
    client.reset();
    other.leave()?;
    server.end()?;
    Ok(())
}

/// A client asks for a reply of 8 MiB and reads it slowly. The reply is whole, the server's memory stays small, and
/// other clients are served meanwhile.
pub fn an_eight_mebibyte_reply_read_slowly_harms_nobody(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let mut client = server.connect_narrow()?;
    client.round_trip(1)?;
    let memory = || server.known_group().map_or(0, |group| group.memory());
    let before = memory();
    let frame = Frame {
        reply_size: 8 << 20,
        ..Frame::plain(8, b"eight mebibytes".to_vec())
    };
    client.send(&frame.request())?;
    let mut others = server.connect_and_meet(subject.at_once(2) - 1)?;
    for piece in frame.reply().chunks(64 << 10) {
        client.expect(piece)?;
        for other in &mut others {
            other.round_trip(100)?;
        }
    }
    let grown = memory().saturating_sub(before);
    let limit = if subject.keeps_contract() {
        GROWTH / 2
    } else {
        FOREIGN_GROWTH
    };
    ensure!(
        grown < limit,
        Grows,
        "the server's memory grew by {grown} bytes"
    );
    client.leave()?;
    others.into_iter().try_for_each(Client::leave)?;
    server.end()?;
    Ok(())
}
