//! One client's connection: stream, session and tally together.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;

use echo_protocol::{ServerSession, Work};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, send};

use crate::context::{Context, Shared};
use crate::stats::{Tally, add};
use crate::stream::Stream;

/// How a read or a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// So many bytes moved; a read of 0 bytes is the client's end of file.
    Moved(usize),
    /// Nothing moved: the socket was not ready (`EAGAIN`), or a signal came (`EINTR`). Wait, and try again.
    Blocked,
    /// The connection is broken; [`Conn::is_done`] is true from now on.
    Broken,
}

/// What an operation came to, from the number by which `io_uring` says it: as system calls do inside the kernel.
///
/// # Errors
/// The operation's own, which is a negative number.
pub fn completed(result: i32) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| Errno::from_raw(-result))
}

/// A conversation with one client. Dropping it closes the connection and adds what it counted to the statistics.
pub struct Conn {
    stream: Stream,
    session: ServerSession,
    tally: Tally,
    drained: bool,
    worker: Option<usize>,
    /// Requests that are in some worker's share already.
    credited: u64,
    /// Dropped after the stream: only then is its descriptor free for another client.
    slot: Slot,
}

/// A place among the open conversations.
struct Slot(Arc<Shared>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.closed();
    }
}

impl Conn {
    pub(crate) fn new(stream: Stream, shared: Arc<Shared>, worker: Option<usize>) -> Self {
        shared.stop.enter(stream.as_raw_fd());
        let session = ServerSession::new(shared.config.protocol, shared.config.limits);
        Self {
            stream,
            session,
            tally: Tally::default(),
            drained: false,
            worker,
            credited: 0,
            slot: Slot(shared),
        }
    }

    /// Receives once: exactly one `recv(2)`. Call it only while [`wants_read`](Self::wants_read).
    pub fn read(&mut self) -> Io {
        let fd = self.stream.as_raw_fd();
        let result = recv(fd, self.session.spare(), MsgFlags::empty());
        self.received(result)
    }

    /// Sends once: exactly one `send(2)`. Call it only while [`wants_write`](Self::wants_write).
    pub fn write(&mut self) -> Io {
        let fd = self.stream.as_raw_fd();
        let result = send(fd, self.session.pending(), MsgFlags::MSG_NOSIGNAL);
        self.sent(result)
    }

    /// Room for input, for who has somebody else receive; at least one byte while [`wants_read`](Self::wants_read). It
    /// lies on the heap, stays where it is until [`received`](Self::received) says what came, and is on loan until then.
    pub fn spare(&mut self) -> &mut [u8] {
        self.session.spare()
    }

    /// Takes the result of one receive into the front of [`spare`](Self::spare): as [`read`](Self::read) does.
    pub fn received(&mut self, result: Result<usize, Errno>) -> Io {
        self.tally.reads += 1;
        match result {
            Ok(n) => {
                self.tally.bytes_in += n as u64;
                self.drained = n < self.session.spare().len();
                self.session.received(n);
                Io::Moved(n)
            }
            Err(error) => {
                self.session.release();
                self.drained = true;
                self.failed(error)
            }
        }
    }

    /// Takes in bytes that were received elsewhere, as far as there is room and use for them, and gives their number.
    pub fn take_in(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && self.wants_read() {
            let room = self.spare();
            let n = room.len().min(bytes.len() - taken);
            room[..n].copy_from_slice(&bytes[taken..taken + n]);
            self.received(Ok(n));
            taken += n;
        }
        taken
    }

    /// What is to be sent, for who has somebody else send it; it stays where it is until [`sent`](Self::sent).
    pub fn pending(&self) -> &[u8] {
        self.session.pending()
    }

    /// Takes the result of one send of [`pending`](Self::pending), or of its front: as [`write`](Self::write) does.
    pub fn sent(&mut self, result: Result<usize, Errno>) -> Io {
        self.tally.writes += 1;
        match result {
            Ok(n) => {
                self.tally.bytes_out += n as u64;
                self.session.sent(n);
                Io::Moved(n)
            }
            Err(error) => self.failed(error),
        }
    }

    /// Gives up a client whose conversation cannot begin because of a limit, and counts it as refused.
    pub fn refuse(self) {
        add(&self.slot.0.counters.refused, 1);
    }

    /// The whole conversation on a blocking stream: until the client ends it, or something else does.
    /// `perform` is given the work that requests ask for; where it runs is up to the caller.
    pub fn converse(&mut self, mut perform: impl FnMut(Work)) {
        while !self.is_done() {
            if self.wants_write() {
                self.write();
            } else if let Some(work) = self.work() {
                perform(work);
                self.worked();
            } else {
                self.read();
            }
        }
    }

    /// Whether the last read emptied the socket's receive buffer, as far as one can know: it brought less than there
    /// was room for (epoll(7), "Questions and answers", 9).
    pub const fn drained(&self) -> bool {
        self.drained
    }

    /// Whether it is of use to read.
    pub const fn wants_read(&self) -> bool {
        !self.tally.broken && self.session.wants_read()
    }

    /// Whether there is something to write.
    pub const fn wants_write(&self) -> bool {
        !self.tally.broken && self.session.wants_write()
    }

    /// The work to be done before the conversation can go on.
    pub const fn work(&self) -> Option<Work> {
        if self.tally.broken {
            None
        } else {
            self.session.work()
        }
    }

    /// Reports that the work is done.
    pub fn worked(&mut self) {
        self.session.worked();
    }

    /// Reports that a worker has done the work, one that has no conversations of its own: the request is its share. `worker`
    /// is its context ([`Context::worker`](crate::Context::worker)).
    pub fn worked_by(&mut self, worker: &Context) {
        worker.did_work();
        self.worked();
    }

    /// Whether the conversation is over: drop the connection then.
    pub const fn is_done(&self) -> bool {
        self.tally.broken || self.session.is_done()
    }

    /// Whether the client's end was reported.
    pub(crate) const fn client_ended(&self) -> bool {
        !self.session.wants_read()
    }

    /// The client's end was seen elsewhere.
    pub(crate) fn end_of_client(&mut self) {
        self.session.received(0);
    }

    /// What went in and out without us up to now, where that is known, and whether the connection broke.
    pub(crate) fn relayed_bytes(&mut self, in_and_out: Option<(u64, u64)>, broken: bool) {
        self.tally.broken |= broken;
        if let Some((bytes_in, bytes_out)) = in_and_out {
            (self.tally.bytes_in, self.tally.bytes_out) = (bytes_in, bytes_out);
        }
    }

    pub(crate) fn grace_over(&self) -> bool {
        self.slot.0.stop.grace_over()
    }

    /// Hands the conversation over to another worker (a number from 0): what it serves from now on is that one's share.
    pub fn hand_to(&mut self, worker: usize) {
        if self.worker != Some(worker) {
            self.credit(0);
            self.worker = Some(worker);
        }
    }

    /// Adds the requests since the last time to the share of the worker that has the conversation.
    fn credit(&mut self, connections: u64) {
        let requests = self.session.requests();
        if let Some(worker) = self.worker {
            let counters = self.slot.0.counters;
            counters.credit(worker, connections, requests - self.credited);
        }
        self.credited = requests;
    }

    fn failed(&mut self, error: Errno) -> Io {
        match error {
            Errno::EAGAIN => {
                self.tally.would_block += 1;
                Io::Blocked
            }
            Errno::EINTR => Io::Blocked,
            _ => {
                self.tally.broken = true;
                Io::Broken
            }
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.credit(1);
        let Shared { counters, stop, .. } = &*self.slot.0;
        counters.merge(&self.tally, self.session.requests(), self.session.error());
        add(&counters.cut_off, u64::from(stop.grace_over()));
        // The stream is closed after this body, so the number is still ours when its bit is cleared.
        stop.leave(self.stream.as_raw_fd());
    }
}

impl AsFd for Conn {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl AsRawFd for Conn {
    fn as_raw_fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }
}
