//! Cases about datagrams: every request gets its reply, and every client gets only the replies to its own requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::frame::HEADER;
use echo_protocol::{Protocol, Work};
use echo_server::WorkPlace;

use super::bounds::{does_not_spin, spins};
use crate::client::DEADLINE;
use crate::datagram::DatagramClient;
use crate::frame::Frame;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::Subject;

/// Number of small datagrams that fit into a receive buffer of the default size, and are more than a batch.
const BURST: usize = 150;

/// A limit for payloads, in bytes, that is shorter than the longest datagram.
const LIMIT: usize = 1_000;

/// A client sends a datagram of one byte and gets it back.
pub fn one_datagram(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        server.datagrams().round_trip(1);
        server.end();
    }
}

/// One client sends 200 datagrams, each after the reply to the one before.
pub fn many_datagrams_one_after_another(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut client = server.datagrams();
        for i in 0..200 {
            client.round_trip(1 + i * 37 % 2_000);
        }
        server.end();
    }
}

/// Datagrams of every size, from empty to the longest, come back whole.
pub fn every_size_up_to_the_limit(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut client = server.datagrams();
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
            client.round_trip(bytes);
        }
        assert_eq!(server.end().stats.protocol_errors, BTreeMap::new());
    }
}

/// A datagram over the limit is counted as an error, and the client is served afterwards.
pub fn a_datagram_over_the_limit_is_reported(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = Server::start(Options {
            max_frame: Some(LIMIT),
            ..subject.options(protocol)
        });
        let mut client = server.datagrams();
        for bytes in [LIMIT + 1, 2 * LIMIT, client.longest()] {
            let message = client.message(bytes);
            client.send(&message);
            client.round_trip(LIMIT);
        }
        let stats = server.end().stats;
        let expected = BTreeMap::from([("too-long".to_owned(), 3)]);
        assert_eq!(stats.protocol_errors, expected);
        assert_eq!(stats.requests, 3);
    }
}

/// Each client gets the replies to its own requests, whatever the order of the requests.
pub fn two_sources_are_kept_apart(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut clients = [(); 3].map(|()| server.datagrams());
        for round in 0..50 {
            let messages = clients.each_mut().map(|client| client.message(10 + round));
            for (client, message) in clients.iter().zip(&messages).rev() {
                client.send(message);
            }
            for (client, message) in clients.iter().zip(&messages) {
                client.expect(message);
            }
        }
        assert!(
            !clients.iter().any(DatagramClient::has_news),
            "more datagrams came than were requested"
        );
        server.end();
    }
}

/// All datagrams that came while the server was suspended are answered, in order.
pub fn a_burst_is_answered_whole(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut clients = [(); 3].map(|()| server.datagrams());
        clients[0].round_trip(1);
        server.freeze();
        let sent = send_burst(&mut clients);
        server.thaw();
        for (client, message) in sent {
            clients[client].expect(&message);
        }
        server.end();
    }
}

/// Sends a burst. Returns the index of the client and the message for each datagram, in the order of sending.
fn send_burst(clients: &mut [DatagramClient]) -> Vec<(usize, Vec<u8>)> {
    let number = clients.len();
    let send = |i: usize| {
        let client = &mut clients[i % number];
        let message = client.message(20 + i % 7);
        client.send(&message);
        (i % number, message)
    };
    (0..BURST).map(send).collect()
}

/// A reply has the size that its request asks for.
pub fn replies_have_the_requested_size(subject: &Subject) {
    let server = subject.serve(Protocol::Framed);
    let client = server.datagrams();
    for reply_size in [0, 1, 5, 6, 1_000, 65_507 - HEADER] {
        let frame = Frame {
            reply_size,
            ..Frame::plain(reply_size as u64, b"hello".to_vec())
        };
        client.send(&frame.request());
        client.expect(&frame.reply());
    }
    server.end();
}

/// A malformed datagram gets no reply, and does not affect other clients.
pub fn garbage_is_counted_and_not_answered(subject: &Subject) {
    let server = subject.serve(Protocol::Framed);
    let (mut honest, faulty) = (server.datagrams(), server.datagrams());
    for (_, garbage) in garbage() {
        faulty.send(&garbage);
        honest.round_trip(100);
    }
    assert!(!faulty.has_news(), "a malformed datagram was answered");
    let stats = server.end().stats;
    let mut expected = BTreeMap::new();
    for (kind, _) in garbage() {
        *expected.entry(kind.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(stats.protocol_errors, expected);
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
pub fn a_reply_to_a_client_that_has_left_does_no_harm(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let mut other = server.datagrams();
    for _ in 0..20 {
        let mut leaving = server.datagrams();
        let message = leaving.message(10);
        leaving.send(&message);
        drop(leaving);
        other.round_trip(10);
    }
    server.end();
}

/// A datagram asks the server to compute or to sleep, and the reply comes when that is done.
pub fn datagram_work_is_done(subject: &Subject) {
    let (sleep, spin) = (Duration::from_millis(50), Duration::from_millis(100));
    let server = subject.serve(Protocol::Framed);
    let client = server.datagrams();
    let spins = Frame::with_work(2, Work::Spin(spin));
    let before = server.group().cpu_time();
    client.send(&spins.request());
    client.expect(&spins.reply());
    let spent = server.group().cpu_time().saturating_sub(before);
    assert!(
        spent >= spin / 2,
        "the server did not compute: it used {spent:?} of CPU time"
    );
    let sleeps = Frame::with_work(4, Work::Sleep(sleep));
    let begun = Instant::now();
    client.send(&sleeps.request());
    client.expect(&sleeps.reply());
    assert!(begun.elapsed() >= sleep, "the server did not sleep");
    assert_eq!(server.end().stats.requests, 2);
}

/// One client asks for work. Another client waits for it, or does not, as the model says.
///
/// A datagram has arrived when `send` returns, so the server sees the work before everything that is sent later.
pub fn datagram_work_delays_whom_it_declares(subject: &Subject) {
    let place = subject.about().work;
    let server = subject.serve(Protocol::Framed);
    let (asking, mut other) = (server.datagrams(), server.datagrams());
    other.round_trip(1);
    let work = Frame::with_work(2, Work::Sleep(Duration::from_millis(500)));
    asking.send(&work.request());
    other.round_trip(10);
    let delayed = asking.has_news();
    assert_eq!(
        delayed,
        place == WorkPlace::Loop,
        "declared to work {}",
        place.sentence()
    );
    asking.expect(&work.reply());
    server.end();
}

/// The server counts each datagram and byte that it receives and sends.
pub fn datagrams_are_counted(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let mut clients = [(); 2].map(|()| server.datagrams());
    for bytes in 1..=30 {
        for client in &mut clients {
            client.round_trip(bytes);
        }
    }
    let stats = server.end().stats;
    let datagrams = stats
        .datagrams
        .expect("a datagram server reports datagrams");
    assert_eq!((datagrams.received, datagrams.sent), (60, 60));
    assert_eq!((datagrams.unsent, datagrams.dropped), (0, 0));
    assert_eq!((stats.requests, stats.opened), (60, 0));
    assert_eq!((stats.bytes_in, stats.bytes_out), (930, 930));
}

/// More datagrams come than fit into the receive buffer. The server counts those that the kernel drops.
///
/// More datagrams come than fit into the receive buffer: those that the kernel drops are counted as well.
pub fn dropped_datagrams_are_counted(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let mut client = server.datagrams();
    client.round_trip(1);
    server.freeze();
    let message = client.message(60_000);
    for _ in 0..300 {
        client.send(&message);
    }
    server.thaw();
    let datagrams = server.end().stats.datagrams;
    let datagrams = datagrams.expect("a datagram server reports datagrams");
    assert!(datagrams.dropped > 0, "{datagrams:?}");
    assert_eq!(datagrams.received + datagrams.dropped, 301);
    assert_eq!(datagrams.sent, datagrams.received);
}

/// A server without anything to do ends when it is asked to.
pub fn a_datagram_server_stops_while_idle(subject: &Subject) {
    subject.serve(Protocol::Echo).end();
    let had_clients = subject.serve(Protocol::Echo);
    had_clients.datagrams().round_trip(10);
    had_clients.interrupt();
    had_clients.ended();
}

/// Datagrams that are in the receive buffer at the stop are answered.
pub fn datagrams_that_came_before_a_stop_are_answered(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut clients = [(); 3].map(|()| server.datagrams());
        clients[0].round_trip(1);
        server.freeze();
        let sent = send_burst(&mut clients);
        server.stop();
        server.thaw();
        for (client, message) in sent {
            clients[client].expect(&message);
        }
        assert_eq!(server.ended().stats.requests, BURST as u64 + 1);
    }
}

/// A client sends on after a stop. The server ends all the same.
///
/// The clients of a datagram server do not notice a stop.
pub fn a_client_that_continues_to_send_does_not_keep_the_server_running(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let clients = [(); 2].map(|()| server.datagrams());
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        for mut client in clients {
            let ended = &ended;
            scope.spawn(move || {
                let message = client.message(10);
                // The deadline ends the thread if the assertions below panic.
                let begun = Instant::now();
                while !ended.load(Ordering::Relaxed) && begun.elapsed() < 3 * DEADLINE {
                    client.try_send(&message);
                }
            });
        }
        server.stop();
        server.ended();
        ended.store(true, Ordering::Relaxed);
    });
}

/// After a stop, the server answers what has come, but no longer than the grace period.
///
/// The server does not answer all datagrams that came before the stop if the grace period ends.
pub fn the_end_of_the_grace_period_ends_the_answering(subject: &Subject) {
    let server = Server::start(Options {
        grace_seconds: 0,
        ..subject.options(Protocol::Framed)
    });
    let mut client = server.datagrams();
    client.round_trip(1);
    server.freeze();
    for id in 0..100 {
        client.send(&Frame::with_work(id, Work::Sleep(Duration::from_millis(10))).request());
    }
    server.stop();
    server.thaw();
    let requests = server.ended().stats.requests;
    assert!(requests < 100, "all {requests} requests were answered");
}

/// The grace period ends while the server works for one datagram, and others wait. The server ends without replies.
///
/// The stop is pending when the server is resumed, so the server takes all of these datagrams after it.
pub fn the_end_of_the_grace_period_ends_work_under_way(subject: &Subject) {
    let endless = Duration::from_secs(16);
    for work in [Work::Sleep(endless), Work::Spin(endless)] {
        let server = Server::start(Options {
            grace_seconds: 1,
            ..subject.options(Protocol::Framed)
        });
        let mut client = server.datagrams();
        client.round_trip(1);
        server.freeze();
        (0..10).for_each(|id| client.send(&Frame::with_work(id, work).request()));
        server.stop();
        server.thaw();
        let datagrams = server.ended().stats.datagrams;
        let datagrams = datagrams.expect("a datagram server reports datagrams");
        assert!(datagrams.unsent > 0, "{datagrams:?}");
        assert_eq!(datagrams.sent, 1, "work that was cut short has no reply");
        assert_eq!(datagrams.received, datagrams.sent + datagrams.unsent);
    }
}

/// A server that waits for datagrams uses no CPU time, also after work.
pub fn waiting_for_datagrams_costs_no_cpu_time(subject: &Subject) {
    let server = subject.serve(Protocol::Framed);
    let by_design = spins(&server);
    let mut client = server.datagrams();
    client.round_trip(10);
    does_not_spin(&server, by_design, "with a silent client");
    let work = Frame::with_work(2, Work::Spin(Duration::from_millis(10)));
    client.send(&work.request());
    client.expect(&work.reply());
    does_not_spin(&server, by_design, "after work");
    server.end();
}
