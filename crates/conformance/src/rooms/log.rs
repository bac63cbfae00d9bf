//! What a member has heard: each message at most once, in the order of its sender, and gaps only where it was told.

use std::collections::BTreeMap;

use echo_protocol::chat::Stamp;

use super::chatter::Heard;
use crate::finding::{Checked, Finding, ensure, ensure_eq};
use crate::texts::Symptom;

/// The messages that one member has heard, in their order.
#[derive(Default)]
pub struct Log {
    /// Sender and number of each message.
    pub messages: Vec<(String, u64)>,
    /// The number that comes next, by sender.
    next: BTreeMap<String, u64>,
    /// Messages that are missing before one that was heard.
    missing: u64,
    /// Messages that were dropped, as the server said.
    pub dropped: u64,
}

impl Log {
    /// Takes what was heard. It fails at anything but a new message, or the notice that some were dropped.
    pub fn take(&mut self, heard: Heard) -> Checked {
        match heard {
            Heard::Message { from, text } => self.message(from, &text),
            Heard::Notice(text) => {
                let dropped = text.strip_suffix(" messages dropped");
                let dropped = dropped.and_then(|number| number.parse::<u64>().ok());
                let unexpected = || Finding::new(format!("an unexpected notice: {text}"));
                self.dropped += dropped.ok_or_else(unexpected)?;
                Ok(())
            }
            Heard::Mistake(text) => Err(Finding::new(format!("an unexpected error: {text}"))),
            Heard::End => Err(Finding::of(
                Symptom::Closed,
                "the server ended the conversation",
            )),
        }
    }

    fn message(&mut self, from: String, text: &[u8]) -> Checked {
        let stamp = Stamp::of(text);
        let stamp = stamp.ok_or_else(|| {
            let text = String::from_utf8_lossy(text);
            Finding::of(
                Symptom::WrongBytes,
                format!("a text that no client sent: {text:?}"),
            )
        })?;
        let next = self.next.entry(from.clone()).or_default();
        ensure!(
            stamp.sequence >= *next,
            WrongBytes,
            "message {} of {from} came after message {}: it came twice, or out of order",
            stamp.sequence,
            *next - 1
        );
        self.missing += stamp.sequence - *next;
        *next = stamp.sequence + 1;
        self.messages.push((from, stamp.sequence));
        Ok(())
    }

    /// Number of messages that the member knows of: those that it has heard, and those that it was told were dropped.
    pub fn known(&self) -> u64 {
        self.messages.len() as u64 + self.dropped
    }

    /// Asserts that every message was heard, or that the member was told that it was dropped.
    pub fn accounts_for(&self, sent: u64, who: &str) -> Checked {
        ensure!(
            self.missing <= self.dropped,
            "{who}: {} messages are missing, and the server said that it dropped {}",
            self.missing,
            self.dropped
        );
        ensure_eq!(self.known(), sent, "{who}: messages heard or dropped");
        Ok(())
    }
}
