#![doc = include_str!("../README.md")]

use std::io;

use crossbeam_channel::{Receiver, Sender, bounded};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, WorkPlace, Workers,
    perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use rayon::{Scope, ThreadBuilder, ThreadPoolBuilder, current_thread_index};
use slab::Slab;

/// One loop, which never computes, and a pool of threads, which do nothing else.
pub struct ReactorRayon;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;

/// The token of the eventfd that reports finished work.
const FINISHED: u64 = u64::MAX - 1;

/// The most results that wait for the loop. While there are that many, a pool thread with another result waits.
const RESULTS: usize = 1024;

/// What the loop and the jobs on the pool share.
struct Desk {
    epoll: Epoll,
    /// The way back, for the key of a client whose work is done and the number of the thread that did it.
    done: Sender<(usize, usize)>,
    finished: Receiver<(usize, usize)>,
    /// Reports that `finished` is not empty, because epoll cannot watch a channel.
    news: EventFd,
}

impl Model for ReactorRayon {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let (done, finished) = bounded(RESULTS);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let news = EventFd::new()?;
        epoll.add(&news, EpollEvent::new(EpollFlags::EPOLLIN, FINISHED))?;
        let desk = Desk {
            epoll,
            done,
            finished,
            news,
        };
        cx.list_workers();
        let threads = ThreadPoolBuilder::new().num_threads(cx.workers());
        let served = threads.build_scoped(ThreadBuilder::run, |pool| {
            cx.ready();
            pool.in_place_scope(|scope| run(scope, &listener, &desk, cx))
        });
        served.map_err(io::Error::other)?
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// The loop of `epoll-level`, with the eventfd of the pool as one more source of events.
fn run<'d>(scope: &Scope<'d>, listener: &Listener, desk: &'d Desk, cx: &Context) -> io::Result<()> {
    let epoll = &desk.epoll;
    let mut clients = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    let mut listening = false;
    loop {
        // After a stop `has_room` is false: a listener that was shut down would be ready all the time.
        // Read it before `stopping`: in the other order, a stop in between could leave nothing that ends the wait.
        if listening != cx.has_room() {
            listening = !listening;
            watch_listener(epoll, listener, listening)?;
        }
        // After a stop, the clients that are left may finish.
        if cx.stopping() && clients.is_empty() {
            return Ok(());
        }
        let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
        for event in &events[..ready] {
            match event.data() {
                LISTENER => accept(epoll, listener, cx, &mut clients),
                FINISHED => take_results(scope, desk, &mut clients)?,
                _ => turn(scope, desk, &mut clients, event),
            }
        }
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

/// One turn of one client: at most one read and one write. Its work goes to the pool.
fn turn<'d>(scope: &Scope<'d>, desk: &'d Desk, clients: &mut Slab<Conn>, event: &EpollEvent) {
    let key = event.data() as usize;
    let conn = &mut clients[key];
    let watched = interest_of(conn);
    if event.events() != EpollFlags::EPOLLOUT && conn.wants_read() {
        conn.read();
    }
    go_on(scope, desk, clients, key, watched);
}

/// Lets the clients go on whose work is done.
fn take_results<'d>(scope: &Scope<'d>, desk: &'d Desk, clients: &mut Slab<Conn>) -> io::Result<()> {
    desk.news.read()?; // before the channel is emptied: a result that comes in between rings again
    for (key, thread) in desk.finished.try_iter() {
        let conn = &mut clients[key];
        let watched = interest_of(conn);
        conn.worked_by(thread);
        go_on(scope, desk, clients, key, watched);
    }
    Ok(())
}

/// After a read, or after work: at most one write. Then the client hands on its work, waits, or leaves.
fn go_on<'d>(
    scope: &Scope<'d>,
    desk: &'d Desk,
    clients: &mut Slab<Conn>,
    key: usize,
    watched: EpollFlags,
) {
    let conn = &mut clients[key];
    if conn.wants_write() {
        conn.write();
    }
    let work = conn.work();
    if let Some(work) = work {
        scope.spawn(move |_| {
            perform(work); // on a thread of the pool: no other client waits
            let thread = current_thread_index().expect("this is a thread of the pool");
            let sent = desk.done.send((key, thread));
            sent.expect("the loop takes results as long as a client has work on the pool");
            let _ = desk.news.write(1); // it blocks only at 2^64 - 1
        });
    }
    let interest = interest_of(conn);
    let mut event = EpollEvent::new(interest, key as u64);
    let changed = match (watched.is_empty(), interest.is_empty()) {
        _ if watched == interest => Ok(()),
        (true, _) => desk.epoll.add(&*conn, event),
        // An empty interest is not enough: epoll reports a reset nevertheless, at every call.
        (_, true) => desk.epoll.delete(&*conn),
        _ => desk.epoll.modify(&*conn, &mut event),
    };
    if work.is_none() && (conn.is_done() || changed.is_err()) {
        clients.remove(key); // closing a socket takes it out of the epoll set
    }
}

/// Nothing while the client's work is on the pool: `wants_read` is false until it is done. Write interest only while
/// there is something to write: an idle socket is always ready for writing.
fn interest_of(conn: &Conn) -> EpollFlags {
    let mut interest = EpollFlags::empty();
    interest.set(EpollFlags::EPOLLIN, conn.wants_read());
    interest.set(
        EpollFlags::EPOLLOUT,
        conn.wants_write() && !conn.wants_work(),
    );
    interest
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "reactor-rayon",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread serves all sockets; rayon's thread pool does the computing.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Pool,
    source: "Pai, Druschel and Zwaenepoel, Flash: AMPED (USENIX 1999)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
