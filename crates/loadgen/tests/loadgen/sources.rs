//! Source addresses: the requested ones, and those that a load takes because one has too few ports.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::peers::{echo, load, peer, requests, run};

/// An echo server that tells the address of each client.
fn telling_server() -> (SocketAddr, Receiver<String>) {
    let (say, heard) = mpsc::channel();
    let address = peer(move |stream: TcpStream| {
        let _ = say.send(stream.peer_addr().unwrap().ip().to_string());
        echo(stream);
    });
    (address, heard)
}

/// The source addresses of this number of clients, in order.
fn sources_of(count: usize, heard: &Receiver<String>) -> Vec<String> {
    let mut sources: Vec<_> = heard.iter().take(count).collect();
    sources.sort();
    sources
}

#[test]
fn connections_use_the_requested_source_addresses() {
    let (address, heard) = telling_server();
    let mut load = requests(address, 40);
    load.sources = ["127.0.0.5", "127.0.0.6"]
        .map(|ip| ip.parse().unwrap())
        .to_vec();
    assert_eq!(run(&load).connections.established, 4);
    let expected = ["127.0.0.5", "127.0.0.5", "127.0.0.6", "127.0.0.6"];
    assert_eq!(sources_of(4, &heard), expected);
}

#[test]
fn a_load_with_too_many_connections_for_one_address_takes_more_addresses() {
    let (address, heard) = telling_server();
    let mut load = load(address);
    load.duration = Duration::from_millis(20);
    // More clients than half of an address's ports; this process is one of 1,023, and has 20 of them.
    load.first_mut().connections = 20_460;
    load.process = (0, 1_023);
    let outcome = run(&load);
    assert_eq!(outcome.connections.established, 20);
    assert_eq!(outcome.load.sources[..2], ["127.0.0.1", "127.0.0.2"]);
    let mut used = sources_of(20, &heard);
    used.dedup();
    assert!(used.len() >= 2, "{used:?}");
    let ports = outcome.checks.iter().find(|check| check.name == "ports");
    assert!(ports.is_some_and(|check| check.ok), "{ports:?}");
}

#[test]
fn a_load_with_enough_ports_takes_the_address_of_the_system() {
    let (address, heard) = telling_server();
    let outcome = run(&requests(address, 40));
    assert!(outcome.load.sources.is_empty());
    assert_eq!(sources_of(4, &heard), ["127.0.0.1"; 4]);
}

#[test]
fn a_source_that_cannot_reach_the_target_is_refused_before_the_run() {
    let (address, _) = telling_server();
    let mut load = requests(address, 40);
    // 203.0.113.0/24 is for documentation (RFC 5737), so no machine has it.
    load.sources = vec!["203.0.113.1".parse().unwrap()];
    let refused = load.run(&AtomicBool::new(false), &mut |_| {});
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("not an address of this machine"), "{error}");
}

#[test]
fn a_source_of_ipv6_suits_a_target_of_ipv6() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return eprintln!("not tested here: the machine has no IPv6");
    };
    let mut load = requests(listener.local_addr().unwrap(), 4);
    load.first_mut().connections = 1;
    load.sources = vec!["::1".parse().unwrap()];
    let server = thread::spawn(move || echo(listener.accept().unwrap().0));
    assert_eq!(run(&load).requests, 4);
    server.join().unwrap();
}
