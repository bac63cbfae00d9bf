#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// One thread; the kernel keeps the list of sockets, and epoll reports each socket as long as it is ready.
pub struct EpollLevel;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;

impl Model for EpollLevel {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut clients = Slab::new();
        let mut events = [EpollEvent::empty(); 256];
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
            let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
            for event in &events[..ready] {
                if event.data() == LISTENER {
                    accept(&epoll, &listener, cx, &mut clients);
                } else {
                    give_turn(&epoll, &mut clients, event)?;
                }
            }
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
fn accept(epoll: &Epoll, listener: &Listener, cx: &Context, clients: &mut Slab<Conn>) {
    while let Some(stream) = cx.try_accept(listener) {
        let (client, conn) = (clients.vacant_entry(), cx.open(stream));
        let event = EpollEvent::new(interest_of(&conn), client.key() as u64);
        if epoll.add(&conn, event).is_ok() {
            client.insert(conn);
        } else {
            conn.refuse(); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Gives a client its turn. Then it leaves if its conversation is over, or epoll learns its new interest.
fn give_turn(epoll: &Epoll, clients: &mut Slab<Conn>, event: &EpollEvent) -> nix::Result<()> {
    let key = event.data() as usize;
    let conn = &mut clients[key];
    let watched = interest_of(conn);
    turn(conn, event.events() != EpollFlags::EPOLLOUT);
    let interest = interest_of(conn);
    if conn.is_done() {
        clients.remove(key); // closing a socket takes it out of the epoll set
    } else if interest != watched {
        epoll.modify(conn, &mut EpollEvent::new(interest, key as u64))?;
    }
    Ok(())
}

/// One turn of one client: at most one read, the work of one request, at most one write.
fn turn(conn: &mut Conn, readable: bool) {
    if readable && conn.wants_read() {
        conn.read();
    }
    if let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
}

/// Write interest only while there is something to write: an idle socket is always ready for writing. It also brings a
/// client that has work left its next turn, after the turns of the others.
fn interest_of(conn: &Conn) -> EpollFlags {
    let mut interest = EpollFlags::empty();
    interest.set(EpollFlags::EPOLLIN, conn.wants_read());
    interest.set(EpollFlags::EPOLLOUT, conn.wants_room());
    interest
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "epoll-level",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread asks epoll which sockets are ready; epoll reports a socket at every call while it is ready.",
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
