//! What a worker hands back when it is done: its notes, and what was not finished.

use std::mem;
use std::time::{Duration, Instant};

use super::{Errand, Worker};
use crate::Censored;
use crate::cost::Usage;
use crate::recorder::Recorder;

/// What one worker hands back.
pub struct Report {
    /// Its notes.
    pub recorder: Recorder,
    /// When its measured window began.
    pub began: Instant,
    /// When it ended.
    pub ended: Instant,
    /// What the window cost.
    pub usage: Usage,
    /// What was not finished.
    pub censored: Censored,
}

impl Worker<'_> {
    /// Hands the notes back, with what is unfinished.
    pub(super) fn report(&mut self) -> Report {
        if self.began.is_none() {
            self.begin_window();
        }
        let ended = Instant::now();
        let (began, before) = self.began.expect("the window has just begun at the latest");
        let usage = Usage::of_this_thread().since(&before);
        let censored = self.censored(ended);
        let slots = self.slots.iter();
        let connections = &mut self.recorder.connections;
        connections.open_at_end = slots.clone().filter(|slot| slot.client.is_open()).count() as u64;
        connections.never_served = slots.filter(|slot| slot.client.is_starved()).count() as u64;
        self.shared.progress.publish(self.id, &self.recorder.now());
        Report {
            recorder: mem::take(&mut self.recorder),
            began,
            ended,
            usage,
            censored,
        }
    }

    fn censored(&mut self, end: Instant) -> Censored {
        let mut censored = Censored {
            lost: self.recorder.lost,
            ..Censored::default()
        };
        let mut longest = Duration::ZERO;
        for slot in &self.slots {
            for intended in slot.client.unanswered() {
                censored.pending += 1;
                longest = longest.max(end.saturating_duration_since(intended));
            }
        }
        while let Some((at, entry)) = self.agenda.take_due(end) {
            let valid = self.slots[entry.k].epoch == entry.epoch;
            if valid && entry.errand == Errand::Ask && self.may_ask() {
                censored.unsent += 1;
                longest = longest.max(end.saturating_duration_since(at));
            }
        }
        censored.longest_ns = longest.as_nanos() as u64;
        censored
    }
}
