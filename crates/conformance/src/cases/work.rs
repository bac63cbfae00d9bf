//! Cases about work: a server does it, and it delays only the clients that the model declares.

use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::{Protocol, Work};
use model::{Share, WorkPlace};
use tempfile::TempDir;

use super::waiting::{does_not_spin, spins_by_design};
use crate::client::Client;
use crate::expect::Delays;
use crate::finding::{Checked, ensure, ensure_eq};
use crate::frame::Frame;
use crate::options::Options;
use crate::options::WORKERS;
use crate::subject::Subject;
use crate::watch::{PAUSE, seconds};

/// Number of round trips that a client may have while work delays it: those that were ready before the work.
const FEW: u32 = 3;

/// Number of clients that come while a loop works.
const LATE: usize = 16;

/// Short work.
const A_MOMENT: Duration = Duration::from_millis(10);

/// A request asks the server to compute or to sleep. The reply comes when that is done, and replies keep their order.
pub fn work_is_done(subject: &Subject) -> Checked {
    let (sleep, spin) = (Duration::from_millis(50), Duration::from_millis(100));
    let server = subject.serve(Protocol::Framed)?;
    let mut client = server.connect()?;
    let frames = [
        Frame::plain(1, b"before".to_vec()),
        Frame::with_work(2, Work::Spin(spin)),
        Frame::plain(3, b"after".to_vec()),
    ];
    let before = server.group().cpu_time();
    client.send(&frames.iter().flat_map(Frame::request).collect::<Vec<u8>>())?;
    client.expect(&frames.iter().flat_map(Frame::reply).collect::<Vec<u8>>())?;
    // On a slow machine, work takes longer, but never less CPU time than requested.
    let spent = server.group().cpu_time().saturating_sub(before);
    ensure!(
        spent >= spin / 2,
        "the server did not compute: it used {spent:?} of CPU time"
    );
    let last = Frame::with_work(4, Work::Sleep(sleep));
    let begun = Instant::now();
    client.send(&last.request())?;
    client.finish_writing()?;
    client.expect(&last.reply())?;
    ensure!(begun.elapsed() >= sleep, "the server did not sleep");
    client.expect_end()?;
    server.end()?.check(|stats| {
        ensure_eq!(stats.requests, 4, "requests");
        if !stats.shares.is_empty() && subject.about().work == WorkPlace::Pool {
            work_is_credited(&stats.shares)?;
        }
        Ok(())
    })
}

/// Of the four requests, two ask for work. Workers with conversations are credited with all requests; workers that only
/// work are credited with those two.
fn work_is_credited(shares: &[Share]) -> Checked {
    ensure_eq!(shares.len(), WORKERS, "shares");
    let connections: u64 = shares.iter().map(|share| share.connections).sum();
    let requests: u64 = shares.iter().map(|share| share.requests).sum();
    let expected = if connections > 0 { 4 } else { 2 };
    ensure_eq!(requests, expected, "requests in all shares");
    Ok(())
}

/// One client asks for work. Other clients wait for it, or do not, as the model says.
///
/// One client asks for work, and the case counts the round trips of another client before the work is done.
///
/// The server listens on a Unix-domain socket, because there a request has arrived when `send` returns: the server sees
/// the work before everything that is sent later. If it works in its loop, it serves the other client once or twice
/// before.
///
/// A model with several loops gets only one here, so that both clients share it. A second part with many clients shows
/// that the clients of other loops do not wait: the suite cannot know which loop serves which client.
pub fn work_delays_whom_it_declares(subject: &Subject) -> Checked {
    let delays_all = subject.expect().work == Some(Delays::All);
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let server = subject.start(shared_by_two(subject, &directory))?;
    let mut clients = server.connect_and_meet(2)?;
    let [asking, other] = &mut clients[..] else {
        unreachable!("two clients have connected");
    };
    let work = Frame::with_work(2, Work::Sleep(Duration::from_millis(500)));
    asking.send(&work.request())?;
    let mut times = 0;
    let begun = Instant::now();
    while !asking.has_news() {
        ensure!(
            begun.elapsed() < server.deadline(),
            Silence,
            "waited {} in vain for the reply to a request for work",
            seconds(server.deadline())
        );
        other.round_trip(10)?;
        times += 1;
        // The reply to the work may be on its way, through a thread that has to wake up first.
        thread::sleep(PAUSE);
    }
    asking.expect(&work.reply())?;
    let declared = if delays_all {
        "all clients"
    } else {
        "only the client that asks for it"
    };
    ensure!(
        (times <= FEW) == delays_all,
        "work is declared to delay {declared}, but another client was served {times} times during the work"
    );
    clients.into_iter().try_for_each(Client::leave)?;
    server.end()?;
    let place = subject.described().map(|about| about.work);
    if place == Some(WorkPlace::Shard) {
        work_leaves_other_loops_alone(subject)?;
    }
    Ok(())
}

/// A client sends twelve requests for 200 ms of work at once. Another client is served before the last of them is answered.
///
/// A loop that did all the work of a batch in one turn would keep the other clients waiting as long as one client wants.
pub fn a_batch_of_work_delays_others_by_one_request(subject: &Subject) -> Checked {
    let work = Work::Sleep(Duration::from_millis(200));
    let batch = (0..12).map(|id| Frame::with_work(id, work));
    let batch: Vec<u8> = batch.flat_map(|frame| frame.request()).collect();
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let server = subject.start(Options {
        grace_seconds: 0,
        ..shared_by_two(subject, &directory)
    })?;
    let mut clients = server.connect_and_meet(2)?;
    let [asking, other] = &mut clients[..] else {
        unreachable!("two clients have connected");
    };
    asking.send(&batch)?;
    server.until("the first work is done", || asking.has_news())?;
    other.round_trip(10)?;
    ensure!(
        asking.receive_what_came() < batch.len(),
        "another client was served after all work of the batch, and not after one request of it"
    );
    if subject.keeps_contract() {
        server.stop();
        clients
            .iter_mut()
            .try_for_each(Client::expect_to_be_cut_off)?;
        server.ended()?;
    } else {
        server.end()?;
    }
    Ok(())
}

/// The options of a server on a Unix-domain socket in this directory, on which two clients share a loop if the model has
/// loops.
fn shared_by_two(subject: &Subject, directory: &TempDir) -> Options {
    if !subject.keeps_contract() {
        return subject.options(Protocol::Framed);
    }
    let one_loop = subject.about().work == WorkPlace::Shard;
    Options {
        listen: format!("unix:{}", directory.path().join("echo.sock").display()),
        workers: if one_loop { 1 } else { WORKERS },
        ..subject.options(Protocol::Framed)
    }
}

/// The probability that all sixteen clients share one of four loops is one in a billion, if a hash or their order
/// decides. If the loops share one accept queue, the first of them may get all sixteen, because it waits whenever one
/// comes. Clients that come while it works go to the other loops.
fn work_leaves_other_loops_alone(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let mut clients = server.connect_and_meet(16)?;
    let (asking, others) = clients
        .split_first_mut()
        .expect("sixteen clients have connected");
    let work = Frame::with_work(2, Work::Sleep(Duration::from_millis(500)));
    asking.send(&work.request())?;
    let mut messages = Vec::new();
    let mut ask = |other: &mut Client| {
        messages.push(other.message(10));
        other.send(&messages[messages.len() - 1])
    };
    others.iter_mut().try_for_each(&mut ask)?;
    let mut late = Vec::new();
    server.until("a client is answered", || {
        if late.len() < LATE
            && let Ok(mut client) = server.connect()
            && ask(&mut client).is_ok()
        {
            late.push(client);
        }
        asking.has_news() || others.iter().chain(&late).any(Client::has_news)
    })?;
    ensure!(
        !asking.has_news(),
        "all loops wait for the work of one loop"
    );
    asking.expect(&work.reply())?;
    for (other, message) in others.iter_mut().chain(&mut late).zip(&messages) {
        other.expect(message)?;
    }
    clients
        .into_iter()
        .chain(late)
        .try_for_each(Client::leave)?;
    server.end()?;
    Ok(())
}

/// A server that has done work and waits uses no CPU time.
///
/// A loop with a pool beside it gets a notification when work is done. If it does not consume the notification, epoll
/// reports it again and again.
pub fn waiting_after_work_costs_no_cpu_time(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Framed)?;
    let by_design = spins_by_design(&server)?;
    let mut clients = server.connect_and_meet(subject.at_once(2))?;
    for work in [Work::Spin(A_MOMENT), Work::Sleep(A_MOMENT)] {
        for client in &mut clients {
            let frame = Frame::with_work(2, work);
            client.send(&frame.request())?;
            client.expect(&frame.reply())?;
        }
    }
    does_not_spin(&server, by_design, "after work")?;
    clients.into_iter().try_for_each(Client::leave)?;
    server.end()?;
    Ok(())
}
