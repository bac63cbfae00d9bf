//! Servers that corrupt, repeat, swallow, close, reset, hang and refuse: the faults are counted, and the generator neither
//! hangs nor panics.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use loadgen::{LoadError, limits};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use crate::peers::{echo, echo_times, load, peer, read_request, requests, run};

#[test]
fn a_corrupt_byte_is_a_mismatch_and_ends_that_connection() {
    let corrupt = |mut stream: TcpStream| {
        echo_times(&mut stream, 2);
        let mut request = read_request(&mut stream);
        request[17] ^= 0x20;
        stream.write_all(&request).unwrap();
        echo(stream);
    };
    let outcome = run(&load(peer(corrupt)));
    assert_eq!((outcome.requests, outcome.verification.mismatched), (8, 4));
    assert_eq!(
        (outcome.errors["mismatch"], outcome.connections.open_at_end),
        (4, 0)
    );
    let text = outcome.verification.first_mismatch.unwrap();
    assert!(text.contains("byte 17 of the reply"), "{text}");
}

#[test]
fn a_reply_that_comes_twice_is_a_surplus() {
    let twice = |mut stream: TcpStream| {
        let request = read_request(&mut stream);
        stream.write_all(&[request, request].concat()).unwrap();
        echo(stream);
    };
    let outcome = run(&load(peer(twice)));
    assert_eq!(
        (outcome.errors["surplus"], outcome.verification.mismatched),
        (4, 4)
    );
}

#[test]
fn a_server_that_closes_early_leaves_requests_unanswered() {
    let close = |mut stream: TcpStream| {
        read_request(&mut stream);
    };
    let outcome = run(&load(peer(close)));
    assert_eq!((outcome.requests, outcome.errors["unanswered"]), (0, 4));
    assert_eq!(
        (outcome.censored.lost, outcome.verification.mismatched),
        (4, 0)
    );
    let connections = outcome.connections;
    assert_eq!((connections.closed, connections.never_served), (4, 4));
}

#[test]
fn a_reset_is_counted() {
    let reset = |mut stream: TcpStream| {
        read_request(&mut stream);
        SockRef::from(&stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    };
    let outcome = run(&load(peer(reset)));
    assert_eq!((outcome.connections.reset, outcome.errors["reset"]), (4, 4));
}

#[test]
fn lost_connections_reconnect_as_often_as_allowed() {
    let once = |mut stream: TcpStream| {
        echo_times(&mut stream, 1);
        read_request(&mut stream);
    };
    let mut load = load(peer(once));
    load.classes[0].reconnects = 2;
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.connections.attempted), (12, 12));
    assert_eq!(
        (outcome.connections.closed, outcome.censored.lost),
        (12, 12)
    );
    assert_eq!(
        (
            outcome.connections.never_served,
            outcome.connections.open_at_once
        ),
        (0, 4)
    );
}

#[test]
fn a_server_without_replies_does_not_delay_the_end() {
    let swallow = |mut stream: TcpStream| {
        let mut buffer = [0; 4096];
        while let Ok(1..) = stream.read(&mut buffer) {}
    };
    let mut load = load(peer(swallow));
    load.duration = Duration::from_millis(50);
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.censored.pending), (0, 4));
    assert_eq!(outcome.connections.never_served, 4);
    assert!(outcome.censored.longest_ns >= 50_000_000);
    assert_eq!((outcome.response.count, outcome.rate.to_bits()), (4, 0));
    assert!(outcome.response.min_ns >= 50_000_000, "at least this long");
}

#[test]
fn a_server_that_stops_reading_does_not_delay_the_end() {
    let stall = |stream: TcpStream| {
        thread::park();
        drop(stream);
    };
    let mut load = load(peer(stall));
    load.classes[0].payload = "16MiB".parse().unwrap();
    load.duration = Duration::from_millis(50);
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.censored.pending), (0, 4));
}

#[test]
fn refused_connects_are_counted_and_end_the_run() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let outcome = run(&load(address));
    let connections = outcome.connections;
    assert_eq!((connections.attempted, connections.refused), (4, 4));
    assert_eq!((connections.established, outcome.requests), (0, 0));
    assert_eq!(
        (outcome.errors["refused"], outcome.censored.refused),
        (4, 4)
    );
    assert_eq!(outcome.fairness.never_served, 4);
    assert_eq!((connections.never_served, outcome.response.count), (0, 0));
    assert!(!outcome.server_died, "it never lived");
    let mut checks = outcome.checks.iter();
    let check = checks.find(|check| check.name == "connections").unwrap();
    let words = "of 4 clients that send requests, 0 were served";
    assert!(check.sentence.contains(words), "{}", check.sentence);
}

#[test]
fn a_server_that_dies_in_the_run_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let clients: Vec<TcpStream> = (0..4).map(|_| listener.accept().unwrap().0).collect();
        let mut clients: Vec<TcpStream> = clients
            .into_iter()
            .map(|mut client| {
                echo_times(&mut client, 2);
                client
            })
            .collect();
        drop(listener);
        clients.clear();
    });
    let outcome = run(&load(address));
    server.join().unwrap();
    assert!(outcome.server_died, "{:?}", outcome.errors);
    assert_eq!(outcome.requests, 8);
}

#[test]
fn a_server_that_only_closes_its_connections_has_not_died() {
    let close = |mut stream: TcpStream| echo_times(&mut stream, 1);
    let outcome = run(&load(peer(close)));
    assert_eq!((outcome.requests, outcome.server_died), (4, false));
}

#[test]
fn connects_that_hang_time_out() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&SockAddr::from(any)).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut load = load(address);
    load.connect_timeout = Duration::from_millis(100);
    load.duration = Duration::from_millis(50);
    let outcome = run(&load);
    let connections = outcome.connections;
    assert_eq!(connections.timed_out + connections.established, 4);
    assert!(connections.timed_out >= 2, "{connections:?}");
    assert_eq!(outcome.errors["connect-timeout"], connections.timed_out);
}

#[test]
fn one_dead_connection_does_not_harm_the_others() {
    let first = std::sync::Arc::new(AtomicBool::new(true));
    let one_leaves = move |stream: TcpStream| {
        if first.swap(false, Ordering::Relaxed) {
            stream.shutdown(Shutdown::Both).unwrap();
        } else {
            echo(stream);
        }
    };
    let outcome = run(&requests(peer(one_leaves), 600));
    assert_eq!(outcome.connections.open_at_end, 3);
    assert_eq!(outcome.requests + outcome.censored.lost, 600);
    assert_eq!(outcome.errors.values().sum::<u64>(), 1);
}

#[test]
fn more_connections_than_descriptors_are_an_error_before_the_run() {
    let mut load = load(SocketAddr::from(([127, 0, 0, 1], 9)));
    load.classes[0].connections = limits::CONNECTIONS;
    let error = load.run(&AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert!(matches!(error, LoadError::Descriptors { .. }));
    assert!(error.to_string().contains("ulimit -Hn"), "{error}");
}
