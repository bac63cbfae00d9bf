#![doc = include_str!("../README.md")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::pin;
use std::ptr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use compio::BufResult;
use compio::buf::{IntoInner, IoBuf, IoBufMut, SetLen};
use compio::driver::ProactorBuilder;
use compio::driver::op::{Recv, RecvFlags, Send, SendFlags};
use compio::runtime::fd::PollFd;
use compio::runtime::{Runtime, RuntimeBuilder, spawn, spawn_blocking, submit};
use compio::time::sleep;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, Unsupported, Work,
    WorkPlace, Workers, check_threads, perform,
};
use nix::errno::Errno;

/// A runtime per CPU, with a ring, a listener and tasks of its own.
pub struct Compio;

/// A core that has no room looks again after this time: a client that leaves another core does not wake it.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Model for Compio {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        check_threads(2 * cx.workers())?; // one a core to compute: the runtime panics if it cannot start one
        let runtime = runtime()?;
        let listener = Arc::new(listener);
        let (report, started) = mpsc::channel();
        thread::scope(|scope| {
            for core in 1..cx.workers() {
                let (first, report) = (&listener, report.clone());
                let own = cx.worker(core);
                let worker = move || serve_core(first, &own, &report);
                let made = thread::Builder::new().spawn_scoped(scope, worker);
                made.map_err(|error| cx.give_up(error))?; // the cores already started end
                let has_ring = started.recv().expect("this function keeps a sender");
                has_ring.map_err(|error| cx.give_up(error))?;
            }
            cx.ready();
            runtime.block_on(converse_with_all(Arc::clone(&listener), &cx.worker(0)))
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn supported(&self) -> Result<(), Unsupported> {
        runtime()
            .map(drop)
            .map_err(|error| Unsupported::io_uring(&error))
    }
}

/// Serves the clients of one more core, and reports before whether it has what it needs.
fn serve_core(listener: &Listener, cx: &Context, report: &mpsc::Sender<io::Result<()>>) {
    // The ring is made before the sibling, to which clients connect from its first moment.
    let made = runtime().and_then(|runtime| Ok((runtime, Arc::new(cx.sibling(listener)?))));
    let served = made.map(|(runtime, sibling)| {
        let _ = report.send(Ok(())); // the first core waits for it
        runtime.block_on(converse_with_all(sibling, cx))
    });
    match served {
        Ok(served) => served.unwrap_or_else(|error| cx.pause(&error)),
        Err(error) => _ = report.send(Err(error)),
    }
}

/// An executor on a ring that only this thread uses, as in `io-uring`.
fn runtime() -> io::Result<Runtime> {
    let mut ring = ProactorBuilder::new();
    ring.single_issuer(true).defer_taskrun(true);
    RuntimeBuilder::new().with_proactor(ring).build()
}

/// Spawns a task for every client of this core; returns after a stop, when the last of them has ended.
async fn converse_with_all(listener: Arc<Listener>, cx: &Context) -> io::Result<()> {
    let listener = PollFd::new(listener)?;
    let mut tasks = FuturesUnordered::new();
    while !cx.stopping() {
        while let Some(stream) = cx.try_accept_blocking(&listener) {
            tasks.push(spawn(converse(cx.open(stream))));
        }
        // Readiness, and not an accept by the ring: that would let clients in without asking `has_room`.
        let arrival = pin!(async {
            if cx.has_room() {
                listener.accept_ready().await
            } else {
                sleep(LOOK_AGAIN).await;
                Ok(())
            }
        });
        if tasks.is_empty() {
            arrival.await?;
        } else if let Either::Right((ready, _)) = select(tasks.next(), arrival).await {
            ready?;
        }
    }
    while tasks.next().await.is_some() {}
    Ok(())
}

/// One conversation: [`Conn::converse`], but each operation takes the connection and gives it back.
async fn converse(mut conn: Conn) {
    while !conn.is_done() {
        if conn.wants_write() {
            conn = send(conn).await;
        } else if let Some(work) = conn.work() {
            carry_out(work).await;
            conn.worked();
        } else {
            conn = receive(conn).await;
        }
    }
}

/// Sends the pending bytes, or as many of them as the socket has room for.
async fn send(conn: Conn) -> Conn {
    let operation = Send::new(descriptor(&conn), Lent(conn), SendFlags::NOSIGNAL);
    let BufResult(result, operation) = submit(operation).await;
    let mut conn = operation.into_inner().0;
    conn.sent(result.map_err(|error| errno(&error)));
    conn
}

/// Receives the bytes that are there, or waits for the next ones.
async fn receive(conn: Conn) -> Conn {
    let operation = Recv::new(descriptor(&conn), Lent(conn), RecvFlags::empty());
    let BufResult(result, operation) = submit(operation).await;
    let mut conn = operation.into_inner().0;
    conn.received(result.map_err(|error| errno(&error)));
    conn
}

/// A connection as a buffer. The operation owns it, so no other code can touch its bytes meanwhile.
struct Lent(Conn);

impl IoBuf for Lent {
    fn as_init(&self) -> &[u8] {
        self.0.pending()
    }
}

impl IoBufMut for Lent {
    fn as_uninit(&mut self) -> &mut [MaybeUninit<u8>] {
        let room = ptr::from_mut(self.0.spare()) as *mut [MaybeUninit<u8>];
        // SAFETY: initialised bytes may be seen as uninitialised, because only the kernel writes here, and it writes values.
        unsafe { &mut *room }
    }
}

impl SetLen for Lent {
    /// Does nothing: `receive` reports the length to [`Conn::received`].
    unsafe fn set_len(&mut self, _: usize) {}
}

/// The socket of a connection, for the operation that owns the connection.
fn descriptor(conn: &Conn) -> BorrowedFd<'static> {
    // SAFETY: the operation owns the connection, and so its descriptor, until it is complete.
    unsafe { BorrowedFd::borrow_raw(conn.as_raw_fd()) }
}

fn errno(error: &io::Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::UnknownErrno, Errno::from_raw)
}

/// Sleeps in the runtime's timer, and computes on its threads for blocking code: no other task waits for either.
async fn carry_out(work: Work) {
    if let Some(naps) = work.naps() {
        for nap in naps {
            sleep(nap).await;
        }
    } else {
        // It fails only if the work panics.
        let _ = spawn_blocking(move || perform(work)).await;
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "compio",
    family: Family::Completion,
    transport: Transport::Stream,
    summary: "Every client is a task that stays on its CPU; each operation owns the connection and its buffer until it is complete.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Pool,
    source: "compio (2023-), after monoio (2021-) and Seastar's thread per core",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::TWO_SYSTEM_CALLS,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
