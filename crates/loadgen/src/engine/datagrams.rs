//! How a worker talks in datagrams: one at a time, and no longer than its patience lasts.
//!
//! Their sockets are registered level-triggered: one receive takes one datagram, and epoll says when there is another, so
//! that the usual reply costs one call and none that finds nothing.

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use crate::engine::errand::Errand;
use crate::engine::talking::End;
use crate::engine::worker::Worker;

/// When to try again where the socket has no room for a datagram.
const RETRY: Duration = Duration::from_millis(1);

impl Worker<'_> {
    /// Receives one datagram, and asks again if it was a reply.
    pub(super) fn hear(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        let mut socket = slot.socket.as_ref().expect("an open client has a socket");
        let got = socket.read(slot.client.spare());
        let recorder = &mut self.groups[slot.group].recorder;
        recorder.window.receives += 1;
        match got {
            Ok(n) => {
                recorder.window.bytes_received += n as u64;
                slot.client.received(n);
                self.understand(k);
            }
            Err(error) => {
                slot.client.release();
                match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::Interrupted => {}
                    // Nobody has the port: so an earlier datagram was told. Its request is lost when patience ends.
                    ErrorKind::ConnectionRefused => recorder.error("refused"),
                    _ => self.end(k, End::Socket(error)),
                }
            }
        }
    }

    fn understand(&mut self, k: usize) {
        self.now = std::time::Instant::now();
        // A wrong reply ends nothing: the next datagram has nothing to do with it.
        let wrong = self.take_answers(k).err();
        let slot = &mut self.slots[k];
        let recorder = &mut self.groups[slot.group].recorder;
        recorder.window.datagrams.add(&slot.client.take_odd());
        if let Some(error) = wrong {
            recorder.reply_error(&error);
        }
    }

    /// A datagram could not be sent: true if it is to be tried again now. What the system refuses is as good as lost.
    pub(super) fn not_sent(&mut self, k: usize, error: &std::io::Error) -> bool {
        let slot = &mut self.slots[k];
        match error.kind() {
            ErrorKind::WouldBlock => {
                self.put_down(self.now + RETRY, k, Errand::Drip);
                return false;
            }
            ErrorKind::Interrupted => return true,
            // The news of an earlier datagram; this one was not looked at yet.
            ErrorKind::ConnectionRefused => self.groups[slot.group].recorder.error("refused"),
            _ => {
                slot.client.sent(slot.client.pending().len());
                let recorder = &mut self.groups[slot.group].recorder;
                recorder.error(&format!("send: {error}"));
            }
        }
        true
    }

    /// A client has asked: puts down when its patience ends, if that is not done for an earlier request.
    pub(super) fn be_patient(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        let oldest = slot.client.unanswered().next().map(|(_, sent)| sent);
        if !slot.pace.patient
            && let Some(sent) = oldest
        {
            slot.pace.patient = true;
            self.put_down(sent + self.shared.load.reply_timeout, k, Errand::Lose);
        }
    }

    /// Gives up what is overdue: it is counted, and recorded as a wait of at least so long; and the client goes on.
    pub(super) fn lose(&mut self, k: usize) {
        self.slots[k].pace.patient = false;
        if !self.slots[k].client.is_open() {
            return;
        }
        self.sum_busy();
        let (slot, now) = (&mut self.slots[k], self.now);
        let group = &mut self.groups[slot.group];
        let mut lost = 0;
        while let Some((intended, sent)) = slot.client.give_up(now, self.shared.load.reply_timeout)
        {
            let [response, service] = [intended, sent].map(|at| now.saturating_duration_since(at));
            group.recorder.overdue(response, service);
            lost += 1;
        }
        group.outstanding -= lost;
        self.done += if group.counts { lost } else { 0 };
        let mut asked = false;
        for _ in 0..lost {
            asked |= self.ask_or_plan(k);
        }
        if asked {
            self.flush(k);
        }
        self.be_patient(k);
    }
}
