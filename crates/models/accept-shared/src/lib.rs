#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// A loop for each CPU, with an epoll set and clients of its own; all sets watch the same listener.
pub struct AcceptShared;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;

/// Milliseconds until a loop without room looks again: when another loop makes room, no event reports it here.
const LOOK_AGAIN: u8 = 10;

impl Model for AcceptShared {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        // The listener has a list of the sets that watch it. The kernel looks through it from its first entry, and the sets
        // enter it here in the order of the workers.
        let set = |_| watching(&listener, cx);
        let sets: Vec<Epoll> = (0..cx.workers()).map(set).collect::<io::Result<_>>()?;
        thread::scope(|scope| {
            for (worker, epoll) in sets.iter().enumerate().skip(1) {
                let thread = thread::Builder::new();
                let (listener, own) = (&listener, cx.worker(worker));
                let made = thread.spawn_scoped(scope, move || run(epoll, listener, &own));
                made.map_err(|error| cx.give_up(error))?; // the loops already started end
            }
            cx.ready();
            run(&sets[0], &listener, &cx.worker(0)) // the first thread is a loop like the others
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// An epoll set that watches the listener.
fn watching(listener: &Listener, cx: &Context) -> io::Result<Epoll> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    watch_listener(&epoll, listener, cx, true)?;
    Ok(epoll)
}

/// The loop of one thread, with an epoll set and clients of its own.
fn run(epoll: &Epoll, listener: &Listener, cx: &Context) -> io::Result<()> {
    let mut clients = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    let mut listening = true;
    loop {
        // After a stop `has_room` is false: a listener that was shut down would be ready all the time.
        // Read it before `stopping`: in the other order, a stop in between could leave nothing that ends the wait.
        if listening != cx.has_room() {
            listening = !listening;
            watch_listener(epoll, listener, cx, listening)?;
        }
        // After a stop, the clients that are left may finish.
        let stopping = cx.stopping(); // read once: after a stop between two reads, nothing might end the wait
        if stopping && clients.is_empty() {
            return Ok(());
        }
        let timeout = if listening || stopping {
            EpollTimeout::NONE
        } else {
            EpollTimeout::from(LOOK_AGAIN)
        };
        let ready = cx.wait(|| epoll.wait(&mut events, timeout))?;
        for event in &events[..ready] {
            if event.data() == LISTENER {
                accept(epoll, listener, cx, &mut clients);
            } else {
                give_turn(epoll, &mut clients, event)?;
            }
        }
    }
}

/// Without room for another client the listener is not watched, because it would be ready all the time. A new client wakes
/// every loop that waits, or with `EPOLLEXCLUSIVE` only the first one in the listener's list.
fn watch_listener(
    epoll: &Epoll,
    listener: &Listener,
    cx: &Context,
    listening: bool,
) -> nix::Result<()> {
    let mut interest = EpollFlags::EPOLLIN;
    interest.set(EpollFlags::EPOLLEXCLUSIVE, cx.exclusive());
    if listening {
        epoll.add(listener, EpollEvent::new(interest, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Accepts all clients that are waiting. There are none if another loop was faster.
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
        perform(work); // in the loop: the other clients of this loop wait as well
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
    name: "accept-shared",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One loop per CPU, all on one listener; a loop that is woken accepts, and keeps, the clients that wait.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Shard,
    source: "EPOLLEXCLUSIVE in epoll_ctl(2) (Linux 4.5, 2016); Majkowski, Why does one NGINX worker take all the load? (2017)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
    ],
};
