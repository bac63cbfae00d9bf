//! Datagram clients of a worker: they receive one datagram at a time and give up after the reply timeout.
//!
//! Datagram sockets are level-triggered. One call receives one datagram, and epoll reports the next one. So the usual reply
//! costs one call, without a second call that finds nothing.

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use crate::engine::errand::Errand;
use crate::engine::request_reply::End;
use crate::engine::worker::Worker;

/// Time until the next try if the send buffer has no room for a datagram.
const RETRY: Duration = Duration::from_millis(1);

impl Worker<'_> {
    /// Receives one datagram. If it was a reply, sends the next request.
    pub(super) fn receive_datagram(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        let mut socket = slot.socket.as_ref().expect("an open client has a socket");
        let got = socket.read(slot.client.spare());
        let recorder = &mut self.groups[slot.group].recorder;
        recorder.window.receives += 1;
        match got {
            Ok(n) => {
                recorder.window.bytes_received += n as u64;
                slot.client.received(n);
                self.handle_datagram(k);
            }
            Err(error) => {
                slot.client.release();
                match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                    // No socket has this port; the error belongs to an earlier datagram. That request counts as lost after
                    // the reply timeout.
                    ErrorKind::ConnectionRefused => recorder.count_error("refused"),
                    _ => self.end_conversation(k, End::Socket(error)),
                }
            }
        }
    }

    fn handle_datagram(&mut self, k: usize) {
        self.now = self.clock.now();
        // A wrong reply does not end the conversation, because the next datagram does not depend on it.
        let wrong = self.record_replies(k).err();
        let slot = &mut self.slots[k];
        let recorder = &mut self.groups[slot.group].recorder;
        recorder
            .window
            .datagrams
            .add(&slot.client.take_datagram_counts());
        if let Some(End::Reply(error)) = wrong {
            recorder.count_reply_error(&error);
        }
    }

    /// Handles a failed send. Returns true to try again now. A datagram that the system refuses counts as lost.
    pub(super) fn send_failed(&mut self, k: usize, error: &std::io::Error) -> bool {
        let slot = &mut self.slots[k];
        match error.kind() {
            ErrorKind::WouldBlock => {
                self.schedule(self.now + RETRY, k, Errand::SendBytes);
                return false;
            }
            ErrorKind::Interrupted => return true,
            // The error belongs to an earlier datagram; this one has not been sent yet.
            ErrorKind::ConnectionRefused => self.groups[slot.group].recorder.count_error("refused"),
            _ => {
                slot.client.sent(slot.client.pending().len());
                let recorder = &mut self.groups[slot.group].recorder;
                recorder.count_error(&format!("send: {error}"));
            }
        }
        true
    }

    /// Schedules the reply timeout of the oldest request, if none is scheduled.
    pub(super) fn schedule_reply_timeout(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        let oldest = slot.client.unanswered().next().map(|(_, sent)| sent);
        if !slot.special_state.timeout_scheduled
            && let Some(sent) = oldest
        {
            slot.special_state.timeout_scheduled = true;
            self.schedule(
                sent + self.shared.load.reply_timeout,
                k,
                Errand::ReplyTimeout,
            );
        }
    }

    /// Gives up the requests that have timed out. Each is counted and recorded as a wait of the reply timeout; then the
    /// client goes on.
    pub(super) fn reply_timed_out(&mut self, k: usize) {
        self.slots[k].special_state.timeout_scheduled = false;
        if !self.slots[k].client.is_open() {
            return;
        }
        self.sum_in_flight();
        let (slot, now) = (&mut self.slots[k], self.now);
        let group = &mut self.groups[slot.group];
        let mut lost = 0;
        while let Some((intended, sent)) = slot.client.give_up(now, self.shared.load.reply_timeout)
        {
            let [response, service] = [intended, sent].map(|at| now.saturating_duration_since(at));
            group.recorder.reply_timed_out(response, service);
            lost += 1;
        }
        group.in_flight -= lost;
        self.done += if group.is_counted { lost } else { 0 };
        let mut requested = false;
        for _ in 0..lost {
            requested |= self.send_or_schedule(k);
        }
        if requested {
            self.flush(k);
        }
        self.schedule_reply_timeout(k);
    }
}
