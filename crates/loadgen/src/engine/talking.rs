//! How a worker talks: sends what is due, reads what came, and asks again.

use std::io::{self, ErrorKind, Read as _};
use std::time::Instant;

use echo_protocol::ReplyError;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use nix::sys::socket::MsgFlags;

use super::{Errand, Worker};

/// Why a conversation ended.
enum End {
    /// The server closed while nothing was asked.
    Closed,
    /// The reply was wrong, or never came.
    Reply(ReplyError),
    /// The socket failed.
    Socket(io::Error),
}

impl Worker<'_> {
    /// Puts down the first requests of a connection that has just become free.
    pub(super) fn plan_first(&mut self, k: usize, free: Instant) {
        for _ in 0..self.shared.load.pipeline {
            let due = self.schedule.intended(free);
            self.put_down(due, k, Errand::Ask);
        }
    }

    /// Asks what was put down for now.
    pub(super) fn ask_planned(&mut self, k: usize, intended: Instant) {
        if self.slots[k].client.is_open() && self.may_ask() {
            self.ask(k, intended);
            self.flush(k);
        }
    }

    /// Sends what is pending until nothing is, or the socket has no room.
    pub(super) fn flush(&mut self, k: usize) {
        loop {
            let slot = &mut self.slots[k];
            let pending = slot.client.pending();
            if pending.is_empty() {
                return;
            }
            self.recorder.window.sends += 1;
            match slot
                .socket()
                .send_with_flags(pending, MsgFlags::MSG_NOSIGNAL.bits())
            {
                Ok(n) => {
                    slot.client.sent(n);
                    self.recorder.window.bytes_sent += n as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.watch_writes(k),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.end(k, End::Socket(error)),
            }
        }
    }

    /// Reads all that is there. A read that does not fill the buffer has emptied the socket, so that the usual reply costs
    /// one call; only where the server has `ended` the last read must see it.
    pub(super) fn read(&mut self, k: usize, ended: bool) {
        loop {
            let slot = &mut self.slots[k];
            let socket = slot.socket.as_ref().expect("an open client has a socket");
            let spare = slot.client.spare();
            let room = spare.len();
            let got = (&*socket).read(spare);
            self.recorder.window.receives += 1;
            match got {
                Ok(n) => {
                    self.recorder.window.bytes_received += n as u64;
                    slot.client.received(n);
                    self.now = Instant::now();
                    if let Err(error) = self.take_answers(k) {
                        return self.end(k, End::Reply(error));
                    }
                    if n == 0 {
                        return self.end(k, End::Closed);
                    }
                    if (n < room && !ended) || !self.slots[k].client.is_open() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return slot.client.release();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.end(k, End::Socket(error)),
            }
        }
    }

    /// Notes every reply that is complete, then asks as many questions as were answered.
    fn take_answers(&mut self, k: usize) -> Result<(), ReplyError> {
        let mut free = 0;
        let client = &mut self.slots[k].client;
        while let Some(answer) = client.answer(self.now)? {
            self.recorder.answered(&answer);
            self.outstanding -= 1;
            free += 1;
        }
        let mut asked = false;
        for _ in 0..free {
            asked |= self.ask_or_plan(k);
        }
        if asked {
            self.flush(k);
        }
        Ok(())
    }

    /// Asks the next question of a connection that has just become free, if it is its turn already: true. Otherwise it goes
    /// behind those that became free earlier.
    fn ask_or_plan(&mut self, k: usize) -> bool {
        let due = self.schedule.intended(self.now);
        let turn = due <= self.now && self.agenda.soonest().is_none_or(|soonest| soonest > due);
        if !turn {
            self.put_down(due, k, Errand::Ask);
        } else if self.may_ask() {
            self.ask(k, due);
            return true;
        }
        false
    }

    fn ask(&mut self, k: usize, intended: Instant) {
        self.slots[k].client.ask(intended, self.now);
        self.outstanding += 1;
    }

    /// From now on epoll also says when the socket has room again. Once is enough: the registration is edge-triggered.
    fn watch_writes(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        if slot.watches_writes {
            return;
        }
        slot.watches_writes = true;
        let interest = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        let mut event = EpollEvent::new(interest, k as u64);
        if let Err(errno) = self.epoll.modify(slot.socket(), &mut event) {
            self.end(k, End::Socket(errno.into()));
        }
    }

    /// Counts why a conversation ended, and closes it.
    fn end(&mut self, k: usize, end: End) {
        match end {
            End::Closed => {
                self.recorder.connections.closed += 1;
                self.recorder.error("closed");
            }
            End::Reply(error) => self.recorder.reply_error(&error),
            End::Socket(error) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                    self.recorder.connections.reset += 1;
                    self.recorder.error("reset");
                }
                _ => self.recorder.error(&format!("socket: {error}")),
            },
        }
        let unanswered = self.retire(k);
        self.outstanding -= unanswered as u64;
        self.recorder.gone(unanswered);
        self.shared.gate.leave();
    }
}
