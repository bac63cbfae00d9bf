//! Does every datagram get its answer, its sender nobody else's, and nobody anything else?

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::frame::HEADER;
use echo_protocol::{Protocol, Work};
use echo_server::WorkPlace;

use super::bounds::{does_not_spin, spins};
use crate::datagram::DatagramClient;
use crate::frame::Frame;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::Subject;

/// Small datagrams that surely fit into a receive buffer of the default size, and many times a batch.
const BURST: usize = 150;

/// A limit for payloads, in bytes, that a datagram can exceed.
const LIMIT: usize = 1_000;

pub fn one_datagram(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        server.datagrams().round_trip(1);
        server.end();
    }
}

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

/// Who asks is answered, and nobody else, in whatever order they ask.
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
            "more came than was asked for"
        );
        server.end();
    }
}

/// What has come while the server did something else is answered, all of it and in order.
pub fn a_burst_is_answered_whole(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut clients = [(); 3].map(|()| server.datagrams());
        clients[0].round_trip(1);
        server.freeze();
        let said = send_burst(&mut clients);
        server.thaw();
        for (k, message) in said {
            clients[k].expect(&message);
        }
        server.end();
    }
}

/// A burst, and who said what, in the order in which it was said.
fn send_burst(clients: &mut [DatagramClient]) -> Vec<(usize, Vec<u8>)> {
    let number = clients.len();
    let say = |i: usize| {
        let client = &mut clients[i % number];
        let message = client.message(20 + i % 7);
        client.send(&message);
        (i % number, message)
    };
    (0..BURST).map(say).collect()
}

pub fn replies_have_the_size_that_was_asked_for(subject: &Subject) {
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

/// Nobody is answered nonsense, and nobody hears of other people's.
pub fn garbage_harms_nobody(subject: &Subject) {
    let server = subject.serve(Protocol::Framed);
    let (mut honest, rude) = (server.datagrams(), server.datagrams());
    for (_, garbage) in garbage() {
        rude.send(&garbage);
        honest.round_trip(100);
    }
    assert!(!rude.has_news(), "garbage was answered");
    let stats = server.end().stats;
    let mut expected = BTreeMap::new();
    for (kind, _) in garbage() {
        *expected.entry(kind.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(stats.protocol_errors, expected);
}

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

/// Its answers find nobody, and the kernel says so to the server.
pub fn a_client_that_is_gone_harms_nobody(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let mut other = server.datagrams();
    for _ in 0..20 {
        let mut gone = server.datagrams();
        let message = gone.message(10);
        gone.send(&message);
        drop(gone);
        other.round_trip(10);
    }
    server.end();
}

pub fn datagram_work_is_done(subject: &Subject) {
    let (sleep, spin) = (Duration::from_millis(50), Duration::from_millis(200));
    let server = subject.serve(Protocol::Framed);
    let client = server.datagrams();
    let spins = Frame::with_work(2, Work::Spin(spin));
    client.send(&spins.request());
    client.expect(&spins.reply());
    let spent = server.group().cpu_time();
    assert!(spent >= spin / 2, "it did not spin: {spent:?} of CPU time");
    let sleeps = Frame::with_work(4, Work::Sleep(sleep));
    let asked = Instant::now();
    client.send(&sleeps.request());
    client.expect(&sleeps.reply());
    assert!(asked.elapsed() >= sleep, "it did not sleep");
    assert_eq!(server.end().stats.requests, 2);
}

/// A datagram has arrived when `send` returns, so the work comes before everything that is sent later.
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
        "declared to run {}",
        place.sentence()
    );
    asking.expect(&work.reply());
    server.end();
}

pub fn what_is_counted_of_datagrams(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let mut clients = [(); 2].map(|()| server.datagrams());
    for bytes in 1..=30 {
        for client in &mut clients {
            client.round_trip(bytes);
        }
    }
    let stats = server.end().stats;
    let datagrams = stats.datagrams.expect("it serves datagrams");
    assert_eq!((datagrams.received, datagrams.sent), (60, 60));
    assert_eq!((datagrams.unsent, datagrams.dropped), (0, 0));
    assert_eq!((stats.requests, stats.opened), (60, 0));
    assert_eq!((stats.bytes_in, stats.bytes_out), (930, 930));
}

/// More comes than the receive buffer holds: what the kernel throws away is counted as well.
pub fn what_is_lost_is_counted(subject: &Subject) {
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
    let datagrams = datagrams.expect("it serves datagrams");
    assert!(datagrams.dropped > 0, "{datagrams:?}");
    assert_eq!(datagrams.received + datagrams.dropped, 301);
    assert_eq!(datagrams.sent, datagrams.received);
}

pub fn a_datagram_server_stops_while_idle(subject: &Subject) {
    subject.serve(Protocol::Echo).end();
    let had_clients = subject.serve(Protocol::Echo);
    had_clients.datagrams().round_trip(10);
    had_clients.interrupt();
    had_clients.ended();
}

/// What was received before the stop is answered.
pub fn a_stop_answers_what_has_come(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut clients = [(); 3].map(|()| server.datagrams());
        clients[0].round_trip(1);
        server.freeze();
        let said = send_burst(&mut clients);
        server.stop();
        server.thaw();
        for (k, message) in said {
            clients[k].expect(&message);
        }
        assert_eq!(server.ended().stats.requests, BURST as u64 + 1);
    }
}

/// Clients of datagrams hear nothing of a stop.
pub fn who_goes_on_sending_does_not_keep_it_alive(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let clients = [(); 2].map(|()| server.datagrams());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for mut client in clients {
            let over = &over;
            scope.spawn(move || {
                let message = client.message(10);
                while !over.load(Ordering::Relaxed) {
                    // It fails when nobody is there any more.
                    client.try_send(&message);
                }
            });
        }
        server.stop();
        server.ended();
        over.store(true, Ordering::Relaxed);
    });
}

pub fn the_grace_period_ends_the_draining(subject: &Subject) {
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
    assert!(requests < 100, "all {requests} were answered");
}

pub fn waiting_for_datagrams_costs_no_cpu_time(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let by_design = spins(&server);
    let mut client = server.datagrams();
    client.round_trip(10);
    does_not_spin(&server, by_design, "with a silent client");
    server.end();
}
