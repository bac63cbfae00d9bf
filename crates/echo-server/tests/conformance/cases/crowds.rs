//! How many clients are served at the same time? What a model declares is asserted in both directions.

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

/// More than the workers of any pool here, few enough for every system.
const MANY: usize = 64;

/// All speak before anybody is answered. Where only some are served at once, all others get their turn.
pub fn two_hundred_at_once_in_random_order(subject: &Subject) {
    let mut random = ChaCha8Rng::seed_from_u64(200);
    let server = subject.serve(subject.richest_protocol());
    let mut clients: Vec<Client> = (0..200).map(|_| server.connect()).collect();
    if subject.at_once(clients.len()) == clients.len() {
        for _ in 0..3 {
            for (client, message) in speak_in_random_order(&mut clients, &mut random) {
                client.expect(&message);
            }
        }
    }
    // Nobody who has a place waits for anything, so that everybody gets one in the end.
    let said = speak_in_random_order(&mut clients, &mut random);
    for (client, _) in &said {
        client.finish_writing();
    }
    for (client, message) in said {
        client.expect(&message);
        client.expect_end();
    }
    let report = server.end();
    assert_eq!(report.stats.opened, 200);
}

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

pub fn serves_no_more_than_it_declares(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let declared = declared(subject, &server);
    let clients = server.connect_and_meet(declared.expect("the case is for models with a limit"));
    if subject.about().capacity == Capacity::FdSetSize {
        further_clients_are_refused(&server, clients);
        assert_eq!(server.end().stats.refused, 3);
    } else {
        a_further_client_waits(&server, clients);
        assert_eq!(server.end().stats.refused, 0);
    }
}

/// Each says a message; they are given in another order, with what they said.
fn speak_in_random_order<'a>(
    clients: &'a mut [Client],
    random: &mut ChaCha8Rng,
) -> Vec<(&'a mut Client, Vec<u8>)> {
    clients.shuffle(random);
    let mut said = Vec::with_capacity(clients.len());
    for client in clients {
        let message = client.message(100);
        client.send(&message);
        said.push((client, message));
    }
    said.shuffle(random);
    said
}

/// Serves nobody beyond the limit, and nobody within it notices.
pub fn max_connections_makes_others_wait(subject: &Subject) {
    let most = subject.at_once(2);
    let server = Server::start(Options {
        max_connections: NonZero::new(most as u64),
        ..subject.options(Protocol::Echo)
    });
    let clients = server.connect_and_meet(most);
    a_further_client_waits(&server, clients);
    assert_eq!(server.end().stats.refused, 0);
}

/// The most conversations at a time that the model declares, if it declares a limit.
fn declared(subject: &Subject, server: &Server) -> Option<usize> {
    let limit = subject.about().capacity.conversations(WORKERS)?;
    match subject.about().capacity {
        // A server may be born with more descriptors than the four that everyone has, and each of them takes a place.
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
    clients.pop().expect("they are many").leave();
    server.serves_a_new_client();
    clients.into_iter().for_each(Client::leave);
}

/// The further one gets nothing while all others are served many times, and everything when one of them has left.
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
    clients.pop().expect("there is at least one").leave();
    further.expect(&message);
    for client in &mut clients {
        client.round_trip(10);
    }
    further.leave();
    clients.into_iter().for_each(Client::leave);
}
