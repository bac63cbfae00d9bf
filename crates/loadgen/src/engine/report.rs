//! What a worker hands back when it is done: its notes, and what was not finished.

use std::mem;
use std::time::{Duration, Instant};

use crate::conversation::client::Record;
use crate::engine::errand::Errand;
use crate::engine::group::{Gap, Group};
use crate::engine::slot::Slot;
use crate::engine::stage::Stage;
use crate::engine::worker::Worker;
use crate::notes::cost::Usage;
use crate::notes::intervals::Intervals;
use crate::notes::recorder::Recorder;
use crate::notes::series::Series;
use crate::outcome::class::{Censored, Fairness};
use crate::outcome::over_time::Moment;
use crate::outcome::timeline::Timeline;

/// Requests that were due and never looked at are drawn one by one up to this many, and by their expectation beyond.
const DRAWN: usize = 200_000;

/// In how many pieces requests beyond are spread.
const PIECES: u32 = 1000;

/// What one worker hands back.
pub struct Report {
    /// Class by class.
    pub groups: Vec<GroupReport>,
    /// Counts over time.
    pub series: Series,
    /// Second by second.
    pub intervals: Intervals,
    /// How things stood at the end.
    pub end: Moment,
    /// When its measured window began.
    pub began: Instant,
    /// When it ended.
    pub ended: Instant,
    /// When it was to end.
    pub planned: Instant,
    /// What the window cost.
    pub usage: Usage,
    /// Waits for something to happen.
    pub waits: u64,
    /// Requests on their way of the classes that count, summed over time.
    pub busy_s: f64,
}

/// What a worker noted about one class.
pub struct GroupReport {
    /// The notes; what was not finished is among the latencies.
    pub recorder: Recorder,
    /// What was not finished.
    pub censored: Censored,
    /// How evenly its clients were served.
    pub fairness: Fairness,
    /// Some times between requests of an open loop, and from how many they were drawn.
    pub gaps: Vec<Gap>,
    /// See `gaps`.
    pub gaps_of: u64,
    /// The requests of its first clients, if they are asked for.
    pub timelines: Vec<Timeline>,
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
        self.now = ended;
        self.sum_busy();
        let end = self.moment();
        let groups = (0..self.groups.len())
            .map(|g| self.group_report(g, began, ended))
            .collect();
        let planned = match self.stage {
            Stage::Over => began + self.shared.load.duration,
            _ => ended,
        };
        self.shared.progress.publish(self.id, &end);
        self.intervals.close(end);
        Report {
            groups,
            series: mem::replace(&mut self.series, Series::new()),
            intervals: mem::replace(&mut self.intervals, Intervals::new()),
            end,
            began,
            ended,
            planned,
            usage,
            waits: self.waits,
            busy_s: self.busy_ns as f64 / 1e9,
        }
    }

    fn group_report(&mut self, g: usize, began: Instant, ended: Instant) -> GroupReport {
        let mut censored = Censored::default();
        self.censor_clients(g, began, ended, &mut censored);
        self.censor_errands(g, ended, &mut censored);
        let may_ask = self.may_ask(g);
        let fairness = self.fairness(g);
        let timelines = self.timelines(g);
        let slots = self.slots.iter().filter(|slot| slot.group == g);
        let open = slots.filter(|slot| slot.client.is_open()).count() as u64;
        let group = &mut self.groups[g];
        if may_ask {
            censor_queue(group, ended, &mut censored);
        }
        for (wait, requests) in group.overdue.waits(ended) {
            censor(&mut group.recorder, &mut censored, wait, None, requests);
        }
        censored.lost = group.recorder.lost;
        censored.overflowed = group.overflowed;
        group.recorder.connections.open_at_end = open;
        group.recorder.connections.never_served = fairness.never_served;
        GroupReport {
            recorder: mem::take(&mut group.recorder),
            censored,
            fairness,
            gaps: group.gaps.items().to_vec(),
            gaps_of: group.gaps.seen(),
            timelines,
        }
    }

    /// What was asked and not answered, and who never got a connection to ask on.
    fn censor_clients(
        &mut self,
        g: usize,
        began: Instant,
        ended: Instant,
        censored: &mut Censored,
    ) {
        let group = &mut self.groups[g];
        let asks = !group.class.behaviour.is_idle();
        for slot in self.slots.iter().filter(|slot| slot.group == g) {
            for (intended, sent) in slot.client.unanswered() {
                let [response, service] =
                    [intended, sent].map(|since| ended.saturating_duration_since(since));
                censored.pending += 1;
                censor(&mut group.recorder, censored, response, Some(service), 1);
            }
            if asks && slot.past.decided && !slot.past.was_open {
                censored.refused += 1;
                if group.think.is_some() {
                    censor(&mut group.recorder, censored, ended - began, None, 1);
                }
            }
        }
    }

    /// What a client in a closed loop was to ask by now and did not.
    fn censor_errands(&mut self, g: usize, ended: Instant, censored: &mut Censored) {
        let mut others = Vec::new();
        while let Some((at, entry)) = self.agenda.take_due(ended) {
            let slot = &self.slots[entry.k];
            if slot.group != g {
                others.push((at, entry));
                continue;
            }
            let asks = matches!(entry.errand, Errand::Ask | Errand::Fill);
            if asks && slot.epoch == entry.epoch && self.may_ask(g) && self.wants_to_ask(entry.k) {
                censored.unsent += 1;
                let wait = ended.saturating_duration_since(at);
                censor(&mut self.groups[g].recorder, censored, wait, None, 1);
            }
        }
        for (at, entry) in others {
            self.agenda.push(at, entry);
        }
    }

    fn timelines(&self, g: usize) -> Vec<Timeline> {
        let of_it = self.slots.iter().filter(|slot| slot.group == g);
        let timeline = |slot: &Slot| {
            let sent = slot.client.unanswered().map(|(_, sent)| sent);
            let notes = slot.notes.as_ref()?;
            Some(notes.timeline(slot.client.number(), self.asking, sent))
        };
        of_it.filter_map(timeline).collect()
    }

    fn fairness(&self, g: usize) -> Fairness {
        let class = self.groups[g].class;
        let mut fairness = Fairness::default();
        if class.behaviour.is_idle() {
            return fairness;
        }
        for slot in self.slots.iter().filter(|slot| slot.group == g) {
            let Record {
                served,
                worst,
                first_served,
            } = slot.client.record();
            fairness.note(served, worst.as_nanos() as u64);
            if let Some(first) = first_served {
                let after = first
                    .saturating_duration_since(self.shared.start)
                    .as_nanos() as u64;
                fairness.last_first_served_ns = fairness.last_first_served_ns.max(Some(after));
            }
            if slot.client.is_starved()
                || (!slot.client.was_served() && slot.past.was_open && class.schedule.is_open())
            {
                fairness.starve(slot.client.number());
            }
        }
        fairness
    }
}

/// What waited for a connection, and what was due and not even looked at.
fn censor_queue(group: &mut Group, ended: Instant, censored: &mut Censored) {
    let Group {
        dispatch,
        recorder,
        timetable,
        ..
    } = group;
    for intended in dispatch.waiting() {
        censored.unsent += 1;
        censor(
            recorder,
            censored,
            ended.saturating_duration_since(intended),
            None,
            1,
        );
    }
    let Some(timetable) = timetable else {
        return;
    };
    for _ in 0..DRAWN {
        let Some(intended) = timetable.next().filter(|next| *next < ended) else {
            return;
        };
        timetable.advance();
        censored.unsent += 1;
        recorder.window.offered += 1;
        censor(recorder, censored, ended - intended, None, 1);
    }
    let Some(from) = timetable.next().filter(|next| *next < ended) else {
        return;
    };
    let piece = (ended - from) / PIECES;
    for i in 0..PIECES {
        let begin = from + piece * i;
        let requests = timetable.expected(begin, begin + piece).round() as u64;
        censored.unsent += requests;
        recorder.window.offered += requests;
        censor(
            recorder,
            censored,
            ended.saturating_duration_since(begin + piece / 2),
            None,
            requests,
        );
    }
}

/// Some requests have waited at least so long.
fn censor(
    recorder: &mut Recorder,
    censored: &mut Censored,
    response: Duration,
    service: Option<Duration>,
    requests: u64,
) {
    recorder.censored(response, service, requests);
    if requests > 0 {
        censored.longest_ns = censored.longest_ns.max(response.as_nanos() as u64);
    }
}
