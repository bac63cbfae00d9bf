//! Is requested work done, and whom does it keep waiting?

use std::time::{Duration, Instant};

use echo_protocol::{Protocol, Work};
use echo_server::{Share, WorkPlace};

use crate::client::Client;
use crate::frame::Frame;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::{Subject, WORKERS};
use crate::watch::until;

/// A client in whose way the work is can be served at most so often: what was ready before the work was.
const FEW: u32 = 3;

pub fn work_is_done(subject: &Subject) {
    let (sleep, spin) = (Duration::from_millis(50), Duration::from_millis(200));
    let server = subject.serve(Protocol::Framed);
    let mut client = server.connect();
    let frames = [
        Frame::plain(1, b"before".to_vec()),
        Frame::with_work(2, Work::Spin(spin)),
        Frame::plain(3, b"after".to_vec()),
    ];
    client.send(&frames.iter().flat_map(Frame::request).collect::<Vec<u8>>());
    client.expect(&frames.iter().flat_map(Frame::reply).collect::<Vec<u8>>());
    // However slow a machine is, no work is cheaper than asked for, and no sleep shorter.
    let spent = server.group().cpu_time();
    assert!(spent >= spin / 2, "it did not spin: {spent:?} of CPU time");
    let last = Frame::with_work(4, Work::Sleep(sleep));
    let asked = Instant::now();
    client.send(&last.request());
    client.finish_writing();
    client.expect(&last.reply());
    assert!(asked.elapsed() >= sleep, "it did not sleep");
    client.expect_end();
    let stats = server.end().stats;
    assert_eq!(stats.requests, 4);
    if !stats.shares.is_empty() && subject.about().work == WorkPlace::Pool {
        let total = |of: fn(&Share) -> u64| stats.shares.iter().map(of).sum::<u64>();
        // Workers that have conversations have all requests of these, and those that only work have what they worked for.
        let theirs = if total(|share| share.connections) > 0 {
            4
        } else {
            2
        };
        let (number, requests) = (stats.shares.len(), total(|share| share.requests));
        assert_eq!((number, requests), (WORKERS, theirs), "shares");
    }
}

/// One client asks for work; how often is another one served before the work is done?
///
/// A Unix-domain socket, because there a request has arrived when `send` returns: the work comes before everything
/// that is sent later, and who works in the loop cannot serve the other one more than once or twice before.
///
/// Where there are several loops, both share one if there is only one. That those of other loops do not wait is for
/// many clients to see, since nobody knows which loop is whose.
pub fn work_delays_whom_it_declares(subject: &Subject) {
    let place = subject.about().work;
    let workers = if place == WorkPlace::Shard {
        1
    } else {
        WORKERS
    };
    let delays_all = matches!(place, WorkPlace::Loop | WorkPlace::Shard);
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let server = Server::start(Options {
        listen: format!("unix:{}", directory.path().join("echo.sock").display()),
        workers,
        ..subject.options(Protocol::Framed)
    });
    let mut clients = server.connect_and_meet(2);
    let [asking, other] = &mut clients[..] else {
        unreachable!("two have connected");
    };
    let work = Frame::with_work(2, Work::Sleep(Duration::from_millis(500)));
    asking.send(&work.request());
    let mut times = 0;
    while !asking.has_news() {
        other.round_trip(10);
        times += 1;
    }
    asking.expect(&work.reply());
    let delayed = times <= FEW;
    assert_eq!(
        delayed,
        delays_all,
        "declared to run {}; another client was served {times} times meanwhile",
        place.sentence()
    );
    clients.into_iter().for_each(Client::leave);
    server.end();
    if place == WorkPlace::Shard {
        work_leaves_other_loops_alone(subject);
    }
}

/// That sixteen clients share one of four loops has a chance of one in a billion, where a hash or their order decides.
fn work_leaves_other_loops_alone(subject: &Subject) {
    let server = subject.serve(Protocol::Framed);
    let mut clients = server.connect_and_meet(16);
    let (asking, others) = clients.split_first_mut().expect("they are sixteen");
    let work = Frame::with_work(2, Work::Sleep(Duration::from_millis(500)));
    asking.send(&work.request());
    let messages = others.iter_mut().map(|other| other.message(10));
    let messages: Vec<Vec<u8>> = messages.collect();
    for (other, message) in others.iter_mut().zip(&messages) {
        other.send(message);
    }
    until("somebody is answered", || {
        asking.has_news() || others.iter().any(Client::has_news)
    });
    assert!(!asking.has_news(), "all loops wait for the work of one");
    asking.expect(&work.reply());
    for (other, message) in others.iter_mut().zip(&messages) {
        other.expect(message);
    }
    clients.into_iter().for_each(Client::leave);
    server.end();
}
