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

/// A green thread for every client: a stack of its own, but no thread of the kernel's.
pub struct GreenThread;

/// The key of the listener; green threads have the numbers from 0. The very last number is polling's own.
const LISTENER: usize = usize::MAX - 1;

/// Bytes of stack a green thread may use: a conversation needs little, and ten thousand of them add up.
const STACK: usize = 32 << 10;

impl Model for GreenThread {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let mut scheduler = Scheduler::new()?;
        let poller = Rc::clone(&scheduler.poller);
        // SAFETY: it is deleted below; where a failure ends this function earlier, the poller is dropped first.
        unsafe { poller.add(&listener, Event::none(LISTENER)) }?;
        let mut events = Events::new();
        let mut listening = false;
        loop {
            scheduler.run();
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
                listening = false; // the listener is told once, and asked for again when there is room
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

/// All green threads, and which of them can run.
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

    /// Gives everybody who can run one turn: until it would block. Then it is the poller that knows who is next.
    fn run(&mut self) {
        for key in self.run_queue.drain(..) {
            if self.threads[key].resume(()).as_return().is_some() {
                self.threads.remove(key); // its stack is freed with it
            }
        }
    }

    /// Makes a green thread for a client, and lets it run soon.
    fn spawn(&mut self, stream: Stream, cx: &Context) {
        let thread = self.threads.vacant_entry();
        let key = thread.key();
        let Ok(stack) = DefaultStack::new(STACK) else {
            return cx.refuse(stream); // memory, or `vm.max_map_count`, is used up
        };
        // SAFETY: `GreenConn` deletes it before the connection is dropped.
        if unsafe {
            self.poller
                .add_with_mode(&stream, Event::readable(key), PollMode::Level)
        }
        .is_err()
        {
            return cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
        let conn = cx.open(stream);
        let poller = Rc::clone(&self.poller);
        thread.insert(Coroutine::with_stack(stack, move |yielder, ()| {
            let interest = Event::readable(key);
            // Where the poller fails one client, one conversation is over.
            let _ = converse(&mut GreenConn {
                conn,
                poller,
                yielder,
                interest,
            });
        }));
        self.run_queue.push(key);
    }
}

/// One conversation, as if it could block: [`Conn::converse`] but for two lines.
fn converse(green: &mut GreenConn) -> io::Result<()> {
    while !green.conn.is_done() {
        if green.conn.wants_write() {
            green.conn.write();
            green.until_written()?;
        } else if let Some(work) = green.conn.work() {
            perform(work); // nothing here suspends: every other green thread waits as well
            green.conn.worked();
        } else {
            green.until_readable()?;
            green.conn.read();
        }
    }
    Ok(())
}

/// A connection that knows how to wait: it leaves the processor to others until the poller names it.
struct GreenConn<'a> {
    conn: Conn,
    poller: Rc<Poller>,
    yielder: &'a Yielder<(), ()>,
    interest: Event,
}

impl GreenConn<'_> {
    fn until_readable(&mut self) -> io::Result<()> {
        self.suspend(Event::readable(self.interest.key))
    }

    /// Most replies are taken whole. A longer one goes on when there is room, and others had their turn.
    fn until_written(&mut self) -> io::Result<()> {
        if !self.conn.wants_write() {
            return Ok(());
        }
        self.suspend(Event::writable(self.interest.key))
    }

    /// Most waits are for the same as the one before, and cost no system call.
    fn suspend(&mut self, interest: Event) -> io::Result<()> {
        if self.interest != interest {
            self.poller
                .modify_with_mode(&self.conn, interest, PollMode::Level)?;
            self.interest = interest;
        }
        self.yielder.suspend(());
        Ok(())
    }
}

impl Drop for GreenConn<'_> {
    fn drop(&mut self) {
        // The socket is about to be closed; nothing is lost if the system has forgotten it already.
        let _ = self.poller.delete(&self.conn);
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "green-thread",
    family: Family::Coroutines,
    transport: Transport::Stream,
    summary: "Every client gets a stack of its own and blocking code; where it would block, another one runs.",
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
