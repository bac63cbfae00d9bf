#![doc = include_str!("../README.md")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use io_uring::{IoUring, cqueue, opcode, squeue::Entry, types::Fd};
use model::{
    About, BufferRing, Capacity, Claim, Conn, Context, Family, Listener, Model, Transport,
    Unsupported, WorkPlace, Workers, completed, perform,
};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockFlag};
use slab::Slab;

/// One thread asks once to accept, and once a client to receive; completions come until it is enough.
pub struct IoUringMultishot;

/// Operations that are handed over in one go.
const ENTRIES: u32 = 1024;
/// Bytes that a conversation had no room for, from which on nothing more is received.
const ENOUGH: usize = 16 << 10;
/// Client `key` has receives called `4 * key`, and sends and cancels so much more; the listener is a client that never is.
const SEND: u64 = 1;
const CANCEL: u64 = 2;
const LISTENER: u64 = u64::MAX << 2;

impl Model for IoUringMultishot {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        // Before the ring, so that it is dropped after it: the kernel reads from the buffers of conversations.
        let mut clients = Slab::new();
        let (mut ring, mut buffers) = ring()?;
        let mut completions: Vec<cqueue::Entry> = Vec::new();
        let (mut accepts, fd) = (Shot::default(), Fd(listener.as_raw_fd()));
        let accept = opcode::AcceptMulti::new(fd).flags(SockFlag::SOCK_CLOEXEC.bits());
        let accept = accept.build().user_data(LISTENER);
        // It completes when the listener is shut down, of which an accept on a Unix-domain socket hears nothing.
        let stop = opcode::PollAdd::new(fd, 0).build();
        submit(&mut ring, &stop.user_data(LISTENER + CANCEL))?;
        let mut waiting = std::collections::VecDeque::new(); // accepted without room
        while !cx.stopping() || !clients.is_empty() || accepts.armed {
            accepts.aim(&mut ring, cx.has_room(), &accept)?;
            cx.wait(|| ring.submit_and_wait(1))?;
            completions.extend(ring.completion());
            for done in completions.drain(..) {
                if done.user_data() == LISTENER {
                    accepts.armed = cqueue::more(done.flags());
                    match completed(done.result()) {
                        // SAFETY: the kernel has just made this descriptor, and nobody else has seen it.
                        Ok(fd) => waiting.push_back(unsafe { OwnedFd::from_raw_fd(fd as i32) }),
                        Err(error) => drop(cx.accepted(&listener, Err(error))),
                    }
                } else if done.user_data() % 4 != CANCEL {
                    turn(&mut ring, &mut buffers, &mut clients, &done)?;
                }
                while let Some(fd) = cx.has_room().then(|| waiting.pop_front()).flatten() {
                    if let Some(stream) = cx.accepted(&listener, Ok(fd)) {
                        let key = clients.insert((cx.open(stream), Flow::default()));
                        let (conn, flow) = &mut clients[key];
                        go_on(&mut ring, key, conn, flow)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn supported(&self) -> Result<(), Unsupported> {
        (ring().map(drop)).map_err(|error| Unsupported::io_uring(&error))
    }
}

/// A ring that only this thread uses, and the buffers that it receives into.
fn ring() -> io::Result<(IoUring, BufferRing)> {
    let mut builder = IoUring::builder();
    builder.setup_single_issuer().setup_defer_taskrun();
    let ring = builder.setup_cqsize(4 * ENTRIES).build(ENTRIES)?;
    let buffers = BufferRing::new(512, 1 << 10)?;
    let (submitter, count) = (ring.submitter(), buffers.count());
    // SAFETY: the memory has the form that is asked for, and stays where it is.
    unsafe { submitter.register_buf_ring_with_flags(buffers.address(), count, 0, 0) }?;
    Ok((ring, buffers))
}

/// Hands an operation over; the kernel sees it at the next system call, which comes now only if all places are taken.
fn submit(ring: &mut IoUring, operation: &Entry) -> io::Result<()> {
    // SAFETY: a client stays in the table until all its operations are complete, and what is pending with it.
    while unsafe { ring.submission().push(operation) }.is_err() {
        ring.submit()?;
    }
    Ok(())
}

/// An operation that completes many times.
#[derive(Default)]
struct Shot {
    armed: bool,
    cancelled: bool,
}

impl Shot {
    /// Asks for it when it is wanted, or for its end when it is not; that comes with its last completion.
    fn aim(&mut self, ring: &mut IoUring, wanted: bool, what: &Entry) -> io::Result<()> {
        let name = what.get_user_data();
        if wanted && !self.armed {
            (self.armed, self.cancelled) = (true, false);
            submit(ring, what)?;
        } else if !wanted && self.armed && !self.cancelled {
            self.cancelled = true;
            let end = opcode::AsyncCancel::new(name).build();
            submit(ring, &end.user_data(name + CANCEL))?;
        }
        Ok(())
    }
}

/// A client's operations under way, and what came before its conversation had room for it.
#[derive(Default)]
struct Flow {
    sending: bool,
    receives: Shot,
    early: Vec<u8>,
    ended: bool,
}

/// Takes in what was completed for a client, and lets it go on.
fn turn(
    ring: &mut IoUring,
    buffers: &mut BufferRing,
    clients: &mut Slab<(Conn, Flow)>,
    done: &cqueue::Entry,
) -> io::Result<()> {
    let key = (done.user_data() / 4) as usize;
    let (conn, flow) = &mut clients[key];
    let result = completed(done.result());
    if done.user_data() % 4 == SEND {
        flow.sending = false;
        conn.sent(result);
    } else {
        flow.receives.armed = cqueue::more(done.flags());
        match (result, cqueue::buffer_select(done.flags())) {
            (Ok(n), Some(id)) => {
                // SAFETY: the kernel has just named it.
                flow.early.extend(unsafe { buffers.filled(id, n) });
                buffers.give_back(id);
            }
            (Ok(_), None) => flow.ended = true,
            (Err(Errno::ENOBUFS | Errno::ECANCELED), _) => {} // asked for again, if it is wanted
            (Err(error), _) => _ = conn.received(Err(error)),
        }
    }
    go_on(ring, key, conn, flow)?;
    if conn.is_done() && !flow.sending && !flow.receives.armed {
        clients.remove(key);
    }
    Ok(())
}

/// Does what is possible now: take in what has come, work, send, ask for more or for no more.
fn go_on(ring: &mut IoUring, key: usize, conn: &mut Conn, flow: &mut Flow) -> io::Result<()> {
    let mut taken = conn.take_in(&flow.early);
    while let Some(work) = conn.work() {
        perform(work); // in the loop: every other client waits as well
        conn.worked();
        taken += conn.take_in(&flow.early[taken..]);
    }
    flow.early.drain(..taken);
    if flow.ended && flow.early.is_empty() && conn.wants_read() {
        conn.received(Ok(0));
    }
    let (fd, name) = (Fd(conn.as_raw_fd()), 4 * key as u64);
    if conn.wants_write() && !flow.sending {
        flow.sending = true;
        let bytes = conn.pending();
        let send = opcode::Send::new(fd, bytes.as_ptr(), bytes.len() as u32);
        let send = send.flags(MsgFlags::MSG_NOSIGNAL.bits()).build();
        submit(ring, &send.user_data(name + SEND))?;
    }
    let room = flow.early.is_empty() || flow.receives.armed && flow.early.len() < ENOUGH;
    let receive = opcode::RecvMulti::new(fd, 0).build().user_data(name);
    let wanted = room && !flow.ended && !conn.is_done();
    flow.receives.aim(ring, wanted, &receive)
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "io-uring-multishot",
    family: Family::Completion,
    transport: Transport::Stream,
    summary: "One thread asks once a client to receive, into buffers that all share, and the kernel answers again and again.",
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
