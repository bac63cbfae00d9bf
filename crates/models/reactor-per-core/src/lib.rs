#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// A loop for each CPU, with a listener, an epoll set and clients of its own.
pub struct ReactorPerCore;

/// The token of the listener; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;

/// Milliseconds until a loop without room looks again: the room that another loop makes wakes nobody here.
const AGAIN: u8 = 10;

/// A conversation, and what epoll watches its socket for.
struct Client {
    conn: Conn,
    interest: EpollFlags,
}

impl Model for ReactorPerCore {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        thread::scope(|scope| {
            for core in 1..cx.workers() {
                let thread = thread::Builder::new();
                let made = cx.sibling(&listener).and_then(|sibling| {
                    let own = cx.worker(core);
                    thread.spawn_scoped(scope, move || run(&sibling, &own))
                });
                if let Err(error) = made {
                    cx.pause(&error); // no more loops to be had; those that are there serve
                    break;
                }
            }
            run(&listener, &cx.worker(0)) // the first thread is a loop like the others
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// One loop, as if it were alone.
fn run(listener: &Listener, cx: &Context) -> io::Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let mut clients = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    let mut listening = false;
    loop {
        if listening != cx.has_room() {
            listening = !listening;
            watch_listener(&epoll, listener, listening)?;
        }
        if cx.stopping() && clients.is_empty() {
            return Ok(());
        }
        let timeout = if listening || cx.stopping() {
            EpollTimeout::NONE
        } else {
            EpollTimeout::from(AGAIN)
        };
        let ready = cx.wait(|| epoll.wait(&mut events, timeout))?;
        for event in &events[..ready] {
            if event.data() == LISTENER {
                accept(&epoll, listener, cx, &mut clients);
            } else {
                turn(&epoll, &mut clients, event);
            }
        }
    }
}

/// Exclusive: where loops share one accept queue (Unix-domain sockets), a client wakes one of them and not all.
fn watch_listener(epoll: &Epoll, listener: &Listener, listening: bool) -> nix::Result<()> {
    if listening {
        let interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLEXCLUSIVE;
        epoll.add(listener, EpollEvent::new(interest, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Takes in all clients that wait.
fn accept(epoll: &Epoll, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    while let Some(stream) = cx.try_accept(listener) {
        let interest = EpollFlags::EPOLLIN;
        let client = clients.vacant_entry();
        let event = EpollEvent::new(interest, client.key() as u64);
        if epoll.add(&stream, event).is_ok() {
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
fn turn(epoll: &Epoll, clients: &mut Slab<Client>, event: &EpollEvent) {
    let key = event.data() as usize;
    let Client { conn, interest } = &mut clients[key];
    if event.events() != EpollFlags::EPOLLOUT && conn.wants_read() {
        conn.read();
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: all clients of this loop wait, and none of another
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
    let wanted = interest_of(conn);
    let mut event = EpollEvent::new(wanted, key as u64);
    if conn.is_done() || *interest != wanted && epoll.modify(&*conn, &mut event).is_err() {
        clients.remove(key); // closing a socket takes it out of the epoll set
    } else {
        *interest = wanted;
    }
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
    name: "reactor-per-core",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "A loop for each CPU, and the kernel distributes the clients: the loops share nothing.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Shard,
    source: "SO_REUSEPORT in socket(7) (Linux 3.9, 2013); nginx; Seastar's shared-nothing design",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
    ],
};
