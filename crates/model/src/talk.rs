//! One client of a chat server, in two halves: the reader takes its requests, the writer sends it lines.
//!
//! The halves may be in different threads, because others write to a client while it is silent. Each call of
//! [`Reader::read`] and [`Writer::write`] is exactly one system call. The connection closes when both halves are dropped.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use echo_protocol::chat::{ChatLimits, Lines, Outbox, Reply, Request};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, shutdown};

use crate::conn::Io;
use crate::counters::Tally;
use crate::event::{Ending, Observed, What};
use crate::room::RoomStats;
use crate::shared::Shared;
use crate::silence::Pulse;
use crate::stats::add;
use crate::stream::Stream;

/// The half that takes the requests of a client.
pub struct Reader {
    link: Arc<Link>,
    lines: Lines,
    tally: Tally,
    rooms: RoomStats,
}

/// The half that sends lines to a client, through a queue with a bound.
pub struct Writer {
    link: Arc<Link>,
    outbox: Outbox,
    tally: Tally,
    rooms: RoomStats,
}

/// What both halves share.
struct Link {
    stream: Stream,
    /// Why the conversation ended before its client wanted, if it did: [`OPEN`], [`BROKEN`] or [`SLOW`].
    lost: AtomicU8,
    /// Present if an observer watches the server.
    observed: Option<Box<Observed>>,
    /// Present if the server has an idle timeout.
    pulse: Option<Pulse>,
    /// Must be the last field: it frees the place, and by then the stream's descriptor must be closed.
    place: Place,
}

const OPEN: u8 = 0;
const BROKEN: u8 = 1;
/// The server has disconnected it, because it read too slowly.
const SLOW: u8 = 2;

/// The place of an open conversation.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.closed();
    }
}

/// Begins the conversation with a client.
pub(crate) fn begin(stream: Stream, shared: Arc<Shared>) -> (Reader, Writer) {
    let fd = stream.as_raw_fd();
    shared.stop.enter(fd);
    let limits = limits(&shared);
    let link = Arc::new(Link {
        lost: AtomicU8::new(OPEN),
        observed: Observed::of(shared.config.observer, fd),
        pulse: shared.idle.as_ref().map(|idle| idle.enter(fd)),
        stream,
        place: Place(shared),
    });
    let reader = Reader {
        link: Arc::clone(&link),
        lines: Lines::new(limits),
        tally: Tally::default(),
        rooms: RoomStats::default(),
    };
    let writer = Writer {
        link,
        outbox: Outbox::new(limits),
        tally: Tally::default(),
        rooms: RoomStats::default(),
    };
    (reader, writer)
}

/// The bounds of the protocol: the queue of a receiver has the size of the buffer of a conversation.
pub(crate) fn limits(shared: &Shared) -> ChatLimits {
    ChatLimits::default().with_queue(shared.config.limits.high_water)
}

impl Reader {
    /// Receives once: exactly one `recv(2)`. Call it only if [`wants_read`](Self::wants_read).
    pub fn read(&mut self) -> Io {
        let result = recv(self.as_raw_fd(), self.lines.spare(), MsgFlags::empty());
        self.tally.reads += 1;
        match result {
            Ok(n) => {
                self.tally.bytes_in += n as u64;
                self.lines.received(n);
                self.link.report(What::Read(n));
                Io::Moved(n)
            }
            Err(error) => {
                self.lines.release();
                let failed = self.link.failed(error, &mut self.tally);
                if failed == Io::Broken {
                    self.lines.received(0);
                }
                failed
            }
        }
    }

    /// The next request that was received. The last one is [`Request::End`], also if the connection broke.
    pub fn next_request(&mut self) -> Option<Request> {
        let request = self.lines.next_request();
        self.tally.requests += u64::from(request.is_some() && !self.lines.is_done());
        if matches!(request, Some(Request::Reply(Reply::Mistake(_)))) {
            self.rooms.mistakes += 1;
        }
        request
    }

    /// True if there is room and use for input.
    pub fn wants_read(&self) -> bool {
        self.lines.wants_read()
    }

    /// True if the last request was returned.
    pub fn is_done(&self) -> bool {
        self.lines.is_done()
    }
}

impl Writer {
    /// Queues a message; false if the queue is full, or if the client has gone. Then it is counted as dropped, or as lost.
    pub fn queue(&mut self, message: &[u8]) -> bool {
        self.notice_loss();
        self.outbox.queue(message)
    }

    /// Queues a line for this client alone, which answers one of its requests. Take no further request of the client while
    /// there is no [room](Self::has_room).
    pub fn reply(&mut self, reply: &Reply) {
        self.outbox.reply(reply);
    }

    /// Sends once: exactly one `send(2)`. Call it only if [`wants_write`](Self::wants_write).
    pub fn write(&mut self) -> Io {
        let result = send(
            self.as_raw_fd(),
            self.outbox.pending(),
            MsgFlags::MSG_NOSIGNAL,
        );
        self.tally.writes += 1;
        match result {
            Ok(n) => {
                self.tally.bytes_out += n as u64;
                self.outbox.sent(n);
                self.link.report(What::Wrote(n));
                Io::Moved(n)
            }
            Err(error) => {
                let failed = self.link.failed(error, &mut self.tally);
                self.notice_loss();
                failed
            }
        }
    }

    /// Counts messages for this client that were dropped before they came here. The client gets a notice.
    pub fn drop_messages(&mut self, messages: u64) {
        self.outbox.drop_messages(messages);
    }

    /// Counts messages for this client that are lost because it has left.
    pub fn lose(&mut self, messages: u64) {
        self.outbox.lose(messages);
    }

    /// Disconnects a client that reads too slowly, and counts it. Its reader sees the end of the connection.
    pub fn disconnect(&mut self) {
        if !self.is_lost() {
            self.rooms.disconnected += 1;
            self.link.lost.store(SLOW, Ordering::Relaxed);
            // It fails if the client has just gone: then there is nothing left to do.
            let _ = shutdown(self.as_raw_fd(), Shutdown::Both);
        }
        self.notice_loss();
    }

    /// True if the queue has room for any message.
    pub fn has_room(&self) -> bool {
        self.outbox.has_room()
    }

    /// True if bytes are waiting to be sent.
    pub fn wants_write(&self) -> bool {
        !self.is_lost() && self.outbox.wants_write()
    }

    /// True if nothing can be sent any more: the connection broke, or the client was disconnected.
    pub fn is_lost(&self) -> bool {
        self.link.lost.load(Ordering::Relaxed) != OPEN
    }

    /// Closes the queue if the connection is lost, perhaps because of the reader.
    fn notice_loss(&mut self) {
        if self.is_lost() {
            self.outbox.close();
        }
    }
}

impl Link {
    /// Tells the observer and the idle timeout, if the server has them.
    fn report(&self, what: What) {
        if let Some(pulse) = &self.pulse {
            pulse.beat(false);
        }
        if let Some(observed) = &self.observed {
            observed.report(what);
        }
    }

    fn failed(&self, error: Errno, tally: &mut Tally) -> Io {
        match error {
            Errno::EAGAIN => {
                tally.would_block += 1;
                Io::Blocked
            }
            Errno::EINTR => Io::Blocked,
            _ => {
                let order = Ordering::Relaxed;
                let _ = self.lost.compare_exchange(OPEN, BROKEN, order, order);
                Io::Broken
            }
        }
    }

    fn ending(&self) -> Ending {
        match self.lost.load(Ordering::Relaxed) {
            SLOW => Ending::Refused,
            _ if self.place.0.stop.grace_over() => Ending::CutOff,
            BROKEN => Ending::Broken,
            _ => Ending::Done,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let counters = self.link.place.0.counters;
        counters.add_tally(&self.tally);
        counters.rooms.add(&self.rooms);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.outbox.close();
        let fate = self.outbox.fate();
        self.rooms.delivered = fate.delivered;
        self.rooms.dropped = fate.dropped;
        self.rooms.lost = fate.lost;
        let counters = self.link.place.0.counters;
        counters.add_tally(&self.tally);
        counters.rooms.add(&self.rooms);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.report(What::Ended(self.ending()));
        let Shared {
            counters,
            stop,
            idle,
            ..
        } = &*self.place.0;
        let broken = self.lost.load(Ordering::Relaxed) == BROKEN;
        add(&counters.totals.broken, u64::from(broken));
        add(&counters.totals.cut_off, u64::from(stop.grace_over()));
        // Before the descriptor is closed, which happens after this body: a later client may get the same number.
        stop.leave(self.stream.as_raw_fd());
        if let Some(idle) = idle {
            idle.leave(self.stream.as_raw_fd());
        }
    }
}

impl AsFd for Reader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.link.stream.as_fd()
    }
}

impl AsRawFd for Reader {
    fn as_raw_fd(&self) -> RawFd {
        self.link.stream.as_raw_fd()
    }
}

impl AsFd for Writer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.link.stream.as_fd()
    }
}

impl AsRawFd for Writer {
    fn as_raw_fd(&self) -> RawFd {
        self.link.stream.as_raw_fd()
    }
}
