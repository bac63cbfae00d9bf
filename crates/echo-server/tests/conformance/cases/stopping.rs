//! Does a server end when it is told to, and not before its clients have?

use echo_protocol::Protocol;
use nix::sys::signal::Signal;

use crate::client::{Client, DEADLINE};
use crate::server::{Options, Server};
use crate::subject::Subject;
use crate::watch::until;

pub fn stop_while_idle(subject: &Subject) {
    let never_had_a_client = subject.serve(Protocol::Echo);
    never_had_a_client.end();

    let had_clients = subject.serve(Protocol::Echo);
    let clients = had_clients.connect_and_meet(subject.at_once(3));
    clients.into_iter().for_each(Client::leave);
    // As a terminal does on Ctrl-C.
    had_clients.signal_all(Signal::SIGINT);
    let report = had_clients.ended();
    assert_eq!(report.stats.cut_off, 0);
}

/// Conversations go on after a stop, but no new one begins.
pub fn stop_under_traffic(subject: &Subject) {
    for protocol in Protocol::ALL {
        let server = subject.serve(protocol);
        let mut clients = server.connect_and_meet(subject.at_once(4));
        let messages: Vec<Vec<u8>> = clients
            .iter_mut()
            .map(|client| client.message(LONG))
            .collect();
        for (client, message) in clients.iter_mut().zip(&messages) {
            client.send(message);
        }
        server.stop();
        until("no client can connect any more", || {
            Client::connect(server.address(), protocol).is_err()
        });
        for (mut client, message) in clients.into_iter().zip(&messages) {
            client.expect(message);
            client.round_trip(10);
            client.leave();
        }
        let report = server.ended();
        assert_eq!(report.stats.cut_off, 0);
    }
}

/// Longer than a session, shorter than a receive window.
const LONG: usize = 40_000;

pub fn the_grace_period_cuts_off_a_silent_client(subject: &Subject) {
    for grace_seconds in [0, 1] {
        let server = Server::start(Options {
            grace_seconds,
            ..subject.options(Protocol::Echo)
        });
        let clients = clients_that_stay(&server, subject);
        server.stop();
        are_cut_off(server, clients);
    }
}

pub fn a_second_signal_ends_the_grace_period(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let clients = clients_that_stay(&server, subject);
    server.stop();
    until("no client can connect any more", || {
        Client::connect(server.address(), Protocol::Echo).is_err()
    });
    server.stop();
    are_cut_off(server, clients);
}

/// One that never reads, and where there is capacity one that is silent. Neither ever leaves.
fn clients_that_stay(server: &Server, subject: &Subject) -> Vec<Client> {
    let mut clients = server.connect_and_meet(subject.at_once(2));
    let message = clients[0].message(1_000);
    clients[0].fill(&message, 64 << 20);
    clients
}

fn are_cut_off(server: Server, clients: Vec<Client>) {
    let expected = clients.len() as u64;
    for mut client in clients {
        client.expect_to_be_cut_off();
    }
    let report = server.ended();
    assert!(
        report.stats.cut_off >= expected,
        "{:?}; the deadline is {DEADLINE:?}",
        report.stats
    );
}
