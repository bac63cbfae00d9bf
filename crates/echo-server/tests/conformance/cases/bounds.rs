//! Does the server keep to its bounds, whatever a client does?

use std::collections::BTreeMap;
use std::iter;
use std::time::Duration;

use echo_protocol::{Protocol, Work};
use model::perform;

use crate::client::{Client, DEADLINE};
use crate::frame::Frame;
use crate::serve::Options;
use crate::server::Server;
use crate::subject::Subject;
use crate::watch::{until, within};

/// More than kernel buffers hold (some 8 MiB), so that a server that takes all of it has put it somewhere.
const OFFERED: usize = 64 << 20;

/// A multiple of what any model needs for one conversation.
const GROWTH: u64 = 8 << 20;

/// How often a server is looked at to see whether it spins.
const LOOKS: usize = 20;
/// How often it is looked at again so many times, as it may have something to do yet.
const ROUNDS: usize = 10;
/// The CPU time that this thread spends between two looks.
const BETWEEN: Duration = Duration::from_millis(5);

pub fn a_client_that_never_reads_is_bounded(subject: &Subject) {
    for protocol in subject.protocols() {
        let server = subject.serve(protocol);
        let mut client = server.connect();
        client.round_trip(1);
        let before = server.group().memory();
        let message = client.message(1_000);
        let sent = client.fill(&message, OFFERED);
        assert!(sent < OFFERED, "the server takes in whatever it is sent");
        let grown = server.group().memory().saturating_sub(before);
        assert!(grown < GROWTH, "it took {grown} bytes of memory");
        if subject.serves_two() {
            server.serves_a_new_client();
        }
        client.reset();
        server.serves_a_new_client();
        server.end();
    }
}

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
    assert!(grown < GROWTH / 2, "it took {grown} bytes of memory");
    client.leave();
    others.into_iter().for_each(Client::leave);
    server.end();
}

/// Most clients wait in the accept queue until a descriptor is free, and are served then; meanwhile nobody spins.
pub fn running_out_of_descriptors_drops_nobody(subject: &Subject) {
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
    // By the end of these the server has met the limit, if its design ever does.
    for _ in 0..100 {
        clients[0].round_trip(10);
    }
    does_not_spin(&server, by_design, "without descriptors");
    let ask = |mut client: Client| {
        let message = client.message(100);
        client.send(&message);
        (client, message)
    };
    let mut waiting: Vec<_> = clients.into_iter().map(ask).collect();
    // Several accept queues have no common order: whoever is answered leaves, and makes room for the next.
    while !waiting.is_empty() {
        let mut answered = None;
        until("one more of those that wait is answered", || {
            answered = waiting.iter().position(|(client, _)| client.has_news());
            answered.is_some()
        });
        let (mut client, message) = waiting.swap_remove(answered.expect("one is"));
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

/// Sockets that are always ready for something must not keep a server busy: those of silent clients are for writing, that
/// of a client that has said everything is for reading, and the listener's after a stop for everything.
pub fn waiting_costs_no_cpu_time(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    let by_design = spins(&server);
    let mut clients = server.connect_and_meet(subject.at_once(2));
    does_not_spin(&server, by_design, "with silent clients");
    let mut slow = clients.pop().expect("there is at least one");
    let message = slow.message(1_000);
    slow.fill(&message, OFFERED);
    slow.finish_writing();
    does_not_spin(&server, by_design, "with a client that reads nothing");
    server.stop();
    server.refuses_to_connect();
    does_not_spin(&server, by_design, "after a stop");
    slow.reset();
    clients.into_iter().for_each(Client::leave);
    assert_eq!(server.ended().stats.cut_off, 0);
}

/// Who spins without any client does so by design, and is not asked.
pub fn does_not_spin(server: &Server, by_design: bool, when: &str) {
    assert!(
        by_design || !spins(server),
        "it spins {when}, and does not without clients"
    );
}

/// Whether a thread of the server runs, or is ready to, at half of the looks or more, again and again. With one that spins that
/// is so at all looks, however many others want its CPU; one that waits comes to rest.
pub fn spins(server: &Server) -> bool {
    let look = |_: &usize| {
        perform(Work::Spin(BETWEEN));
        !server.group().is_at_rest()
    };
    (0..ROUNDS).all(|_| (0..LOOKS).filter(look).count() >= LOOKS / 2)
}

pub fn descriptors_and_processes_return(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    crowd_comes_and_goes(&server, subject);
    // What a model makes once, such as its threads, it may still be making while one of them serves the first crowd. It then
    // has more than before, once; who keeps something of each crowd has more each time.
    let returned = (0..3).any(|_| {
        let before = server.group().holdings();
        for _ in 0..5 {
            crowd_comes_and_goes(&server, subject);
        }
        within(DEADLINE / 3, || server.group().holdings().is_within(before))
    });
    assert!(
        returned,
        "descriptors, threads and processes do not return to what they were"
    );
    server.end();
}

pub fn leaves_no_zombie(subject: &Subject) {
    let server = subject.serve(Protocol::Echo);
    for _ in 0..5 {
        crowd_comes_and_goes(&server, subject);
    }
    until("no child that has ended is left unwaited for", || {
        server.group().zombies() == 0
    });
    server.end();
}

/// Twelve clients, as many of them at once as can be served.
fn crowd_comes_and_goes(server: &Server, subject: &Subject) {
    let at_once = subject.at_once(12);
    for _ in 0..12 / at_once {
        let mut clients = server.connect_and_meet(at_once);
        clients.pop().expect("there is at least one").reset();
        clients.into_iter().for_each(Client::leave);
    }
}
