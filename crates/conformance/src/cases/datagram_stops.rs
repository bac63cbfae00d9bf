//! Cases about the end of a datagram server, and about its waiting. Its clients notice neither.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::{Protocol, Work};

use super::datagrams::{BURST, send_burst};
use super::waiting::{does_not_spin, spins_by_design};
use crate::finding::{Checked, ensure, ensure_eq};
use crate::frame::Frame;
use crate::options::Options;
use crate::subject::Subject;

/// A server without anything to do ends when it is asked to.
pub fn a_datagram_server_stops_while_idle(subject: &Subject) -> Checked {
    if !subject.keeps_contract() {
        let server = subject.serve(subject.plain())?;
        server.datagrams()?.round_trip(10)?;
        server.settles();
        server.stop();
        server.is_gone()?;
        server.finish();
        return Ok(());
    }
    subject.serve(subject.plain())?.end()?;
    let had_clients = subject.serve(subject.plain())?;
    had_clients.datagrams()?.round_trip(10)?;
    had_clients.interrupt();
    had_clients.ended()?;
    Ok(())
}

/// Datagrams that are in the receive buffer at the stop are answered.
pub fn datagrams_that_came_before_a_stop_are_answered(subject: &Subject) -> Checked {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol)?;
        let mut clients = server.datagram_clients(3)?;
        clients[0].round_trip(1)?;
        server.freeze()?;
        let sent = send_burst(&mut clients)?;
        server.stop();
        server.thaw();
        for (client, message) in sent {
            clients[client].expect(&message)?;
        }
        ensure_eq!(
            server.ended()?.stats().requests,
            BURST as u64 + 1,
            "requests"
        );
    }
    Ok(())
}

/// A client sends on after a stop. The server ends all the same.
///
/// The clients of a datagram server do not notice a stop.
pub fn a_client_that_continues_to_send_does_not_keep_the_server_running(
    subject: &Subject,
) -> Checked {
    let server = subject.serve(subject.plain())?;
    let clients = server.datagram_clients(2)?;
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        for mut client in clients {
            let ended = &ended;
            scope.spawn(move || {
                let message = client.message(10);
                // The deadline ends the thread if the server does not end.
                let begun = Instant::now();
                while !ended.load(Ordering::Relaxed) && begun.elapsed() < 3 * subject.deadline() {
                    client.try_send(&message);
                }
            });
        }
        server.stop();
        let result = server.ended();
        ended.store(true, Ordering::Relaxed);
        result.map(drop)
    })
}

/// After a stop, the server answers what has come, but no longer than the grace period.
///
/// The server does not answer all datagrams that came before the stop if the grace period ends.
pub fn the_end_of_the_grace_period_ends_the_answering(subject: &Subject) -> Checked {
    let server = subject.start(Options {
        grace_seconds: 0,
        ..subject.options(Protocol::Framed)
    })?;
    let mut client = server.datagrams()?;
    client.round_trip(1)?;
    server.freeze()?;
    for id in 0..100 {
        client.send(&Frame::with_work(id, Work::Sleep(Duration::from_millis(10))).request())?;
    }
    server.stop();
    server.thaw();
    let requests = server.ended()?.stats().requests;
    ensure!(requests < 100, "all {requests} requests were answered");
    Ok(())
}

/// The grace period ends while the server works for one datagram, and others wait. The server ends without replies.
///
/// The stop is pending when the server is resumed, so the server takes all of these datagrams after it.
pub fn the_end_of_the_grace_period_ends_work_under_way(subject: &Subject) -> Checked {
    let endless = Duration::from_secs(16);
    for work in [Work::Sleep(endless), Work::Spin(endless)] {
        let server = subject.start(Options {
            grace_seconds: 1,
            ..subject.options(Protocol::Framed)
        })?;
        let mut client = server.datagrams()?;
        client.round_trip(1)?;
        server.freeze()?;
        (0..10).try_for_each(|id| client.send(&Frame::with_work(id, work).request()))?;
        server.stop();
        server.thaw();
        let datagrams = server.ended()?.stats().datagrams;
        let datagrams = datagrams.expect("a datagram server reports datagrams");
        ensure!(datagrams.unsent > 0, "{datagrams:?}");
        ensure_eq!(datagrams.sent, 1, "work that was cut short has no reply");
        ensure_eq!(
            datagrams.received,
            datagrams.sent + datagrams.unsent,
            "received"
        );
    }
    Ok(())
}

/// A server that waits for datagrams uses no CPU time, also after work.
pub fn waiting_for_datagrams_costs_no_cpu_time(subject: &Subject) -> Checked {
    let server = subject.serve(subject.richest_protocol())?;
    let by_design = spins_by_design(&server)?;
    let mut client = server.datagrams()?;
    client.round_trip(10)?;
    does_not_spin(&server, by_design, "with a silent client")?;
    if subject.keeps_contract() {
        let work = Frame::with_work(2, Work::Spin(Duration::from_millis(10)));
        client.send(&work.request())?;
        client.expect(&work.reply())?;
        does_not_spin(&server, by_design, "after work")?;
    }
    server.end()?;
    Ok(())
}
