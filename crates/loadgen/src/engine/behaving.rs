//! How a worker carries out what special clients do: drip, sip, push, half-close, reset, leave and come back.

use std::io::{ErrorKind, Read as _};
use std::net::Shutdown;
use std::time::Duration;

use crate::engine::errand::Errand;
use crate::engine::talking::End;
use crate::engine::worker::Worker;
use crate::plan::behaviour::{Next, Receiving};

impl Worker<'_> {
    /// Whether a conversation still wants to ask.
    pub(super) fn wants_to_ask(&self, k: usize) -> bool {
        !self.slots[k].special || self.next(k) == Next::Ask
    }

    /// Does what comes next in a special conversation, if it is not to ask.
    pub(super) fn go_on(&mut self, k: usize) {
        if !self.slots[k].client.is_open() {
            return;
        }
        match self.next(k) {
            Next::Ask | Next::Wait => {}
            Next::ShutDown if self.slots[k].pace.shut => {}
            Next::ShutDown => {
                self.slots[k].pace.shut = true;
                if let Err(error) = self.slots[k].socket().shutdown(Shutdown::Write) {
                    self.end(k, End::Socket(error));
                }
            }
            Next::Close => self.leave(k),
            Next::Reset => {
                // With no time to linger, closing resets the connection. Where that fails, it closes politely.
                let _ = self.slots[k].socket().set_linger(Some(Duration::ZERO));
                self.leave(k);
            }
        }
    }

    fn next(&self, k: usize) -> Next {
        let slot = &self.slots[k];
        let (asked, answered) = slot.client.conversation();
        let all_sent = slot.client.pending().is_empty();
        self.groups[slot.group]
            .class
            .behaviour
            .next(asked, answered, all_sent)
    }

    /// Whether the server's end is the one that the conversation waits for.
    pub(super) fn expects_the_end(&self, k: usize) -> bool {
        let slot = &self.slots[k];
        let (asked, answered) = slot.client.conversation();
        slot.special
            && asked > 0
            && asked == answered
            && matches!(self.next(k), Next::Wait | Next::ShutDown)
    }

    /// A conversation ended as it should: the client comes back after its pause.
    pub(super) fn leave(&mut self, k: usize) {
        self.sum_busy();
        let slot = &mut self.slots[k];
        let unanswered = slot.forget() as u64;
        let group = &mut self.groups[slot.group];
        group.outstanding -= unanswered;
        group.recorder.left();
        let at = self.now + group.class.behaviour.pause;
        self.shared.gate.leave();
        self.put_down(at, k, Errand::Dial);
    }

    /// How many of the pending bytes may be sent now.
    pub(super) fn allowance(&self, k: usize) -> usize {
        let slot = &self.slots[k];
        let pending = slot.client.pending().len();
        if slot.pace.dripping {
            return 0;
        }
        self.groups[slot.group]
            .class
            .behaviour
            .sending
            .allows(pending, slot.pace.sent)
    }

    /// Puts down when the next bytes go out; false where the socket alone decides.
    pub(super) fn paces_itself(&mut self, k: usize) -> bool {
        let sending = self.groups[self.slots[k].group].class.behaviour.sending;
        if let Some(pause) = sending.pause() {
            self.slots[k].pace.dripping = true;
            self.put_down(self.now + pause, k, Errand::Drip);
            return true;
        }
        false
    }

    /// It is time for the next bytes.
    pub(super) fn drip(&mut self, k: usize) {
        self.slots[k].pace.dripping = false;
        if self.slots[k].client.is_open() {
            self.flush(k);
        }
    }

    /// Reads what came as the client's class does it.
    pub(super) fn take_in(&mut self, k: usize, ended: bool) {
        if self.shared.load.target.is_datagram() {
            return self.hear(k);
        }
        if !self.slots[k].special {
            return self.read(k, ended);
        }
        match self.groups[self.slots[k].group].class.behaviour.receiving {
            Receiving::AtOnce => self.read(k, ended),
            Receiving::Sip(_) if self.slots[k].pace.sipping => {}
            Receiving::Sip(_) => self.sip(k),
            Receiving::Never if ended => {
                let error = self.slots[k].socket().take_error();
                match error {
                    Ok(None) => self.end(k, End::Closed),
                    Ok(Some(error)) | Err(error) => self.end(k, End::Socket(error)),
                }
            }
            Receiving::Never => {}
        }
    }

    /// Reads a few bytes, and puts down when to read the next ones.
    pub(super) fn sip(&mut self, k: usize) {
        self.slots[k].pace.sipping = false;
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
                self.slots[k].pace.sipping = true;
                self.put_down(self.now + pace.every, k, Errand::Sip);
                self.came(k, n);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => slot.client.release(),
            Err(error) if error.kind() == ErrorKind::Interrupted => self.sip(k),
            Err(error) => self.end(k, End::Socket(error)),
        }
    }
}
