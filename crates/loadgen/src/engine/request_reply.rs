//! The request path of a worker: sends what is due, reads replies, and sends again.

use std::io::{self, ErrorKind, Read as _};
use std::time::Instant;

use echo_protocol::ReplyError;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use nix::sys::socket::MsgFlags;

use crate::conversation::halt::Halt;
use crate::engine::errand::Errand;
use crate::engine::slot::is_special;
use crate::engine::stage::Stage;
use crate::engine::worker::Worker;

/// Why a conversation ended.
pub enum End {
    /// The server ended the connection in order; the client goes on with a new one.
    Over,
    /// The server closed while no request was in flight.
    Closed,
    /// The reply was wrong or never came.
    Reply(ReplyError),
    /// The socket failed.
    Socket(io::Error),
}

impl Worker<'_> {
    /// Schedules the first requests of a connection that has just become free.
    pub(super) fn schedule_first(&mut self, k: usize, free: Instant) {
        let group = &self.groups[self.slots[k].group];
        let (think, pipeline) = (group.think, group.class.pipeline);
        if let Some(think) = think {
            return self.schedule(free + think, k, Errand::FillPipeline);
        }
        for _ in 0..pipeline {
            if self.slots[k].client.is_open()
                && self.has_more_requests(k)
                && (self.resend(k) || self.send_waiting_request(k))
            {
                self.flush(k);
            }
        }
    }

    /// Repeats a request of the last connection, if there is one. Its wait began when it was due first.
    fn resend(&mut self, k: usize) -> bool {
        let next = self.slots[k].next_resend();
        let is_sent = next.is_some_and(|_| self.may_send(self.slots[k].group));
        if let Some(intended) = next.filter(|_| is_sent) {
            self.send_request(k, intended);
        }
        is_sent
    }

    /// Fills the pipeline of a connection with requests, all intended at the same time.
    pub(super) fn fill_pipeline(&mut self, k: usize, intended: Instant) {
        let pipeline = self.groups[self.slots[k].group].class.pipeline;
        for _ in 0..pipeline {
            if self.slots[k].client.is_open()
                && self.may_send(self.slots[k].group)
                && self.has_more_requests(k)
                && !self.resend(k)
            {
                self.record_think_lag(k, intended);
                self.send_request(k, intended);
            }
        }
        if self.slots[k].client.is_open() {
            self.flush(k);
        }
    }

    /// Sends a scheduled request.
    pub(super) fn send_scheduled_request(&mut self, k: usize, intended: Instant) {
        if self.slots[k].client.is_open()
            && self.may_send(self.slots[k].group)
            && self.has_more_requests(k)
        {
            self.record_think_lag(k, intended);
            self.send_request(k, intended);
            self.flush(k);
        }
    }

    /// Records the lag of a request after think time; only then is there a due time.
    fn record_think_lag(&mut self, k: usize, intended: Instant) {
        let group = &mut self.groups[self.slots[k].group];
        if group.think.is_some_and(|think| !think.is_zero()) {
            group
                .recorder
                .record_lag(self.now.saturating_duration_since(intended));
        }
    }

    /// Sends pending bytes until there are none, or the socket has no room.
    pub(super) fn flush(&mut self, k: usize) {
        loop {
            let special = self.slots[k].special;
            let allowed = if special {
                self.allowed_bytes(k)
            } else {
                usize::MAX
            };
            let slot = &mut self.slots[k];
            let pending = slot.client.pending();
            let pending = &pending[..pending.len().min(allowed)];
            if pending.is_empty() {
                return if special {
                    self.continue_conversation(k);
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
                        slot.special_state.sent += n as u64;
                        if self.schedule_next_bytes(k) {
                            return self.continue_conversation(k);
                        }
                    }
                }
                Err(error) if self.shared.load.target.is_datagram() => {
                    if !self.send_failed(k, &error) {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return self.watch_writable(k);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.end_conversation(k, End::Socket(error)),
            }
        }
    }

    /// Reads all input. A read that does not fill the buffer has emptied the socket, so the usual reply costs one call. If
    /// the server has closed (`ended`), reading goes on to the end of file.
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
                    self.handle_input(k, n);
                    if n == 0 || (n < room && !ended) || !self.slots[k].client.is_open() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return slot.client.release();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.end_conversation(k, End::Socket(error)),
            }
        }
    }

    /// Handles `n` bytes of input; 0 is the end of file.
    pub(super) fn handle_input(&mut self, k: usize, n: usize) {
        let slot = &mut self.slots[k];
        self.groups[slot.group].recorder.window.bytes_received += n as u64;
        slot.client.received(n);
        self.now = self.clock.now();
        match self.record_replies(k) {
            Ok(()) => {}
            Err(End::Over) => return self.renew(k),
            Err(end) => return self.end_conversation(k, end),
        }
        if n == 0 && self.slots[k].client.is_open() {
            if self.expects_close(k) {
                self.leave(k);
            } else {
                self.end_conversation(k, End::Closed);
            }
        }
    }

    /// Records every complete reply, then sends one request for each.
    pub(super) fn record_replies(&mut self, k: usize) -> Result<(), End> {
        self.sum_in_flight();
        let measuring = self.is_measuring();
        let mut free = 0;
        let slot = &mut self.slots[k];
        let special = slot.special;
        let group = &mut self.groups[slot.group];
        let end = loop {
            let answer = match slot.client.next_reply(self.now) {
                Ok(Some(answer)) => answer,
                Ok(None) => break None,
                Err(Halt::Refused { error, intended }) => {
                    group.refused(&error, intended, measuring);
                    free += 1;
                    continue;
                }
                Err(Halt::Wrong(error)) => break Some(End::Reply(error)),
                Err(Halt::Over) => break Some(End::Over),
            };
            let response = group.recorder.record_reply(&answer);
            if group.is_counted {
                self.intervals.record(response);
            }
            if special && let Some(log) = &mut slot.log {
                let is_full = log.record(self.now, answer.service);
                // From now on it costs what the other clients cost.
                slot.special = !is_full || is_special(&group.class.behaviour);
            }
            free += 1;
        };
        group.in_flight -= free;
        self.done += if group.is_counted { free } else { 0 };
        if let Some(end) = end {
            return Err(end);
        }
        let mut sent = false;
        for _ in 0..free {
            sent |= self.send_or_schedule(k);
        }
        if sent || special {
            self.flush(k);
        }
        Ok(())
    }

    /// Sends the next request of a free connection if it is its turn, and returns true. Otherwise the request waits behind
    /// those of connections that became free earlier. After the window of a slice it waits for the next slice.
    pub(super) fn send_or_schedule(&mut self, k: usize) -> bool {
        if !self.has_more_requests(k) {
            return false;
        }
        let Some(think) = self.groups[self.slots[k].group].think else {
            return self.send_waiting_request(k);
        };
        if let Stage::Draining { window_end, .. } = self.stage {
            self.schedule(window_end + think, k, Errand::SendRequest);
            return false;
        }
        let due = self.now + think;
        let turn = think.is_zero() && self.agenda.soonest().is_none_or(|soonest| soonest > due);
        if !turn {
            self.schedule(due, k, Errand::SendRequest);
        } else if self.may_send(self.slots[k].group) {
            self.send_request(k, due);
            return true;
        }
        false
    }

    pub(super) fn send_request(&mut self, k: usize, intended: Instant) {
        self.sum_in_flight();
        let slot = &mut self.slots[k];
        slot.client.send_request(intended, self.now);
        let group = &mut self.groups[slot.group];
        group.in_flight += 1;
        group.recorder.window.offered += u64::from(group.think.is_some());
        if self.shared.load.target.is_datagram() {
            self.schedule_reply_timeout(k);
        }
    }

    /// Asks epoll to report when the socket has room again. Once is enough, because the registration is edge-triggered.
    fn watch_writable(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        if slot.watches_writable {
            return;
        }
        slot.watches_writable = true;
        let interest = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        let mut event = EpollEvent::new(interest, k as u64);
        if let Err(errno) = self.epoll.modify(slot.socket(), &mut event) {
            self.end_conversation(k, End::Socket(errno.into()));
        }
    }

    /// True if what happens to requests belongs to the measured window.
    const fn is_measuring(&self) -> bool {
        matches!(self.stage, Stage::Measuring { .. } | Stage::Draining { .. })
    }

    /// Counts why a conversation ended, and closes it.
    pub(super) fn end_conversation(&mut self, k: usize, end: End) {
        self.sum_in_flight();
        let measuring = self.is_measuring();
        let slot = &self.slots[k];
        let group = &mut self.groups[slot.group];
        let recorder = &mut group.recorder;
        match end {
            End::Over | End::Closed => {
                recorder.connections.closed += 1;
                recorder.count_error("closed");
            }
            End::Reply(error) => recorder.count_reply_error(&error),
            End::Socket(error) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                    recorder.connections.reset += 1;
                    recorder.count_error("reset");
                }
                _ => recorder.count_error(&format!("socket: {error}")),
            },
        }
        if measuring {
            for (intended, _) in slot.client.unanswered() {
                group.overdue.add(intended, 1);
            }
        }
        let unanswered = slot.client.unanswered().len();
        group.in_flight -= unanswered as u64;
        recorder.connection_lost(unanswered);
        self.done += if group.is_counted {
            unanswered as u64
        } else {
            0
        };
        self.reconnect_or_retire(k);
        self.shared.gate.connection_closed();
    }
}
