//! Merges the notes of all workers into one outcome.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::report::{GroupReport, Measured, Report};
use crate::engine::shared::Shared;
use crate::notes::cost::Usage;
use crate::notes::intervals::Intervals;
use crate::notes::recorder::Recorder;
use crate::notes::recorder::Window;
use crate::notes::series::{Series, halves};
use crate::notes::waits::Waits;
use crate::outcome::Outcome;
use crate::outcome::class::{Censored, ClassOutcome, Fairness};
use crate::outcome::connections::Connections;
use crate::outcome::generator::{Arrivals, Cost};
use crate::outcome::load_summary::LoadSummary;
use crate::outcome::over_time::Moment;
use crate::outcome::verification::Verification;
use crate::plan::class::Class;
use crate::run::bounds;
use crate::timing::schedule::Schedule;

/// Size of the sample of times between requests in an outcome.
const GAPS: usize = 4000;

/// The measured window, in seconds since the first connect.
struct Span {
    start: f64,
    end: f64,
    elapsed: f64,
}

/// Returns the outcome of a run from the reports of its workers.
pub fn outcome(shared: &Shared, reports: Vec<Report>) -> Outcome {
    let span = span(shared.start, &reports);
    let overran = reports.iter().map(|report| report.overran).max();
    let slices = reports.iter().find_map(|report| report.slices);
    let busy_connection_seconds = reports.iter().map(|report| report.busy_s).sum();
    let cost = cost(&reports, span.elapsed);
    let mut end = Moment::default();
    let (mut series, mut intervals, mut classes) = (None, None, Vec::new());
    for report in reports {
        end.add(&report.end);
        merge_into(&mut series, report.series, Series::merge);
        merge_into(&mut intervals, report.intervals, Intervals::merge);
        merge_classes(&mut classes, report.groups);
    }
    let series = series.expect("a run has at least one worker");
    let intervals = intervals.expect("a run has at least one worker");
    let over_time = series.finish(Moment {
        at_s: span.end,
        ..end
    });
    let mut outcome = Outcome {
        schema: Outcome::SCHEMA,
        load: LoadSummary::of(shared.load),
        interrupted: shared.stop.load(Ordering::Relaxed),
        window_start_s: span.start,
        elapsed_s: span.elapsed,
        over_time,
        intervals: intervals.finish(span.start, span.end),
        busy_connection_seconds,
        cost,
        bounds: bounds::of(shared.load, overran.unwrap_or(Duration::ZERO).as_secs_f64()),
        valid: true,
        ..Outcome::default()
    };
    if let Some(Measured {
        slices, ordered, ..
    }) = slices
    {
        (outcome.slices, outcome.load.duration_s) = (slices, ordered.as_secs_f64());
    }
    add_totals(&mut outcome, shared, &classes);
    add_honest(&mut outcome, shared, &span, classes);
    outcome.halves = halves(&outcome.over_time, span.start, span.end, outcome.requests);
    outcome.judge();
    outcome
}

fn span(zero: Instant, reports: &[Report]) -> Span {
    let began = reports.iter().map(|report| report.began).min();
    let ended = reports.iter().map(|report| report.ended).max();
    let since_start =
        |at: Option<Instant>| at.map_or(0.0, |at| at.duration_since(zero).as_secs_f64());
    let (start, end) = (since_start(began), since_start(ended));
    let slices = reports.iter().find_map(|report| report.slices);
    Span {
        start,
        end,
        elapsed: slices.map_or(end - start, |slices| slices.time.as_secs_f64()),
    }
}

fn merge_into<T>(sum: &mut Option<T>, more: T, merge: impl Fn(&mut T, T)) {
    match sum {
        Some(sum) => merge(sum, more),
        None => *sum = Some(more),
    }
}

fn merge_classes(classes: &mut Vec<GroupReport>, groups: Vec<GroupReport>) {
    if classes.is_empty() {
        *classes = groups;
        return;
    }
    for (class, group) in classes.iter_mut().zip(groups) {
        class.recorder.merge(group.recorder);
        class.censored.merge(&group.censored);
        class.fairness.merge(&group.fairness);
        class.gaps.extend(group.gaps);
        class.gaps_total += group.gaps_total;
        class.timelines.extend(group.timelines);
    }
}

/// Adds the totals of all classes: connections, bytes, errors, wrong replies.
fn add_totals(outcome: &mut Outcome, shared: &Shared, classes: &[GroupReport]) {
    let mut connections = Connections::default();
    let (mut window, mut errors) = (Window::default(), BTreeMap::new());
    let mut verification = Verification::default();
    let mut connect = Waits::default();
    for GroupReport { recorder, .. } in classes {
        connections.add(&recorder.connections);
        window.add(&recorder.window);
        connect.merge(&recorder.connect);
        for (kind, count) in &recorder.errors {
            *errors.entry(kind.clone()).or_default() += count;
        }
        verification.mismatched += recorder.mismatched;
        let first = &mut verification.first_mismatch;
        *first = first.take().or_else(|| recorder.first_mismatch.clone());
    }
    verification.verified = if shared.load.verify {
        window.requests
    } else {
        0
    };
    outcome.connections = Connections {
        open_at_once: shared.gate.most_open(),
        ..connections
    };
    (outcome.bytes_sent, outcome.bytes_received) = (window.bytes_sent, window.bytes_received);
    (outcome.cost.sends, outcome.cost.receives) = (window.sends, window.receives);
    (outcome.verification, outcome.errors) = (verification, errors);
    outcome.connect = connect.latency();
}

/// Adds the figures of the honest classes (of all classes if none is honest), and each class separately.
fn add_honest(outcome: &mut Outcome, shared: &Shared, span: &Span, classes: Vec<GroupReport>) {
    let any_honest = shared.load.any_honest();
    let is_counted = |class: &Class| class.behaviour.is_honest() || !any_honest;
    let (mut censored, mut fairness) = (Censored::default(), Fairness::default());
    // The first class's notes are moved, because a copy of its histograms would be the peak of all memory.
    let mut all: Option<Recorder> = None;
    let mut sampled = None;
    for (class, group) in shared.load.classes.iter().zip(classes) {
        outcome.classes.push(class_outcome(class, &group, span));
        if !is_counted(class) {
            continue;
        }
        if let Schedule::Open { rate, .. } = &class.schedule {
            let offered_rate = if span.elapsed > 0.0 {
                rate.expected(span.elapsed) / span.elapsed
            } else {
                rate.initial()
            };
            *outcome.offered_rate.get_or_insert(0.0) += offered_rate / shared.load.process.1 as f64;
        }
        sampled.get_or_insert_with(|| arrivals(class, &group, shared.load.part(0).count));
        censored.merge(&group.censored);
        fairness.merge(&group.fairness);
        outcome.timelines.extend(group.timelines);
        merge_into(&mut all, group.recorder, Recorder::merge);
    }
    outcome.arrivals = sampled.unwrap_or_default();
    outcome.timelines.sort_by_key(|timeline| timeline.client);
    let all = all.unwrap_or_default();
    // In a closed class beside an open one, every request sent is a request offered.
    outcome.offered = all.window.offered;
    outcome.requests = all.window.requests;
    outcome.rate = per_second(all.window.requests, span);
    outcome.response = all.times.response().latency();
    outcome.service = all.times.service().latency();
    outcome.lag = all.lag.latency();
    outcome.datagrams = (shared.load.target.is_datagram()).then_some(all.window.datagrams);
    (outcome.censored, outcome.fairness) = (censored, fairness);
}

fn class_outcome(class: &Class, group: &GroupReport, span: &Span) -> ClassOutcome {
    let recorder = &group.recorder;
    ClassOutcome {
        name: class.name.clone(),
        behaviour: class.behaviour.to_string(),
        honest: class.behaviour.is_honest(),
        schedule: class.schedule.clone(),
        connections: class.connections as u64,
        established: recorder.connections.established,
        open_at_end: recorder.connections.open_at_end,
        offered: recorder.window.offered,
        requests: recorder.window.requests,
        rate: per_second(recorder.window.requests, span),
        bytes_sent: recorder.window.bytes_sent,
        bytes_received: recorder.window.bytes_received,
        response: recorder.times.response().latency(),
        service: recorder.times.service().latency(),
        censored: group.censored,
        fairness: group.fairness.clone(),
        errors: recorder.errors.clone(),
    }
}

fn arrivals(class: &Class, group: &GroupReport, workers: usize) -> Arrivals {
    let Schedule::Open { rate, spacing } = &class.schedule else {
        return Arrivals::default();
    };
    // Takes every n-th time, so that all workers are in the sample.
    let step = group.gaps.len().div_ceil(GAPS).max(1);
    let gaps = || group.gaps.iter().step_by(step);
    Arrivals {
        kind: Some(*spacing),
        gaps_ns: gaps().map(|gap| gap.actual.as_nanos() as u64).collect(),
        intended_gaps_ns: gaps().map(|gap| gap.intended.as_nanos() as u64).collect(),
        sampled_from: group.gaps_total,
        rate_a_worker: rate.constant().map(|rate| rate / workers as f64),
    }
}

fn per_second(requests: u64, span: &Span) -> f64 {
    if span.elapsed > 0.0 {
        requests as f64 / span.elapsed
    } else {
        0.0
    }
}

fn cost(reports: &[Report], elapsed_s: f64) -> Cost {
    let mut cost = Cost {
        run_queue_delay_s: Some(0.0),
        ..Cost::default()
    };
    for Report {
        usage: Usage {
            user,
            system,
            run_queue_delay,
        },
        waits,
        ..
    } in reports
    {
        cost.user_s += user.as_secs_f64();
        cost.system_s += system.as_secs_f64();
        cost.waits += waits;
        cost.run_queue_delay_s = cost
            .run_queue_delay_s
            .zip(*run_queue_delay)
            .map(|(sum, delay)| sum + delay.as_secs_f64());
        let cpu = (*user + *system).as_secs_f64();
        cost.worker_cpu_share.push(if elapsed_s > 0.0 {
            cpu / elapsed_s
        } else {
            0.0
        });
    }
    cost
}
