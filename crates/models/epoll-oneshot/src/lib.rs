#![doc = include_str!("../README.md")]

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::thread;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use slab::Slab;

/// Several threads wait on one epoll set; the thread that gets an event owns that socket until it re-arms it.
pub struct EpollOneshot;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;

/// The token of the eventfd that ends all threads.
const END: u64 = u64::MAX - 1;

/// One event when there is something to read, for one thread; then silence until a thread re-arms the socket.
const INPUT: EpollFlags = EpollFlags::EPOLLIN.union(EpollFlags::EPOLLONESHOT);

/// What the threads share.
struct Set {
    epoll: Epoll,
    listener: Listener,
    /// The thread that has a client's event takes the client out, and puts it back before it re-arms the socket.
    clients: Mutex<Slab<Option<Conn>>>,
    /// Number of clients, and 1 for the listener until a stop. The thread that makes it 0 ends all threads.
    sockets: AtomicUsize,
    end: EventFd,
    /// True while the listener is not armed because there is no room.
    resting: AtomicBool,
}

impl Model for EpollOneshot {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let set = &Set {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            listener,
            clients: Mutex::new(Slab::new()),
            sockets: AtomicUsize::new(1),
            end: EventFd::new()?,
            resting: AtomicBool::new(false),
        };
        let end = EpollEvent::new(EpollFlags::EPOLLIN, END);
        set.epoll.add(&set.end, end)?;
        let first = EpollEvent::new(INPUT, LISTENER);
        set.epoll.add(&set.listener, first)?;
        thread::scope(|scope| {
            for worker in 1..cx.workers() {
                let thread = thread::Builder::new();
                let own = cx.worker(worker);
                let made = thread.spawn_scoped(scope, move || set.run(worker, &own));
                made.map_err(|error| cx.give_up(error))?; // the threads already started end
            }
            cx.ready();
            set.run(0, &cx.worker(0)) // the first thread is a worker like the others
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

impl Set {
    /// The loop of one thread. It takes one event at a time and leaves the next to another thread.
    fn run(&self, worker: usize, cx: &Context) -> io::Result<()> {
        let mut event = [EpollEvent::empty()];
        loop {
            cx.wait(|| self.epoll.wait(&mut event, EpollTimeout::NONE))?;
            match event[0].data() {
                END => return Ok(()), // no thread reads the eventfd, so that all threads see it
                LISTENER => self.accept(cx)?,
                _ => self.give_turn(worker, event[0])?,
            }
        }
    }

    /// Accepts all clients that are waiting. This thread owns the listener until it re-arms it.
    fn accept(&self, cx: &Context) -> io::Result<()> {
        while let Some(stream) = cx.try_accept(&self.listener) {
            let conn = cx.open(stream);
            let mut clients = self.clients();
            let client = clients.vacant_entry();
            let event = EpollEvent::new(interest_of(&conn), client.key() as u64);
            // From here on another thread may get the client's event. It waits for the lock, and then finds the client.
            if self.epoll.add(&conn, event).is_ok() {
                self.sockets.fetch_add(1, Ordering::SeqCst);
                client.insert(Some(conn));
            } else {
                conn.refuse(); // the user's limit of watched sockets is reached (epoll(7))
            }
        }
        // After a stop, the clients that are left may finish.
        if cx.stopping() {
            return self.one_less();
        }
        // First stored, then asked: if a client leaves in between, one of the two threads re-arms the listener.
        self.resting.store(true, Ordering::SeqCst);
        if cx.has_room() || cx.stopping() {
            self.rearm_listener()?;
        }
        Ok(())
    }

    /// Gives a client its turn. Then it leaves if its conversation is over, or asks for its next event.
    fn give_turn(&self, worker: usize, event: EpollEvent) -> io::Result<()> {
        let key = event.data() as usize;
        let taken = self.clients()[key].take();
        let mut conn = taken.expect("one thread gets the event, and finds the client there");
        conn.hand_to(worker);
        turn(&mut conn, event.events() != EpollFlags::EPOLLOUT);
        if conn.is_done() {
            drop(conn); // closing a socket takes it out of the epoll set
            self.clients().remove(key);
            self.rearm_listener()?;
            return self.one_less();
        }
        let mut event = EpollEvent::new(interest_of(&conn), key as u64);
        let mut clients = self.clients();
        let conn = clients[key].insert(conn); // after the next line it may belong to another thread
        self.epoll.modify(conn, &mut event)?;
        Ok(())
    }

    fn clients(&self) -> MutexGuard<'_, Slab<Option<Conn>>> {
        let clients = self.clients.lock();
        clients.expect("no thread panics while it holds the lock")
    }

    /// Re-arms the listener if it rests: there may be room again, or a stop to be noticed.
    fn rearm_listener(&self) -> io::Result<()> {
        if self.resting.swap(false, Ordering::SeqCst) {
            let mut event = EpollEvent::new(INPUT, LISTENER);
            self.epoll.modify(&self.listener, &mut event)?;
        }
        Ok(())
    }

    /// Counts a socket out. Without sockets there is nothing to wait for, so the last one ends all threads.
    fn one_less(&self) -> io::Result<()> {
        if self.sockets.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.end.write(1)?;
        }
        Ok(())
    }
}

/// One turn of one client: at most one read, the work of one request, at most one write.
fn turn(conn: &mut Conn, readable: bool) {
    if readable && conn.wants_read() {
        conn.read();
    }
    if let Some(work) = conn.work() {
        perform(work); // in this thread: the other threads serve the other clients
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
}

/// Write interest only while there is something to write: an idle socket is always ready for writing. It also brings a
/// client that has work left its next turn, after the turns of the others.
fn interest_of(conn: &Conn) -> EpollFlags {
    let mut interest = EpollFlags::EPOLLONESHOT;
    interest.set(EpollFlags::EPOLLIN, conn.wants_read());
    interest.set(EpollFlags::EPOLLOUT, conn.wants_room());
    interest
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "epoll-oneshot",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "Several threads wait on one epoll set; the thread that gets an event owns the socket until it re-arms it.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Worker,
    source: "Schmidt et al., Leader/Followers (POSA2, 2000); EPOLLONESHOT in epoll_ctl(2)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim {
            says: "A request takes four system calls: wait, read, write, and asking for the next event.",
            scenario: "ladder",
            metric: "system_calls",
            expect: Expect::AtLeast(3.9),
        },
    ],
};
