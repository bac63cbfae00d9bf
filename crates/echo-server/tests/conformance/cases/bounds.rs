//! Cases about bounds: a server limits its memory, descriptors and CPU time, whatever a client does.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{hint, iter};

use echo_protocol::Protocol;
use nix::time::{ClockId, clock_gettime};

use crate::client::{Client, DEADLINE};
use crate::frame::Frame;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::Subject;
use crate::watch::{until, within};

/// More than kernel buffers hold (about 8 MiB), so that a server that takes all of it must store it.
pub const OFFERED: usize = 64 << 20;

/// Limit of the memory for one conversation: a multiple of what a model needs.
const GROWTH: u64 = 8 << 20;

/// Number of looks at a server, in one round, to see if it spins.
const LOOKS: usize = 20;
/// Number of rounds, because the server may still have something to do in the first ones.
const ROUNDS: usize = 10;
/// CPU time that this thread uses between two looks.
const BETWEEN: Duration = Duration::from_millis(5);

/// A client sends for ever and never reads. The server stops reading from it, stores little, and serves others.
pub fn a_client_that_never_reads_is_bounded(subject: &Subject) {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol);
        let mut client = server.connect();
        client.round_trip(1);
        let before = server.group().memory();
        let message = client.message(1_000);
        let sent = client.fill(&server.group(), &message, OFFERED);
        assert!(sent < OFFERED, "the server takes everything that is sent");
        let grown = server.group().memory().saturating_sub(before);
        assert!(grown < GROWTH, "the server's memory grew by {grown} bytes");
        if subject.serves_two() {
            server.serves_a_new_client();
        }
        client.reset();
        server.serves_a_new_client();
        server.end();
    }
}

/// A client asks for a reply of 8 MiB and reads it slowly. The reply is whole, the server's memory stays small, and
/// other clients are served meanwhile.
pub fn an_eight_mebibyte_reply_read_slowly_harms_nobody(subject: &Subject) {
    let server = subject.serve(Protocol::Framed);
    let mut client = server.connect_narrow();
    client.round_trip(1);
    let before = server.group().memory();
    let frame = Frame {
        reply_size: 8 << 20,
        ..Frame::plain(8, b"eight mebibytes".to_vec())
    };
    client.send(&frame.request());
    let mut others = server.connect_and_meet(subject.at_once(2) - 1);
    for piece in frame.reply().chunks(64 << 10) {
        client.expect(piece);
        for other in &mut others {
            other.round_trip(100);
        }
    }
    let grown = server.group().memory().saturating_sub(before);
    assert!(
        grown < GROWTH / 2,
        "the server's memory grew by {grown} bytes"
    );
    client.leave();
    others.into_iter().for_each(Client::leave);
    server.end();
}

/// 40 clients come to a server with 24 descriptors. All of them are served in the end, and the server does not spin.
///
/// Clients wait in the accept queue until a descriptor is free, and are served then. Meanwhile the server does not
/// spin.
pub fn running_out_of_descriptors_drops_no_client(subject: &Subject) {
    let server = Server::start(Options {
        descriptors: Some(24),
        ..subject.options(Protocol::Echo)
    });
    let by_design = spins(&server);
    let mut first = server.connect();
    first.round_trip(1);
    let mut clients: Vec<Client> = iter::once(first)
        .chain((1..40).map(|_| server.connect()))
        .collect();
    // After these round trips the server has reached the limit, if its design ever reaches it.
    for _ in 0..100 {
        clients[0].round_trip(10);
    }
    does_not_spin(&server, by_design, "without descriptors");
    let send = |mut client: Client| {
        let message = client.message(100);
        client.send(&message);
        (client, message)
    };
    let mut waiting: Vec<_> = clients.into_iter().map(send).collect();
    // Several accept queues have no common order: any client that is answered leaves, and makes room for another one.
    while !waiting.is_empty() {
        let mut answered = None;
        until("one more waiting client is answered", || {
            answered = waiting.iter().position(|(client, _)| client.has_news());
            answered.is_some()
        });
        let (mut client, message) = waiting.swap_remove(answered.expect("a client was answered"));
        client.expect(&message);
        client.leave();
    }
    server.serves_a_new_client();
    let stats = server.end().stats;
    assert_eq!(stats.opened, 41);
    let mut errors = stats.accept_errors;
    errors.remove("descriptors");
    assert_eq!(errors, BTreeMap::new());
}

/// A server that waits uses no CPU time: with silent clients, with a client that reads nothing, and after a stop.
///
/// Sockets that are always ready must not keep a server busy. The socket of a silent client is always ready for
/// writing, that of a client that has ended its half is always ready for reading, and the listener is always ready
/// after a stop.
pub fn waiting_costs_no_cpu_time(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let by_design = spins(&server);
    let mut clients = server.connect_and_meet(subject.at_once(2));
    does_not_spin(&server, by_design, "with silent clients");
    let mut slow = clients.pop().expect("at least one client has connected");
    let message = slow.message(1_000);
    slow.fill(&server.group(), &message, OFFERED);
    slow.finish_writing();
    does_not_spin(&server, by_design, "with a client that receives nothing");
    server.stop();
    server.refuses_to_connect();
    does_not_spin(&server, by_design, "after a stop");
    slow.reset();
    clients.into_iter().for_each(Client::leave);
    assert_eq!(server.ended().stats.cut_off, 0);
}

/// Asserts that the server does not spin, unless it does so by design, that is, without any client.
pub fn does_not_spin(server: &Server, by_design: bool, when: &str) {
    assert!(
        by_design || !spins(server),
        "the server spins {when}, but not without clients"
    );
}

/// True if a thread of the server runs, or is ready to run, at half of the looks or more, in every round. A thread that
/// spins is found at every look, however busy the machine is; a server that waits comes to rest.
pub fn spins(server: &Server) -> bool {
    let look = |_: &usize| {
        compute(BETWEEN);
        !server.group().is_at_rest()
    };
    (0..ROUNDS).all(|_| (0..LOOKS).filter(look).count() >= LOOKS / 2)
}

/// Computes for this CPU time.
fn compute(duration: Duration) {
    let used = || {
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
        Duration::from(time.expect("Linux has this clock"))
    };
    let end = used() + duration;
    while used() < end {
        hint::spin_loop();
    }
}

/// After clients have come and left, the server has no more descriptors, threads or processes than before.
pub fn descriptors_and_processes_return(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    clients_come_and_leave(&server, subject);
    // A model may still be starting its threads while one of them serves the first clients. Then it has more than
    // before, once. A server that keeps something of each client has more each time.
    let returned = (0..3).any(|_| {
        let before = server.group().holdings();
        for _ in 0..5 {
            clients_come_and_leave(&server, subject);
        }
        within(DEADLINE / 3, || server.group().holdings().is_within(before))
    });
    assert!(
        returned,
        "the server has more descriptors, threads or processes after its clients have left"
    );
    server.end();
}

/// After clients have come and left, no zombie process is left.
pub fn leaves_no_zombie(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    for _ in 0..5 {
        clients_come_and_leave(&server, subject);
    }
    until("no zombie is left", || server.group().zombies() == 0);
    server.end();
}

/// Twelve clients come and leave, as many at once as the model serves.
fn clients_come_and_leave(server: &Server, subject: &Subject) {
    let at_once = subject.at_once(12);
    for _ in 0..12 / at_once {
        let mut clients = server.connect_and_meet(at_once);
        clients
            .pop()
            .expect("at least one client has connected")
            .reset();
        clients.into_iter().for_each(Client::leave);
    }
}
