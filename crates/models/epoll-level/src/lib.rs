#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// One thread, told by epoll which sockets are ready, again and again until they no longer are.
pub struct EpollLevel;

/// The token of the listener; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;

/// A conversation, and what epoll watches its socket for.
struct Client {
    conn: Conn,
    interest: EpollFlags,
}

impl Model for EpollLevel {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut clients = Slab::new();
        let mut events = [EpollEvent::empty(); 256];
        let mut listening = false;
        loop {
            if listening != cx.has_room() {
                listening = !listening;
                watch_listener(&epoll, &listener, listening)?;
            }
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
            for event in &events[..ready] {
                if event.data() == LISTENER {
                    accept(&epoll, &listener, cx, &mut clients);
                } else {
                    turn(&epoll, &mut clients, event)?;
                }
            }
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Without room for another client the listener is not watched: it would be ready all the time.
fn watch_listener(epoll: &Epoll, listener: &Listener, listening: bool) -> nix::Result<()> {
    if listening {
        epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Takes in all clients that wait.
fn accept(epoll: &Epoll, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    while let Some(stream) = cx.try_accept(listener) {
        let interest = EpollFlags::EPOLLIN;
        let client = clients.vacant_entry();
        if epoll
            .add(&stream, EpollEvent::new(interest, client.key() as u64))
            .is_ok()
        {
            client.insert(Client {
                conn: cx.open(stream),
                interest,
            });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// One turn of one client: at most one read, the work it asked for, at most one write.
fn turn(epoll: &Epoll, clients: &mut Slab<Client>, event: &EpollEvent) -> io::Result<()> {
    let key = event.data() as usize;
    let Client { conn, interest } = &mut clients[key];
    if event.events() != EpollFlags::EPOLLOUT && conn.wants_read() {
        conn.read();
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
    if conn.is_done() {
        clients.remove(key); // closing a socket takes it out of the epoll set
    } else if *interest != interest_of(conn) {
        *interest = interest_of(conn);
        epoll.modify(conn, &mut EpollEvent::new(*interest, key as u64))?;
    }
    Ok(())
}

/// Write interest only while there is something to write: an idle socket is always ready for writing.
fn interest_of(conn: &Conn) -> EpollFlags {
    let mut interest = EpollFlags::empty();
    interest.set(EpollFlags::EPOLLIN, conn.wants_read());
    interest.set(EpollFlags::EPOLLOUT, conn.wants_write());
    interest
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "epoll-level",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread asks epoll which sockets are ready, and is told so as long as they are.",
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
