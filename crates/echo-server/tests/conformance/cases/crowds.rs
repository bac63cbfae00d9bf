//! Cases about many clients: a model serves as many at the same time as it declares, and not more.

use std::num::NonZero;

use echo_protocol::Protocol;
use echo_server::Capacity;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::client::Client;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::{Subject, WORKERS};

/// More clients than a pool has workers, and few enough for every system.
const MANY: usize = 64;

/// Number of clients beyond the limit.
const FURTHER: usize = 8;

/// 200 clients send at once and leave. Each gets its echo in the end.
///
/// All clients send before the first one receives. If the model serves only some at once, the others must get their
/// turn.
pub fn two_hundred_at_once_in_random_order(subject: &Subject) {
    let mut random = ChaCha8Rng::seed_from_u64(200);
    let server = subject.serve(subject.richest_protocol());
    let mut clients: Vec<Client> = (0..200).map(|_| server.connect()).collect();
    if subject.at_once(clients.len()) == clients.len() {
        for _ in 0..3 {
            for (client, message) in send_in_random_order(&mut clients, &mut random) {
                client.expect(&message);
            }
        }
    }
    // A client that is being served ends by itself, so that every client gets a place in the end.
    let sent = send_in_random_order(&mut clients, &mut random);
    for (client, _) in &sent {
        client.finish_writing();
    }
    for (client, message) in sent {
        client.expect(&message);
        client.expect_end();
    }
    let report = server.end();
    assert_eq!(report.stats.opened, 200);
}

/// Many clients are connected at the same time, as many as the model says it can serve, and each of them is served.
pub fn serves_as_many_at_once_as_it_declares(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let mut clients = server.connect_and_meet(declared(subject, &server).unwrap_or(MANY));
    for client in clients.iter_mut().rev() {
        client.round_trip(100);
    }
    clients.into_iter().for_each(Client::leave);
    let report = server.end();
    assert_eq!(report.stats.refused, 0);
}

/// One client more than the model says it can serve waits, or is refused, as the model says.
pub fn serves_no_more_than_it_declares(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let declared = declared(subject, &server);
    let clients =
        server.connect_and_meet(declared.expect("the case applies to models with a limit"));
    if subject.about().capacity == Capacity::FdSetSize {
        further_clients_are_refused(&server, clients);
        assert_eq!(server.end().stats.refused, 3);
    } else {
        a_further_client_waits(&server, clients);
        assert_eq!(server.end().stats.refused, 0);
    }
}

/// Sends one message from each client. Returns clients and messages in another order.
fn send_in_random_order<'a>(
    clients: &'a mut [Client],
    random: &mut ChaCha8Rng,
) -> Vec<(&'a mut Client, Vec<u8>)> {
    clients.shuffle(random);
    let mut sent = Vec::with_capacity(clients.len());
    for client in clients {
        let message = client.message(100);
        client.send(&message);
        sent.push((client, message));
    }
    sent.shuffle(random);
    sent
}

/// Clients beyond the limit of the model stay in the kernel's accept queue.
///
/// The accept queue is the only queue that the kernel bounds, and in which a client still costs the server nothing. A
/// server that takes clients out of it to put them into a queue of its own has no bound any more. One client may be on
/// its way to a worker.
pub fn clients_beyond_the_limit_stay_in_the_accept_queue(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let limit = declared(subject, &server).expect("the case applies to models with a limit");
    let clients = server.connect_and_meet(limit);
    let before = server.group().holdings().descriptors;
    let further: Vec<Client> = (0..FURTHER).map(|_| server.connect()).collect();
    // At rest, the server has accepted all clients that it is going to accept.
    server.comes_to_rest();
    let accepted = server.group().holdings().descriptors.saturating_sub(before);
    assert!(
        accepted <= 1,
        "{accepted} of {FURTHER} clients beyond the limit were accepted"
    );
    clients.into_iter().for_each(Client::leave);
    further.iter().for_each(Client::finish_writing);
    for mut client in further {
        client.expect_end();
    }
    let stats = server.end().stats;
    assert_eq!(stats.opened as usize, limit + FURTHER);
}

/// A client beyond `--max-connections` waits until another one leaves. Then it is served.
///
/// A client beyond the limit waits, and the clients within the limit do not notice.
pub fn max_connections_makes_others_wait(subject: &Subject) {
    let limit = subject.at_once(2);
    let server = Server::start(Options {
        max_connections: NonZero::new(limit as u64),
        ..subject.options(Protocol::Echo)
    });
    let clients = server.connect_and_meet(limit);
    a_further_client_waits(&server, clients);
    assert_eq!(server.end().stats.refused, 0);
}

/// The largest number of conversations at a time, if the model declares a limit.
fn declared(subject: &Subject, server: &Server) -> Option<usize> {
    let limit = subject.about().capacity.conversations(WORKERS)?;
    match subject.about().capacity {
        // A server needs four descriptors. If it has inherited others, each of them takes the place of a client.
        Capacity::FdSetSize => Some(limit - (server.group().holdings().descriptors - 4)),
        _ => Some(limit),
    }
}

fn further_clients_are_refused(server: &Server, mut clients: Vec<Client>) {
    for _ in 0..3 {
        server.connect().expect_to_be_cut_off();
        for client in &mut clients {
            client.round_trip(1);
        }
    }
    clients.pop().expect("the limit is above 1").leave();
    server.serves_a_new_client();
    clients.into_iter().for_each(Client::leave);
}

/// Asserts that a further client gets no reply while all others are served many times, and its reply after one of them
/// has left.
fn a_further_client_waits(server: &Server, mut clients: Vec<Client>) {
    let mut further = server.connect();
    let message = further.message(100);
    further.send(&message);
    for _ in 0..100 {
        for client in &mut clients {
            client.round_trip(10);
        }
    }
    assert!(!further.has_news(), "served beyond the limit");
    clients.pop().expect("the limit is at least 1").leave();
    further.expect(&message);
    for client in &mut clients {
        client.round_trip(10);
    }
    further.leave();
    clients.into_iter().for_each(Client::leave);
}
