#![doc = include_str!("../README.md")]

use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, Work, WorkPlace,
    Workers, check_threads, perform,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time;

/// A tokio task for every client, on several threads that steal tasks from each other.
pub struct TokioMultiThread;

impl Model for TokioMultiThread {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        check_threads(2 * cx.workers())?; // the runtime panics if it cannot start one
        let runtime = Builder::new_multi_thread()
            .worker_threads(cx.workers())
            .max_blocking_threads(cx.workers())
            .enable_io()
            .enable_time()
            .build()?;
        cx.ready();
        runtime.block_on(converse_with_all(listener, cx))
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Spawns a task for every client; returns after a stop, when the last of them has ended.
async fn converse_with_all(listener: Listener, cx: &Context) -> io::Result<()> {
    // SAFETY: a listener keeps its one descriptor open until it is dropped.
    let listener = unsafe { AsyncFd::register_with_interest(listener, Interest::READABLE) }?;
    let mut tasks = JoinSet::new();
    while !cx.stopping() || !tasks.is_empty() {
        // After every wake-up: readiness is reported once, and some clients may have found no room at that time.
        while let Some(stream) = cx.try_accept(listener.get_ref()) {
            tasks.spawn(converse(cx.open(stream)));
        }
        tokio::select! {
            ready = listener.readable(), if cx.has_room() => ready?.clear_ready(), // after a stop there is no room
            Some(_) = tasks.join_next() => {} // there may be room again
            else => {} // a stop came in between, and no task is left
        }
    }
    Ok(())
}

/// One conversation: [`Conn::converse`] with an `await` where it would block, and another task runs instead.
async fn converse(conn: Conn) -> io::Result<()> {
    // SAFETY: a connection keeps its one descriptor open until it is dropped.
    let mut socket = match unsafe { AsyncFd::register(conn) } {
        Ok(socket) => socket,
        Err(error) => {
            error.into_parts().0.refuse(); // the user's limit of watched sockets is reached (epoll(7))
            return Ok(());
        }
    };
    while !socket.get_ref().is_done() {
        if socket.get_ref().wants_write() {
            let mut ready = socket.writable_mut().await?;
            if ready.get_inner_mut().write() == Io::Blocked {
                ready.clear_ready();
            }
        } else if let Some(work) = socket.get_mut().work() {
            carry_out(work).await;
            socket.get_mut().worked();
        } else {
            let mut ready = socket.readable_mut().await?;
            ready.get_inner_mut().read();
            // The socket is empty, and tokio reports what comes next. An end that it has reported stays reported.
            if ready.get_inner().drained() {
                ready.clear_ready();
            }
        }
    }
    Ok(())
}

/// Sleeps in the runtime's timer, and computes on its threads for blocking code: no other task waits for either.
async fn carry_out(work: Work) {
    if let Some(naps) = work.naps() {
        for nap in naps {
            time::sleep(nap).await;
        }
    } else {
        // It fails only if the runtime ends before its tasks.
        let _ = spawn_blocking(move || perform(work)).await;
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "tokio-multi-thread",
    family: Family::Runtimes,
    transport: Transport::Stream,
    summary: "Every client is a tokio task; one thread per CPU runs tasks, and steals some from the others when it has none.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Pool,
    source: "Lerche, Making the Tokio scheduler 10x faster (2019); Blumofe and Leiserson, work stealing (1999)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
