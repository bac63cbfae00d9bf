#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use polling::{Event, Events, Poller};
use slab::Slab;

/// One thread, which asks polling for one event of each socket and asks again after each event.
pub struct Polling;

/// The key of the listener; clients have their keys in the slab, from 0. `usize::MAX` belongs to polling itself.
const LISTENER: usize = usize::MAX - 1;

impl Model for Polling {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let poller = Poller::new()?;
        // SAFETY: the listener is deleted below. If a failure ends this function earlier, the poller is dropped first.
        unsafe { poller.add(&listener, Event::none(LISTENER)) }?;
        let mut clients = Slab::new();
        let mut events = Events::new();
        let mut listening = false;
        cx.ready();
        loop {
            // After a stop `has_room` is false, so that the listener, which is then ready all the time, is not watched.
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            if !listening && cx.has_room() {
                listening = true;
                poller.modify(&listener, Event::readable(LISTENER))?;
            }
            // After a stop, the clients that are left may finish.
            if cx.stopping() && clients.is_empty() {
                return poller.delete(&listener);
            }
            events.clear();
            cx.wait(|| poller.wait(&mut events, None))?;
            for event in events.iter() {
                if event.key == LISTENER {
                    accept(&poller, &listener, cx, &mut clients);
                    listening = false; // this event was the only one asked for
                } else {
                    give_turn(&poller, &mut clients, event);
                }
            }
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Accepts all clients that are waiting.
fn accept(poller: &Poller, listener: &Listener, cx: &Context, clients: &mut Slab<Conn>) {
    while let Some(stream) = cx.try_accept(listener) {
        let (client, conn) = (clients.vacant_entry(), cx.open(stream));
        let event = interest_of(&conn, client.key());
        // SAFETY: `give_turn` deletes the socket before it is closed. If `serve` fails, the poller is dropped first.
        if unsafe { poller.add(&conn, event) }.is_ok() {
            client.insert(conn);
        } else {
            conn.refuse(); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Gives a client its turn. Then it leaves if its conversation is over, or asks for its next event.
fn give_turn(poller: &Poller, clients: &mut Slab<Conn>, event: Event) {
    let conn = &mut clients[event.key];
    turn(conn, event.readable);
    let interest = interest_of(conn, event.key);
    if conn.is_done() || poller.modify(&*conn, interest).is_err() {
        // The socket is closed next: if the system has forgotten it already, nothing is lost.
        let _ = poller.delete(&*conn);
        clients.remove(event.key);
    }
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
fn interest_of(conn: &Conn, key: usize) -> Event {
    Event::new(key, conn.wants_read(), conn.wants_room())
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "polling",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread asks polling, the layer under smol, for one event of each socket, and asks again after each event.",
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
