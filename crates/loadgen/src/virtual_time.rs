//! Whole conversations in virtual time: clients, schedule and recorder against a server that is a formula.

use std::time::{Duration, Instant};

use echo_protocol::{Limits, Protocol};

use crate::agenda::Agenda;
use crate::client::{Client, Manner};
use crate::payload::Questions;
use crate::recorder::Recorder;
use crate::{Schedule, Sizes};

const SERVICE: Duration = Duration::from_millis(1);

fn manner() -> Manner {
    Manner {
        protocol: Protocol::Framed,
        limits: Limits::default(),
        verify: true,
        questions: Questions::new(7, Sizes::Fixed(64), None, None),
    }
}

/// Lets one client ask `requests` times on `schedule`; the server says when it is done with what came at a time.
fn converse(
    schedule: &mut Schedule,
    requests: u64,
    start: Instant,
    done: impl Fn(Instant) -> Instant,
) -> Recorder {
    let manner = manner();
    let mut client = Client::new(&manner, 0);
    let (mut recorder, mut free) = (Recorder::new(), start);
    client.dial(start);
    recorder.established(client.established(start));
    for _ in 0..requests {
        let intended = schedule.intended(free);
        let sent = intended.max(free);
        client.ask(intended, sent);
        free = done(sent);
        answer(&mut client, free, &mut recorder);
    }
    recorder
}

/// Echoes what the client has to say, and notes its answers.
fn answer(client: &mut Client, now: Instant, recorder: &mut Recorder) {
    while !client.pending().is_empty() {
        let mut echo = [0; 256];
        let n = client.pending().len();
        echo[..n].copy_from_slice(client.pending());
        client.sent(n);
        client.spare()[..n].copy_from_slice(&echo[..n]);
        client.received(n);
    }
    while let Some(answer) = client.answer(now).unwrap() {
        recorder.answered(&answer);
    }
}

#[test]
fn a_closed_loop_hides_a_stall() {
    let start = Instant::now();
    let stall = start + Duration::from_millis(100)..start + Duration::from_millis(1100);
    let stalls = |at: Instant| if stall.contains(&at) { stall.end } else { at } + SERVICE;
    let recorder = converse(&mut Schedule::default(), 500, start, stalls);
    let slow = recorder.response.len() - recorder.response.count_between(0, 2_000_000);
    assert_eq!((recorder.response.len(), slow), (500, 1));
    assert!(recorder.response.max() >= 1_000_000_000);
    assert_eq!(recorder.service, recorder.response);
}

#[test]
fn thinking_is_not_waiting() {
    let start = Instant::now();
    let mut schedule = Schedule::Closed {
        think: Duration::from_secs(1),
    };
    let recorder = converse(&mut schedule, 100, start, |at| at + SERVICE);
    assert!(recorder.response.max() < 1_001_000);
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
            clients[k].ask(due, now);
            answer(&mut clients[k], now + SERVICE, &mut recorder);
        }
    };
    round(start);
    let info = allocation_counter::measure(|| (0..100).for_each(|_| round(start)));
    assert_eq!(info.count_total, 0);
}
