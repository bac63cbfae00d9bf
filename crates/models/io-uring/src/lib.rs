#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use io_uring::types::Fd;
use io_uring::{IoUring as Ring, cqueue, opcode, squeue};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport, Unsupported,
    WorkPlace, Workers, completed, perform,
};
use nix::sys::socket::{MsgFlags, SockFlag};
use slab::Slab;

/// One thread submits whole operations to the kernel, which reports each when it is complete.
pub struct IoUring;

/// Places in the submission queue: one system call submits at most this many operations.
const ENTRIES: u32 = 1024;
/// The `user_data` of an operation is `KINDS * key + kind`, where `key` is its client.
const KINDS: u64 = 2;
const RECEIVE: u64 = 0;
const SEND: u64 = 1;
const ACCEPT: u64 = KINDS * (u64::MAX / KINDS); // the largest key, which no client gets

impl Model for IoUring {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        // Declared before the ring, and so dropped after it: until then the kernel uses the buffers of conversations.
        let mut clients = Slab::new();
        let mut ring = ring()?;
        let mut completions: Vec<cqueue::Entry> = Vec::new();
        let mut accepting = false;
        // Streams are blocking: on a nonblocking one, an operation completes with `EAGAIN` instead of waiting.
        let fd = Fd(listener.as_raw_fd());
        let accept = opcode::Accept::new(fd, ptr::null_mut(), ptr::null_mut())
            .flags(SockFlag::SOCK_CLOEXEC.bits())
            .build()
            .user_data(ACCEPT);
        cx.ready();
        loop {
            // After a stop `has_room` is false: on a listener that was shut down, each accept would fail at once.
            // Read it before `stopping`: in the other order, a stop in between could leave no operation under way.
            if !accepting && cx.has_room() {
                submit(&mut ring, &accept)?;
                accepting = true;
            }
            if cx.stopping() && clients.is_empty() && !accepting {
                return Ok(());
            }
            cx.wait(|| ring.submit_and_wait(1))?;
            completions.extend(ring.completion());
            for done in completions.drain(..) {
                if done.user_data() == ACCEPT {
                    accepting = false;
                    let result = completed(done.result());
                    // SAFETY: the kernel has just made this descriptor, and it has no other owner.
                    let result = result.map(|fd| unsafe { OwnedFd::from_raw_fd(fd as i32) });
                    if let Some(stream) = cx.accepted(&listener, result) {
                        let key = clients.insert(cx.open(stream));
                        go_on(&mut ring, key, &mut clients[key])?;
                    }
                } else {
                    turn(&mut ring, &mut clients, &done)?;
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

/// A ring for this thread only: then the kernel finishes operations inside the thread's own system calls.
fn ring() -> io::Result<Ring> {
    Ring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(4 * ENTRIES)
        .build(ENTRIES)
}

/// Writes an operation into the submission queue. The next wait submits it; a full queue is submitted at once.
fn submit(ring: &mut Ring, operation: &squeue::Entry) -> io::Result<()> {
    // SAFETY: a conversation, which owns the buffer, stays in the table until its only operation is complete.
    while unsafe { ring.submission().push(operation) }.is_err() {
        ring.submit()?;
    }
    Ok(())
}

/// One turn of one client: takes what was completed, and goes on from there.
fn turn(ring: &mut Ring, clients: &mut Slab<Conn>, done: &cqueue::Entry) -> io::Result<()> {
    let key = (done.user_data() / KINDS) as usize;
    let conn = &mut clients[key];
    let result = completed(done.result());
    if done.user_data() % KINDS == SEND {
        conn.sent(result); // perhaps a part of the pending bytes
    } else {
        conn.received(result);
    }
    go_on(ring, key, conn)?;
    if conn.is_done() {
        clients.remove(key); // none of its operations is under way
    }
    Ok(())
}

/// Does the work of one request, and submits the next operation: always exactly one.
fn go_on(ring: &mut Ring, key: usize, conn: &mut Conn) -> io::Result<()> {
    if let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
    }
    let fd = Fd(conn.as_raw_fd());
    let user_data = |kind| KINDS * key as u64 + kind;
    if conn.wants_write() {
        let bytes = conn.pending();
        let send = opcode::Send::new(fd, bytes.as_ptr(), bytes.len() as u32)
            .flags(MsgFlags::MSG_NOSIGNAL.bits())
            .build();
        submit(ring, &send.user_data(user_data(SEND)))?;
    } else if !conn.is_done() {
        let room = conn.spare();
        let receive = opcode::Recv::new(fd, room.as_mut_ptr(), room.len() as u32).build();
        submit(ring, &receive.user_data(user_data(RECEIVE)))?;
    }
    Ok(())
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "io-uring",
    family: Family::Completion,
    transport: Transport::Stream,
    summary: "One thread submits receives and sends to io_uring, many in one system call, and goes on when they are complete.",
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
