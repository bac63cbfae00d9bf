#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use slab::Slab;

/// One thread, told by mio when a socket becomes ready, on any system that mio knows.
pub struct Mio;

/// The token of the listener; clients have the numbers from 0.
const LISTENER: Token = Token(usize::MAX);

/// A conversation, and what mio has said about its socket: it will not say so again.
struct Client {
    conn: Conn,
    readable: bool,
    writable: bool,
    /// An end or an error is there to be read, behind the data.
    read_closed: bool,
}

impl Model for Mio {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let mut poll = Poll::new()?;
        poll.registry().register(
            &mut SourceFd(&listener.as_raw_fd()),
            LISTENER,
            Interest::READABLE,
        )?;
        let mut clients = Slab::new();
        let mut events = Events::with_capacity(256);
        let mut turns = Vec::new();
        let mut queued = false;
        loop {
            if queued && cx.has_room() {
                accept(poll.registry(), &listener, cx, &mut clients);
                queued = !cx.has_room(); // it ended for want of room, not because the queue is empty
            }
            if cx.stopping() && clients.is_empty() {
                return poll
                    .registry()
                    .deregister(&mut SourceFd(&listener.as_raw_fd()));
            }
            let timeout = if turns.is_empty() {
                None
            } else {
                Some(Duration::ZERO)
            };
            cx.wait(|| poll.poll(&mut events, timeout))?;
            for event in &events {
                if event.token() == LISTENER {
                    queued = true;
                } else {
                    remember(&mut clients, &mut turns, event);
                }
            }
            turns.retain(|&key| turn(poll.registry(), &mut clients, key));
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Takes in all clients that wait. Their interest is stated here, once and for all.
fn accept(registry: &Registry, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    let interest = Interest::READABLE | Interest::WRITABLE;
    while let Some(stream) = cx.try_accept(listener) {
        let client = clients.vacant_entry();
        if registry
            .register(
                &mut SourceFd(&stream.as_raw_fd()),
                Token(client.key()),
                interest,
            )
            .is_ok()
        {
            client.insert(Client {
                conn: cx.open(stream),
                readable: false,
                writable: false,
                read_closed: false,
            });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Keeps what is said only once. `turns` holds every client that could move something, and holds it once.
fn remember(clients: &mut Slab<Client>, turns: &mut Vec<usize>, event: &Event) {
    let key = event.token().0;
    let client = &mut clients[key];
    let has_turn = could_move(client);
    client.read_closed |= event.is_read_closed() || event.is_error();
    client.readable |= event.is_readable() || client.read_closed;
    client.writable |= event.is_writable();
    if !has_turn && could_move(client) {
        turns.push(key);
    }
}

/// One turn of one client: at most one read, the work it asked for, at most one write. Whether it needs another.
fn turn(registry: &Registry, clients: &mut Slab<Client>, key: usize) -> bool {
    let client = &mut clients[key];
    let conn = &mut client.conn;
    if client.readable && conn.wants_read() {
        conn.read();
        // Emptied: mio tells when more comes. But an end that is there already is told no more: read on, up to it.
        client.readable = !conn.drained() || client.read_closed;
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if client.writable && conn.wants_write() {
        client.writable = conn.write() != Io::Blocked;
    }
    if conn.is_done() {
        let client = clients.remove(key);
        // The socket is about to be closed; nothing is lost if the system has forgotten it already.
        let _ = registry.deregister(&mut SourceFd(&client.conn.as_raw_fd()));
        return false;
    }
    could_move(client)
}

/// Whether the socket is ready, as far as we know, for something that the conversation wants.
fn could_move(client: &Client) -> bool {
    client.readable && client.conn.wants_read() || client.writable && client.conn.wants_write()
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "mio",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread is told by mio, the layer under tokio, once when a socket becomes ready.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "mio, Metal I/O for Rust (2014-); its `Poll` documentation, Portability",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
