#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, Work, WorkPlace,
    Workers, check_threads, perform,
};
use smol::lock::Semaphore;
use smol::{Async, Executor, Timer, block_on, channel, future, unblock};

/// A task for every client, on an executor that any number of threads may run.
pub struct Smol;

impl Model for Smol {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        // Of the reactor and of the pool: smol panics if it cannot start one, or tries it for ever. The pool starts some more
        // than compute, because a thread that has just computed is not yet free.
        check_threads(4 * cx.workers() + 8)?;
        let listener = Async::new(listener)?;
        let computing = Semaphore::new(cx.workers()); // bounds the threads of the pool, of which there could be 500
        let executor = Executor::new();
        let (serving, until_closed) = channel::bounded::<()>(1);
        thread::scope(|scope| {
            let started = (1..cx.workers()).try_for_each(|_| {
                let worker = || block_on(executor.run(until_closed.recv()));
                let thread = thread::Builder::new().spawn_scoped(scope, worker);
                thread.map(drop)
            });
            let served = started.and_then(|()| {
                cx.ready();
                block_on(executor.run(converse_with_all(&executor, &listener, &computing, cx)))
            });
            serving.close(); // `recv` fails in all workers, and that ends them
            served
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Spawns a task for every client; returns after a stop, when the last of them has ended.
async fn converse_with_all<'a>(
    executor: &Executor<'a>,
    listener: &Async<Listener>,
    computing: &'a Semaphore,
    cx: &Context,
) -> io::Result<()> {
    let (departed, departures) = channel::unbounded();
    let mut open = 0;
    loop {
        while let Some(stream) = cx.try_accept(listener.get_ref()) {
            let conn = cx.open(stream);
            let departed = departed.clone();
            let task = async move {
                let _ = converse(conn, computing).await; // an error ends this client only
                let _ = departed.try_send(());
            };
            executor.spawn(task).detach();
            open += 1;
        }
        // After a stop `has_room` is false: a listener that was shut down would be readable all the time.
        // Read it before `stopping`: in the other order, a stop in between could leave no future that becomes ready.
        let room = cx.has_room();
        if cx.stopping() && open == 0 {
            return Ok(());
        }
        let arrival = async {
            if !room {
                future::pending::<()>().await; // a departure makes room
            }
            listener.readable().await.map(|()| 0)
        };
        let departure = async { Ok(departures.recv().await.map_or(0, |()| 1)) };
        open -= future::or(departure, arrival).await?;
    }
}

/// One conversation: [`Conn::converse`] with an `await` where it would block, and another task runs instead.
async fn converse(conn: Conn, computing: &Semaphore) -> io::Result<()> {
    let mut socket = Async::new_nonblocking(conn)?;
    while !socket.get_ref().is_done() {
        // SAFETY: the connection is neither replaced nor dropped.
        let conn = unsafe { socket.get_mut() };
        if conn.wants_write() {
            if conn.write() == Io::Blocked {
                socket.writable().await?;
            }
        } else if let Some(work) = conn.work() {
            carry_out(work, computing).await;
            conn.worked();
        } else {
            if conn.drained() {
                socket.readable().await?;
            } else {
                future::yield_now().await; // there may be more, but it is the other tasks' turn
            }
            // SAFETY: as above.
            unsafe { socket.get_mut() }.read();
        }
    }
    Ok(())
}

/// Sleeps in the reactor's timer, and computes on a pool for blocking code: no other task waits for either.
async fn carry_out(work: Work, computing: &Semaphore) {
    if let Some(naps) = work.naps() {
        for nap in naps {
            Timer::after(nap).await;
        }
    } else {
        let _turn = computing.acquire().await;
        unblock(move || perform(work)).await;
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "smol",
    family: Family::Runtimes,
    transport: Transport::Stream,
    summary: "Every client is a task of a small executor, which one thread per CPU runs.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Pool,
    source: "Glavina, smol: a small and fast async runtime (2020)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
