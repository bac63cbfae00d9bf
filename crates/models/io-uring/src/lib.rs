#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use io_uring::types::Fd;
use io_uring::{IoUring as Ring, cqueue, opcode, squeue};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, Unsupported,
    WorkPlace, Workers, completed, perform,
};
use nix::sys::socket::{MsgFlags, SockFlag};
use slab::Slab;

/// One thread asks the kernel for whole operations, and is told when they are done.
pub struct IoUring;

/// Operations that are handed over in one go.
const ENTRIES: u32 = 1024;

/// What the completion of an accept is called; operations of client `key` are `2 * key`, and one more when it is a send.
const ACCEPT: u64 = u64::MAX;

impl Model for IoUring {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        // Before the ring, so that it is dropped after it: the kernel writes into the buffers of conversations.
        let mut clients = Slab::new();
        let mut ring = ring()?;
        let mut completions: Vec<cqueue::Entry> = Vec::new();
        let mut accepting = false;
        loop {
            if !accepting && cx.has_room() {
                submit(&mut ring, &accept(&listener))?;
                accepting = true;
            }
            if cx.stopping() && clients.is_empty() && !accepting {
                return Ok(());
            }
            cx.wait(|| ring.submit_and_wait(1))?;
            completions.extend(ring.completion());
            for done in completions.drain(..) {
                if done.user_data() != ACCEPT {
                    turn(&mut ring, &mut clients, &done)?;
                    continue;
                }
                accepting = false;
                let result = completed(done.result());
                // SAFETY: the kernel has just made this descriptor, and nobody else has seen it.
                let result = result.map(|fd| unsafe { OwnedFd::from_raw_fd(fd as i32) });
                if let Some(stream) = cx.accepted(&listener, result) {
                    let key = clients.insert(cx.open(stream));
                    submit(&mut ring, &next(key, &mut clients[key]))?;
                }
            }
        }
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn supported(&self) -> Result<(), Unsupported> {
        ring()
            .map(drop)
            .map_err(|error| Unsupported::io_uring(&error))
    }
}

/// A ring that only this thread uses, so that the kernel finishes operations when the thread asks, and never in between.
fn ring() -> io::Result<Ring> {
    Ring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(4 * ENTRIES)
        .build(ENTRIES)
}

/// Hands an operation over; the kernel sees it at the next system call, which comes now only if there is no place left.
fn submit(ring: &mut Ring, operation: &squeue::Entry) -> io::Result<()> {
    // SAFETY: a conversation stays in the table until its only operation is complete, and with it the buffer.
    while unsafe { ring.submission().push(operation) }.is_err() {
        ring.submit()?;
    }
    Ok(())
}

/// The next client, as a blocking stream: `io_uring` waits by itself, where a nonblocking one would only say `EAGAIN`.
fn accept(listener: &Listener) -> squeue::Entry {
    opcode::Accept::new(
        Fd(listener.as_raw_fd()),
        std::ptr::null_mut(),
        std::ptr::null_mut(),
    )
    .flags(SockFlag::SOCK_CLOEXEC.bits())
    .build()
    .user_data(ACCEPT)
}

/// One turn of one client: what was completed, the work it asked for, and the next operation, always exactly one.
fn turn(ring: &mut Ring, clients: &mut Slab<Conn>, done: &cqueue::Entry) -> io::Result<()> {
    let key = (done.user_data() / 2) as usize;
    let conn = &mut clients[key];
    let result = completed(done.result());
    if done.user_data() % 2 == 1 {
        conn.sent(result); // perhaps not all of it
    } else {
        conn.received(result);
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    if conn.is_done() {
        clients.remove(key); // nothing of it is under way
        return Ok(());
    }
    submit(ring, &next(key, conn))
}

/// What a conversation needs next: to send what is pending, or to receive.
fn next(key: usize, conn: &mut Conn) -> squeue::Entry {
    let (fd, name) = (Fd(conn.as_raw_fd()), 2 * key as u64);
    if conn.wants_write() {
        let bytes = conn.pending();
        opcode::Send::new(fd, bytes.as_ptr(), bytes.len() as u32)
            .flags(MsgFlags::MSG_NOSIGNAL.bits())
            .build()
            .user_data(name + 1)
    } else {
        let room = conn.spare();
        opcode::Recv::new(fd, room.as_mut_ptr(), room.len() as u32)
            .build()
            .user_data(name)
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "io-uring",
    family: Family::Completion,
    transport: Transport::Stream,
    summary: "One thread asks io_uring to receive and to send, many operations in one system call, and is told what is done.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Axboe, Efficient IO with io_uring (2019); io_uring(7)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::TWO_SYSTEM_CALLS,
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
