//! Special clients of a worker: they send or read slowly, shut down, reset, leave and come back.

use std::io::{ErrorKind, Read as _};
use std::net::Shutdown;
use std::time::Duration;

use crate::engine::errand::Errand;
use crate::engine::request_reply::End;
use crate::engine::worker::Worker;
use crate::plan::behaviour::{Next, Receiving};

impl Worker<'_> {
    /// True if the conversation has more requests to send.
    pub(super) fn has_more_requests(&self, k: usize) -> bool {
        !self.slots[k].special || self.next(k) == Next::Send
    }

    /// Carries out the next step of a special conversation, unless it is to send a request.
    pub(super) fn continue_conversation(&mut self, k: usize) {
        if !self.slots[k].client.is_open() {
            return;
        }
        match self.next(k) {
            Next::Send | Next::Wait => {}
            Next::ShutDown if self.slots[k].special_state.shut_down => {}
            Next::ShutDown => {
                self.slots[k].special_state.shut_down = true;
                if let Err(error) = self.slots[k].socket().shutdown(Shutdown::Write) {
                    self.end_conversation(k, End::Socket(error));
                }
            }
            Next::Close => self.leave(k),
            Next::Reset => {
                // With a linger time of zero, closing resets the connection. If that fails, the connection closes normally.
                let _ = self.slots[k].socket().set_linger(Some(Duration::ZERO));
                self.leave(k);
            }
        }
    }

    fn next(&self, k: usize) -> Next {
        let slot = &self.slots[k];
        let (requests, replies) = slot.client.conversation();
        let all_sent = slot.client.pending().is_empty();
        self.groups[slot.group]
            .class
            .behaviour
            .next(requests, replies, all_sent)
    }

    /// True if the conversation is waiting for the server to close.
    pub(super) fn expects_close(&self, k: usize) -> bool {
        let slot = &self.slots[k];
        let (requests, replies) = slot.client.conversation();
        slot.special
            && requests > 0
            && requests == replies
            && matches!(self.next(k), Next::Wait | Next::ShutDown)
    }

    /// Ends a conversation as planned. The client comes back after its pause.
    pub(super) fn leave(&mut self, k: usize) {
        self.sum_in_flight();
        let slot = &mut self.slots[k];
        let unanswered = slot.forget() as u64;
        let group = &mut self.groups[slot.group];
        group.in_flight -= unanswered;
        group.recorder.client_left();
        let at = self.now + group.class.behaviour.pause;
        self.shared.gate.connection_closed();
        self.schedule(at, k, Errand::Connect);
    }

    /// Number of pending bytes that may be sent now.
    pub(super) fn allowed_bytes(&self, k: usize) -> usize {
        let slot = &self.slots[k];
        let pending = slot.client.pending().len();
        if slot.special_state.send_scheduled {
            return 0;
        }
        self.groups[slot.group]
            .class
            .behaviour
            .sending
            .allows(pending, slot.special_state.sent)
    }

    /// Schedules the next bytes. Returns false if only the socket limits sending.
    pub(super) fn schedule_next_bytes(&mut self, k: usize) -> bool {
        let sending = self.groups[self.slots[k].group].class.behaviour.sending;
        if let Some(pause) = sending.pause() {
            self.slots[k].special_state.send_scheduled = true;
            self.schedule(self.now + pause, k, Errand::SendBytes);
            return true;
        }
        false
    }

    /// Sends the next bytes when they are due.
    pub(super) fn send_next_bytes(&mut self, k: usize) {
        self.slots[k].special_state.send_scheduled = false;
        if self.slots[k].client.is_open() {
            self.flush(k);
        }
    }

    /// Reads input in the way of the client's class.
    pub(super) fn receive(&mut self, k: usize, ended: bool) {
        if self.shared.load.target.is_datagram() {
            return self.receive_datagram(k);
        }
        if !self.slots[k].special {
            return self.read(k, ended);
        }
        match self.groups[self.slots[k].group].class.behaviour.receiving {
            Receiving::AtOnce => self.read(k, ended),
            Receiving::Sip(_) if self.slots[k].special_state.read_scheduled => {}
            Receiving::Sip(_) => self.read_next_bytes(k),
            Receiving::Never if ended => {
                let error = self.slots[k].socket().take_error();
                match error {
                    Ok(None) => self.end_conversation(k, End::Closed),
                    Ok(Some(error)) | Err(error) => self.end_conversation(k, End::Socket(error)),
                }
            }
            Receiving::Never => {}
        }
    }

    /// Reads a few bytes and schedules the next read.
    pub(super) fn read_next_bytes(&mut self, k: usize) {
        self.slots[k].special_state.read_scheduled = false;
        let Receiving::Sip(pace) = self.groups[self.slots[k].group].class.behaviour.receiving
        else {
            return;
        };
        if !self.slots[k].client.is_open() {
            return;
        }
        let slot = &mut self.slots[k];
        let socket = slot.socket.as_ref().expect("an open client has a socket");
        let spare = slot.client.spare();
        let room = spare.len().min(pace.bytes as usize);
        let got = (&*socket).read(&mut spare[..room]);
        self.groups[slot.group].recorder.window.receives += 1;
        match got {
            Ok(n) => {
                self.slots[k].special_state.read_scheduled = true;
                self.schedule(self.now + pace.every, k, Errand::ReadBytes);
                self.handle_input(k, n);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => slot.client.release(),
            Err(error) if error.kind() == ErrorKind::Interrupted => self.read_next_bytes(k),
            Err(error) => self.end_conversation(k, End::Socket(error)),
        }
    }
}
