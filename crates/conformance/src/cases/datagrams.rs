//! Cases about datagrams: every request gets its reply, and every client gets only the replies to its own requests.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use echo_protocol::frame::HEADER;
use echo_protocol::{Protocol, Work};

use crate::datagram::DatagramClient;
use crate::expect::Delays;
use crate::finding::{Checked, ensure, ensure_eq};
use crate::frame::Frame;
use crate::options::Options;
use crate::subject::Subject;

/// Number of small datagrams that fit into a receive buffer of the default size, and are more than a batch.
pub const BURST: usize = 150;

/// A limit for payloads, in bytes, that is shorter than the longest datagram.
const LIMIT: usize = 1_000;

/// A client sends a datagram of one byte and gets it back.
pub fn one_datagram(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        server.datagrams()?.round_trip(1)?;
        server.end()?;
    }
    Ok(())
}

/// One client sends 200 datagrams, each after the reply to the one before.
pub fn many_datagrams_one_after_another(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut client = server.datagrams()?;
        for i in 0..200 {
            client.round_trip(1 + i * 37 % 2_000)?;
        }
        server.end()?;
    }
    Ok(())
}

/// Datagrams of every size, from empty to the longest, come back whole.
pub fn every_size_up_to_the_limit(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut client = server.datagrams()?;
        let longest = client.longest();
        for bytes in [
            0,
            1,
            2,
            1_471,
            1_472,
            1_473,
            16_384,
            65_000,
            longest - 1,
            longest,
        ] {
            client.round_trip(bytes)?;
        }
        server.end()?.check(|stats| {
            ensure_eq!(
                stats.protocol_errors,
                BTreeMap::new(),
                "errors of the protocol"
            );
            Ok(())
        })?;
    }
    Ok(())
}

/// A datagram over the limit is counted as an error, and the client is served afterwards.
pub fn a_datagram_over_the_limit_is_reported(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.start(Options {
            max_frame: Some(LIMIT),
            ..subject.options(protocol)
        })?;
        let mut client = server.datagrams()?;
        for bytes in [LIMIT + 1, 2 * LIMIT, client.longest()] {
            let message = client.message(bytes);
            client.send(&message)?;
            client.round_trip(LIMIT)?;
        }
        let stats = server.end()?.stats();
        let expected = BTreeMap::from([("too-long".to_owned(), 3)]);
        ensure_eq!(stats.protocol_errors, expected, "errors of the protocol");
        ensure_eq!(stats.requests, 3, "requests");
    }
    Ok(())
}

/// Each client gets the replies to its own requests, whatever the order of the requests.
pub fn two_sources_are_kept_apart(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut clients = server.datagram_clients(3)?;
        for round in 0..50 {
            let messages: Vec<Vec<u8>> = clients
                .iter_mut()
                .map(|client| client.message(10 + round))
                .collect();
            for (client, message) in clients.iter().zip(&messages).rev() {
                client.send(message)?;
            }
            for (client, message) in clients.iter().zip(&messages) {
                client.expect(message)?;
            }
        }
        ensure!(
            !clients.iter().any(DatagramClient::has_news),
            "more datagrams came than were requested"
        );
        server.end()?;
    }
    Ok(())
}

/// All datagrams that came while the server was suspended are answered; by a model, in order.
pub fn a_burst_is_answered_whole(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut clients = server.datagram_clients(3)?;
        clients[0].round_trip(1)?;
        server.freeze()?;
        let sent = send_burst(&mut clients)?;
        server.thaw();
        if subject.keeps_contract() {
            for (client, message) in sent {
                clients[client].expect(&message)?;
            }
        } else {
            all_come_in_some_order(&clients, sent)?;
        }
        server.end()?;
    }
    Ok(())
}

/// A server may handle each datagram in a thread of its own, and datagrams may overtake each other.
fn all_come_in_some_order(clients: &[DatagramClient], sent: Vec<(usize, Vec<u8>)>) -> Checked {
    let mut expected = vec![Vec::new(); clients.len()];
    for (client, message) in sent {
        expected[client].push(message);
    }
    for (client, mut expected) in clients.iter().zip(expected) {
        let received = expected.iter().map(|_| client.receive());
        let mut received = received.collect::<Checked<Vec<_>>>()?;
        received.sort();
        expected.sort();
        ensure!(
            received == expected,
            WrongBytes,
            "a client received other datagrams than it sent"
        );
    }
    Ok(())
}

/// Sends a burst. Returns the index of the client and the message for each datagram, in the order of sending.
pub fn send_burst(clients: &mut [DatagramClient]) -> Checked<Vec<(usize, Vec<u8>)>> {
    let number = clients.len();
    let send = |i: usize| {
        let client = &mut clients[i % number];
        let message = client.message(20 + i % 7);
        client.send(&message)?;
        Ok((i % number, message))
    };
    (0..BURST).map(send).collect()
}

/// A reply has the size that its request asks for.
pub fn replies_have_the_requested_size(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let client = server.datagrams()?;
    for reply_size in [0, 1, 5, 6, 1_000, 65_507 - HEADER] {
        let frame = Frame {
            reply_size,
            ..Frame::plain(reply_size as u64, b"hello".to_vec())
        };
        client.send(&frame.request())?;
        client.expect(&frame.reply())?;
    }
    server.end()?;
    Ok(())
}

/// A malformed datagram gets no reply, and does not affect other clients.
pub fn garbage_is_counted_and_not_answered(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let (mut honest, faulty) = (server.datagrams()?, server.datagrams()?);
    for (_, garbage) in garbage() {
        faulty.send(&garbage)?;
        honest.round_trip(100)?;
    }
    ensure!(!faulty.has_news(), "a malformed datagram was answered");
    server.end()?.check(|stats| {
        let mut expected = BTreeMap::new();
        for (kind, _) in garbage() {
            *expected.entry(kind.to_owned()).or_insert(0) += 1;
        }
        ensure_eq!(stats.protocol_errors, expected, "errors of the protocol");
        Ok(())
    })
}

/// Malformed datagrams, and the kind of error of each.
fn garbage() -> [(&'static str, Vec<u8>); 8] {
    let whole = Frame::plain(7, b"hello".to_vec()).request();
    let changed = |at: usize, to: [u8; 4]| {
        let mut frame = whole.clone();
        frame[at..at + 4].copy_from_slice(&to);
        frame
    };
    [
        ("truncated", Vec::new()),
        ("truncated", whole[..HEADER - 1].to_vec()),
        ("truncated", whole[..HEADER + 4].to_vec()),
        ("surplus", [&whole[..], b"!"].concat()),
        ("too-short", vec![0; 60_000]),
        ("too-long", changed(0, [0x7f, 0, 0, 0])),
        ("reply-too-long", changed(16, [0, 1, 0, 0])),
        ("unknown-work", changed(4, [3, 0, 0, 1])),
    ]
}

/// A client leaves before its reply comes. Other clients are served.
///
/// The reply cannot be delivered, and the kernel reports that to the server.
pub fn a_reply_to_a_client_that_has_left_does_no_harm(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut other = server.datagrams()?;
    for _ in 0..20 {
        let mut leaving = server.datagrams()?;
        let message = leaving.message(10);
        leaving.send(&message)?;
        drop(leaving);
        other.round_trip(10)?;
    }
    server.end()?;
    Ok(())
}

/// A datagram asks the server to compute or to sleep, and the reply comes when that is done.
pub fn datagram_work_is_done(subject: &Subject) -> Checked {
    let (sleep, spin) = (Duration::from_millis(50), Duration::from_millis(100));
    let server = subject.serve(Protocol::Framed)?;
    let client = server.datagrams()?;
    let spins = Frame::with_work(2, Work::Spin(spin));
    let before = server.group().cpu_time();
    client.send(&spins.request())?;
    client.expect(&spins.reply())?;
    let spent = server.group().cpu_time().saturating_sub(before);
    ensure!(
        spent >= spin / 2,
        "the server did not compute: it used {spent:?} of CPU time"
    );
    let sleeps = Frame::with_work(4, Work::Sleep(sleep));
    let begun = Instant::now();
    client.send(&sleeps.request())?;
    client.expect(&sleeps.reply())?;
    ensure!(begun.elapsed() >= sleep, "the server did not sleep");
    server.end()?.check(|stats| {
        ensure_eq!(stats.requests, 2, "requests");
        Ok(())
    })
}

/// One client asks for work. Another client waits for it, or does not, as the model says.
///
/// A datagram has arrived when `send` returns, so the server sees the work before everything that is sent later.
pub fn datagram_work_delays_whom_it_declares(subject: &Subject) -> Checked {
    let delays_all = subject.expect().work == Some(Delays::All);
    let server = subject.serve(Protocol::Framed)?;
    let (asking, mut other) = (server.datagrams()?, server.datagrams()?);
    other.round_trip(1)?;
    let work = Frame::with_work(2, Work::Sleep(Duration::from_millis(500)));
    asking.send(&work.request())?;
    other.round_trip(10)?;
    let delayed = asking.has_news();
    ensure_eq!(delayed, delays_all, "work delays another client");
    asking.expect(&work.reply())?;
    server.end()?;
    Ok(())
}

/// The server counts each datagram and byte that it receives and sends.
pub fn datagrams_are_counted(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut clients = server.datagram_clients(2)?;
    for bytes in 1..=30 {
        for client in &mut clients {
            client.round_trip(bytes)?;
        }
    }
    let stats = server.end()?.stats();
    let datagrams = stats
        .datagrams
        .expect("a datagram server reports datagrams");
    ensure_eq!(
        (datagrams.received, datagrams.sent),
        (60, 60),
        "received and sent"
    );
    ensure_eq!(
        (datagrams.unsent, datagrams.dropped),
        (0, 0),
        "unsent and dropped"
    );
    ensure_eq!(
        (stats.requests, stats.opened),
        (60, 0),
        "requests and connections"
    );
    ensure_eq!(
        (stats.bytes_in, stats.bytes_out),
        (930, 930),
        "bytes received and sent"
    );
    Ok(())
}

/// More datagrams come than fit into the receive buffer. The server counts those that the kernel drops.
///
/// More datagrams come than fit into the receive buffer: those that the kernel drops are counted as well.
pub fn dropped_datagrams_are_counted(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut client = server.datagrams()?;
    client.round_trip(1)?;
    server.freeze()?;
    let message = client.message(60_000);
    for _ in 0..300 {
        client.send(&message)?;
    }
    server.thaw();
    let datagrams = server.end()?.stats().datagrams;
    let datagrams = datagrams.expect("a datagram server reports datagrams");
    ensure!(datagrams.dropped > 0, "{datagrams:?}");
    ensure_eq!(
        datagrams.received + datagrams.dropped,
        301,
        "received or dropped"
    );
    ensure_eq!(datagrams.sent, datagrams.received, "sent");
    Ok(())
}
