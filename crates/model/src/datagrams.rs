//! The socket of a datagram server: each datagram comes with its sender's address, and its reply goes back there.
//!
//! There are no connections, and therefore no accept and no close. A datagram that is not a request is counted, and the
//! model does not see it. After a stop, the server still answers the datagrams in the socket's receive buffer.

mod batch;

use std::fs;
use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::thread;

use echo_protocol::{answer, longest_datagram};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockaddrStorage, getsockopt, recvmsg, sendto, sockopt};
use nix::sys::stat::fstat;

use crate::counters::Tally;
use crate::event::{Client, Event, What};
use crate::shared::{PAUSE, Shared};
use crate::stats::DatagramStats;
use crate::stream::Listener;
use crate::work::Work;

pub use batch::Batch;

/// Lower bound of the bytes that the kernel charges to a receive buffer for one datagram.
const LEAST_COST: usize = 256;

/// The address of a datagram's sender.
pub type Source = SockaddrStorage;

/// A request that came in one datagram.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The sender.
    pub from: Source,
    /// The work to do before the reply.
    pub work: Option<Work>,
    /// Length of the reply, which replaces the request at the front of its buffer.
    pub bytes: usize,
    /// Index of that buffer in its batch.
    slot: usize,
}

/// A bound datagram socket. Dropping it adds its tally to the statistics.
pub struct Datagrams {
    socket: Listener,
    shared: Arc<Shared>,
    tally: Tally,
    counts: DatagramStats,
    worker: Option<usize>,
    /// After a stop: the number of datagrams that may still be in the receive buffer.
    left: Option<usize>,
}

impl Datagrams {
    pub(crate) fn new(socket: Listener, shared: Arc<Shared>, worker: Option<usize>) -> Self {
        Self {
            socket,
            shared,
            tally: Tally::default(),
            counts: DatagramStats::default(),
            worker,
            left: None,
        }
    }

    /// A buffer that is large enough for the longest request and the longest reply.
    pub fn buffer(&self) -> Box<[u8]> {
        let config = &self.shared.config;
        vec![0; longest_datagram(config.protocol, config.limits)].into_boxed_slice()
    }

    /// Waits for the next request: one `recvmsg(2)` per datagram. Returns `None` after a stop, when the receive buffer
    /// is empty.
    ///
    /// `recvfrom(2)` would do too, but only `recvmsg` reports a datagram that was longer than the buffer
    /// (`MSG_TRUNC`).
    pub fn receive(&mut self, buffer: &mut [u8]) -> Option<Request> {
        while let Some(flags) = self.flags(MsgFlags::empty()) {
            self.tally.reads += 1;
            let mut slices = [IoSliceMut::new(buffer)];
            let received = recvmsg::<SockaddrStorage>(self.fd(), &mut slices, None, flags);
            let received = received.map(|message| (message.bytes, message.address));
            match received {
                Ok((bytes, Some(from))) => {
                    if let Some(request) = self.understand(buffer, bytes, from, 0) {
                        return Some(request);
                    }
                }
                Ok((_, None)) => {}
                Err(error) => self.failed(error)?,
            }
        }
        None
    }

    /// Sends the first `bytes` bytes of `buffer` to a client: one `sendto(2)`. A reply that cannot be sent is counted,
    /// and lost; so is one whose work the end of the grace period may have cut short.
    pub fn reply(&mut self, buffer: &[u8], bytes: usize, to: &Source) {
        if self.shared.stop.grace_over() {
            return self.counts.unsent += 1;
        }
        loop {
            self.tally.writes += 1;
            match sendto(self.fd(), &buffer[..bytes], to, MsgFlags::empty()) {
                Ok(bytes) => return self.sent(bytes, to),
                Err(Errno::EINTR) => {}
                Err(_) => return self.counts.unsent += 1,
            }
        }
    }

    /// An empty batch of `N` datagrams for this socket.
    pub fn batch<const N: usize>(&self) -> Batch<N> {
        Batch::new(|| self.buffer())
    }

    /// Waits for requests and takes as many as have arrived and fit into the batch: one `recvmmsg(2)`. Returns false
    /// after a stop, when the receive buffer is empty. With `MSG_WAITFORONE` it waits for the first datagram only.
    pub fn receive_many<const N: usize>(&mut self, batch: &mut Batch<N>, flags: MsgFlags) -> bool {
        batch.requests.clear();
        while batch.requests.is_empty() {
            let Some(flags) = self.flags(flags) else {
                return false;
            };
            self.tally.reads += 1;
            match batch.receive(self.fd(), flags) {
                Ok(()) => self.understand_many(batch),
                Err(error) if self.failed(error).is_none() => return false,
                Err(_) => {}
            }
        }
        true
    }

    fn understand_many<const N: usize>(&mut self, batch: &mut Batch<N>) {
        if self.shared.stop.stopping() && self.left.is_none() {
            // The call that the stop interrupted leaves a header without an address.
            batch.forget_headers();
        }
        for (slot, &(bytes, from)) in batch.arrived.iter().enumerate() {
            let request = self.understand(&mut batch.buffers[slot], bytes, from, slot);
            batch.requests.extend(request);
        }
    }

    /// Sends all replies of a batch, each to its client: one `sendmmsg(2)`. A reply that cannot be sent is counted, and
    /// lost; the replies after it take one more call. After the grace period, no reply of the batch is sent.
    pub fn reply_many<const N: usize>(&mut self, batch: &mut Batch<N>) {
        if self.shared.stop.grace_over() {
            self.counts.unsent += batch.requests.len() as u64;
            return;
        }
        let mut done = 0;
        while done < batch.requests.len() {
            self.tally.writes += 1;
            match batch.send(self.fd(), done) {
                Ok(sent) => {
                    let replies = &batch.requests[done..done + sent];
                    for reply in replies {
                        self.sent(reply.bytes, &reply.from);
                    }
                    done += sent;
                }
                Err(Errno::EINTR) => {}
                Err(_) => {
                    self.counts.unsent += 1;
                    done += 1;
                }
            }
        }
    }

    /// Counts a reply that was sent.
    fn sent(&mut self, bytes: usize, to: &Source) {
        self.counts.sent += 1;
        self.tally.bytes_out += bytes as u64;
        self.report(to, What::Wrote(bytes));
    }

    /// Tells the observer, if there is one.
    fn report(&self, source: &Source, what: What) {
        if let Some(observer) = self.shared.config.observer {
            let client = Client::at(source, self.fd());
            observer(&Event { client, what });
        }
    }

    /// The flags of the next receive; `None` if there must be no further one, because of a stop.
    fn flags(&mut self, flags: MsgFlags) -> Option<MsgFlags> {
        // With `MSG_TRUNC` the kernel returns the full length of a datagram that did not fit.
        let flags = flags | MsgFlags::MSG_TRUNC;
        if !self.shared.stop.stopping() {
            return Some(flags);
        }
        // Clients do not notice the stop. Without this limit, a client that continues to send would keep the server
        // running.
        let left = self.left.get_or_insert_with(|| {
            getsockopt(&self.socket, sockopt::RcvBuf).map_or(0, |bytes| bytes / LEAST_COST)
        });
        (*left > 0 && !self.shared.stop.grace_over()).then_some(flags | MsgFlags::MSG_DONTWAIT)
    }

    /// Decodes a datagram; `None` if it is not a request.
    fn understand(
        &mut self,
        buffer: &mut [u8],
        bytes: usize,
        from: SockaddrStorage,
        slot: usize,
    ) -> Option<Request> {
        if bytes == 0 && self.shared.stop.stopping() && self.left.is_none() {
            return None; // the stop ended the receive: this is not a datagram
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.counts.received += 1;
        self.tally.bytes_in += bytes as u64;
        self.report(&from, What::Read(bytes));
        let config = &self.shared.config;
        match answer(config.protocol, config.limits, buffer, bytes) {
            Ok(answer) => {
                self.tally.requests += 1;
                Some(Request {
                    from,
                    work: answer.work.map(|task| Work::new(task, self.shared.stop)),
                    bytes: answer.bytes,
                    slot,
                })
            }
            Err(error) => {
                self.shared.counters.count_protocol_error(&error);
                None
            }
        }
    }

    /// Handles a failed receive; `None` if no further receive can bring anything.
    fn failed(&mut self, error: Errno) -> Option<()> {
        match error {
            Errno::EINTR => {}
            Errno::EAGAIN => {
                self.tally.would_block += 1;
                return (!self.shared.stop.stopping()).then_some(());
            }
            // The same policy as for `accept`: count the failure, never end the server, never spin.
            _ => {
                self.shared.counters.count_accept_error(error);
                thread::sleep(PAUSE);
            }
        }
        Some(())
    }

    fn fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Number of datagrams that the kernel dropped because the receive buffer was full, from its table of sockets
    /// (proc_net(5)); 0 if the table does not list this socket.
    fn dropped(&self) -> u64 {
        let Ok(status) = fstat(&self.socket) else {
            return 0;
        };
        let tables = ["/proc/net/udp", "/proc/net/udp6"].map(fs::read_to_string);
        let drops = |line: &str| {
            let mut fields = line.split_whitespace();
            let inode = fields.nth(9)?.parse() == Ok(status.st_ino);
            inode.then(|| fields.last()?.parse().ok())?
        };
        let mut lines = tables.iter().flatten().flat_map(|table| table.lines());
        lines.find_map(drops).unwrap_or(0)
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.counts.dropped = self.dropped();
        let counters = self.shared.counters;
        counters.add_tally(&self.tally);
        counters.add_datagrams(self.counts);
        if let Some(worker) = self.worker {
            counters.shares.credit(worker, 0, self.tally.requests);
        }
    }
}
