//! Slow, silent, short-lived and rude clients, together with honest ones in the same load.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use loadgen::{Behaviour, Class, Load, Outcome};

use crate::peers::{echo, load, peer, read_request, requests, run};

/// A load of two honest clients that ends after their requests, plus clients with another behaviour.
fn beside(address: std::net::SocketAddr, behaviour: &str, change: impl Fn(&mut Class)) -> Load {
    let mut load = load(address);
    load.classes = vec![Class::of("honest", 2), Class::of("others", 3)];
    load.classes[1].behaviour = Behaviour::named(behaviour).unwrap();
    change(&mut load.classes[1]);
    load
}

fn until(mut load: Load, requests: u64) -> Outcome {
    load.requests = Some(requests);
    run(&load)
}

#[test]
fn idle_clients_are_open_and_silent() {
    let outcome = until(beside(peer(echo), "idle", |_| {}), 200);
    let idle = &outcome.classes[1];
    assert_eq!(
        (idle.established, idle.open_at_end, idle.offered),
        (3, 3, 0)
    );
    assert_eq!(
        (
            idle.response.count,
            idle.censored.pending,
            idle.fairness.clients
        ),
        (0, 0, 0)
    );
    assert_eq!(
        (outcome.requests, outcome.connections.open_at_end),
        (200, 5)
    );
    assert_eq!((outcome.fairness.clients, outcome.errors.len()), (2, 0));
}

#[test]
fn short_conversations_follow_each_other() {
    let mut load = requests(peer(echo), 60);
    load.classes[0].behaviour = Behaviour {
        conversation: Some(2),
        ..Behaviour::default()
    };
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors.len()), (60, 0));
    assert!(
        outcome.connections.established >= 30,
        "{:?}",
        outcome.connections
    );
    assert!(
        outcome.connections.open_at_once <= 4,
        "{:?}",
        outcome.connections
    );
    assert!(
        outcome.response.mean_ns > outcome.service.mean_ns,
        "connecting is part of the wait"
    );
}

#[test]
fn a_pipeline_is_cut_where_the_conversation_ends() {
    let mut load = requests(peer(echo), 60);
    load.classes[0].pipeline = 8;
    load.classes[0].behaviour = Behaviour {
        conversation: Some(3),
        ..Behaviour::default()
    };
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors.len()), (60, 0));
}

#[test]
fn the_server_may_close_first() {
    let once = |mut stream: TcpStream| {
        let request = read_request(&mut stream);
        stream.write_all(&request).unwrap();
    };
    let mut load = requests(peer(once), 40);
    load.classes[0].behaviour = Behaviour::named("awaiting").unwrap();
    let outcome = run(&load);
    assert_eq!(
        (
            outcome.requests,
            outcome.errors.len(),
            outcome.connections.closed
        ),
        (40, 0, 0)
    );
}

#[test]
fn a_half_closing_client_reads_until_the_server_closes() {
    let (say, heard) = mpsc::channel();
    let at_the_end = move |mut stream: TcpStream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        stream.write_all(&all).unwrap();
        let _ = say.send(all.len());
    };
    let mut load = requests(peer(at_the_end), 12);
    let class = &mut load.classes[0];
    class.behaviour = Behaviour::named("half-closing").unwrap();
    (class.pipeline, class.behaviour.conversation) = (3, Some(3));
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors.len()), (12, 0));
    assert_eq!(heard.iter().take(4).collect::<Vec<_>>(), [192; 4]);
}

#[test]
fn resetting_clients_reset_and_come_back() {
    let (say, heard) = mpsc::channel();
    let listening = move |mut stream: TcpStream| {
        let mut buffer = [0; 4096];
        let end = loop {
            match stream.read(&mut buffer) {
                Ok(1..) => {}
                end => break end.map_err(|error| error.kind()),
            }
        };
        let _ = say.send(end);
    };
    let mut load = load(peer(listening));
    load.duration = Duration::from_millis(50);
    load.classes[0].behaviour = Behaviour::named("resetting").unwrap();
    let outcome = run(&load);
    assert!(outcome.connections.established > 4 && outcome.classes[0].bytes_sent >= 64);
    assert_eq!((outcome.requests, outcome.censored.lost), (0, 0));
    let reset = Err(std::io::ErrorKind::ConnectionReset);
    assert!(heard.iter().any(|end| end == reset));
}

#[test]
fn a_slow_sender_gets_its_reply() {
    let drip = |class: &mut Class| class.behaviour.sending = "drip:16/1ms".parse().unwrap();
    let mut load = beside(peer(echo), "slow-sender", drip);
    load.classes.remove(0);
    let outcome = until(load, 6);
    assert_eq!(
        (
            outcome.requests,
            outcome.verification.verified,
            outcome.errors.len()
        ),
        (6, 6, 0)
    );
    // Four pieces with three pauses between them.
    assert!(
        outcome.response.min_ns >= 3_000_000,
        "{}",
        outcome.response.min_ns
    );
    assert!(!outcome.classes[0].honest);
}

#[test]
fn half_a_request_gets_no_reply_and_harms_no_honest_client() {
    let outcome = until(beside(peer(echo_whole), "half-request", |_| {}), 300);
    let half = &outcome.classes[1];
    assert_eq!(
        (half.bytes_sent, half.requests, half.censored.pending),
        (3 * 32, 0, 3)
    );
    assert_eq!(
        (
            half.fairness.never_served,
            half.fairness.never_served_clients.clone()
        ),
        (3, vec![2, 3, 4])
    );
    assert_eq!(
        (
            outcome.requests,
            outcome.response.count,
            outcome.censored.pending
        ),
        (300, 300, 0)
    );
}

/// Echoes requests of 64 bytes once they are complete.
fn echo_whole(mut stream: TcpStream) {
    let mut request = [0; 64];
    while stream.read_exact(&mut request).is_ok() {
        if stream.write_all(&request).is_err() {
            return;
        }
    }
}

#[test]
fn a_slow_receiver_gets_every_byte() {
    let sip = |class: &mut Class| {
        class.behaviour.receiving = "sip:32/1ms".parse().unwrap();
        class.payload = "96".parse().unwrap();
    };
    let mut load = beside(peer(echo), "slow-receiver", sip);
    load.classes.remove(0);
    let outcome = until(load, 6);
    assert_eq!(
        (
            outcome.requests,
            outcome.verification.verified,
            outcome.errors.len()
        ),
        (6, 6, 0)
    );
    assert!(
        outcome.response.min_ns >= 2_000_000,
        "{}",
        outcome.response.min_ns
    );
}

#[test]
fn a_client_that_pushes_without_reading_is_stopped_by_its_socket() {
    let answered = Arc::new(AtomicU64::new(0));
    let count = answered.clone();
    let counting = move |mut stream: TcpStream| {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(n @ 1..) = stream.read(&mut buffer) {
            if stream.write_all(&buffer[..n]).is_err() {
                return;
            }
            count.fetch_add(n as u64, Ordering::Relaxed);
        }
    };
    let push =
        |class: &mut Class| (class.pipeline, class.payload) = (1000, "64KiB".parse().unwrap());
    let mut load = beside(peer(counting), "never-reading", push);
    load.duration = Duration::from_millis(200);
    let outcome = run(&load);
    let pushing = &outcome.classes[1];
    assert_eq!(
        (
            pushing.requests,
            pushing.bytes_received,
            pushing.censored.pending
        ),
        (0, 0, 3000)
    );
    assert!(pushing.bytes_sent > 3 << 16 && answered.load(Ordering::Relaxed) > 3 << 16);
    assert!(outcome.requests > 0 && outcome.response.max_ns < pushing.response.min_ns * 1000);
}

#[test]
fn a_burst_of_clients_arrives_in_the_middle_of_the_run() {
    let late = |class: &mut Class| class.connect_at = Some(Duration::from_millis(20));
    let mut load = beside(peer(echo), "honest", late);
    load.duration = Duration::from_millis(100);
    let outcome = run(&load);
    let late = &outcome.classes[1];
    assert_eq!(
        (late.established, late.open_at_end, outcome.errors.len()),
        (3, 3, 0)
    );
    assert!(late.requests > 0 && outcome.connections.open_at_once == 5);
    assert!(late.fairness.last_first_served_ns > Some(20_000_000));
}
