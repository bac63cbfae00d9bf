#![doc = include_str!("../README.md")]

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use std::{io, ptr, thread};

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
    WorkPlace, Workers, perform,
};
use nix::errno::Errno;

/// A runtime for each CPU, with a ring, a listener and tasks of its own.
pub struct Compio;

/// Until a core without room looks again: the room that another core makes wakes nobody here.
const AGAIN: Duration = Duration::from_millis(10);

impl Model for Compio {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let (first, listener) = (runtime()?, Arc::new(listener));
        thread::scope(|scope| {
            for core in 1..cx.workers() {
                let (listener, own) = (&listener, cx.worker(core));
                let serve =
                    move || beside(listener, &own).unwrap_or_else(|error| own.pause(&error));
                if let Err(error) = thread::Builder::new().spawn_scoped(scope, serve) {
                    cx.pause(&error); // no more cores to be had; those that are there serve
                    break;
                }
            }
            first.block_on(converse_with_all(Arc::clone(&listener), &cx.worker(0)))
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

/// A further core: the same once more.
fn beside(listener: &Listener, cx: &Context) -> io::Result<()> {
    let runtime = runtime()?; // before the listener, which clients come to from its first moment
    let own = Arc::new(cx.sibling(listener)?);
    runtime.block_on(converse_with_all(own, cx))
}

/// A ring that only this thread uses, as in `io-uring`, and what runs tasks on it.
fn runtime() -> io::Result<Runtime> {
    let mut ring = ProactorBuilder::new();
    ring.single_issuer(true).defer_taskrun(true);
    RuntimeBuilder::new().with_proactor(ring).build()
}

/// A task for every client of this core; returns when a stop was asked for and the last of them has ended.
async fn converse_with_all(listener: Arc<Listener>, cx: &Context) -> io::Result<()> {
    let listener = PollFd::new(listener)?;
    let mut tasks = FuturesUnordered::new();
    while !cx.stopping() {
        while let Some(stream) = cx.try_accept_blocking(&listener) {
            tasks.push(spawn(converse(cx.open(stream))));
        }
        // Asked for when there is room, and not accepted by the ring, which would let clients in before one knows.
        let arrival = pin!(async {
            if cx.has_room() {
                listener.accept_ready().await
            } else {
                sleep(AGAIN).await;
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

/// One conversation: [`Conn::converse`], where each operation takes the connection along and brings it back.
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

/// Sends some of what is pending.
async fn send(conn: Conn) -> Conn {
    let operation = Send::new(descriptor(&conn), Lent(conn), SendFlags::NOSIGNAL);
    let BufResult(result, operation) = submit(operation).await;
    let mut conn = operation.into_inner().0;
    conn.sent(result.map_err(|error| errno(&error)));
    conn
}

/// Receives what there is, or the next that comes.
async fn receive(conn: Conn) -> Conn {
    let operation = Recv::new(descriptor(&conn), Lent(conn), RecvFlags::empty());
    let BufResult(result, operation) = submit(operation).await;
    let mut conn = operation.into_inner().0;
    conn.received(result.map_err(|error| errno(&error)));
    conn
}

/// A connection as a buffer: who is given it has its bytes, and nobody else can touch them meanwhile.
struct Lent(Conn);

impl IoBuf for Lent {
    fn as_init(&self) -> &[u8] {
        self.0.pending()
    }
}

impl IoBufMut for Lent {
    fn as_uninit(&mut self) -> &mut [MaybeUninit<u8>] {
        let room = ptr::from_mut(self.0.spare()) as *mut [MaybeUninit<u8>];
        // SAFETY: the same bytes with a weaker promise, and whoever gets them, the kernel, only writes bytes that have a value.
        unsafe { &mut *room }
    }
}

impl SetLen for Lent {
    /// Nothing: [`Conn::received`] is told.
    unsafe fn set_len(&mut self, _: usize) {}
}

/// The socket of a connection that goes with it into one operation.
fn descriptor(conn: &Conn) -> BorrowedFd<'static> {
    // SAFETY: the operation owns the connection, and with it the descriptor, until it is complete.
    unsafe { BorrowedFd::borrow_raw(conn.as_raw_fd()) }
}

fn errno(error: &io::Error) -> Errno {
    error
        .raw_os_error()
        .map_or(Errno::UnknownErrno, Errno::from_raw)
}

/// Sleeps in the runtime's timer, and computes on its threads for code that blocks: no other task waits for either.
async fn carry_out(work: Work) {
    if let Work::Sleep(duration) = work {
        sleep(duration).await;
    } else {
        // It fails only where the work panics.
        let _ = spawn_blocking(move || perform(work)).await;
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "compio",
    family: Family::Completion,
    transport: Transport::Stream,
    summary: "Every client is a task that stays on its CPU, and lends what it reads into and writes from to the kernel.",
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
