//! Whole conversations in virtual time: clients, schedules, dispatch and recorder against a server that is a formula.

use std::time::{Duration, Instant};

use echo_protocol::frame::HEADER;
use echo_protocol::{Limits, Protocol};

use crate::conversation::client::Client;
use crate::conversation::manner::Manner;
use crate::notes::recorder::Recorder;
use crate::request::payload::RequestSource;
use crate::request::sizes::Sizes;
use crate::timing::agenda::Agenda;
use crate::timing::dispatch::{Assignment, Dispatch};
use crate::timing::part::Part;
use crate::timing::rate::Rate;
use crate::timing::schedule::Spacing;
use crate::timing::timetable::Timetable;

const SERVICE: Duration = Duration::from_millis(1);
/// Bytes of a request.
const FRAME: usize = HEADER + 64;

fn manner() -> Manner {
    Manner {
        protocol: Protocol::Framed,
        datagrams: false,
        limits: Limits::default(),
        verify: true,
        http: None,
        requests: RequestSource::new(7, Sizes::Fixed(64), None, None),
    }
}

/// A server: maps the arrival time of a request to the time of its reply.
trait Server: Fn(Instant) -> Instant {}
impl<F: Fn(Instant) -> Instant> Server for F {}

/// A server that takes 1 ms, and stalls for one second from 100 ms after the start.
fn stalls(start: Instant) -> impl Server {
    let stall = start + Duration::from_millis(100)..start + Duration::from_millis(1100);
    move |at| {
        if stall.contains(&at) {
            stall.end + SERVICE
        } else {
            at + SERVICE
        }
    }
}

/// One client sends requests, each `think` after the last reply.
fn closed_loop(think: Duration, requests: u64, start: Instant, server: impl Server) -> Recorder {
    let manner = manner();
    let mut client = open(&manner, 0, start);
    let (mut recorder, mut free) = (Recorder::new(), start);
    for _ in 0..requests {
        let intended = free + think;
        client.send_request(intended, intended);
        free = server(intended);
        answer(&mut client, free, &mut recorder);
    }
    recorder
}

/// Clients send requests at 100 per second, each with `pipeline` requests in flight at most: an event loop whose clock is a
/// variable.
fn open_loop(
    (clients, pipeline): (usize, usize),
    requests: u64,
    start: Instant,
    server: impl Server,
) -> Recorder {
    let manner = manner();
    let mut clients: Vec<_> = (0..clients)
        .map(|k| open(&manner, k as u64, start))
        .collect();
    let part = Part { index: 0, count: 1 };
    let mut timetable = Timetable::new(
        &Rate::Constant(100.0),
        Spacing::Constant,
        part,
        1,
        start,
        Duration::ZERO,
    );
    let (mut dispatch, mut recorder) = (Dispatch::new(1000), Recorder::new());
    let mut replies = Agenda::with_capacity(clients.len());
    for _ in 0..pipeline {
        (0..clients.len()).for_each(|k| assert_eq!(dispatch.release(k), None));
    }
    let mut arrived = 0;
    while recorder.window.requests < requests {
        let due = timetable.next().filter(|_| arrived < requests);
        let reply = replies.soonest();
        let now = due
            .into_iter()
            .chain(reply)
            .min()
            .expect("something is still to happen");
        let asks = if due == Some(now) {
            timetable.advance();
            arrived += 1;
            match dispatch.assign(now, |_| true) {
                Assignment::Send(k) => Some((k, now)),
                Assignment::Waits => None,
                Assignment::Overflows => panic!("the queue is long enough"),
            }
        } else {
            let (_, k) = replies.take_due(now).expect("a reply is due now");
            answer_one(&mut clients[k], now, &mut recorder);
            dispatch.release(k).map(|intended| (k, intended))
        };
        if let Some((k, intended)) = asks {
            clients[k].send_request(intended, now);
            replies.push(server(now), k);
        }
    }
    recorder
}

fn open(manner: &Manner, number: u64, now: Instant) -> Client<'_> {
    let mut client = Client::new(manner, number);
    client.connect(now);
    client.established(now);
    client
}

/// Echoes what the client sends, and records the replies.
fn answer(client: &mut Client, now: Instant, recorder: &mut Recorder) {
    while !client.pending().is_empty() {
        let mut echo = [0; 256];
        let n = client.pending().len();
        echo[..n].copy_from_slice(client.pending());
        client.sent(n);
        client.spare()[..n].copy_from_slice(&echo[..n]);
        client.received(n);
    }
    while let Some(answer) = client.next_reply(now).unwrap() {
        recorder.record_reply(&answer);
    }
}

/// Echoes the oldest request, of a frame with 64 bytes, and records the reply.
fn answer_one(client: &mut Client, now: Instant, recorder: &mut Recorder) {
    let n = FRAME.min(client.pending().len());
    let mut echo = [0; FRAME];
    echo[..n].copy_from_slice(&client.pending()[..n]);
    client.sent(n);
    client.spare()[..n].copy_from_slice(&echo[..n]);
    client.received(n);
    while let Some(answer) = client.next_reply(now).unwrap() {
        recorder.record_reply(&answer);
    }
}

/// Number of responses slower than 2 ms.
fn slow(recorder: &Recorder) -> u64 {
    recorder.times.response().len() - recorder.times.response().count_between(0, 2_000_000)
}

#[test]
fn a_closed_loop_hides_a_stall() {
    let start = Instant::now();
    let recorder = closed_loop(Duration::ZERO, 500, start, stalls(start));
    assert_eq!((recorder.times.response().len(), slow(&recorder)), (500, 1));
    assert!(recorder.times.response().max() >= 1_000_000_000);
    assert_eq!(recorder.times.service(), recorder.times.response());
}

#[test]
fn an_open_loop_shows_that_a_hundred_waited_for_the_same_stall() {
    let start = Instant::now();
    for (clients, pipeline) in [(1, 1), (16, 1), (500, 1), (1, 8), (4, 64)] {
        let recorder = open_loop((clients, pipeline), 500, start, stalls(start));
        let slow = slow(&recorder);
        assert_eq!(recorder.times.response().len(), 500);
        assert!(
            (100..=115).contains(&slow),
            "{clients} clients with {pipeline} in flight: {slow}"
        );
        let worst = recorder.times.response().max();
        assert!((990_000_000..1_020_000_000).contains(&worst), "{worst}");
        let p90 = recorder.times.response().value_at_quantile(0.9);
        assert!(
            (450_000_000..560_000_000).contains(&p90),
            "half of the slow ones waited for half a second: {p90}"
        );
    }
}

#[test]
fn with_few_connections_the_service_time_alone_hides_the_stall() {
    let start = Instant::now();
    let recorder = open_loop((1, 1), 500, start, stalls(start));
    let slow =
        recorder.times.service().len() - recorder.times.service().count_between(0, 2_000_000);
    assert_eq!(slow, 1);
}

#[test]
fn thinking_is_not_waiting() {
    let recorder = closed_loop(Duration::from_secs(1), 100, Instant::now(), |at| {
        at + SERVICE
    });
    assert!(recorder.times.response().max() < 1_001_000);
}

#[test]
fn after_warm_up_a_request_allocates_nothing() {
    let start = Instant::now();
    let manner = manner();
    let mut clients: Vec<_> = (0..10).map(|number| Client::new(&manner, number)).collect();
    let (mut recorder, mut agenda) = (Recorder::new(), Agenda::with_capacity(clients.len()));
    let mut round = |now: Instant| {
        for k in 0..clients.len() {
            agenda.push(now, k);
        }
        while let Some((due, k)) = agenda.take_due(now) {
            clients[k].send_request(due, now);
            answer(&mut clients[k], now + SERVICE, &mut recorder);
        }
    };
    round(start);
    let info = allocation_counter::measure(|| (0..100).for_each(|_| round(start)));
    assert_eq!(info.count_total, 0);
}
