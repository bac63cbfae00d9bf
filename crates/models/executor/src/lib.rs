#![doc = include_str!("../README.md")]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Wake, Waker};
use std::time::Instant;
use std::{io, mem};

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, Work, WorkPlace,
    Workers, perform,
};
use polling::{Event, Events, Poller};
use slab::Slab;

/// A task for every client, on an executor and a reactor that are written out here.
pub struct Executor;

/// An `async` function that was called: a state machine, which goes on from where it is when it is polled.
type Task<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

/// The keys of tasks that can go on. Wakers have to be `Send`, hence the lock; here nobody else ever holds it.
type RunQueue = Arc<Mutex<Vec<usize>>>;

/// What a waker is: the key of a task, and the run queue to put it into.
struct Wakeup(usize, RunQueue);

impl Wake for Wakeup {
    fn wake(self: Arc<Self>) {
        self.1.lock().expect("nobody panics with it").push(self.0);
    }
}

impl Model for Executor {
    /// The executor: it polls those tasks that were woken, and waits when there is none.
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let (poller, waiting) = (Poller::new()?, RefCell::default());
        let (reactor, mut events) = (Reactor { poller, waiting }, Events::new());
        let (run_queue, spawned) = (RunQueue::default(), RefCell::new(Vec::new()));
        let accept: Task = Box::pin(accept_all(&reactor, &spawned, listener, cx));
        let (mut new, mut tasks) = (vec![accept], Slab::new());
        while !new.is_empty() || !tasks.is_empty() {
            for future in new.drain(..) {
                let place = tasks.vacant_entry();
                let waker = Waker::from(Arc::new(Wakeup(place.key(), Arc::clone(&run_queue))));
                waker.wake_by_ref(); // a future does nothing before it is polled for the first time
                place.insert((future, waker));
            }
            let woken = mem::take(&mut *run_queue.lock().expect("nobody panics with it"));
            if woken.is_empty() {
                reactor.wait(&mut events, cx)?;
            }
            for key in woken {
                let (future, waker) = &mut tasks[key]; // not over: a waker is left in one place, and used once
                let mut context = task::Context::from_waker(waker);
                if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
                    drop(tasks.remove(key));
                    result?;
                    let room = reactor.waiting.borrow_mut().room.take();
                    room.into_iter().for_each(Waker::wake);
                }
            }
            new.extend(spawned.take());
        }
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// The first task: it spawns one for every client, and ends with the stop.
async fn accept_all<'a>(
    reactor: &'a Reactor,
    spawned: &RefCell<Vec<Task<'a>>>,
    listener: Listener,
    cx: &Context,
) -> io::Result<()> {
    listener.set_nonblocking()?;
    reactor.add(&listener)?;
    while !cx.stopping() {
        while let Some(stream) = cx.try_accept(&listener) {
            if reactor.add(&stream).is_err() {
                cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
                continue;
            }
            let mut conn = cx.open(stream);
            spawned.borrow_mut().push(Box::pin(async move {
                // Where the poller fails one client, one conversation is over; the socket is about to be closed.
                let _ = converse(reactor, &mut conn).await;
                let _ = reactor.poller.delete(&conn);
                Ok(())
            }));
        }
        if cx.has_room() {
            reactor.ready(&listener, Event::readable).await?;
        } else {
            suspend(|waker| reactor.waiting.borrow_mut().room = Some(waker)).await;
        }
    }
    reactor.poller.delete(&listener)
}

/// The task of one client: [`Conn::converse`], with an `await` where it would block.
async fn converse(reactor: &Reactor, conn: &mut Conn) -> io::Result<()> {
    while !conn.is_done() {
        if conn.wants_write() {
            conn.write();
            if conn.wants_write() {
                reactor.ready(conn, Event::writable).await?;
            }
        } else if let Some(work) = conn.work() {
            if let Work::Sleep(nap) = work {
                let (all, timer) = (&reactor.waiting, (Instant::now() + nap, conn.as_raw_fd()));
                suspend(|waker| drop(all.borrow_mut().timers.insert(timer, waker))).await;
            } else {
                perform(work); // nothing here awaits: every other task waits as well
            }
            conn.worked();
        } else {
            reactor.ready(conn, Event::readable).await?;
            conn.read();
        }
    }
    Ok(())
}

/// Where all waiting ends: leaves the task's waker somewhere, and returns to the executor until it is polled again.
async fn suspend(leave: impl FnOnce(Waker)) {
    let mut leave = Some(leave);
    poll_fn(|task| {
        let first = leave.take().map(|leave| leave(task.waker().clone()));
        first.map_or(Poll::Ready(()), |()| Poll::Pending)
    })
    .await;
}

/// The reactor: a poller, and the wakers of tasks that wait.
struct Reactor {
    poller: Poller,
    waiting: RefCell<Waiting>,
}

/// What is waited for: sockets by their number, the times to go on at, and room for another client.
#[derive(Default)]
struct Waiting {
    sockets: HashMap<usize, Waker>,
    timers: BTreeMap<(Instant, RawFd), Waker>,
    room: Option<Waker>,
}

impl Reactor {
    /// Waits for sockets and for the next timer, and wakes who has waited for them.
    fn wait(&self, events: &mut Events, cx: &Context) -> io::Result<()> {
        let next = self.waiting.borrow().timers.keys().next().copied();
        let timeout = next.map(|(due, _)| due.saturating_duration_since(Instant::now()));
        events.clear();
        cx.wait(|| self.poller.wait(events, timeout))?;
        let waiting = &mut *self.waiting.borrow_mut();
        let ready = (events.iter()).filter_map(|event| waiting.sockets.remove(&event.key));
        ready.for_each(Waker::wake);
        let later = waiting.timers.split_off(&(Instant::now(), 0));
        let due = mem::replace(&mut waiting.timers, later).into_values();
        due.for_each(Waker::wake);
        Ok(())
    }

    fn add(&self, socket: &impl AsRawFd) -> io::Result<()> {
        let fd = socket.as_raw_fd();
        // SAFETY: it is deleted before it is closed; where `serve` fails, nobody asks the poller any more.
        unsafe { self.poller.add(fd, Event::none(fd as usize)) }
    }

    /// Until the poller has told of a socket: once, until it is asked again.
    async fn ready(&self, socket: &impl AsFd, interest: fn(usize) -> Event) -> io::Result<()> {
        let key = socket.as_fd().as_raw_fd() as usize;
        self.poller.modify(socket, interest(key))?;
        suspend(|waker| drop(self.waiting.borrow_mut().sockets.insert(key, waker))).await;
        Ok(())
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "executor",
    family: Family::Runtimes,
    transport: Transport::Stream,
    summary: "Every client is a future; a small executor polls those that a small reactor has woken.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Timer,
    source: "Rust RFC 2592, futures in the core library (2018); Python's asyncio and generators before it",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
