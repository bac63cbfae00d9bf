//! One client's connection: its stream, its session and its tally.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;

use echo_protocol::ServerSession;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};

use crate::counters::Tally;
use crate::event::{Ending, Observed, What};
use crate::shared::Shared;
use crate::silence::Pulse;
use crate::stats::add;
use crate::stream::Stream;
use crate::work::Work;

/// The result of a read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Io {
    /// This number of bytes moved. A read of 0 bytes is the client's end of file.
    Moved(usize),
    /// Nothing moved: the socket was not ready (`EAGAIN`), or a signal came (`EINTR`). Wait, and try again.
    Blocked,
    /// The connection is broken. [`Conn::is_done`] is true from now on.
    Broken,
}

/// Converts the result of an `io_uring` operation, which is a count or a negative error number, as the kernel returns
/// it from system calls.
///
/// # Errors
/// The operation's error.
pub fn completed(result: i32) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| Errno::from_raw(-result))
}

/// A conversation with one client. Dropping it closes the connection and adds its tally to the statistics.
pub struct Conn {
    stream: Stream,
    session: ServerSession,
    tally: Tally,
    drained: bool,
    /// Why the conversation ended before its client wanted, if it did: the connection broke, the grace period ended
    /// before the work of a request was done, or the client was refused.
    lost: Option<Ending>,
    worker: Option<usize>,
    /// Requests that are already in the share of a worker.
    credited: u64,
    /// Present if an observer watches the server.
    observed: Option<Box<Observed>>,
    /// Present if the server has an idle timeout.
    pulse: Option<Pulse>,
    /// True if the server has ended its side, and waits for the end of its client.
    parting: bool,
    /// Must be the last field: it frees the place, and by then the stream's descriptor must be closed.
    place: Place,
}

/// The place of an open conversation.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.closed();
    }
}

impl Conn {
    pub(crate) fn new(stream: Stream, shared: Arc<Shared>, worker: Option<usize>) -> Self {
        shared.stop.enter(stream.as_raw_fd());
        let idle = shared.idle.as_ref();
        let pulse = idle.map(|idle| idle.enter(stream.as_raw_fd()));
        let observed = Observed::of(shared.config.observer, stream.as_raw_fd());
        let session = ServerSession::new(shared.config.protocol, shared.config.limits);
        Self {
            stream,
            session,
            tally: Tally::default(),
            drained: false,
            lost: None,
            worker,
            credited: 0,
            observed,
            pulse,
            parting: false,
            place: Place(shared),
        }
    }

    /// The whole conversation on a blocking stream. It ends when the client ends it, when the connection breaks, or
    /// when the grace period after a stop is over. `perform` does the work that requests ask for: the caller decides
    /// where it runs.
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

    /// Receives once: exactly one `recv(2)`. Call it only if [`wants_read`](Self::wants_read).
    pub fn read(&mut self) -> Io {
        let fd = self.stream.as_raw_fd();
        let result = recv(fd, self.session.spare(), MsgFlags::empty());
        self.received(result)
    }

    /// Sends once: exactly one `send(2)`. Call it only if [`wants_write`](Self::wants_write).
    pub fn write(&mut self) -> Io {
        let fd = self.stream.as_raw_fd();
        let result = send(fd, self.session.pending(), MsgFlags::MSG_NOSIGNAL);
        self.sent(result)
    }

    /// Room for input, for models whose kernel receives by itself (`io_uring`); at least one byte if
    /// [`wants_read`](Self::wants_read). It stays at the same address on the heap until
    /// [`received`](Self::received) reports the result.
    pub fn spare(&mut self) -> &mut [u8] {
        self.session.spare()
    }

    /// Takes the result of one receive into [`spare`](Self::spare), as [`read`](Self::read) does.
    pub fn received(&mut self, result: Result<usize, Errno>) -> Io {
        self.tally.reads += 1;
        match result {
            Ok(n) => {
                self.tally.bytes_in += n as u64;
                self.drained = n < self.session.spare().len();
                self.session.received(n);
                self.report(What::Read(n));
                Io::Moved(n)
            }
            Err(error) => {
                self.session.release();
                self.drained = true;
                self.failed(error)
            }
        }
    }

    /// Copies bytes that were received into another buffer, while the session has room and use for them. Returns the
    /// number of bytes taken.
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

    /// Bytes to be sent, for models whose kernel sends by itself. They stay at the same address until
    /// [`sent`](Self::sent) reports the result.
    pub fn pending(&self) -> &[u8] {
        self.session.pending()
    }

    /// Takes the result of one send of [`pending`](Self::pending), or of its first bytes, as [`write`](Self::write)
    /// does.
    pub fn sent(&mut self, result: Result<usize, Errno>) -> Io {
        self.tally.writes += 1;
        match result {
            Ok(n) => {
                self.tally.bytes_out += n as u64;
                self.session.sent(n);
                self.report(What::Wrote(n));
                self.part();
                Io::Moved(n)
            }
            Err(error) => self.failed(error),
        }
    }

    /// Ends the server's side of a conversation that the server ends, when the last reply is sent. It stays open until the
    /// client has ended its side, too, at most for a second: what comes meanwhile is read and dropped. A socket that is closed
    /// with unread bytes sends a reset, which discards the reply on its way (RFC 9112, section 9.6).
    fn part(&mut self) {
        if self.session.ends_first() && !self.parting {
            self.parting = true;
            let fd = self.stream.as_raw_fd();
            self.place.0.farewells.enter(fd);
            // It fails if the client has just reset the connection: then the next read fails as well.
            let _ = shutdown(fd, Shutdown::Write);
        }
    }

    /// Closes the connection of a client that cannot be served because of a limit, and counts it as refused.
    pub fn refuse(mut self) {
        self.lost = Some(Ending::Refused);
        add(&self.place.0.counters.totals.refused, 1);
    }

    /// True if the last read emptied the socket's receive buffer: it returned fewer bytes than there was room for
    /// (epoll(7), "Questions and answers", 9).
    pub const fn drained(&self) -> bool {
        self.drained
    }

    /// True if the session has room and use for input.
    pub const fn wants_read(&self) -> bool {
        !self.is_lost() && self.session.wants_read()
    }

    /// True if bytes are waiting to be sent.
    pub const fn wants_write(&self) -> bool {
        !self.is_lost() && self.session.wants_write()
    }

    /// True if the conversation can go on as soon as its socket has room: bytes are waiting to be sent, or there is work,
    /// whose reply needs room. A loop does the work of one request a turn, and waits for room before the next turn:
    /// mostly there is room at once, but the other clients go first.
    pub const fn wants_room(&self) -> bool {
        self.wants_write() || self.wants_work()
    }

    /// True if work must be done before the conversation can go on.
    pub const fn wants_work(&self) -> bool {
        !self.is_lost() && self.session.wants_work()
    }

    /// The work of one request, which must be done before the conversation can go on. After it, there is a reply to
    /// write, and perhaps the work of the next request. If the grace period is over, there is no work any more:
    /// [`is_done`](Self::is_done) is true from now on.
    pub fn work(&mut self) -> Option<Work> {
        let task = self.session.work().filter(|_| !self.is_lost())?;
        let stop = self.place.0.stop;
        if stop.grace_over() {
            self.lost = Some(Ending::CutOff);
        }
        (!self.is_lost()).then(|| Work::new(task, stop))
    }

    /// Reports that the work is done. If the grace period has ended meanwhile, the work was cut short, and the
    /// conversation is over without a reply.
    pub fn worked(&mut self) {
        if self.grace_over() {
            self.lost = Some(Ending::CutOff);
        } else {
            self.session.worked();
            self.report(What::Worked);
        }
    }

    /// Reports that the work was done by worker number `worker`, which has no conversations of its own: the request
    /// is added to its share. Use it together with [`Context::list_workers`](crate::Context::list_workers).
    pub fn worked_by(&mut self, worker: usize) {
        self.worked();
        if !self.is_lost() {
            self.place.0.counters.shares.credit(worker, 0, 1);
        }
    }

    /// True if the conversation is over. Drop the connection then.
    pub const fn is_done(&self) -> bool {
        self.is_lost() || self.session.is_done()
    }

    /// Hands the conversation over to worker number `worker` (from 0). Later requests belong to that worker's share.
    pub fn hand_to(&mut self, worker: usize) {
        if self.worker != Some(worker) {
            self.credit(0);
            self.worker = Some(worker);
        }
    }

    /// True if the conversation ended before its client wanted.
    const fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// True if the client's end of file was reported.
    pub(crate) const fn client_ended(&self) -> bool {
        !self.session.wants_read()
    }

    /// Reports the client's end of file, for a conversation whose bytes the kernel moves.
    pub(crate) fn end_of_client(&mut self) {
        self.session.received(0);
    }

    /// Sets the number of bytes that the kernel received and sent up to now, if known, and whether the connection
    /// broke.
    pub(crate) fn relayed_bytes(&mut self, in_and_out: Option<(u64, u64)>, broken: bool) {
        if broken {
            self.lost = Some(Ending::Broken);
        }
        if let Some((bytes_in, bytes_out)) = in_and_out {
            let (read, wrote) = (self.tally.bytes_in, self.tally.bytes_out);
            (self.tally.bytes_in, self.tally.bytes_out) = (bytes_in, bytes_out);
            if bytes_in > read {
                self.report(What::Read((bytes_in - read) as usize));
            }
            if bytes_out > wrote {
                self.report(What::Wrote((bytes_out - wrote) as usize));
            }
        }
    }

    /// True if the grace period after a stop is over.
    pub(crate) fn grace_over(&self) -> bool {
        self.place.0.stop.grace_over()
    }

    /// Adds the requests since the last call to the share of the current worker, and `connections` with them.
    fn credit(&mut self, connections: u64) {
        let requests = self.session.requests();
        if let Some(worker) = self.worker {
            let shares = &self.place.0.counters.shares;
            shares.credit(worker, connections, requests - self.credited);
        }
        self.credited = requests;
    }

    /// Tells the observer and the idle timeout, if the server has them.
    fn report(&self, what: What) {
        if let Some(pulse) = &self.pulse {
            pulse.beat(self.session.work().is_some());
        }
        if let Some(observed) = &self.observed {
            observed.report(what);
        }
    }

    fn ending(&self) -> Ending {
        match self.lost {
            Some(Ending::Refused) => Ending::Refused,
            _ if self.grace_over() => Ending::CutOff,
            lost => lost.unwrap_or(Ending::Done),
        }
    }

    fn failed(&mut self, error: Errno) -> Io {
        match error {
            Errno::EAGAIN => {
                self.tally.would_block += 1;
                Io::Blocked
            }
            Errno::EINTR => Io::Blocked,
            _ => {
                self.lost = Some(Ending::Broken);
                Io::Broken
            }
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        self.report(What::Ended(self.ending()));
        self.credit(1);
        self.tally.requests = self.session.requests();
        let Shared {
            counters,
            stop,
            idle,
            farewells,
            ..
        } = &*self.place.0;
        counters.add_tally(&self.tally);
        let broken = self.lost == Some(Ending::Broken);
        add(&counters.totals.broken, u64::from(broken));
        add(&counters.totals.cut_off, u64::from(stop.grace_over()));
        if let Some(error) = self.session.error() {
            counters.count_protocol_error(error);
        }
        // Before the descriptor is closed, which happens after this body: a later client may get the same number.
        stop.leave(self.stream.as_raw_fd());
        if let Some(idle) = idle {
            idle.leave(self.stream.as_raw_fd());
        }
        if self.parting {
            farewells.leave(self.stream.as_raw_fd());
        }
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
