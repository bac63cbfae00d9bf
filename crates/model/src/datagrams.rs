//! One socket for all clients: datagrams come with the address of their sender, and replies go back there.
//!
//! There are no connections, so there is nobody to accept, to keep apart, or to close. What is no request is counted and
//! not shown to the model. After a stop, what lies in the socket's buffer is still answered.

use std::array;
use std::fs;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::thread;

use echo_protocol::{Work, answer, longest_datagram};
use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, MultiHeaders, SockaddrStorage, getsockopt, recvmmsg, recvmsg, sendmmsg, sendto,
    sockopt,
};
use nix::sys::stat::fstat;

use crate::context::{PAUSE, Shared};
use crate::stats::DatagramTally;
use crate::stream::Listener;

/// The least that the kernel counts against a socket's receive buffer for one datagram, in bytes, or less.
const LEAST_COST: usize = 256;

/// Where a datagram comes from.
pub type Source = SockaddrStorage;

/// What one datagram asks for, and of whom it comes.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The sender.
    pub from: Source,
    /// What is to be done before it is answered.
    pub work: Option<Work>,
    /// The length of the reply, which stands where the request was: at the front of its buffer.
    pub bytes: usize,
    /// Which buffer of a batch that is.
    slot: usize,
}

/// A bound socket for datagrams. Dropping it adds what it counted to the statistics.
pub struct Datagrams {
    socket: Listener,
    shared: Arc<Shared>,
    tally: DatagramTally,
    worker: Option<usize>,
    /// After a stop: how many datagrams may still lie in the buffer.
    left: Option<usize>,
}

/// Room for `N` datagrams that are received, or sent, by one system call.
pub struct Batch<const N: usize> {
    buffers: [Box<[u8]>; N],
    /// Lengths and senders of what the last receive brought.
    arrived: Vec<(usize, SockaddrStorage)>,
    requests: Vec<Request>,
    incoming: MultiHeaders<SockaddrStorage>,
    outgoing: MultiHeaders<SockaddrStorage>,
}

impl Datagrams {
    pub(crate) fn new(socket: Listener, shared: Arc<Shared>, worker: Option<usize>) -> Self {
        Self {
            socket,
            shared,
            tally: DatagramTally::default(),
            worker,
            left: None,
        }
    }

    /// A buffer that the longest request fits in, and the longest reply.
    pub fn buffer(&self) -> Box<[u8]> {
        let config = &self.shared.config;
        vec![0; longest_datagram(config.protocol, config.limits)].into_boxed_slice()
    }

    /// Waits for the next request, one `recvmsg(2)` a datagram; `None` after a stop, when none is left.
    ///
    /// It is `recvfrom(2)`, but tells of a datagram that was longer than the buffer (`MSG_TRUNC`).
    pub fn receive(&mut self, buffer: &mut [u8]) -> Option<Request> {
        while let Some(flags) = self.flags(MsgFlags::empty()) {
            self.tally.reads += 1;
            let mut slices = [IoSliceMut::new(buffer)];
            let got = recvmsg::<SockaddrStorage>(self.fd(), &mut slices, None, flags);
            let got = got.map(|message| (message.bytes, message.address));
            match got {
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

    /// Sends so many bytes of a buffer to somebody, one `sendto(2)`; what cannot be sent is counted, and lost.
    pub fn reply(&mut self, buffer: &[u8], bytes: usize, to: &Source) {
        loop {
            self.tally.writes += 1;
            match sendto(self.fd(), &buffer[..bytes], to, MsgFlags::empty()) {
                Ok(bytes) => return self.tally.sent(bytes),
                Err(Errno::EINTR) => {}
                Err(_) => return self.tally.unsent += 1,
            }
        }
    }

    /// Room for a batch of datagrams of this socket.
    pub fn batch<const N: usize>(&self) -> Batch<N> {
        Batch {
            buffers: array::from_fn(|_| self.buffer()),
            arrived: Vec::with_capacity(N),
            requests: Vec::with_capacity(N),
            incoming: MultiHeaders::preallocate(N, None),
            outgoing: MultiHeaders::preallocate(N, None),
        }
    }

    /// Waits for requests and takes as many as there are and fit, by one `recvmmsg(2)`; false after a stop, when none is left.
    /// With `MSG_WAITFORONE` it waits for the first only.
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
            // The call that a stop has ended leaves a header without an address behind.
            batch.incoming = MultiHeaders::preallocate(N, None);
        }
        for (slot, &(bytes, from)) in batch.arrived.iter().enumerate() {
            let request = self.understand(&mut batch.buffers[slot], bytes, from, slot);
            batch.requests.extend(request);
        }
    }

    /// Sends all replies of a batch, each to whoever asked: one `sendmmsg(2)`, and another one only behind a reply that cannot
    /// be sent, which is counted, and lost.
    pub fn reply_many<const N: usize>(&mut self, batch: &mut Batch<N>) {
        let mut done = 0;
        while done < batch.requests.len() {
            self.tally.writes += 1;
            match batch.send(self.fd(), done) {
                Ok(sent) => {
                    let sent = &batch.requests[done..done + sent];
                    for request in sent {
                        self.tally.sent(request.bytes);
                    }
                    done += sent.len();
                }
                Err(Errno::EINTR) => {}
                Err(_) => {
                    self.tally.unsent += 1;
                    done += 1;
                }
            }
        }
    }

    /// How to receive next; `None` if not at all, after a stop.
    fn flags(&mut self, flags: MsgFlags) -> Option<MsgFlags> {
        // With `MSG_TRUNC` the kernel tells the real length of what did not fit.
        let flags = flags | MsgFlags::MSG_TRUNC;
        if !self.shared.stop.stopping() {
            return Some(flags);
        }
        // Clients do not hear of the stop: who goes on sending must not keep the server alive.
        let left = self.left.get_or_insert_with(|| {
            getsockopt(&self.socket, sockopt::RcvBuf).map_or(0, |bytes| bytes / LEAST_COST)
        });
        (*left > 0 && !self.shared.stop.grace_over()).then_some(flags | MsgFlags::MSG_DONTWAIT)
    }

    /// Makes a request of a datagram, if it is one.
    fn understand(
        &mut self,
        buffer: &mut [u8],
        bytes: usize,
        from: SockaddrStorage,
        slot: usize,
    ) -> Option<Request> {
        if bytes == 0 && self.shared.stop.stopping() && self.left.is_none() {
            return None; // no datagram: the stop has woken us
        }
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.tally.received += 1;
        self.tally.bytes_in += bytes as u64;
        let config = &self.shared.config;
        match answer(config.protocol, config.limits, buffer, bytes) {
            Ok(answer) => {
                self.tally.requests += 1;
                Some(Request {
                    from,
                    work: answer.work,
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

    /// A receive brought nothing; `None` where none will bring anything any more.
    fn failed(&mut self, error: Errno) -> Option<()> {
        match error {
            Errno::EINTR => {}
            Errno::EAGAIN => {
                self.tally.would_block += 1;
                return (!self.shared.stop.stopping()).then_some(());
            }
            // The one policy for the system's failures: count, never die, never spin.
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

    /// Datagrams that the kernel has thrown away because the receive buffer was full, as it says in its table of sockets
    /// (`proc_net(5)`); 0 where it does not.
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

impl<const N: usize> Batch<N> {
    /// What was asked by the datagrams of the last receive.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// One `recvmmsg`.
    fn receive(&mut self, fd: RawFd, flags: MsgFlags) -> nix::Result<()> {
        self.arrived.clear();
        let mut slices = self
            .buffers
            .each_mut()
            .map(|buffer| [IoSliceMut::new(buffer)]);
        let messages = recvmmsg(fd, &mut self.incoming, slices.iter_mut(), flags, None)?;
        let arrived = messages.filter_map(|message| Some((message.bytes, message.address?)));
        self.arrived.extend(arrived);
        Ok(())
    }

    /// One `sendmmsg` of all replies from this one on: how many of them were sent.
    fn send(&mut self, fd: RawFd, from: usize) -> nix::Result<usize> {
        let Self {
            buffers,
            requests,
            outgoing,
            ..
        } = self;
        let rest = &requests[from..];
        let reply = |request: &Request| &buffers[request.slot][..request.bytes];
        let slices: [_; N] = array::from_fn(|i| [IoSlice::new(rest.get(i).map_or(&[], reply))]);
        let addresses: [_; N] = array::from_fn(|i| rest.get(i).map(|request| request.from));
        let sent = sendmmsg(
            fd,
            outgoing,
            slices.iter().take(rest.len()),
            addresses,
            [],
            MsgFlags::empty(),
        )?;
        Ok(sent.count())
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        let dropped = self.dropped();
        self.shared.counters.merge_datagrams(&self.tally, dropped);
        if let Some(worker) = self.worker {
            self.shared.counters.credit(worker, 0, self.tally.requests);
        }
    }
}
