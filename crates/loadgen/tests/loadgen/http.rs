//! Clients of HTTP against servers that answer in the ways of HTTP, and against servers with faults.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use echo_protocol::Protocol;
use loadgen::{Http, Load, Outcome, Schedule};

use crate::peers::{self, peer, run};

/// A reply, and what the server does afterwards.
enum Answer {
    Stay(String),
    Close(String),
}

/// A server that answers the requests of a connection, which are numbered from 0.
fn server(answer: impl Fn(usize, u32) -> Answer + Clone + Send + 'static) -> SocketAddr {
    peer(move |stream| serve(stream, &answer))
}

fn serve(stream: TcpStream, answer: &impl Fn(usize, u32) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut stream = stream;
    for number in 0.. {
        let Some(Ok(first)) = lines.next() else {
            return;
        };
        assert!(lines.next().unwrap().unwrap().starts_with("Host: "));
        assert_eq!(lines.next().unwrap().unwrap(), "");
        let path = first.strip_prefix("GET /").unwrap();
        let bytes = path.strip_suffix(" HTTP/1.1").unwrap().parse().unwrap_or(0);
        let (text, closes) = match answer(number, bytes) {
            Answer::Stay(text) => (text, false),
            Answer::Close(text) => (text, true),
        };
        if stream.write_all(text.as_bytes()).is_err() {
            return;
        }
        if closes {
            // To close with unread requests would reset the connection, and the client could lose replies (RFC 9112, section
            // 9.6).
            stream.shutdown(Shutdown::Write).unwrap();
            lines.by_ref().map_while(Result::ok).for_each(drop);
            return;
        }
    }
}

fn ok(fields: &str, bytes: u32) -> String {
    let body = "x".repeat(bytes as usize);
    format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {bytes}\r\n\r\n{body}")
}

fn load(server: SocketAddr) -> Load {
    Load {
        protocol: Protocol::Http,
        ..peers::load(server)
    }
}

fn requests(server: SocketAddr, requests: u64) -> Load {
    Load {
        requests: Some(requests),
        ..load(server)
    }
}

/// All requests were answered correctly.
fn assert_all_verified(outcome: &Outcome, requests: u64) {
    let verified = outcome.verification.verified;
    assert_eq!((outcome.requests, verified), (requests, requests));
    assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
    assert_eq!(outcome.response.count, requests);
}

#[test]
fn every_reply_is_verified_and_connections_are_kept() {
    let mut load = requests(server(|_, bytes| Answer::Stay(ok("", bytes))), 1000);
    load.classes[0].payload = "uniform:0..3000".parse().unwrap();
    let outcome = run(&load);
    assert_all_verified(&outcome, 1000);
    assert_eq!(outcome.connections.attempted, 4);
    assert_eq!(outcome.connections.renewed, 0);
    assert_eq!(outcome.load.http, Some(Http::default()));
}

#[test]
fn chunks_are_counted() {
    let chunked = |_, bytes: u32| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (half, rest) = (bytes / 2, bytes - bytes / 2);
        let chunk = |n: u32| format!("{n:x}\r\n{}\r\n", "x".repeat(n as usize));
        Answer::Stay(format!("{head}{}{}0\r\n\r\n", chunk(half), chunk(rest)))
    };
    assert_all_verified(&run(&requests(server(chunked), 500)), 500);
}

#[test]
fn a_server_that_closes_after_each_reply_is_asked_on_new_connections() {
    let until_close = |bytes: u32| {
        let body = "x".repeat(bytes as usize);
        format!("HTTP/1.0 200 OK\r\n\r\n{body}")
    };
    for outcome in [
        run(&requests(
            server(|_, bytes| Answer::Close(ok("Connection: close\r\n", bytes))),
            100,
        )),
        run(&requests(
            server(move |_, bytes| Answer::Close(until_close(bytes))),
            100,
        )),
    ] {
        assert_all_verified(&outcome, 100);
        let connections = outcome.connections;
        assert!(connections.established >= 100, "{connections:?}");
        assert!(connections.renewed >= 96, "{connections:?}");
        assert_eq!((connections.closed, connections.resent), (0, 0));
    }
}

#[test]
fn what_waits_behind_the_last_reply_of_a_connection_is_asked_again() {
    // Ten requests a connection, like `keepalive_requests` of nginx, and eight of them in flight.
    let ten = |number, bytes| match number {
        9 => Answer::Close(ok("Connection: close\r\n", bytes)),
        _ => Answer::Stay(ok("", bytes)),
    };
    let mut load = requests(server(ten), 1000);
    load.classes[0].pipeline = 8;
    let outcome = run(&load);
    assert_all_verified(&outcome, 1000);
    let connections = outcome.connections;
    assert!(connections.renewed >= 90, "{connections:?}");
    assert!(connections.resent > 0, "{connections:?}");
}

#[test]
fn in_an_open_loop_a_wait_counts_from_the_intended_time_across_connections() {
    let ten = |number, bytes| match number {
        9 => Answer::Close(ok("Connection: close\r\n", bytes)),
        _ => Answer::Stay(ok("", bytes)),
    };
    let mut load = load(server(ten)).with_schedule(Schedule::constant(2000.0));
    load.classes[0].pipeline = 4;
    load.duration = Duration::from_millis(200);
    let outcome = run(&load);
    assert_eq!(outcome.offered, 400);
    let censored = outcome.censored;
    let waited = outcome.requests + censored.pending + censored.unsent;
    assert_eq!(waited, 400, "{censored:?}");
    assert_eq!(outcome.response.count, 400);
    assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
}

#[test]
fn a_close_between_two_requests_is_no_error() {
    // It closes a connection when it has answered, without a word.
    let silent = |number, bytes| match number {
        4 => Answer::Close(ok("", bytes)),
        _ => Answer::Stay(ok("", bytes)),
    };
    let mut load = requests(server(silent), 60);
    load.classes[0].schedule = Schedule::Closed {
        think: Duration::from_millis(5),
    };
    let outcome = run(&load);
    assert!(outcome.connections.renewed > 0, "{outcome:?}");
    assert!(outcome.requests > 20, "{}", outcome.requests);
}

#[test]
fn a_server_error_is_named_and_the_client_goes_on() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
    let sometimes = move |number: usize, bytes| match number % 10 {
        3 => Answer::Stay(busy.to_owned()),
        _ => Answer::Stay(ok("", bytes)),
    };
    let outcome = run(&requests(server(sometimes), 400));
    let refused = outcome.errors["status-5xx"];
    assert!((36..=44).contains(&refused), "{refused}");
    assert_eq!(outcome.requests + refused, 400);
    assert_eq!(outcome.censored.lost, refused);
    assert_eq!(outcome.verification.mismatched, refused);
    let text = outcome.verification.first_mismatch.unwrap();
    assert!(text.contains("status 503 instead of 200"), "{text}");
    assert_eq!(outcome.connections.attempted, 4);
}

#[test]
fn another_status_and_length_may_be_expected() {
    let missing = "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nmissing";
    let mut load = requests(server(move |_, _| Answer::Stay(missing.to_owned())), 100);
    load.http.path = "/nothing".to_owned();
    load.http.status = 404;
    load.classes[0].reply_size = Some(7);
    assert_all_verified(&run(&load), 100);
}

#[test]
fn a_wrong_length_is_named() {
    let short = |_, bytes: u32| Answer::Stay(ok("", bytes - 1));
    let outcome = run(&requests(server(short), 100));
    assert_eq!((outcome.requests, outcome.errors["body-length"]), (0, 100));
    let text = outcome.verification.first_mismatch.unwrap();
    assert!(text.contains("63 bytes instead of 64"), "{text}");
}

#[test]
fn a_close_in_the_middle_is_named_by_what_is_missing() {
    for (cut, kind) in [(70, "short-body"), (10, "short-head"), (0, "unanswered")] {
        let cut = move |number, bytes| {
            let text = ok("", bytes);
            match number {
                2 => Answer::Close(text[..cut].to_owned()),
                _ => Answer::Stay(text),
            }
        };
        let outcome = run(&requests(server(cut), 40));
        assert!(outcome.errors[kind] >= 4, "{:?}", outcome.errors);
        assert_eq!(outcome.connections.closed, outcome.errors[kind]);
        assert!(outcome.connections.established > 4, "clients come back");
    }
}

#[test]
fn what_is_no_http_is_named() {
    let outcome = run(&requests(peer(peers::echo), 8));
    assert!(
        outcome.errors["malformed-head"] >= 4,
        "{:?}",
        outcome.errors
    );
    assert_eq!(outcome.requests, 0);
}
