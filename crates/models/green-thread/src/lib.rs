#![doc = include_str!("../README.md")]

use std::io;
use std::rc::Rc;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, Yielder};
use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Listener, Model, Stream, Transport,
    WorkPlace, Workers, perform,
};
use polling::{Event, Events, PollMode, Poller};
use slab::Slab;

/// A green thread for every client: a stack of its own, but no thread of the kernel.
pub struct GreenThread;

/// The key of the listener. Green threads have the keys from 0; `polling` reserves `usize::MAX` for itself.
const LISTENER: usize = usize::MAX - 1;

/// Bytes of stack for each green thread. A conversation needs little, and ten thousand stacks add up.
const STACK: usize = 32 << 10;

impl Model for GreenThread {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let mut scheduler = Scheduler::new()?;
        let poller = Rc::clone(&scheduler.poller);
        // SAFETY: it is deleted below. If `serve` fails earlier, nothing uses the poller any more.
        unsafe { poller.add(&listener, Event::none(LISTENER)) }?;
        let mut events = Events::new();
        let mut listening = false;
        cx.ready();
        loop {
            scheduler.run();
            // After a stop `has_room` is false, so that the listener, which is then ready all the time, is not watched.
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            if !listening && cx.has_room() {
                poller.modify(&listener, Event::readable(LISTENER))?;
                listening = true;
            }
            if cx.stopping() && scheduler.threads.is_empty() {
                return poller.delete(&listener);
            }
            events.clear();
            cx.wait(|| poller.wait(&mut events, None))?;
            for event in events.iter() {
                if event.key != LISTENER {
                    scheduler.run_queue.push(event.key);
                    continue;
                }
                listening = false; // one-shot: the poller reports the listener once for each request
                while let Some(stream) = cx.try_accept(&listener) {
                    scheduler.spawn(stream, cx);
                }
            }
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// All green threads, and the keys of those that can run.
struct Scheduler {
    poller: Rc<Poller>,
    threads: Slab<Coroutine<(), (), ()>>,
    run_queue: Vec<usize>,
}

impl Scheduler {
    fn new() -> io::Result<Self> {
        Ok(Self {
            poller: Rc::new(Poller::new()?),
            threads: Slab::new(),
            run_queue: Vec::new(),
        })
    }

    /// Runs each green thread of the queue until it suspends or ends.
    fn run(&mut self) {
        for key in self.run_queue.drain(..) {
            if self.threads[key].resume(()).as_return().is_some() {
                self.threads.remove(key); // this frees its stack
            }
        }
    }

    /// Makes a green thread for a client and queues it for its first turn.
    fn spawn(&mut self, stream: Stream, cx: &Context) {
        let thread = self.threads.vacant_entry();
        let key = thread.key();
        let interest = Event::readable(key);
        let Ok(stack) = DefaultStack::new(STACK) else {
            return cx.refuse(stream); // memory or `vm.max_map_count` is used up
        };
        // SAFETY: the green thread deletes it before it closes it. If `serve` fails, nothing uses the poller any more.
        let added = unsafe {
            self.poller
                .add_with_mode(&stream, interest, PollMode::Level)
        };
        if added.is_err() {
            return cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
        let mut conn = cx.open(stream);
        let poller = Rc::clone(&self.poller);
        thread.insert(Coroutine::with_stack(stack, move |yielder, ()| {
            let mut waiter = Waiter {
                poller: &poller,
                yielder,
                interest,
            };
            let _ = converse(&mut conn, &mut waiter); // an error ends this client only
            let _ = poller.delete(&conn);
        }));
        self.run_queue.push(key);
    }
}

/// One conversation: [`Conn::converse`] with a suspension where it would block, and another green thread runs instead.
fn converse(conn: &mut Conn, waiter: &mut Waiter) -> io::Result<()> {
    while !conn.is_done() {
        if conn.wants_write() {
            conn.write();
            if conn.wants_room() {
                waiter.until_ready(conn, Event::writable)?; // with work left too: the others go on first
            }
        } else if let Some(work) = conn.work() {
            perform(work); // it does not suspend, so every other green thread waits as well
            conn.worked();
        } else {
            waiter.until_ready(conn, Event::readable)?;
            conn.read();
        }
    }
    Ok(())
}

/// How a green thread waits: it leaves the CPU to the others until the poller reports its socket.
struct Waiter<'a> {
    poller: &'a Poller,
    yielder: &'a Yielder<(), ()>,
    interest: Event,
}

impl Waiter<'_> {
    /// Most waits are for the same event as the wait before, and then the poller knows the interest already.
    fn until_ready(&mut self, conn: &Conn, event: fn(usize) -> Event) -> io::Result<()> {
        let interest = event(self.interest.key);
        if self.interest != interest {
            self.poller
                .modify_with_mode(conn, interest, PollMode::Level)?;
            self.interest = interest;
        }
        self.yielder.suspend(());
        Ok(())
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "green-thread",
    family: Family::Coroutines,
    transport: Transport::Stream,
    summary: "Every client gets a stack of its own and blocking code; where it would block, another client's code runs.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "greenlet and gevent; von Behren et al., Capriccio (SOSP 2003)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim {
            says: "A connection costs 3 KiB and more: the touched part of its stack.",
            scenario: "ladder",
            metric: "memory_per_connection",
            expect: Expect::AtLeast(3.0),
        },
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
