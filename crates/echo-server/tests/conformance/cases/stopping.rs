//! Cases about stops: a server ends when it is asked to, and not before its clients have ended.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use echo_protocol::{Protocol, Work};

use crate::client::Client;
use crate::frame::Frame;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::Subject;
use crate::watch::until;

/// A server without open conversations ends when it is asked to.
pub fn stop_while_idle(subject: &Subject) {
    let never_had_a_client = subject.serve(Protocol::Echo);
    never_had_a_client.end();

    let had_clients = subject.serve(Protocol::Echo);
    let clients = had_clients.connect_and_meet(subject.at_once(3));
    clients.into_iter().for_each(Client::leave);
    had_clients.interrupt();
    assert_eq!(had_clients.ended().stats.cut_off, 0);
}

/// The server gets a stop while clients wait for echoes. They get them and go on, and no new client is served.
///
/// Conversations continue after a stop, but no new one begins. A server without room for further clients, which may not
/// watch its listener, must notice the stop too.
pub fn stop_under_traffic(subject: &Subject) {
    let at_once = subject.at_once(4);
    for (stop, limit) in [(STOP, None), (INTERRUPT, None), (STOP, Some(at_once))] {
        let server = Server::start(Options {
            max_connections: limit.and_then(|limit| NonZero::new(limit as u64)),
            ..subject.options(subject.richest_protocol())
        });
        let mut clients = server.connect_and_meet(at_once);
        let messages: Vec<Vec<u8>> = clients
            .iter_mut()
            .map(|client| client.message(LONG))
            .collect();
        for (client, message) in clients.iter_mut().zip(&messages) {
            client.send(message);
        }
        stop(&server);
        server.refuses_to_connect();
        for (mut client, message) in clients.into_iter().zip(&messages) {
            client.expect(message);
            client.round_trip(10);
            client.leave();
        }
        assert_eq!(server.ended().stats.cut_off, 0);
    }
}

/// Longer than a session, shorter than a receive window.
const LONG: usize = 40_000;

/// After a stop, the server waits for the grace period. Then it cuts off the clients that have not left.
pub fn the_grace_period_cuts_off_a_silent_client(subject: &Subject) {
    for (grace_seconds, client) in [(0, SILENT), (0, NEVER_READS), (1, SILENT)] {
        let server = Server::start(Options {
            grace_seconds,
            ..subject.options(Protocol::Echo)
        });
        let clients = clients_that_stay(&server, subject, client);
        server.stop();
        are_cut_off(server, clients);
    }
}

/// A second signal ends the grace period: the server cuts off the clients that have not left.
pub fn a_second_signal_ends_the_grace_period(subject: &Subject) {
    for (stop, client) in [(STOP, SILENT), (INTERRUPT, NEVER_READS)] {
        let server = subject.serve(Protocol::Echo);
        let clients = clients_that_stay(&server, subject, client);
        stop(&server);
        server.refuses_to_connect();
        stop(&server);
        are_cut_off(server, clients);
    }
}

const STOP: fn(&Server) = Server::stop;
const INTERRUPT: fn(&Server) = Server::interrupt;

/// The behaviour of a client that never leaves.
type Behaviour = fn(&Server, &mut Client);
const SILENT: Behaviour = |_, _| {};
const NEVER_READS: Behaviour = |server, client| {
    let message = client.message(1_000);
    client.fill(&server.group(), &message, 64 << 20);
};

/// Two clients that never leave, or one if the model serves only one.
fn clients_that_stay(server: &Server, subject: &Subject, behave: Behaviour) -> Vec<Client> {
    let mut clients = server.connect_and_meet(subject.at_once(2));
    for client in &mut clients {
        behave(server, client);
    }
    clients
}

fn are_cut_off(server: Server, clients: Vec<Client>) {
    let stayed = clients.len() as u64;
    for mut client in clients {
        client.expect_to_be_cut_off();
    }
    let cut_off = server.ended().stats.cut_off;
    // `refuses_to_connect` may have connected one more client while the server was stopping.
    assert!(cut_off >= stayed, "{cut_off} counted, {stayed} cut off");
}

/// Number of requests that a client sends at once.
const BATCH: u64 = 12;

/// Work that takes longer than any deadline.
const ENDLESS: Duration = Duration::from_secs(16);

/// Clients have asked for hours of work. The server ends with the grace period all the same.
///
/// Ten clients each send twelve requests in one write. The first asks for a moment of work, and its reply shows that the
/// server has the batch; the others ask for 16 s each. When the grace period ends, some of this work is under way in a
/// loop, a thread, a pool or a process, and the rest waits in sessions and queues.
pub fn queued_work_ends_with_the_grace_period(subject: &Subject) {
    for work in [Work::Sleep(ENDLESS), Work::Spin(ENDLESS)] {
        let server = Server::start(Options {
            grace_seconds: 0,
            ..subject.options(Protocol::Framed)
        });
        let mut clients = server.connect_and_meet(subject.at_once(10));
        let first = Frame::with_work(0, Work::Sleep(Duration::from_millis(1)));
        let later = (1..BATCH).map(|id| Frame::with_work(id, work));
        let batch = [first].into_iter().chain(later);
        let batch: Vec<u8> = batch.flat_map(|frame| frame.request()).collect();
        for client in &mut clients {
            client.send(&batch);
        }
        until("the server works", || clients.iter().any(Client::has_news));
        server.stop();
        are_cut_off(server, clients);
    }
}

/// A stop comes at the moment at which the server is ready, or up to 2 ms later. The server ends.
///
/// A stop between two looks of a server at its state must not leave it in a wait that nothing ends.
pub fn a_stop_right_after_ready(subject: &Subject) {
    for start in 0..10 {
        let server = subject.serve(Protocol::Echo);
        thread::sleep(Duration::from_micros(200 * start)); // the time is the input here; nothing waits for the server
        server.end();
    }
}

/// All processes of the server but the first are suspended. The end of the grace period ends them too.
pub fn a_suspended_process_does_not_hold_the_stop(subject: &Subject) {
    let server = Server::start(Options {
        grace_seconds: 0,
        ..subject.options(Protocol::Echo)
    });
    let clients = server.connect_and_meet(subject.at_once(2));
    server.freeze_children();
    server.stop();
    are_cut_off(server, clients);
}
