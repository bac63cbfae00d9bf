//! The report of a worker that measures in slices: of one slice, and of all of them.

use std::mem;
use std::time::{Duration, Instant};

use crate::engine::group::Group;
use crate::engine::report::{GroupReport, Measured, Report, censor, censor_queue};
use crate::engine::slices::Counts;
use crate::engine::worker::Worker;
use crate::notes::intervals::Intervals;
use crate::notes::recorder::{Recorder, Window};
use crate::notes::series::Series;
use crate::notes::waits::{RequestTimes, Waits};
use crate::outcome::class::Censored;
use crate::outcome::slice::SliceOutcome;

/// The notes of a class about slices.
#[derive(Default)]
pub struct SliceNotes {
    /// Counts at the end of the window of this slice.
    window: Window,
    /// Censored requests of this slice so far.
    censored: Censored,
    /// Requests lost before this slice.
    lost_before: u64,
    /// The notes of all slices.
    all: Recorder,
    /// The censored requests of all slices, without those that still wait.
    all_censored: Censored,
}

impl Group<'_> {
    /// Lets the schedule go on after it has stood still.
    pub(super) fn begin_slice(&mut self, stood: Duration) {
        self.slice.lost_before = self.recorder.lost;
        if let Some(timetable) = &mut self.timetable {
            timetable.shift(stood);
        }
        if let Some((intended, actual)) = &mut self.last_arrival {
            (*intended, *actual) = (*intended + stood, *actual + stood);
        }
    }

    /// Ends the window of a slice: requests that are due and not sent are censored and dropped.
    pub(super) fn end_window(&mut self, window_end: Instant) {
        let mut censored = Censored::default();
        censor_queue(self, window_end, window_end, &mut censored);
        self.dispatch.drop_waiting();
        if let Some(timetable) = &mut self.timetable {
            timetable.skip(window_end);
        }
        (self.slice.censored, self.slice.window) = (censored, self.recorder.window);
    }

    /// Adds a slice to the notes of all slices. Requests that still wait are not in them, because they are known only at the
    /// end of the run.
    fn end_slice(&mut self, ended: Instant) {
        let Self {
            recorder,
            slice,
            overdue,
            ..
        } = self;
        for (wait, requests) in overdue.waits(ended) {
            censor(recorder, &mut slice.censored, wait, None, requests);
        }
        slice.censored.lost = recorder.lost - slice.lost_before;
        slice.censored.overflowed = self.overflowed;
        // Datagrams that are lost in the drain were sent in the window.
        slice.window.datagrams = recorder.window.datagrams;
        slice.all.times.merge(&recorder.times);
        slice.all.lag.merge(&recorder.lag);
        slice.all.window.add(&slice.window);
        slice.all_censored.merge(&slice.censored);
    }
}

impl Worker<'_> {
    /// The results of the slice whose drain ends now.
    pub(super) fn slice_outcome(&mut self) -> SliceOutcome {
        let (ended, began) = (self.now, self.window_start.map_or(self.now, |(at, _)| at));
        let mut slice = SliceOutcome::default();
        let (mut times, mut lag, mut window) =
            (RequestTimes::default(), Waits::default(), Window::default());
        for g in 0..self.groups.len() {
            self.groups[g].end_slice(ended);
            let mut censored = self.groups[g].slice.censored;
            self.censor_clients(g, began, ended, &mut censored);
            if !self.groups[g].is_counted {
                continue;
            }
            let fairness = self.fairness(g);
            slice.clients += fairness.clients;
            slice.never_served += fairness.never_served;
            let group = &self.groups[g];
            slice.censored.merge(&censored);
            times.merge(&group.recorder.times);
            lag.merge(&group.recorder.lag);
            window.add(&group.slice.window);
        }
        slice.requests = window.requests;
        slice.offered = window.offered;
        slice.datagrams_lost = window.datagrams.lost;
        slice.response = times.response().coarse();
        slice.service = times.service().figures();
        slice.lag = lag.figures();
        self.add_counts(&mut slice);
        slice
    }

    /// Adds the counts of all classes, and the cost of the window.
    fn add_counts(&self, slice: &mut SliceOutcome) {
        let now = self.counts();
        let sitting = self.sitting.as_ref().expect("slices have a sitting");
        let Counts {
            answered,
            errors,
            mismatched,
            lost_connections,
        } = sitting.before;
        slice.answered = now.answered - answered;
        slice.errors = now.errors - errors;
        slice.mismatched = now.mismatched - mismatched;
        slice.lost_connections = now.lost_connections - lost_connections;
        let usage = sitting.window.usage;
        slice.window_s = sitting.window.time.as_secs_f64();
        slice.cpu_s = (usage.user + usage.system).as_secs_f64();
        slice.run_queue_delay_s = usage.run_queue_delay.map(|delay| delay.as_secs_f64());
        slice.busy_s = sitting.window.in_flight_ns as f64 / 1e9;
    }

    /// The report on all slices together.
    pub(super) fn sitting_report(&mut self) -> Report {
        let sitting = self.sitting.as_ref().expect("slices have a sitting");
        let (ended, all) = (sitting.paused_at(), sitting.all);
        let began = self.first_window.unwrap_or(ended);
        let (overran, measured) = (
            sitting.overran,
            Measured {
                slices: sitting.slices,
                time: all.time,
                ordered: sitting.ordered,
            },
        );
        self.now = ended;
        let end = self.moment();
        let groups = (0..self.groups.len())
            .map(|g| self.sitting_group_report(g, began, ended))
            .collect();
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
            usage: all.usage,
            waits: all.waits,
            busy_s: all.in_flight_ns as f64 / 1e9,
            slices: Some(measured),
        }
    }

    fn sitting_group_report(&mut self, g: usize, began: Instant, ended: Instant) -> GroupReport {
        let group = &mut self.groups[g];
        let Recorder {
            times, lag, window, ..
        } = mem::take(&mut group.slice.all);
        let recorder = &mut group.recorder;
        (recorder.times, recorder.lag, recorder.window) = (times, lag, window);
        let mut censored = group.slice.all_censored;
        self.censor_clients(g, began, ended, &mut censored);
        self.group_notes(g, censored)
    }
}
