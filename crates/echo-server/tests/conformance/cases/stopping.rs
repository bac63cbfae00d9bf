//! Does a server end when it is told to, and not before its clients have?

use std::num::NonZero;

use echo_protocol::Protocol;

use crate::client::Client;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::Subject;

pub fn stop_while_idle(subject: &Subject) {
    let never_had_a_client = subject.serve(Protocol::Echo);
    never_had_a_client.end();

    let had_clients = subject.serve(Protocol::Echo);
    let clients = had_clients.connect_and_meet(subject.at_once(3));
    clients.into_iter().for_each(Client::leave);
    had_clients.interrupt();
    assert_eq!(had_clients.ended().stats.cut_off, 0);
}

/// Conversations go on after a stop, but no new one begins. A server that has no room for further clients anyway, and
/// may not be looking for them, must notice it too.
pub fn stop_under_traffic(subject: &Subject) {
    let at_once = subject.at_once(4);
    for (stop, most) in [(STOP, None), (INTERRUPT, None), (STOP, Some(at_once))] {
        let server = Server::start(Options {
            max_connections: most.and_then(|most| NonZero::new(most as u64)),
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

/// What a client does that never leaves.
type Behaviour = fn(&mut Client);
const SILENT: Behaviour = |_| {};
const NEVER_READS: Behaviour = |client| {
    let message = client.message(1_000);
    client.fill(&message, 64 << 20);
};

/// As many as can be served of two.
fn clients_that_stay(server: &Server, subject: &Subject, behave: Behaviour) -> Vec<Client> {
    let mut clients = server.connect_and_meet(subject.at_once(2));
    clients.iter_mut().for_each(behave);
    clients
}

fn are_cut_off(server: Server, clients: Vec<Client>) {
    let stayed = clients.len() as u64;
    for mut client in clients {
        client.expect_to_be_cut_off();
    }
    let cut_off = server.ended().stats.cut_off;
    // A client that tried to connect while the server stopped may be one more.
    assert!(cut_off >= stayed, "{cut_off} counted, {stayed} cut off");
}
