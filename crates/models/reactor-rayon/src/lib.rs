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

/// A loop that never computes, and a pool that does nothing else.
pub struct ReactorRayon;

/// The tokens of the listener and of the pool's eventfd; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;
const FINISHED: u64 = u64::MAX - 1;

/// Results that may wait for the loop. A thread of the pool with one more waits until the loop has looked.
const RESULTS: usize = 1024;

/// What the loop and the jobs on the pool share.
struct Desk {
    epoll: Epoll,
    /// The way back: whose work is done, and by which thread. Epoll cannot watch a channel, so an eventfd says when to look.
    done: Sender<(usize, usize)>,
    finished: Receiver<(usize, usize)>,
    news: EventFd,
}

/// A conversation, and what epoll watches its socket for: nothing, while its work is on the pool.
struct Client {
    conn: Conn,
    interest: EpollFlags,
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
            pool.in_place_scope(|scope| run(scope, &listener, &desk, cx))
        });
        served.map_err(io::Error::other)?
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// The loop of `epoll-level`, with one more thing to be told of.
fn run<'d>(scope: &Scope<'d>, listener: &Listener, desk: &'d Desk, cx: &Context) -> io::Result<()> {
    let mut clients = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    let mut listening = false;
    loop {
        if listening != cx.has_room() {
            listening = !listening;
            watch_listener(&desk.epoll, listener, listening)?;
        }
        if cx.stopping() && clients.is_empty() {
            return Ok(());
        }
        let ready = cx.wait(|| desk.epoll.wait(&mut events, EpollTimeout::NONE))?;
        for event in &events[..ready] {
            match event.data() {
                LISTENER => accept(&desk.epoll, listener, cx, &mut clients),
                FINISHED => take_results(scope, desk, &mut clients)?,
                _ => turn(scope, desk, &mut clients, event),
            }
        }
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

/// One turn of one client: at most one read and one write. Its work, if there is some, is handed on.
fn turn<'d>(scope: &Scope<'d>, desk: &'d Desk, clients: &mut Slab<Client>, event: &EpollEvent) {
    let key = event.data() as usize;
    let conn = &mut clients[key].conn;
    if event.events() != EpollFlags::EPOLLOUT && conn.wants_read() {
        conn.read();
    }
    go_on(scope, desk, clients, key);
}

/// Clients whose work is done go on where they left off.
fn take_results<'d>(
    scope: &Scope<'d>,
    desk: &'d Desk,
    clients: &mut Slab<Client>,
) -> io::Result<()> {
    desk.news.read()?; // before the channel is looked at: what comes later is news again
    for (key, thread) in desk.finished.try_iter() {
        clients[key].conn.worked_by(thread);
        go_on(scope, desk, clients, key);
    }
    Ok(())
}

/// After a read, or after work: at most one write, and then more work, or the next wait.
fn go_on<'d>(scope: &Scope<'d>, desk: &'d Desk, clients: &mut Slab<Client>, key: usize) {
    let Client { conn, interest } = &mut clients[key];
    if conn.wants_write() {
        conn.write();
    }
    let mut wanted = EpollFlags::empty();
    if let Some(work) = conn.work() {
        scope.spawn(move |_| {
            perform(work); // on a thread of the pool: this client waits, and nobody else
            let thread = current_thread_index().expect("this is a thread of the pool");
            let told = desk.done.send((key, thread));
            told.expect("the loop looks for results as long as work is being done");
            let _ = desk.news.write(1); // it blocks only at 2^64 - 1
        });
    } else {
        wanted.set(EpollFlags::EPOLLIN, conn.wants_read());
        wanted.set(EpollFlags::EPOLLOUT, conn.wants_write());
    }
    let mut event = EpollEvent::new(wanted, key as u64);
    // A socket that nobody can attend to is taken out: even without interest epoll would tell that it was reset.
    let told = match (interest.is_empty(), wanted.is_empty()) {
        _ if *interest == wanted => Ok(()),
        (true, _) => desk.epoll.add(&*conn, event),
        (_, true) => desk.epoll.delete(&*conn),
        _ => desk.epoll.modify(&*conn, &mut event),
    };
    *interest = wanted;
    if conn.work().is_none() && (conn.is_done() || told.is_err()) {
        clients.remove(key); // closing a socket takes it out of the epoll set
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "reactor-rayon",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread serves all sockets; what has to be computed is computed on rayon's pool.",
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
