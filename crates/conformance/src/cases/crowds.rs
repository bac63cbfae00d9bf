//! Cases about many clients: a model serves as many at the same time as it declares, and not more.

use std::num::NonZero;

use model::Stats;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::client::Client;
use crate::expect::{Beyond, Crowd};
use crate::finding::{Checked, ensure, ensure_eq};
use crate::options::Options;
use crate::server::Server;
use crate::subject::Subject;

/// Number of clients of a crowd.
const TWO_HUNDRED: usize = 200;
/// Number of clients that fit into the shortest accept queue that servers usually ask for.
pub const SHORT_QUEUE: usize = 5;

/// More clients than a pool has workers, and few enough for every system.
const MANY: usize = 64;

/// Number of round trips in which a client beyond the limit would be served, if the server did not keep to it.
const ROUND_TRIPS: usize = 1_000;

/// Number of clients beyond the limit.
const FURTHER: usize = 8;

/// A client connects and stays silent. Another one is served meanwhile, and then the first one too.
pub fn two_clients_at_once(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut silent = server.connect()?;
    let met = server.connect_and_meet(1);
    let mut met =
        met.map_err(|finding| finding.and("while another client is connected and silent"))?;
    for client in &mut met {
        client.round_trip(100)?;
    }
    silent.round_trip(100)?;
    met.into_iter().try_for_each(Client::leave)?;
    silent.leave()?;
    server.end()?;
    Ok(())
}

/// 200 clients send at once and leave. Each gets its echo in the end.
///
/// All clients send before the first one receives. If the model serves only some at once, the others must get their
/// turn.
pub fn two_hundred_at_once_in_random_order(subject: &Subject) -> Checked {
    let mut random = ChaCha8Rng::seed_from_u64(200);
    let server = subject.serve(subject.richest_protocol())?;
    let clients = (0..crowd(subject)).map(|_| server.connect());
    let mut clients = clients.collect::<Checked<Vec<Client>>>()?;
    if subject.at_once(clients.len()) == clients.len() {
        for _ in 0..3 {
            for (client, message) in send_in_random_order(&mut clients, &mut random)? {
                client.expect(&message)?;
            }
        }
    }
    // A client that is being served ends by itself, so that every client gets a place in the end.
    let sent = send_in_random_order(&mut clients, &mut random)?;
    for (client, _) in &sent {
        client.finish_writing()?;
    }
    for (client, message) in sent {
        client.expect(&message)?;
        client.expect_end()?;
    }
    server.end()?.check(|stats| {
        ensure_eq!(stats.opened, 200, "clients accepted");
        Ok(())
    })
}

/// Number of clients that fit into a server and its accept queue. Ours has room for them; that of another server may be as
/// short as the five of the tutorials.
fn crowd(subject: &Subject) -> usize {
    match subject.expect().limit() {
        Some(most) if !subject.keeps_contract() => TWO_HUNDRED.min(most + SHORT_QUEUE),
        _ => TWO_HUNDRED,
    }
}

/// Many clients are connected at the same time, as many as the model says it can serve, and each of them is served.
pub fn serves_as_many_at_once_as_it_declares(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut clients = server.connect_and_meet(declared(&server).unwrap_or(MANY))?;
    for client in clients.iter_mut().rev() {
        client.round_trip(100)?;
    }
    clients.into_iter().try_for_each(Client::leave)?;
    server.end()?.check(none_is_refused)
}

/// One client more than the model says it can serve waits, or is refused, as the model says.
pub fn serves_no_more_than_it_declares(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let Crowd::Limited { beyond, .. } = subject.expect().crowd else {
        unreachable!("the case applies to servers with a limit");
    };
    let declared = declared(&server).expect("the server declares a limit");
    let clients = server.connect_and_meet(declared)?;
    match beyond {
        Beyond::Refused => {
            further_clients_are_refused(&server, clients)?;
            server.end()?.check(|stats| {
                ensure_eq!(stats.refused, 3, "clients refused");
                Ok(())
            })
        }
        Beyond::Waits => {
            a_further_client_waits(&server, clients)?;
            server.end()?.check(none_is_refused)
        }
    }
}

fn none_is_refused(stats: &Stats) -> Checked {
    ensure_eq!(stats.refused, 0, "clients refused");
    Ok(())
}

/// Sends one message from each client. Returns clients and messages in another order.
pub fn send_in_random_order<'a>(
    clients: &'a mut [Client],
    random: &mut ChaCha8Rng,
) -> Checked<Vec<(&'a mut Client, Vec<u8>)>> {
    clients.shuffle(random);
    let mut sent = Vec::with_capacity(clients.len());
    for client in clients {
        let message = client.message(100);
        client.send(&message)?;
        sent.push((client, message));
    }
    sent.shuffle(random);
    Ok(sent)
}

/// Clients beyond the limit of the model stay in the kernel's accept queue.
///
/// The accept queue is the only queue that the kernel bounds, and in which a client still costs the server nothing. A
/// server that takes clients out of it to put them into a queue of its own has no bound any more. One client may be on
/// its way to a worker.
pub fn clients_beyond_the_limit_stay_in_the_accept_queue(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let limit = declared(&server).expect("the case applies to models with a limit");
    let clients = server.connect_and_meet(limit)?;
    let before = server.group().holdings().descriptors;
    let further = (0..FURTHER).map(|_| server.connect());
    let further = further.collect::<Checked<Vec<Client>>>()?;
    // At rest, the server has accepted all clients that it is going to accept.
    server.comes_to_rest()?;
    let accepted = server.group().holdings().descriptors.saturating_sub(before);
    ensure!(
        accepted <= 1,
        BeyondLimit,
        "{accepted} of {FURTHER} clients beyond the limit were accepted"
    );
    clients.into_iter().try_for_each(Client::leave)?;
    further.iter().try_for_each(Client::finish_writing)?;
    for mut client in further {
        client.expect_end()?;
    }
    let stats = server.end()?.stats();
    ensure_eq!(stats.opened as usize, limit + FURTHER, "clients accepted");
    Ok(())
}

/// A client beyond `--max-connections` waits until another one leaves. Then it is served.
///
/// A client beyond the limit waits, and the clients within the limit do not notice.
pub fn max_connections_makes_others_wait(subject: &Subject) -> Checked {
    let limit = subject.at_once(2);
    let server = subject.start(Options {
        max_connections: NonZero::new(limit as u64),
        ..subject.options(subject.plain())
    })?;
    let clients = server.connect_and_meet(limit)?;
    a_further_client_waits(&server, clients)?;
    server.end()?.check(none_is_refused)
}

/// The largest number of conversations at a time, if the server declares a limit.
fn declared(server: &Server) -> Option<usize> {
    match server.subject().expect().crowd {
        Crowd::Unlimited => None,
        // The limit is one of descriptors. A server needs four. If it has inherited others, each of them takes the place of
        // a client.
        Crowd::Limited {
            most,
            beyond: Beyond::Refused,
        } => Some(most - (server.group().holdings().descriptors - 4)),
        Crowd::Limited {
            most,
            beyond: Beyond::Waits,
        } => Some(most),
    }
}

fn further_clients_are_refused(server: &Server, mut clients: Vec<Client>) -> Checked {
    for _ in 0..3 {
        server.connect()?.expect_to_be_cut_off()?;
        for client in &mut clients {
            client.round_trip(1)?;
        }
    }
    clients.pop().expect("the limit is above 1").leave()?;
    server.serves_a_new_client()?;
    clients.into_iter().try_for_each(Client::leave)
}

/// Asserts that a further client gets no reply while all others are served many times, and its reply after one of them
/// has left.
fn a_further_client_waits(server: &Server, mut clients: Vec<Client>) -> Checked {
    let mut further = server.connect()?;
    let message = further.message(100);
    further.send(&message)?;
    for _ in 0..ROUND_TRIPS.div_ceil(clients.len()) {
        for client in &mut clients {
            client.round_trip(10)?;
        }
    }
    ensure!(
        !further.has_news(),
        BeyondLimit,
        "a further client is served while {} others stay",
        clients.len()
    );
    clients.pop().expect("the limit is at least 1").leave()?;
    further.expect(&message)?;
    for client in &mut clients {
        client.round_trip(10)?;
    }
    further.leave()?;
    clients.into_iter().try_for_each(Client::leave)
}
