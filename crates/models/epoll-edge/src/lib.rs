#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// One thread, told by epoll once when a socket becomes ready, which then has to remember it.
pub struct EpollEdge;

/// The token of the listener; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;

/// A conversation, and what epoll has said about its socket: it will not say so again.
struct Client {
    conn: Conn,
    ready: EpollFlags,
}

impl Model for EpollEdge {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let edge = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(&listener, EpollEvent::new(edge, LISTENER))?;
        let mut clients = Slab::new();
        let mut events = [EpollEvent::empty(); 256];
        let mut turns = Vec::new();
        let mut queued = false;
        loop {
            if queued && cx.has_room() {
                accept(&epoll, &listener, cx, &mut clients);
                queued = !cx.has_room(); // it ended for want of room, not because the queue is empty
            }
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            let timeout = if turns.is_empty() {
                EpollTimeout::NONE
            } else {
                EpollTimeout::ZERO
            };
            let ready = cx.wait(|| epoll.wait(&mut events, timeout))?;
            for event in &events[..ready] {
                if event.data() == LISTENER {
                    queued = true;
                } else {
                    remember(&mut clients, &mut turns, event);
                }
            }
            turns.retain(|&key| turn(&mut clients, key));
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Takes in all clients that wait. Their interest is stated here, once and for all.
fn accept(epoll: &Epoll, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    let interest =
        EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
    while let Some(stream) = cx.try_accept(listener) {
        let client = clients.vacant_entry();
        if epoll
            .add(&stream, EpollEvent::new(interest, client.key() as u64))
            .is_ok()
        {
            client.insert(Client {
                conn: cx.open(stream),
                ready: EpollFlags::empty(),
            });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Keeps what is said only once. `turns` holds every client that could move something, and holds it once.
fn remember(clients: &mut Slab<Client>, turns: &mut Vec<usize>, event: &EpollEvent) {
    let key = event.data() as usize;
    let client = &mut clients[key];
    let has_turn = could_move(client);
    client.ready |= event.events();
    if !has_turn && could_move(client) {
        turns.push(key);
    }
}

/// One turn of one client: at most one read, the work it asked for, at most one write. Whether it needs another.
fn turn(clients: &mut Slab<Client>, key: usize) -> bool {
    let Client { conn, ready } = &mut clients[key];
    if ready.contains(EpollFlags::EPOLLIN) && conn.wants_read() {
        conn.read();
        // Emptied: epoll tells when more comes. But an end that is there already is told no more: read on, up to it.
        if conn.drained() && !ready.contains(EpollFlags::EPOLLRDHUP) {
            ready.remove(EpollFlags::EPOLLIN);
        }
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if ready.contains(EpollFlags::EPOLLOUT) && conn.wants_write() && conn.write() == Io::Blocked {
        ready.remove(EpollFlags::EPOLLOUT);
    }
    if conn.is_done() {
        clients.remove(key); // closing a socket takes it out of the epoll set
        return false;
    }
    could_move(&clients[key])
}

/// Whether the socket is ready, as far as we know, for something that the conversation wants.
fn could_move(Client { conn, ready }: &Client) -> bool {
    ready.contains(EpollFlags::EPOLLIN) && conn.wants_read()
        || ready.contains(EpollFlags::EPOLLOUT) && conn.wants_write()
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "epoll-edge",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread is told by epoll once when a socket becomes ready, and keeps track of it from there.",
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
