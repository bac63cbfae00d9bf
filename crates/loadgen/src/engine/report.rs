//! The report of a worker at the end: its notes, and its censored observations.

use std::mem;
use std::time::{Duration, Instant};

use crate::conversation::client::ServiceRecord;
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

/// Requests that were due and never handled are counted individually up to this number, and by expectation beyond it.
const DRAWN: usize = 200_000;

/// Number of pieces into which the requests beyond are spread.
const PIECES: u32 = 1000;

/// The report of one worker.
pub struct Report {
    /// One report per class.
    pub groups: Vec<GroupReport>,
    /// Counts over time.
    pub series: Series,
    /// Response times second by second.
    pub intervals: Intervals,
    /// The counts at the end.
    pub end: Moment,
    /// Start of its measured window.
    pub began: Instant,
    /// End of its measured window.
    pub ended: Instant,
    /// How much later than planned its measured window ended; with slices, the largest delay.
    pub overran: Duration,
    /// CPU use in the window.
    pub usage: Usage,
    /// Calls of `epoll_wait`.
    pub waits: u64,
    /// Requests in flight of the classes in the figures, integrated over time.
    pub busy_s: f64,
    /// The slices that the window consists of; `None` for one window.
    pub slices: Option<Measured>,
}

/// What a run in slices measured.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Number of slices.
    pub slices: u64,
    /// Sum of their windows.
    pub time: Duration,
    /// Sum of the ordered windows.
    pub ordered: Duration,
}

/// The notes of a worker about one class.
pub struct GroupReport {
    /// The notes. Their latencies include the censored observations.
    pub recorder: Recorder,
    /// Counts of the censored observations.
    pub censored: Censored,
    /// How evenly its clients were served.
    pub fairness: Fairness,
    /// A sample of the times between requests of an open loop.
    pub gaps: Vec<Gap>,
    /// Number of times that the sample was drawn from.
    pub gaps_total: u64,
    /// The first requests of a few of its clients, if requested.
    pub timelines: Vec<Timeline>,
}

impl Worker<'_> {
    /// Ends the window and returns the report.
    pub(super) fn report(&mut self) -> Report {
        if self.window_start.is_none() {
            self.begin_window();
        }
        let ended = self.clock.now();
        let (began, before) = self
            .window_start
            .expect("the window has just begun at the latest");
        let usage = Usage::of_this_thread().since(&before);
        self.now = ended;
        self.sum_in_flight();
        let end = self.moment();
        let groups = (0..self.groups.len())
            .map(|g| self.group_report(g, began, ended))
            .collect();
        let overran = match self.stage {
            Stage::Over => ended.saturating_duration_since(began + self.shared.load.duration),
            _ => Duration::ZERO,
        };
        self.shared.progress.publish(self.id, &end);
        self.intervals.end_current(end);
        Report {
            groups,
            series: mem::replace(&mut self.series, Series::new()),
            intervals: mem::replace(&mut self.intervals, Intervals::new()),
            end,
            began,
            ended,
            overran,
            usage,
            waits: self.waits,
            busy_s: self.in_flight_ns as f64 / 1e9,
            slices: None,
        }
    }

    fn group_report(&mut self, g: usize, began: Instant, ended: Instant) -> GroupReport {
        let mut censored = Censored::default();
        self.censor_clients(g, began, ended, &mut censored);
        self.censor_errands(g, ended, &mut censored);
        let may_send = self.may_send(g);
        let group = &mut self.groups[g];
        if may_send {
            let until = self.window_end.unwrap_or(ended);
            censor_queue(group, until, ended, &mut censored);
        }
        for (wait, requests) in group.overdue.waits(ended) {
            censor(&mut group.recorder, &mut censored, wait, None, requests);
        }
        censored.lost = group.recorder.lost;
        censored.overflowed = group.overflowed;
        self.group_notes(g, censored)
    }

    /// Takes the notes of a class, to which its censored observations were added.
    pub(super) fn group_notes(&mut self, g: usize, censored: Censored) -> GroupReport {
        let fairness = self.fairness(g);
        let timelines = self.timelines(g);
        let slots = self.slots.iter().filter(|slot| slot.group == g);
        let open = slots.filter(|slot| slot.client.is_open()).count() as u64;
        let unconnected = self.unconnected(g);
        let group = &mut self.groups[g];
        group.recorder.connections.open_at_end = open;
        group.recorder.connections.never_served = fairness.never_served - unconnected;
        GroupReport {
            recorder: mem::take(&mut group.recorder),
            censored,
            fairness,
            gaps: group.gaps.items().to_vec(),
            gaps_total: group.gaps.total(),
            timelines,
        }
    }

    /// Number of clients of a class that send requests and never had a connection.
    fn unconnected(&self, g: usize) -> u64 {
        if self.groups[g].class.behaviour.is_idle() {
            return 0;
        }
        let slots = self.slots.iter().filter(|slot| slot.group == g);
        slots.filter(|slot| !slot.past.was_open).count() as u64
    }

    /// Records requests without a reply, and clients that never got a connection.
    pub(super) fn censor_clients(
        &mut self,
        g: usize,
        began: Instant,
        ended: Instant,
        censored: &mut Censored,
    ) {
        let may_send = self.may_send(g);
        let group = &mut self.groups[g];
        let sends = !group.class.behaviour.is_idle();
        for slot in self.slots.iter().filter(|slot| slot.group == g) {
            for (intended, sent) in slot.client.unanswered() {
                let [response, service] =
                    [intended, sent].map(|since| ended.saturating_duration_since(since));
                censored.pending += 1;
                censor(&mut group.recorder, censored, response, Some(service), 1);
            }
            let resend = slot.resend.as_ref().filter(|_| may_send);
            for &intended in resend.into_iter().flat_map(|resend| resend.iter()) {
                let response = ended.saturating_duration_since(intended);
                censored.unsent += 1;
                censor(&mut group.recorder, censored, response, None, 1);
            }
            if sends && slot.past.connect_finished && !slot.past.was_open {
                censored.refused += 1;
                // A connect that failed at once is no wait.
                if group.think.is_some() && slot.past.waited_in_vain {
                    censor(&mut group.recorder, censored, ended - began, None, 1);
                }
            }
        }
    }

    /// Records requests of a closed loop that are due and were not sent.
    fn censor_errands(&mut self, g: usize, ended: Instant, censored: &mut Censored) {
        let mut others = Vec::new();
        while let Some((at, entry)) = self.agenda.take_due(ended) {
            let slot = &self.slots[entry.k];
            if slot.group != g {
                others.push((at, entry));
                continue;
            }
            let sends = matches!(entry.errand, Errand::SendRequest | Errand::FillPipeline);
            if sends
                && slot.epoch == entry.epoch
                && self.may_send(g)
                && self.has_more_requests(entry.k)
            {
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
        let slots = self.slots.iter().filter(|slot| slot.group == g);
        let timeline = |slot: &Slot| {
            let sent = slot.client.unanswered().map(|(_, sent)| sent);
            let log = slot.log.as_ref()?;
            Some(log.timeline(slot.client.number(), self.sending_since, sent))
        };
        slots.filter_map(timeline).collect()
    }

    pub(super) fn fairness(&self, g: usize) -> Fairness {
        let class = self.groups[g].class;
        let mut fairness = Fairness::default();
        if class.behaviour.is_idle() {
            return fairness;
        }
        for slot in self.slots.iter().filter(|slot| slot.group == g) {
            let ServiceRecord {
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
            // A client that is connected and thinks has not asked yet.
            let asks = slot.client.is_starved() || !slot.past.was_open || class.schedule.is_open();
            if asks && !slot.client.was_served() {
                fairness.starve(slot.client.number());
            }
        }
        fairness
    }
}

/// Records requests that wait for a connection, and requests that were due before `until` and were not handled.
pub(super) fn censor_queue(
    group: &mut Group,
    until: Instant,
    ended: Instant,
    censored: &mut Censored,
) {
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
        let Some(intended) = timetable.next().filter(|next| *next < until) else {
            return;
        };
        timetable.advance();
        censored.unsent += 1;
        recorder.window.offered += 1;
        censor(recorder, censored, ended - intended, None, 1);
    }
    let Some(from) = timetable.next().filter(|next| *next < until) else {
        return;
    };
    let piece = (until - from) / PIECES;
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

/// Records requests that have waited at least this long.
pub(super) fn censor(
    recorder: &mut Recorder,
    censored: &mut Censored,
    response: Duration,
    service: Option<Duration>,
    requests: u64,
) {
    recorder.record_censored(response, service, requests);
    if requests > 0 {
        censored.longest_ns = censored.longest_ns.max(response.as_nanos() as u64);
    }
}
