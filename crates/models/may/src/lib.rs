#![doc = include_str!("../README.md")]

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use may::coroutine::{self, Builder};
use may::io::{CoIo, WaitIo};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, Work, WorkPlace,
    Workers, check_memory, check_threads, perform,
};

/// A green thread for every client, and one kernel thread per CPU to run them.
pub struct May;

/// A green thread that computes yields to the others after this time.
const SLICE: Duration = Duration::from_micros(100);

/// Bytes of address space for the 1,000 stacks that may makes at its start, each with a page that guards it.
const STACKS: usize = 1000 * (36 << 10);

impl Model for May {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        // May panics if it cannot start a thread, or cannot make the stacks that it keeps for green threads.
        check_threads(cx.workers() + 1)?;
        check_memory(STACKS)?;
        may::config()
            .set_workers(cx.workers())
            .set_worker_pin(false);
        let cx = cx.clone();
        // SAFETY: it uses no thread-local value across a switch, and little stack.
        let acceptor = unsafe { Builder::new().spawn(move || converse_with_all(listener, &cx)) }?;
        acceptor
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the accepting green thread panicked")))
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Spawns a green thread for every client; returns after a stop, when the last of them has ended.
fn converse_with_all(listener: Listener, cx: &Context) -> io::Result<()> {
    let listener = CoIo::new(listener).map_err(io::Error::from)?;
    let open = Arc::new(AtomicUsize::new(0));
    cx.ready();
    loop {
        // After every wake-up: readiness is reported once, and some clients may have found no room at that time.
        while let Some(stream) = cx.try_accept(listener.inner()) {
            let conn = cx.open(stream);
            let acceptor = listener.waker();
            let open = Arc::clone(&open);
            open.fetch_add(1, Ordering::SeqCst);
            let body = move || {
                converse(conn);
                open.fetch_sub(1, Ordering::SeqCst);
                acceptor.wakeup(); // there may be room again
            };
            // SAFETY: it uses no thread-local value across a switch, and little stack.
            unsafe { coroutine::spawn(body) };
        }
        if cx.stopping() && open.load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        listener.wait_io();
    }
}

/// One conversation: [`Conn::converse`] with a `wait_io` where it would block, and another green thread runs instead.
fn converse(conn: Conn) {
    let mut socket = match CoIo::new(conn) {
        Ok(socket) => socket,
        Err(error) => return error.into_data().refuse(), // the user's limit of watched sockets is reached (epoll(7))
    };
    while !socket.inner().is_done() {
        let conn = socket.inner_mut();
        if conn.wants_write() {
            if conn.write() == Io::Blocked {
                socket.wait_io();
            }
        } else if let Some(work) = conn.work() {
            carry_out(work);
            conn.worked();
        } else if conn.read() == Io::Blocked {
            socket.wait_io();
        } else if !conn.drained() {
            coroutine::yield_now(); // there may be more, but it is the other green threads' turn
        }
    }
    // First may forgets the descriptor, then it is closed: the next client may get the same number at once.
    drop(socket.into_inner());
}

/// Sleeps in may's timer, and computes in slices: without a yield a green thread keeps its CPU.
fn carry_out(work: Work) {
    if let Some(naps) = work.naps() {
        naps.for_each(coroutine::sleep);
    } else {
        for slice in work.slices(SLICE) {
            perform(slice);
            coroutine::yield_now();
        }
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "may",
    family: Family::Coroutines,
    transport: Transport::Stream,
    summary: "Every client gets a stack of its own and blocking code; one thread per CPU runs these green threads.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Conversation,
    source: "Go's goroutines (2009); the crate may (2017 to today)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
