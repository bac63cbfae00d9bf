//! Buffers for several datagrams that are received, or sent, with one system call.

use std::array;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::RawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};

use super::Request;

/// Room for `N` datagrams that are received, or sent, with one system call.
pub struct Batch<const N: usize> {
    pub(super) buffers: [Box<[u8]>; N],
    /// Length and sender of each datagram of the last receive.
    pub(super) arrived: Vec<(usize, SockaddrStorage)>,
    pub(super) requests: Vec<Request>,
    incoming: MultiHeaders<SockaddrStorage>,
    outgoing: MultiHeaders<SockaddrStorage>,
}

impl<const N: usize> Batch<N> {
    pub(super) fn new(buffer: impl Fn() -> Box<[u8]>) -> Self {
        Self {
            buffers: array::from_fn(|_| buffer()),
            arrived: Vec::with_capacity(N),
            requests: Vec::with_capacity(N),
            incoming: MultiHeaders::preallocate(N, None),
            outgoing: MultiHeaders::preallocate(N, None),
        }
    }

    /// The requests of the last receive.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Replaces the headers that the next receive uses.
    pub(super) fn forget_headers(&mut self) {
        self.incoming = MultiHeaders::preallocate(N, None);
    }

    /// Receives datagrams: one `recvmmsg(2)`.
    pub(super) fn receive(&mut self, fd: RawFd, flags: MsgFlags) -> nix::Result<()> {
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

    /// Sends the replies to all requests from number `first` on: one `sendmmsg(2)`. Returns the number of replies sent.
    pub(super) fn send(&mut self, fd: RawFd, first: usize) -> nix::Result<usize> {
        let Self {
            buffers,
            requests,
            outgoing,
            ..
        } = self;
        let requests = &requests[first..];
        let reply = |request: &Request| &buffers[request.slot][..request.bytes];
        let slices: [_; N] = array::from_fn(|i| [IoSlice::new(requests.get(i).map_or(&[], reply))]);
        let addresses: [_; N] = array::from_fn(|i| requests.get(i).map(|request| request.from));
        let sent = sendmmsg(
            fd,
            outgoing,
            slices.iter().take(requests.len()),
            addresses,
            [],
            MsgFlags::empty(),
        )?;
        Ok(sent.count())
    }
}
