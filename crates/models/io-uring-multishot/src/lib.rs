#![doc = include_str!("../README.md")]

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use io_uring::types::Fd;
use io_uring::{IoUring as Ring, cqueue, opcode, squeue};
use model::{
    About, BufferRing, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport,
    Unsupported, WorkPlace, Workers, completed, perform,
};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockFlag};
use slab::Slab;

/// One thread submits one accept, and one receive per client; each completes again and again until it is cancelled.
pub struct IoUringMultishot;

/// Places in the submission queue: one system call submits at most this many operations.
const ENTRIES: u32 = 1024;
/// A client's receive is cancelled when this many of its bytes, or more, wait for room in its conversation.
const CANCEL_ABOVE: usize = 16 << 10;
/// The `user_data` of an operation is `KINDS * key + kind`, where `key` is its client.
const KINDS: u64 = 4;
const RECEIVE: u64 = 0;
const SEND: u64 = 1;
const CANCEL: u64 = 2;
const ACCEPT: u64 = KINDS * (u64::MAX / KINDS); // the largest key, which no client gets

impl Model for IoUringMultishot {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        // Declared before the ring, and so dropped after it: until then the kernel uses the buffers of conversations.
        let mut clients = Slab::new();
        let (mut ring, mut buffers) = ring()?;
        let mut completions: Vec<cqueue::Entry> = Vec::new();
        let mut accepts = Multishot::default();
        let mut waiting = VecDeque::new(); // accepted, but there was no room
        let fd = Fd(listener.as_raw_fd());
        let accept = opcode::AcceptMulti::new(fd)
            .flags(SockFlag::SOCK_CLOEXEC.bits())
            .build()
            .user_data(ACCEPT);
        // A stop shuts the listener down and completes this poll. An accept on a Unix-domain socket would sleep on.
        let stop = opcode::PollAdd::new(fd, 0).build();
        submit(&mut ring, &stop.user_data(ACCEPT + CANCEL))?;
        cx.ready();
        loop {
            accepts.keep(&mut ring, cx.has_room(), &accept)?; // false after a stop: the accept is cancelled
            if cx.stopping() && clients.is_empty() && !accepts.armed {
                return Ok(());
            }
            cx.wait(|| ring.submit_and_wait(1))?;
            completions.extend(ring.completion());
            for done in completions.drain(..) {
                if done.user_data() == ACCEPT {
                    accepts.armed = cqueue::more(done.flags());
                    match completed(done.result()) {
                        // SAFETY: the kernel has just made this descriptor, and it has no other owner.
                        Ok(fd) => waiting.push_back(unsafe { OwnedFd::from_raw_fd(fd as i32) }),
                        Err(error) => drop(cx.accepted(&listener, Err(error))),
                    }
                } else if done.user_data() % KINDS != CANCEL {
                    turn(&mut ring, &mut buffers, &mut clients, &done)?;
                }
                while cx.has_room() {
                    let Some(fd) = waiting.pop_front() else { break };
                    if let Some(stream) = cx.accepted(&listener, Ok(fd)) {
                        let key = clients.insert((cx.open(stream), Flow::default()));
                        let (conn, flow) = &mut clients[key];
                        go_on(&mut ring, key, conn, flow)?;
                    }
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

/// A ring for this thread only, as in `io-uring`, and the buffers that the kernel receives into.
fn ring() -> io::Result<(Ring, BufferRing)> {
    let ring = Ring::builder()
        .setup_single_issuer()
        .setup_defer_taskrun()
        .setup_cqsize(4 * ENTRIES)
        .build(ENTRIES)?;
    let buffers = BufferRing::new(512, 1 << 10)?;
    let submitter = ring.submitter();
    // SAFETY: the memory has the layout that the kernel expects, and it is never unmapped.
    unsafe { submitter.register_buf_ring_with_flags(buffers.address(), buffers.count(), 0, 0) }?;
    Ok((ring, buffers))
}

/// Writes an operation into the submission queue. The next wait submits it; a full queue is submitted at once.
fn submit(ring: &mut Ring, operation: &squeue::Entry) -> io::Result<()> {
    // SAFETY: a conversation, which owns the pending bytes, stays in the table until all its operations are complete.
    while unsafe { ring.submission().push(operation) }.is_err() {
        ring.submit()?;
    }
    Ok(())
}

/// The state of an operation that completes many times.
#[derive(Default)]
struct Multishot {
    armed: bool,
    cancelled: bool,
}

impl Multishot {
    /// Submits the operation when it is wanted, and a cancel when it is not. It is armed until its last completion.
    fn keep(&mut self, ring: &mut Ring, wanted: bool, operation: &squeue::Entry) -> io::Result<()> {
        let name = operation.get_user_data();
        if wanted && !self.armed {
            (self.armed, self.cancelled) = (true, false);
            submit(ring, operation)?;
        } else if !wanted && self.armed && !self.cancelled {
            self.cancelled = true;
            let cancel = opcode::AsyncCancel::new(name).build();
            submit(ring, &cancel.user_data(name + CANCEL))?;
        }
        Ok(())
    }
}

/// A client's operations under way, and the bytes that its conversation has no room for yet.
#[derive(Default)]
struct Flow {
    sending: bool,
    receives: Multishot,
    early: Vec<u8>,
    ended: bool,
}

/// One turn of one client: takes what was completed, and goes on from there.
fn turn(
    ring: &mut Ring,
    buffers: &mut BufferRing,
    clients: &mut Slab<(Conn, Flow)>,
    done: &cqueue::Entry,
) -> io::Result<()> {
    let key = (done.user_data() / KINDS) as usize;
    let (conn, flow) = &mut clients[key];
    let result = completed(done.result());
    if done.user_data() % KINDS == SEND {
        flow.sending = false;
        conn.sent(result); // perhaps a part of the pending bytes
    } else {
        flow.receives.armed = cqueue::more(done.flags());
        match (result, cqueue::buffer_select(done.flags())) {
            (Ok(n), Some(id)) => {
                // SAFETY: the kernel has just named this buffer.
                flow.early.extend(unsafe { buffers.filled(id, n) });
                buffers.give_back(id);
            }
            (Ok(_), None) => flow.ended = true,
            (Err(Errno::ENOBUFS | Errno::ECANCELED), _) => {} // `go_on` arms it again if it is wanted
            (Err(error), _) => _ = conn.received(Err(error)),
        }
    }
    go_on(ring, key, conn, flow)?;
    if conn.is_done() && !flow.sending && !flow.receives.armed {
        clients.remove(key); // none of its operations is under way
    }
    Ok(())
}

/// Takes in what has come, does the work of one request before each send, and submits a send, a receive or a cancel.
fn go_on(ring: &mut Ring, key: usize, conn: &mut Conn, flow: &mut Flow) -> io::Result<()> {
    let mut taken = conn.take_in(&flow.early);
    if let Some(work) = conn.work().filter(|_| !flow.sending) {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
        taken += conn.take_in(&flow.early[taken..]);
    }
    flow.early.drain(..taken);
    if flow.ended && flow.early.is_empty() && conn.wants_read() {
        conn.received(Ok(0));
    }
    let fd = Fd(conn.as_raw_fd());
    let user_data = |kind| KINDS * key as u64 + kind;
    if conn.wants_write() && !flow.sending {
        flow.sending = true;
        let send = opcode::Send::new(fd, conn.pending().as_ptr(), conn.pending().len() as u32)
            .flags(MsgFlags::MSG_NOSIGNAL.bits())
            .build();
        submit(ring, &send.user_data(user_data(SEND)))?;
    }
    let room = flow.early.is_empty() || flow.receives.armed && flow.early.len() < CANCEL_ABOVE;
    let wanted = room && !flow.ended && !conn.is_done();
    let receive = opcode::RecvMulti::new(fd, 0).build();
    let receive = receive.user_data(user_data(RECEIVE));
    flow.receives.keep(ring, wanted, &receive)
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "io-uring-multishot",
    family: Family::Completion,
    transport: Transport::Stream,
    summary: "One thread submits one receive per client, into buffers that all share; it completes each time bytes arrive.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Loop,
    source: "Axboe and Begunkov, io_uring_prep_recv_multishot(3), io_uring_setup_buf_ring(3) (2022)",
    claims: &[
        Claim::ONE_THREAD,
        Claim::TWO_SYSTEM_CALLS,
        Claim::LIGHT_REQUESTS_WAIT,
    ],
};
