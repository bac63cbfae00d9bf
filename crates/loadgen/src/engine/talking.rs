//! How a worker talks: sends what is due, reads what came, and asks again.

use std::io::{self, ErrorKind, Read as _};
use std::time::Instant;

use echo_protocol::ReplyError;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use nix::sys::socket::MsgFlags;

use crate::engine::errand::Errand;
use crate::engine::stage::Stage;
use crate::engine::worker::Worker;

/// Why a conversation ended.
pub enum End {
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
        let group = &self.groups[self.slots[k].group];
        let (think, pipeline) = (group.think, group.class.pipeline);
        if let Some(think) = think {
            return self.put_down(free + think, k, Errand::Fill);
        }
        for _ in 0..pipeline {
            if self.slots[k].client.is_open() && self.wants_to_ask(k) && self.free_up(k) {
                self.flush(k);
            }
        }
    }

    /// Asks as many requests as a connection sends before it waits, all intended at the same time.
    pub(super) fn fill(&mut self, k: usize, intended: Instant) {
        let pipeline = self.groups[self.slots[k].group].class.pipeline;
        for _ in 0..pipeline {
            if self.slots[k].client.is_open()
                && self.may_ask(self.slots[k].group)
                && self.wants_to_ask(k)
            {
                self.note_thinking(k, intended);
                self.ask(k, intended);
            }
        }
        if self.slots[k].client.is_open() {
            self.flush(k);
        }
    }

    /// Asks what was put down for now.
    pub(super) fn ask_planned(&mut self, k: usize, intended: Instant) {
        if self.slots[k].client.is_open()
            && self.may_ask(self.slots[k].group)
            && self.wants_to_ask(k)
        {
            self.note_thinking(k, intended);
            self.ask(k, intended);
            self.flush(k);
        }
    }

    /// A client that thinks has times of its own, for which the generator can be late.
    fn note_thinking(&mut self, k: usize, intended: Instant) {
        let group = &mut self.groups[self.slots[k].group];
        if group.think.is_some_and(|think| !think.is_zero()) {
            group
                .recorder
                .late(self.now.saturating_duration_since(intended));
        }
    }

    /// Sends what is pending until nothing is, or the socket has no room.
    pub(super) fn flush(&mut self, k: usize) {
        loop {
            let special = self.slots[k].special;
            let allowed = if special {
                self.allowance(k)
            } else {
                usize::MAX
            };
            let slot = &mut self.slots[k];
            let pending = slot.client.pending();
            let pending = &pending[..pending.len().min(allowed)];
            if pending.is_empty() {
                return if special {
                    self.go_on(k);
                };
            }
            let window = &mut self.groups[slot.group].recorder.window;
            window.sends += 1;
            match slot
                .socket
                .as_ref()
                .expect("an open client has a socket")
                .send_with_flags(pending, MsgFlags::MSG_NOSIGNAL.bits())
            {
                Ok(n) => {
                    window.bytes_sent += n as u64;
                    slot.client.sent(n);
                    if !special && !slot.client.wants_write() {
                        return;
                    }
                    if special {
                        slot.pace.sent += n as u64;
                        if self.paces_itself(k) {
                            return self.go_on(k);
                        }
                    }
                }
                Err(error) if self.shared.load.target.is_datagram() => {
                    if !self.not_sent(k, &error) {
                        return;
                    }
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
            self.groups[slot.group].recorder.window.receives += 1;
            match got {
                Ok(n) => {
                    self.came(k, n);
                    if n == 0 || (n < room && !ended) || !self.slots[k].client.is_open() {
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

    /// So many bytes have come, or with none of them the server's end.
    pub(super) fn came(&mut self, k: usize, n: usize) {
        let slot = &mut self.slots[k];
        self.groups[slot.group].recorder.window.bytes_received += n as u64;
        slot.client.received(n);
        self.now = Instant::now();
        if let Err(error) = self.take_answers(k) {
            return self.end(k, End::Reply(error));
        }
        if n == 0 && self.slots[k].client.is_open() {
            if self.expects_the_end(k) {
                self.leave(k);
            } else {
                self.end(k, End::Closed);
            }
        }
    }

    /// Notes every reply that is complete, then asks as many questions as were answered.
    pub(super) fn take_answers(&mut self, k: usize) -> Result<(), ReplyError> {
        self.sum_busy();
        let mut free = 0;
        let slot = &mut self.slots[k];
        let special = slot.special;
        let group = &mut self.groups[slot.group];
        while let Some(answer) = slot.client.answer(self.now)? {
            let response = group.recorder.answered(&answer);
            if group.counts {
                self.intervals.answered(response);
            }
            if special && let Some(notes) = &mut slot.notes {
                notes.answered(self.now, answer.service);
            }
            free += 1;
        }
        group.outstanding -= free;
        self.done += if group.counts { free } else { 0 };
        let mut asked = false;
        for _ in 0..free {
            asked |= self.ask_or_plan(k);
        }
        if asked || special {
            self.flush(k);
        }
        Ok(())
    }

    /// Asks the next question of a connection that has just become free, if it is its turn already: true. Otherwise it goes
    /// behind those that became free earlier.
    pub(super) fn ask_or_plan(&mut self, k: usize) -> bool {
        if !self.wants_to_ask(k) {
            return false;
        }
        let Some(think) = self.groups[self.slots[k].group].think else {
            return self.free_up(k);
        };
        let due = self.now + think;
        let turn = think.is_zero() && self.agenda.soonest().is_none_or(|soonest| soonest > due);
        if !turn {
            self.put_down(due, k, Errand::Ask);
        } else if self.may_ask(self.slots[k].group) {
            self.ask(k, due);
            return true;
        }
        false
    }

    pub(super) fn ask(&mut self, k: usize, intended: Instant) {
        self.sum_busy();
        let slot = &mut self.slots[k];
        slot.client.ask(intended, self.now);
        let group = &mut self.groups[slot.group];
        group.outstanding += 1;
        group.recorder.window.offered += u64::from(group.think.is_some());
        if self.shared.load.target.is_datagram() {
            self.be_patient(k);
        }
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
    pub(super) fn end(&mut self, k: usize, end: End) {
        self.sum_busy();
        let measuring = matches!(self.stage, Stage::Measuring { .. });
        let slot = &self.slots[k];
        let group = &mut self.groups[slot.group];
        let recorder = &mut group.recorder;
        match end {
            End::Closed => {
                recorder.connections.closed += 1;
                recorder.error("closed");
            }
            End::Reply(error) => recorder.reply_error(&error),
            End::Socket(error) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                    recorder.connections.reset += 1;
                    recorder.error("reset");
                }
                _ => recorder.error(&format!("socket: {error}")),
            },
        }
        if measuring {
            for (intended, _) in slot.client.unanswered() {
                group.overdue.note(intended, 1);
            }
        }
        let unanswered = slot.client.unanswered().len();
        group.outstanding -= unanswered as u64;
        recorder.gone(unanswered);
        self.done += if group.counts { unanswered as u64 } else { 0 };
        self.retire(k);
        self.shared.gate.leave();
    }
}
