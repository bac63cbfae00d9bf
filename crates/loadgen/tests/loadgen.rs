//! The generator against peers that follow a script: honest ones, and ones that corrupt, repeat, swallow and leave.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use echo_protocol::{Protocol, Work};
use loadgen::{Load, LoadError, Outcome, Progress, Schedule};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

/// A server that does with every client, in a thread of its own, what the script says.
fn peer(script: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let script = script.clone();
            thread::spawn(move || script(stream));
        }
    });
    address
}

/// The stream echo of RFC 862.
fn echo(mut stream: impl Read + Write) {
    let mut buffer = vec![0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}

/// Echoes so many requests of 64 bytes.
fn echo_times(stream: &mut TcpStream, times: usize) {
    for _ in 0..times {
        let request = read_request(stream);
        stream.write_all(&request).unwrap();
    }
}

fn read_request(stream: &mut TcpStream) -> [u8; 64] {
    let mut request = [0; 64];
    stream.read_exact(&mut request).unwrap();
    request
}

/// A load of four connections that counts from the first request on and ends within ten seconds at the latest.
fn load(address: SocketAddr) -> Load {
    Load {
        connections: 4,
        warmup: Duration::ZERO,
        ..Load::on(address.to_string().parse().unwrap())
    }
}

fn requests(address: SocketAddr, requests: u64) -> Load {
    Load {
        requests: Some(requests),
        ..load(address)
    }
}

fn run(load: &Load) -> Outcome {
    load.run(&AtomicBool::new(false), &mut |_| {}).unwrap()
}

#[test]
fn every_echo_of_a_plain_server_is_verified() {
    let outcome = run(&requests(peer(echo), 2000));
    assert_eq!(
        (outcome.requests, outcome.verification.verified),
        (2000, 2000)
    );
    assert_eq!(
        (outcome.bytes_sent, outcome.bytes_received),
        (128_000, 128_000)
    );
    assert_eq!(
        (outcome.response.count, outcome.service.count),
        (2000, 2000)
    );
    assert_eq!(outcome.halves.first + outcome.halves.second, 2000);
    assert!(outcome.errors.is_empty() && !outcome.interrupted);
    assert!((outcome.rate - 2000.0 / outcome.elapsed_s).abs() < 1e-6);
    let connections = outcome.connections;
    assert_eq!((connections.attempted, connections.established), (4, 4));
    assert_eq!((connections.open_at_once, connections.open_at_end), (4, 4));
    assert_eq!((connections.never_served, outcome.connect.count), (0, 4));
    assert_eq!(outcome.over_time.last().unwrap().requests, 2000);
    assert_eq!(outcome.response.histogram().unwrap().len(), 2000);
}

#[test]
fn a_plain_server_answers_frames_without_work() {
    let mut load = requests(peer(echo), 500);
    load.protocol = Protocol::Framed;
    load.payload = "uniform:0..300".parse().unwrap();
    let outcome = run(&load);
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (500, 0)
    );
}

#[test]
fn a_plain_server_that_does_no_work_is_found_out() {
    let mut load = requests(peer(echo), 500);
    load.protocol = Protocol::Framed;
    load.work = Some(Work::Spin(Duration::from_micros(5)));
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors["work-not-done"]), (0, 4));
}

#[test]
fn a_unix_domain_server_is_driven_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || echo(stream));
        }
    });
    let mut load = requests(SocketAddr::from(([127, 0, 0, 1], 0)), 500);
    load.target = format!("unix:{}", path.display()).parse().unwrap();
    let outcome = run(&load);
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (500, 0)
    );
}

#[test]
fn workers_share_connections_and_requests() {
    let mut load = requests(peer(echo), 1000);
    (load.connections, load.threads) = (10, 3);
    let outcome = run(&load);
    assert_eq!(
        (outcome.requests, outcome.connections.open_at_once),
        (1000, 10)
    );
    assert_eq!(outcome.cost.worker_cpu_share.len(), 3);
}

#[test]
fn messages_larger_than_any_socket_buffer_come_back_whole() {
    let mut load = requests(peer(echo), 12);
    load.payload = "8MiB".parse().unwrap();
    let outcome = run(&load);
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (12, 0)
    );
    assert_eq!(outcome.bytes_received, 12 << 23);
}

#[test]
fn a_pipeline_is_verified_in_order() {
    let mut load = requests(peer(echo), 1000);
    load.pipeline = 8;
    let outcome = run(&load);
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (1000, 0)
    );
}

#[test]
fn a_reply_that_comes_byte_by_byte_is_one_reply() {
    let drip = |mut stream: TcpStream| {
        stream.set_nodelay(true).unwrap();
        let mut request = [0; 64];
        while stream.read_exact(&mut request).is_ok() {
            for byte in request {
                stream.write_all(&[byte]).unwrap();
            }
        }
    };
    let outcome = run(&requests(peer(drip), 20));
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (20, 0)
    );
}

#[test]
fn clients_that_think_are_asked_for_in_time() {
    let mut load = requests(peer(echo), 40);
    load.schedule = Schedule::Closed {
        think: Duration::from_micros(200),
    };
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors.len()), (40, 0));
    assert!(outcome.response.min_ns >= outcome.service.min_ns);
}

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
fn lost_connections_come_back_as_often_as_they_may() {
    let once = |mut stream: TcpStream| {
        echo_times(&mut stream, 1);
        read_request(&mut stream);
    };
    let mut load = load(peer(once));
    load.reconnects = 2;
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
fn a_server_that_never_answers_is_left_in_time() {
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
    assert_eq!((outcome.response.p99_ns, outcome.rate.to_bits()), (0, 0));
}

#[test]
fn a_server_that_stops_reading_is_left_in_time() {
    let stall = |stream: TcpStream| {
        thread::park();
        drop(stream);
    };
    let mut load = load(peer(stall));
    load.payload = "16MiB".parse().unwrap();
    load.duration = Duration::from_millis(50);
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.censored.pending), (0, 4));
}

#[test]
fn an_honest_server_sees_a_clean_end() {
    let (say, heard) = mpsc::channel();
    let listening = move |mut stream: TcpStream| {
        let mut buffer = [0; 4096];
        let end = loop {
            match stream.read(&mut buffer) {
                Ok(n @ 1..) => stream.write_all(&buffer[..n]).unwrap(),
                end => break end.map_err(|error| error.kind()),
            }
        };
        say.send(end).unwrap();
    };
    let mut load = load(peer(listening));
    load.duration = Duration::from_millis(50);
    assert!(run(&load).requests > 0);
    let ends: Vec<_> = heard.iter().take(4).collect();
    assert_eq!(ends, [Ok(0); 4]);
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
    assert_eq!(outcome.errors["refused"], 4);
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
fn a_stop_ends_the_run_early_and_keeps_what_was_measured() {
    let mut load = load(peer(echo));
    load.duration = Duration::from_secs(3600);
    let (stop, mut seen) = (AtomicBool::new(false), 0);
    let outcome = load
        .run(&stop, &mut |progress: &Progress| {
            seen = progress.now().requests;
            stop.store(seen >= 100, Ordering::Relaxed);
        })
        .unwrap();
    assert!(outcome.interrupted && outcome.requests >= seen);
}

#[test]
fn more_connections_than_descriptors_are_an_error_before_anything_begins() {
    let mut load = load(SocketAddr::from(([127, 0, 0, 1], 9)));
    load.connections = usize::MAX >> 8;
    let error = load.run(&AtomicBool::new(false), &mut |_| {}).unwrap_err();
    assert!(matches!(error, LoadError::Descriptors { .. }));
    assert!(error.to_string().contains("ulimit -Hn"), "{error}");
}
