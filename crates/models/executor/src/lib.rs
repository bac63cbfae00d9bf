#![doc = include_str!("../README.md")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Wake, Waker};
use std::time::Instant;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, Work, WorkPlace,
    Workers, perform,
};
use polling::{Event, Events, Poller};
use slab::Slab;

/// A task for every client, on an executor and a reactor that are written out here.
pub struct Executor;

/// The state machine of an `async` function; a poll runs it from where it stopped to its next `await`.
type Task<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + 'a>>;

/// The keys of the tasks that can go on. A waker must be `Send`, hence the lock; this server has one thread.
type RunQueue = Arc<Mutex<Vec<usize>>>;

/// The data behind a waker: a task, and the queue that the task is put into.
struct TaskWaker {
    key: usize,
    queue: RunQueue,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.queue.lock().expect("never poisoned").push(self.key);
    }
}

impl Model for Executor {
    /// The executor: polls the tasks that were woken, and waits if there are none.
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let reactor = Reactor {
            poller: Poller::new()?,
            sockets: RefCell::default(),
            timers: RefCell::default(),
            acceptor: Cell::default(),
        };
        let mut events = Events::new();
        let run_queue = RunQueue::default();
        let spawned = RefCell::default();
        let acceptor: Task = Box::pin(converse_with_all(&reactor, &spawned, listener, cx));
        let mut new = vec![acceptor];
        let mut tasks = Slab::new();
        cx.ready();
        while !new.is_empty() || !tasks.is_empty() {
            for future in new.drain(..) {
                let task = tasks.vacant_entry();
                let key = task.key();
                let queue = Arc::clone(&run_queue);
                let waker = Waker::from(Arc::new(TaskWaker { key, queue }));
                waker.wake_by_ref(); // a future does nothing until its first poll
                task.insert((future, waker));
            }
            let woken = run_queue.lock().expect("never poisoned").split_off(0);
            if woken.is_empty() {
                reactor.wait(&mut events, cx)?;
            }
            for key in woken {
                let (future, waker) = &mut tasks[key]; // it exists: each wait of a task wakes it once
                let mut context = task::Context::from_waker(waker);
                if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
                    drop(tasks.remove(key));
                    result?;
                    if let Some(acceptor) = reactor.acceptor.take() {
                        acceptor.wake(); // the client that left made room
                    }
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

/// The first task: spawns a task for every client, and ends after a stop.
async fn converse_with_all<'a>(
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
                let _ = converse(&mut conn, reactor).await; // an error ends this client only
                reactor.poller.delete(&conn).or(Ok(()))
            }));
        }
        if cx.has_room() {
            reactor.until_ready(&listener, Event::readable).await?;
        } else if !cx.stopping() {
            suspend(|waker| reactor.acceptor.set(Some(waker))).await; // after a stop, nothing might wake it
        }
    }
    reactor.poller.delete(&listener)
}

/// One conversation: [`Conn::converse`] with an `await` where it would block, and another task runs instead.
async fn converse(conn: &mut Conn, reactor: &Reactor) -> io::Result<()> {
    while !conn.is_done() {
        if conn.wants_write() {
            conn.write();
            if conn.wants_room() {
                reactor.until_ready(conn, Event::writable).await?; // with work left too: the others go on first
            }
        } else if let Some(work) = conn.work() {
            carry_out(work, conn, reactor).await;
            conn.worked();
        } else {
            reactor.until_ready(conn, Event::readable).await?;
            conn.read();
        }
    }
    Ok(())
}

/// Sleeps in the reactor's timer, where no other task waits for it; computes at once, and every other task waits.
async fn carry_out(work: Work, conn: &Conn, reactor: &Reactor) {
    if let Some(naps) = work.naps() {
        for nap in naps {
            let timer = (Instant::now() + nap, conn.as_raw_fd());
            suspend(|waker| _ = reactor.timers.borrow_mut().insert(timer, waker)).await;
        }
    } else {
        perform(work);
    }
}

/// The end of every chain of `await`: stores the task's waker, and returns to the executor until the next poll.
async fn suspend(store: impl FnOnce(Waker)) {
    let mut store = Some(store);
    poll_fn(|task| match store.take() {
        Some(store) => {
            store(task.waker().clone());
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
    .await;
}

/// The reactor: the poller, and the wakers of all tasks that wait.
struct Reactor {
    poller: Poller,
    sockets: RefCell<HashMap<usize, Waker>>,
    timers: RefCell<BTreeMap<(Instant, RawFd), Waker>>, // several may end at one moment
    acceptor: Cell<Option<Waker>>,                      // set while there is no room
}

impl Reactor {
    /// Waits until a socket is ready or a timer ends, and wakes the tasks that wait for it.
    fn wait(&self, events: &mut Events, cx: &Context) -> io::Result<()> {
        let next = self.timers.borrow().keys().next().copied();
        let timeout = next.map(|(end, _)| end.saturating_duration_since(Instant::now()));
        events.clear();
        cx.wait(|| self.poller.wait(events, timeout))?;
        for event in events.iter() {
            let task = self.sockets.borrow_mut().remove(&event.key);
            task.into_iter().for_each(Waker::wake);
        }
        let pending = self.timers.borrow_mut().split_off(&(Instant::now(), 0));
        let ended = self.timers.replace(pending);
        ended.into_values().for_each(Waker::wake);
        Ok(())
    }

    fn add(&self, socket: &impl AsRawFd) -> io::Result<()> {
        let fd = socket.as_raw_fd();
        // SAFETY: it is deleted before it is closed. If `serve` fails, nothing uses the poller any more.
        unsafe { self.poller.add(fd, Event::none(fd as usize)) }
    }

    /// Asks the poller for one event (one-shot), and suspends the task until it comes.
    async fn until_ready(&self, socket: &impl AsFd, event: fn(usize) -> Event) -> io::Result<()> {
        let key = socket.as_fd().as_raw_fd() as usize;
        self.poller.modify(socket, event(key))?;
        suspend(|waker| _ = self.sockets.borrow_mut().insert(key, waker)).await;
        Ok(())
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "executor",
    family: Family::Runtimes,
    transport: Transport::Stream,
    summary: "Every client is a future; a small executor polls the futures that a small reactor has woken.",
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
