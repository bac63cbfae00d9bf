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

/// Several threads around one epoll set; each event goes to one of them, which owns its socket until it asks anew.
pub struct EpollOneshot;

/// The tokens of the listener, and of the end of the server; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;
const END: u64 = u64::MAX - 1;

/// What the threads share.
struct Set {
    epoll: Epoll,
    listener: Listener,
    /// A client is taken out by the thread that has its event, and put back before the next one is asked for.
    clients: Mutex<Slab<Option<Conn>>>,
    /// Clients, and the listener as long as it is of use. Who makes it 0 tells all threads to end.
    sockets: AtomicUsize,
    end: EventFd,
    /// The listener is not asked for, because there is no room.
    resting: AtomicBool,
}

impl Model for EpollOneshot {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let set = Set {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            listener,
            clients: Mutex::new(Slab::new()),
            sockets: AtomicUsize::new(1),
            end: EventFd::new()?,
            resting: AtomicBool::new(false),
        };
        let epoll = &set.epoll;
        epoll.add(&set.end, EpollEvent::new(EpollFlags::EPOLLIN, END))?;
        epoll.add(&set.listener, once(EpollFlags::EPOLLIN, LISTENER))?;
        thread::scope(|scope| {
            for worker in 1..cx.workers() {
                let thread = thread::Builder::new();
                let (set, own) = (&set, cx.worker(worker));
                let made = thread.spawn_scoped(scope, move || set.serve_as(worker, &own));
                if let Err(error) = made {
                    cx.pause(&error); // no more threads to be had; those that are there serve
                    break;
                }
            }
            set.serve_as(0, &cx.worker(0)) // the first thread is a worker like the others
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

impl Set {
    /// The life of a thread. It takes one event at a time: others may take the next.
    fn serve_as(&self, worker: usize, cx: &Context) -> io::Result<()> {
        let mut event = [EpollEvent::empty()];
        loop {
            cx.wait(|| self.epoll.wait(&mut event, EpollTimeout::NONE))?;
            match event[0].data() {
                END => return Ok(()), // nobody reads the eventfd, so that every thread sees it
                LISTENER => self.accept(cx)?,
                _ => self.turn(worker, event[0])?,
            }
        }
    }

    /// Takes in all clients that wait. The listener is this thread's until it is asked for again.
    fn accept(&self, cx: &Context) -> io::Result<()> {
        while let Some(stream) = cx.try_accept(&self.listener) {
            let mut clients = self.clients();
            let client = clients.vacant_entry();
            // Another thread may be told of it at once. It waits for the lock then, and finds the client.
            let event = once(EpollFlags::EPOLLIN, client.key() as u64);
            if self.epoll.add(&stream, event).is_ok() {
                self.sockets.fetch_add(1, Ordering::SeqCst);
                client.insert(Some(cx.open(stream)));
            } else {
                cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
            }
        }
        if cx.stopping() {
            return self.one_less();
        }
        self.resting.store(true, Ordering::SeqCst);
        if cx.has_room() || cx.stopping() {
            self.ask_for_listener()?; // otherwise who ends a conversation does so
        }
        Ok(())
    }

    /// One turn of one client: at most one read, the work it asked for, at most one write.
    fn turn(&self, worker: usize, event: EpollEvent) -> io::Result<()> {
        let key = event.data() as usize;
        let taken = self.clients()[key].take();
        let mut conn =
            taken.expect("an event is told to one thread only, and that one owns the client");
        conn.hand_to(worker);
        if event.events() != EpollFlags::EPOLLOUT && conn.wants_read() {
            conn.read();
        }
        while let Some(work) = conn.work() {
            perform(work); // in this thread: other clients are served by the others
            conn.worked();
        }
        if conn.wants_write() {
            conn.write();
        }
        if conn.is_done() {
            drop(conn); // closing a socket takes it out of the epoll set
            self.clients().remove(key);
            self.ask_for_listener()?;
            return self.one_less();
        }
        let mut interest = EpollFlags::empty();
        interest.set(EpollFlags::EPOLLIN, conn.wants_read());
        interest.set(EpollFlags::EPOLLOUT, conn.wants_write());
        let mut clients = self.clients();
        let conn = clients[key].insert(conn); // from the next line on it may be another thread's
        Ok(self.epoll.modify(conn, &mut once(interest, key as u64))?)
    }

    fn clients(&self) -> MutexGuard<'_, Slab<Option<Conn>>> {
        self.clients
            .lock()
            .expect("nobody panics with the lock in hand")
    }

    /// There may be room again, or a stop to be noticed.
    fn ask_for_listener(&self) -> io::Result<()> {
        if self.resting.swap(false, Ordering::SeqCst) {
            let mut event = once(EpollFlags::EPOLLIN, LISTENER);
            self.epoll.modify(&self.listener, &mut event)?;
        }
        Ok(())
    }

    /// The last one shuts the door.
    fn one_less(&self) -> io::Result<()> {
        if self.sockets.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.end.write(1)?;
        }
        Ok(())
    }
}

/// An event that is told once, to one thread, and then not until it is asked for again.
fn once(interest: EpollFlags, token: u64) -> EpollEvent {
    EpollEvent::new(interest | EpollFlags::EPOLLONESHOT, token)
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "epoll-oneshot",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "Several threads wait on one epoll set; a socket that is ready belongs to the one that is told.",
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
