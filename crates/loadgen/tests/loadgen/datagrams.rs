//! Datagrams that are swallowed, delayed, duplicated, reordered and corrupted: each is counted as such, and the clients go
//! on.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use echo_protocol::Protocol;
use loadgen::{Class, Datagrams, Load, Outcome, Schedule};

use crate::peers::run;

/// A reply timeout longer than any reply takes that is not delayed on purpose.
const PATIENCE: Duration = Duration::from_millis(500);

/// A datagram and its sender.
type Came = (Vec<u8>, SocketAddr);

/// A server that answers every datagram with what the script returns for it and for its index.
fn peer(mut script: impl FnMut(usize, Came) -> Vec<Came> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        for number in 0.. {
            let (n, from) = socket.recv_from(&mut buffer).unwrap();
            for (reply, to) in script(number, (buffer[..n].to_vec(), from)) {
                // A client that has ended does not receive any more.
                let _ = socket.send_to(&reply, to);
            }
        }
    });
    address
}

/// A load of one client with this many requests.
fn load(address: SocketAddr, requests: u64) -> Load {
    Load {
        classes: vec![Class::of("clients", 1)],
        warmup: Duration::ZERO,
        requests: Some(requests),
        reply_timeout: PATIENCE,
        ..Load::on(format!("udp:{address}").parse().unwrap())
    }
}

fn datagrams(outcome: &Outcome) -> Datagrams {
    outcome.datagrams.unwrap()
}

#[test]
fn every_echo_is_verified_in_both_protocols() {
    for protocol in Protocol::ECHOES {
        let mut load = load(peer(|_, came| vec![came]), 400);
        load.protocol = protocol;
        load.classes[0].connections = 4;
        let outcome = run(&load);
        assert_eq!(
            (outcome.requests, outcome.verification.verified),
            (400, 400)
        );
        assert_eq!(datagrams(&outcome), Datagrams::default());
        assert_eq!(outcome.fairness.never_served, 0);
        assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
    }
}

#[test]
fn swallowed_requests_are_lost_and_wait_for_the_timeout() {
    let swallow = |number: usize, came: Came| if number % 20 == 3 { vec![] } else { vec![came] };
    let mut load = load(peer(swallow), 80);
    load.classes[0].connections = 4;
    let outcome = run(&load);
    assert_eq!((outcome.requests, datagrams(&outcome).lost), (76, 4));
    assert_eq!(outcome.errors["lost"], 4);
    assert_eq!((outcome.response.count, outcome.service.count), (80, 80));
    let patience = PATIENCE.as_nanos() as u64;
    assert!(
        outcome.response.max_ns >= patience,
        "{:?}",
        outcome.response
    );
    assert_eq!(outcome.censored.lost, 0, "no connection was lost");
}

#[test]
fn a_reply_that_comes_after_its_time_is_late_and_not_a_double() {
    let mut held = Vec::new();
    let hold_back = move |number: usize, came: Came| {
        held.push(came);
        if number == 0 {
            vec![]
        } else {
            held.split_off(0)
        }
    };
    let outcome = run(&load(peer(hold_back), 10));
    let expected = Datagrams {
        lost: 1,
        late: 1,
        ..Datagrams::default()
    };
    assert_eq!((outcome.requests, datagrams(&outcome)), (9, expected));
    assert_eq!(outcome.verification.mismatched, 0);
}

#[test]
fn a_duplicate_reply_is_counted_and_harms_no_client() {
    let outcome = run(&load(peer(|_, came| vec![came.clone(), came]), 100));
    assert_eq!(
        (outcome.requests, outcome.verification.mismatched),
        (100, 0)
    );
    // The last duplicate may come after the client has ended.
    let doubles = datagrams(&outcome).duplicates;
    assert!((99..=100).contains(&doubles), "{doubles}");
}

#[test]
fn replies_in_another_order_find_their_requests() {
    let mut held = Vec::new();
    let swap = move |number: usize, came: Came| {
        held.insert(0, came);
        if number.is_multiple_of(2) {
            vec![]
        } else {
            held.split_off(0)
        }
    };
    let mut load = load(peer(swap), 100);
    load.classes[0].pipeline = 2;
    let outcome = run(&load);
    let expected = Datagrams {
        reordered: 50,
        ..Datagrams::default()
    };
    assert_eq!((outcome.requests, datagrams(&outcome)), (100, expected));
}

#[test]
fn a_wrong_reply_is_a_mismatch_and_its_request_is_lost() {
    let corrupt = |number: usize, (mut bytes, from): Came| {
        bytes[17] ^= u8::from(number == 5);
        vec![(bytes, from)]
    };
    let outcome = run(&load(peer(corrupt), 10));
    assert_eq!((outcome.requests, datagrams(&outcome).lost), (9, 1));
    assert_eq!(
        (outcome.verification.mismatched, outcome.errors["mismatch"]),
        (1, 1)
    );
    let text = outcome.verification.first_mismatch.unwrap();
    assert!(text.contains("byte 17 of the reply"), "{text}");
}

#[test]
fn a_reply_to_another_client_is_wrong() {
    let mut first = None;
    let mix_up = move |_, came: Came| {
        let first = first.get_or_insert_with(|| came.0.clone());
        vec![(first.clone(), came.1)]
    };
    let mut load = load(peer(mix_up), 2);
    load.classes[0].connections = 2;
    let outcome = run(&load);
    assert_eq!((outcome.requests, datagrams(&outcome).lost), (1, 1));
    assert_eq!(outcome.errors["wrong-id"], 1);
}

#[test]
fn without_a_server_everything_is_lost_and_the_run_ends() {
    let nobody = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut load = load(nobody, 3);
    load.reply_timeout = Duration::from_millis(20);
    let outcome = run(&load);
    assert_eq!((outcome.requests, datagrams(&outcome).lost), (0, 3));
    assert!(outcome.errors["refused"] > 0, "{:?}", outcome.errors);
    assert_eq!(outcome.fairness.never_served, 1);
}

#[test]
fn an_open_loop_goes_on_when_datagrams_are_lost() {
    let mut load = load(peer(|_, _| vec![]), 1).with_schedule(Schedule::constant(1000.0));
    (load.requests, load.duration) = (None, Duration::from_millis(300));
    load.reply_timeout = Duration::from_millis(20);
    load.classes[0].connections = 4;
    let outcome = run(&load);
    let lost = datagrams(&outcome).lost;
    assert!(
        lost > 4,
        "each client has lost one, and asked again: {lost}"
    );
    assert_eq!(outcome.requests, 0);
    assert!(
        outcome.response.count >= outcome.offered,
        "all that was due is among the waits"
    );
}
