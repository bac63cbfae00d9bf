//! Cases about limits: a server limits its descriptors and processes, whatever its clients do.

use std::collections::BTreeMap;
use std::iter;
use std::time::Instant;

use super::crowds::SHORT_QUEUE;
use super::waiting::{does_not_spin, spins_by_design};
use crate::client::Client;
use crate::finding::{Checked, Finding, ensure_eq};
use crate::options::Options;
use crate::server::Server;
use crate::subject::Subject;
use crate::texts::Symptom;
use crate::watch::within;

/// Limit of the descriptors of a model.
const DESCRIPTORS: u64 = 24;
/// Number of descriptors that another server has left when it has served its first client.
const LEFT: usize = 10;
/// Number of clients of a model: more than there are descriptors.
const CLIENTS: usize = 40;
/// Number of clients of another server. Those that it has no descriptors for must fit into its accept queue.
const FOREIGN_CLIENTS: usize = LEFT + SHORT_QUEUE - 1;

/// More clients come to a server that has descriptors for a few. All of them are served in the end, and the server does not
/// spin.
///
/// Clients wait in the accept queue until a descriptor is free, and are served then. Meanwhile the server does not
/// spin.
pub fn running_out_of_descriptors_drops_no_client(subject: &Subject) -> Checked {
    let server = subject.start(Options {
        descriptors: Some(DESCRIPTORS),
        ..subject.options(subject.plain())
    })?;
    let by_design = spins_by_design(&server)?;
    let mut first = server.connect()?;
    first.round_trip(1)?;
    let mut number = CLIENTS;
    if !subject.keeps_contract() {
        server.leave_descriptors(LEFT);
        number = FOREIGN_CLIENTS;
    }
    let clients = iter::once(Ok(first)).chain((1..number).map(|_| server.connect()));
    let mut clients = clients.collect::<Checked<Vec<Client>>>()?;
    // After these round trips the server has reached the limit, if its design ever reaches it. One that then does nothing but
    // ask for clients answers late, and is found to spin below.
    let begun = Instant::now();
    for _ in 0..100 {
        clients[0].round_trip(10)?;
        if begun.elapsed() > server.deadline() {
            break;
        }
    }
    does_not_spin(&server, by_design, "without descriptors")?;
    let send = |mut client: Client| {
        let message = client.message(100);
        client.send(&message)?;
        Ok((client, message))
    };
    let waiting = clients.into_iter().map(send).collect::<Checked<_>>()?;
    all_are_answered(&server, waiting)?;
    server.serves_a_new_client()?;
    server.end()?.check(|stats| {
        ensure_eq!(stats.opened, CLIENTS as u64 + 1, "clients accepted");
        let mut errors = stats.accept_errors.clone();
        errors.remove("descriptors");
        ensure_eq!(errors, BTreeMap::new(), "errors of accept");
        Ok(())
    })
}

/// Each client that is answered leaves, and makes room for another one. Several accept queues have no common order.
fn all_are_answered(server: &Server, mut waiting: Vec<(Client, Vec<u8>)>) -> Checked {
    while !waiting.is_empty() {
        let mut answered = None;
        server.until("one more waiting client is answered", || {
            answered = waiting.iter().position(|(client, _)| client.has_news());
            answered.is_some()
        })?;
        let (mut client, message) = waiting.swap_remove(answered.expect("a client was answered"));
        client.expect(&message)?;
        client.leave()?;
    }
    Ok(())
}

/// After clients have come and left, the server has no more descriptors, threads or processes than before.
pub fn descriptors_and_processes_return(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    clients_come_and_leave(&server)?;
    // A server may still be starting its threads while one of them serves the first clients. Then it has more than
    // before, once. A server that keeps something of each client has more each time.
    let mut grown = String::new();
    for _ in 0..3 {
        if !subject.keeps_contract() {
            // It may still have clients to close, of which the suite did not wait for the end.
            server.settles();
        }
        let before = server.group().holdings();
        for _ in 0..5 {
            clients_come_and_leave(&server)?;
        }
        let has_returned = || server.group().holdings().is_within(before);
        if within(server.deadline() / 3, has_returned) {
            server.end()?;
            return Ok(());
        }
        grown = before.compared_with(server.group().holdings());
    }
    Err(Finding::of(
        Symptom::Leaks,
        format!("60 clients have come and left, and the server has {grown}"),
    ))
}

/// After clients have come and left, no zombie process is left.
pub fn leaves_no_zombie(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    for _ in 0..5 {
        clients_come_and_leave(&server)?;
    }
    server.until("no zombie is left", || server.group().zombies() == 0)?;
    server.end()?;
    Ok(())
}

/// Twelve clients come and leave, as many at once as the server serves.
fn clients_come_and_leave(server: &Server) -> Checked {
    let at_once = server.subject().at_once(12);
    for _ in 0..12 / at_once {
        let mut clients = server.connect_and_meet(at_once)?;
        clients
            .pop()
            .expect("at least one client has connected")
            .reset();
        clients.into_iter().try_for_each(Client::leave)?;
    }
    Ok(())
}
