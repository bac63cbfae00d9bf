#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use polling::{Event, Events, Poller};
use slab::Slab;

/// One thread, told by polling which sockets are ready, each once for every time it asks.
pub struct Polling;

/// The key of the listener; clients have the numbers from 0. The very last number is polling's own.
const LISTENER: usize = usize::MAX - 1;

impl Model for Polling {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let mut clients = Slab::new();
        let poller = Poller::new()?;
        // SAFETY: it is deleted below; where a failure ends this function earlier, the poller is dropped first.
        unsafe { poller.add(&listener, Event::none(LISTENER)) }?;
        let mut events = Events::new();
        let mut listening = false;
        loop {
            if !listening && cx.has_room() {
                poller.modify(&listener, Event::readable(LISTENER))?;
                listening = true;
            }
            if cx.stopping() && clients.is_empty() {
                return poller.delete(&listener);
            }
            events.clear();
            cx.wait(|| poller.wait(&mut events, None))?;
            for event in events.iter() {
                if event.key == LISTENER {
                    accept(&poller, &listener, cx, &mut clients);
                    listening = false; // this question is answered; ask again when there is room
                } else {
                    turn(&poller, &mut clients, event);
                }
            }
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Takes in all clients that wait.
fn accept(poller: &Poller, listener: &Listener, cx: &Context, clients: &mut Slab<Conn>) {
    while let Some(stream) = cx.try_accept(listener) {
        let client = clients.vacant_entry();
        // SAFETY: `turn` deletes it before the connection is dropped; where `serve` fails, the poller is dropped first.
        if unsafe { poller.add(&stream, Event::readable(client.key())) }.is_ok() {
            client.insert(cx.open(stream));
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// One turn of one client: at most one read, the work it asked for, at most one write; then the next question.
fn turn(poller: &Poller, clients: &mut Slab<Conn>, event: Event) {
    let conn = &mut clients[event.key];
    if event.readable && conn.wants_read() {
        conn.read();
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
    let interest = interest_of(conn, event.key);
    if conn.is_done() || poller.modify(&*conn, interest).is_err() {
        // The socket is about to be closed; nothing is lost if the system has forgotten it already.
        let _ = poller.delete(&*conn);
        clients.remove(event.key);
    }
}

/// Write interest only while there is something to write: an idle socket is always ready for writing.
fn interest_of(conn: &Conn, key: usize) -> Event {
    Event::new(key, conn.wants_read(), conn.wants_write())
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "polling",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread asks polling, the layer under smol, for one event a socket, and asks anew after each.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "polling, the portable poller of smol (2020-); EPOLLONESHOT in epoll(7)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim {
            says: "A request takes three system calls: read, write, and asking for the next event.",
            scenario: "ladder",
            metric: "system_calls",
            expect: Expect::AtLeast(2.9),
        },
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
