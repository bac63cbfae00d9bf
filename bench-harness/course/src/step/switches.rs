//! The step `switches`: what does it cost to hand control to another piece of code and to get it back?

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use corosensei::{Coroutine, CoroutineResult, Yielder};
use measure::cpus;
use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Measurements of each kind.
    times: usize,
    /// Hand-overs of one measurement: coroutines.
    cheap: u32,
    /// Hand-overs of one measurement: threads.
    dear: u32,
}

/// A kind of switch: its name, and the function that measures it.
type Kind<'a> = (&'static str, Box<dyn Fn() -> f64 + 'a>);

/// Carries it out: one row a kind, with the time of one hand-over, there and back.
///
/// # Errors
/// The user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let allowed = cpus::allowed();
    let one = &allowed[..1.min(allowed.len())];
    let two = allowed.get(1..2).unwrap_or(one);
    let kinds: [Kind; 4] = [
        ("async task", Box::new(|| of_futures(parameters.cheap))),
        (
            "green thread",
            Box::new(|| of_green_threads(parameters.cheap)),
        ),
        (
            "threads, one CPU",
            Box::new(|| of_threads(parameters.dear, one, one)),
        ),
        (
            "threads, two CPUs",
            Box::new(|| of_threads(parameters.dear, one, two)),
        ),
    ];
    let times = if stage.short { 2 } else { parameters.times };
    let mut rows: Vec<Row> = kinds
        .iter()
        .map(|(label, _)| Row::new(*label, Unit::Us, Vec::new()))
        .collect();
    for round in 0..times {
        for ((label, measure), row) in kinds.iter().zip(&mut rows) {
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
            (stage.progress)(label, round as f64 / times as f64);
            row.values.push(measure());
        }
    }
    Ok(Measured {
        rows,
        notes: Vec::new(),
    })
}

/// Microseconds of one hand-over of `count`.
fn each(count: u32, begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(count)
}

/// A future that gives up control once each time it is polled, `count` times.
fn of_futures(count: u32) -> f64 {
    let task = async {
        for turn in 0..count {
            black_box(turn);
            give_up_control().await;
        }
    };
    let mut task = pin!(task);
    let mut context = Context::from_waker(Waker::noop());
    let begin = Instant::now();
    while task.as_mut().poll(&mut context).is_pending() {}
    each(count, begin)
}

/// Is pending once, and then ready.
fn give_up_control() -> impl Future<Output = ()> {
    let mut is_back = false;
    std::future::poll_fn(move |_| {
        if is_back {
            return Poll::Ready(());
        }
        is_back = true;
        Poll::Pending
    })
}

/// A stack of its own that suspends `count` times.
fn of_green_threads(count: u32) -> f64 {
    let mut thread = Coroutine::new(move |yielder: &Yielder<(), ()>, ()| {
        for turn in 0..count {
            black_box(turn);
            yielder.suspend(());
        }
    });
    let begin = Instant::now();
    while let CoroutineResult::Yield(()) = thread.resume(()) {}
    each(count, begin)
}

/// Two threads that pass a message to and fro. Each sleeps until the other one has sent.
fn of_threads(count: u32, here: &[usize], there: &[usize]) -> f64 {
    let (to_other, from_first) = mpsc::sync_channel::<()>(0);
    let (to_first, from_other) = mpsc::sync_channel::<()>(0);
    let there = there.to_vec();
    thread::scope(|scope| {
        scope.spawn(move || {
            let _confined = cpus::Confined::to(Some(&there));
            while from_first.recv().is_ok() && to_first.send(()).is_ok() {}
        });
        let _confined = cpus::Confined::to(Some(here));
        let begin = Instant::now();
        for _ in 0..count {
            if to_other.send(()).is_err() || from_other.recv().is_err() {
                break;
            }
        }
        let time = each(count, begin);
        drop(to_other);
        time
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::carry_out;

    #[test]
    fn a_future_that_gives_up_control_is_pending_once() {
        let mut future = pin!(give_up_control());
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        assert!(future.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn each_kind_of_switch_has_one_time_a_round() {
        let measured = carry_out(run, "times = 9\ncheap = 10\ndear = 10").unwrap();
        assert_eq!(measured.rows.len(), 4);
        for row in &measured.rows {
            assert_eq!(row.values.len(), 2, "{}", row.label);
            assert!(row.values.iter().all(|time| *time > 0.0), "{}", row.label);
        }
    }
}
