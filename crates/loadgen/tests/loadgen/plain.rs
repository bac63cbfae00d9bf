//! Honest clients in a closed loop against honest servers: every byte is verified and every request counted.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use echo_protocol::{Protocol, Work};
use loadgen::{Progress, Schedule};

use crate::peers::{echo, load, peer, requests, run, swallow};

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
fn the_first_requests_of_a_few_clients_are_recorded_individually() {
    let mut load = requests(peer(echo), 2000);
    (load.timeline, load.threads) = (3, 2);
    let outcome = run(&load);
    let clients: Vec<u64> = outcome
        .timelines
        .iter()
        .map(|timeline| timeline.client)
        .collect();
    assert_eq!(clients, [0, 2, 3]);
    for timeline in &outcome.timelines {
        let (sent, took) = (&timeline.sent_us, &timeline.took_us);
        assert_eq!((sent.len(), took.len()), (64, 64));
        // With one request at a time, a request is sent after the last reply. One microsecond is lost by truncation.
        let ends = sent.iter().zip(took).map(|(sent, took)| sent + took);
        assert!(ends.zip(&sent[1..]).all(|(end, next)| end <= next + 1));
    }
    assert!(run(&requests(peer(echo), 100)).timelines.is_empty());
}

#[test]
fn a_client_without_replies_has_a_timeline_of_its_requests() {
    let mut load = load(peer(swallow));
    (load.timeline, load.duration) = (1, Duration::from_millis(20));
    let outcome = run(&load);
    assert_eq!(outcome.timelines[0].sent_us.len(), 1);
    assert!(outcome.timelines[0].took_us.is_empty());
}

#[test]
fn a_plain_server_replies_to_frames_without_work() {
    let mut load = requests(peer(echo), 500);
    load.protocol = Protocol::Framed;
    load.classes[0].payload = "uniform:0..300".parse().unwrap();
    let outcome = run(&load);
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (500, 0)
    );
}

#[test]
fn a_plain_server_without_work_is_detected() {
    let mut load = requests(peer(echo), 500);
    load.protocol = Protocol::Framed;
    load.classes[0].work = Some(Work::Spin(Duration::from_micros(5)).into());
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors["work-not-done"]), (0, 4));
}

#[test]
fn a_unix_domain_server_works_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || echo(stream));
        }
    });
    let mut load = requests(SocketAddr::from(([127, 0, 0, 1], 9)), 500);
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
    (load.classes[0].connections, load.threads) = (10, 3);
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
    load.classes[0].payload = "8MiB".parse().unwrap();
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
    load.classes[0].pipeline = 8;
    let outcome = run(&load);
    assert_eq!(
        (outcome.verification.verified, outcome.errors.len()),
        (1000, 0)
    );
}

#[test]
fn a_closed_loop_keeps_the_whole_pipeline_in_flight() {
    // A server that answers only when all eight requests are there would never answer fewer.
    let in_batches = |mut stream: TcpStream| {
        let mut batch = [0; 8 * 64];
        while stream.read_exact(&mut batch).is_ok() {
            stream.write_all(&batch).unwrap();
        }
    };
    let mut load = load(peer(in_batches));
    load.classes[0].pipeline = 8;
    load.duration = Duration::from_millis(50);
    let outcome = run(&load);
    assert!(outcome.requests >= 32, "{}", outcome.requests);
    assert_eq!(outcome.verification.verified, outcome.requests);
    assert_eq!((outcome.load.pipeline, outcome.errors.len()), (8, 0));
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
fn clients_with_think_time_send_on_time() {
    let mut load = requests(peer(echo), 40);
    load.classes[0].schedule = Schedule::Closed {
        think: Duration::from_micros(200),
    };
    let outcome = run(&load);
    assert_eq!((outcome.requests, outcome.errors.len()), (40, 0));
    assert!(outcome.response.min_ns >= outcome.service.min_ns);
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
fn a_stop_ends_the_run_early_and_keeps_what_was_measured() {
    let mut load = load(peer(echo));
    load.duration = Duration::from_hours(1);
    let (stop, mut seen) = (AtomicBool::new(false), 0);
    let outcome = load
        .run(&stop, &mut |progress: &Progress| {
            seen = progress.now().requests;
            stop.store(seen >= 100, Ordering::Relaxed);
        })
        .unwrap();
    assert!(outcome.interrupted && outcome.requests >= seen);
}
