#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use slab::Slab;

/// One thread; epoll reports each change of a socket once, and the program has to remember it.
pub struct EpollEdge;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;

/// What epoll has reported about a socket. It reports only changes, so the program remembers the rest.
#[derive(Default)]
struct Readiness {
    readable: bool,
    writable: bool,
    /// The client's end or an error has arrived; it is read after the data.
    read_closed: bool,
}

type Client = (Conn, Readiness);

impl Model for EpollEdge {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut clients = Slab::new();
        let mut events = [EpollEvent::empty(); 256];
        let mut turns = Vec::new();
        let mut listening = false;
        cx.ready();
        loop {
            // After a stop `has_room` is false, so that the listener, which is then ready all the time, is not watched.
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            if listening != cx.has_room() {
                listening = !listening;
                watch_listener(&epoll, &listener, listening)?;
            }
            // After a stop, the clients that are left may finish.
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            // While some clients can go on, it only looks for news and does not sleep.
            let timeout = (!turns.is_empty()).then_some(0u8);
            let ready = cx.wait(|| epoll.wait(&mut events, timeout))?;
            for event in &events[..ready] {
                if event.data() == LISTENER {
                    accept(&epoll, &listener, cx, &mut clients);
                } else {
                    remember(&mut clients, &mut turns, event);
                }
            }
            turns.retain(|&key| give_turn(&mut clients, key));
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Without room for another client the listener is not watched, because it would be ready all the time.
fn watch_listener(epoll: &Epoll, listener: &Listener, listening: bool) -> nix::Result<()> {
    if listening {
        epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Accepts all clients that are waiting.
fn accept(epoll: &Epoll, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    let interest =
        EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
    while let Some(stream) = cx.try_accept(listener) {
        let client = clients.vacant_entry();
        let event = EpollEvent::new(interest, client.key() as u64);
        if epoll.add(&stream, event).is_ok() {
            client.insert((cx.open(stream), Readiness::default()));
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Keeps what is reported only once. `turns` holds the key of every client that can go on, and holds it once.
fn remember(clients: &mut Slab<Client>, turns: &mut Vec<usize>, event: &EpollEvent) {
    let key = event.data() as usize;
    let (conn, ready) = &mut clients[key];
    let has_turn = can_go_on(conn, ready);
    ready.read_closed |= event.events().contains(EpollFlags::EPOLLRDHUP);
    ready.readable |= event.events().contains(EpollFlags::EPOLLIN);
    ready.writable |= event.events().contains(EpollFlags::EPOLLOUT);
    if !has_turn && can_go_on(conn, ready) {
        turns.push(key);
    }
}

/// Gives a client its turn, and removes it when its conversation is over. Returns true if it needs another turn.
fn give_turn(clients: &mut Slab<Client>, key: usize) -> bool {
    let (conn, ready) = &mut clients[key];
    turn(conn, ready);
    if conn.is_done() {
        clients.remove(key); // closing a socket takes it out of the epoll set
        return false;
    }
    can_go_on(conn, ready)
}

/// One turn of one client: at most one read, the work of one request, at most one write.
fn turn(conn: &mut Conn, ready: &mut Readiness) {
    if ready.readable && conn.wants_read() {
        conn.read();
        // When the socket is empty, epoll reports new data. It reports the client's end once, perhaps together with
        // data: from then on, read until `read` returns 0.
        ready.readable = !conn.drained() || ready.read_closed;
    }
    if let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if ready.writable && conn.wants_write() {
        ready.writable = conn.write() != Io::Blocked;
    }
}

/// Returns true if the socket is ready, as far as we know, for something that the conversation wants. A client that has
/// work left wants room for the reply.
fn can_go_on(conn: &Conn, ready: &Readiness) -> bool {
    ready.readable && conn.wants_read() || ready.writable && conn.wants_room()
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "epoll-edge",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "Epoll reports each change of a socket once; one thread remembers it, and serves all clients.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Kegel, The C10K problem (1999-2014); epoll(7)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
