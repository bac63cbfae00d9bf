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

/// One thread; mio reports each socket once when it becomes ready, on every system that mio supports.
pub struct Mio;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: Token = Token(usize::MAX);

/// What mio has reported about a socket. It does not report it again, so that it must be remembered.
#[derive(Default)]
struct Readiness {
    readable: bool,
    writable: bool,
    /// The client's end or an error has arrived; it is read after the data.
    read_closed: bool,
}

type Client = (Conn, Readiness);

impl Model for Mio {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let mut poll = Poll::new()?;
        watch(poll.registry(), &listener, LISTENER)?;
        let mut clients = Slab::new();
        let mut events = Events::with_capacity(256);
        let mut turns = Vec::new();
        let mut queued = false; // true while clients may be waiting in the accept queue
        cx.ready();
        loop {
            if queued && cx.has_room() {
                accept(poll.registry(), &listener, cx, &mut clients);
                queued = !cx.has_room(); // without room `accept` has left clients in the queue
            }
            // After a stop, the clients that are left may finish.
            if cx.stopping() && clients.is_empty() {
                return forget(poll.registry(), &listener);
            }
            // While some clients can go on, it only looks for news and does not sleep.
            let timeout = (!turns.is_empty()).then_some(Duration::ZERO);
            cx.wait(|| poll.poll(&mut events, timeout))?;
            for event in &events {
                if event.token() == LISTENER {
                    queued = true;
                } else {
                    remember(&mut clients, &mut turns, event);
                }
            }
            turns.retain(|&key| give_turn(poll.registry(), &mut clients, key));
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// States the interest in a socket once and for all: everything, and each change once.
fn watch(registry: &Registry, socket: &impl AsRawFd, token: Token) -> io::Result<()> {
    let interest = Interest::READABLE | Interest::WRITABLE;
    registry.register(&mut SourceFd(&socket.as_raw_fd()), token, interest)
}

/// Takes a socket back from mio, which requires it before the socket is closed.
fn forget(registry: &Registry, socket: &impl AsRawFd) -> io::Result<()> {
    registry.deregister(&mut SourceFd(&socket.as_raw_fd()))
}

/// Accepts all clients that are waiting.
fn accept(registry: &Registry, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    while let Some(stream) = cx.try_accept(listener) {
        let client = clients.vacant_entry();
        if watch(registry, &stream, Token(client.key())).is_ok() {
            client.insert((cx.open(stream), Readiness::default()));
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Keeps what is reported only once. `turns` holds the key of every client that can go on, and holds it once.
fn remember(clients: &mut Slab<Client>, turns: &mut Vec<usize>, event: &Event) {
    let key = event.token().0;
    let (conn, ready) = &mut clients[key];
    let has_turn = can_go_on(conn, ready);
    ready.read_closed |= event.is_read_closed() || event.is_error();
    ready.readable |= event.is_readable() || ready.read_closed;
    ready.writable |= event.is_writable();
    if !has_turn && can_go_on(conn, ready) {
        turns.push(key);
    }
}

/// Gives a client its turn, and removes it when its conversation is over. Returns true if it needs another turn.
fn give_turn(registry: &Registry, clients: &mut Slab<Client>, key: usize) -> bool {
    let (conn, ready) = &mut clients[key];
    turn(conn, ready);
    if conn.is_done() {
        let (conn, _) = clients.remove(key);
        // The socket is closed next: if the system has forgotten it already, nothing is lost.
        let _ = forget(registry, &conn);
        return false;
    }
    can_go_on(conn, ready)
}

/// One turn of one client: at most one read, the work of one request, at most one write.
fn turn(conn: &mut Conn, ready: &mut Readiness) {
    if ready.readable && conn.wants_read() {
        conn.read();
        // When the socket is empty, mio reports new data. It reports the client's end once, perhaps together with
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
    name: "mio",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "The layer under tokio, mio, reports a socket once, when it becomes ready; one thread serves all clients.",
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
