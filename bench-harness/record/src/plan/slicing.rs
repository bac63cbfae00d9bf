//! The length of a slice under each load: short, but long enough for the requests that it needs.

use std::time::Duration;

use loadgen::{Pace, Receiving, Schedule, Sending, WorkTimes};

use super::document::Plan;
use super::index::LoadId;
use super::load::Load;
use super::rate::Class;

/// Time after the pause that is not measured: caches are cold, and all clients send at once.
const SETTLE: Duration = Duration::from_millis(5);
/// The same for each request in flight, so that each client has had its turn.
const SETTLE_EACH: Duration = Duration::from_micros(10);
/// Window for each busy client of a closed loop.
const WINDOW_EACH: Duration = Duration::from_micros(100);
/// Requests of an open loop in a window.
const REQUESTS: f64 = 2000.0;
/// The rate that is assumed before the probe has found it, in requests per second.
const ASSUMED_RATE: f64 = 20_000.0;
/// Requests with work of a client in a window, if it sends them one after the other.
const WORKS: u32 = 40;
/// Requests of a client with think time in a window.
const THINKS: u32 = 5;
/// Steps of a slow client in a window.
const PACES: u32 = 4;
/// The longest work that is assumed of a distribution without a bound.
const LONG_WORK: Duration = Duration::from_millis(10);
/// The longest window.
const LONGEST: Duration = Duration::from_secs(1);

/// The parts of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slicing {
    /// Time after the pause that is not measured.
    pub settle: Duration,
    /// The measured window.
    pub window: Duration,
}

impl Plan {
    /// The parts of a slice under this load. `rate` is in requests per second, if the load has one and it is known.
    pub fn slicing(&self, load: LoadId, rate: Option<f64>) -> Slicing {
        let least = Duration::from_secs_f64(self.timing.slice_s);
        self.loads[load].slicing(least, rate)
    }
}

impl Load {
    fn slicing(&self, least: Duration, rate: Option<f64>) -> Slicing {
        let active = self.active as u32;
        let in_flight = self.in_flight().min(u32::MAX as usize) as u32;
        let for_clients = if self.is_equal_rate() {
            let rate = rate.unwrap_or(ASSUMED_RATE).max(f64::MIN_POSITIVE);
            Duration::try_from_secs_f64(REQUESTS / rate).unwrap_or(LONGEST)
        } else {
            WINDOW_EACH * active
        };
        let windows = self.classes.iter().map(needed).chain([for_clients]);
        let needed = windows.max().unwrap_or_default().min(LONGEST);
        Slicing {
            settle: SETTLE.max(SETTLE_EACH * in_flight).min(LONGEST),
            window: needed.max(least),
        }
    }
}

/// The window that the work, the think time and the pace of a class need.
fn needed(class: &Class) -> Duration {
    let pace = |pace: Pace| pace.every * PACES;
    let sending = match class.behaviour.sending {
        Sending::Drip(every) => pace(every),
        Sending::AtOnce | Sending::Stop { .. } => Duration::ZERO,
    };
    let receiving = match class.behaviour.receiving {
        Receiving::Sip(every) => pace(every),
        Receiving::AtOnce | Receiving::Never => Duration::ZERO,
    };
    sending.max(receiving).max(for_requests(class))
}

/// The window for a few requests of each client of a closed loop.
fn for_requests(class: &Class) -> Duration {
    let work = class
        .work
        .as_ref()
        .map_or(Duration::ZERO, |work| match work {
            WorkTimes::Spin(times) | WorkTimes::Sleep(times) => {
                times.longest().unwrap_or(LONG_WORK)
            }
        });
    match class.schedule {
        Schedule::Closed { think } if think > Duration::ZERO => (work + think) * THINKS,
        Schedule::Closed { .. } => work * WORKS,
        Schedule::Open { .. } => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Recipe;

    const LEAST: Duration = Duration::from_millis(50);

    /// The windows of a built-in scenario in milliseconds, step by step.
    fn windows(scenario: &str, rate: Option<f64>) -> Vec<u128> {
        let loads = Recipe::named(scenario).unwrap().loads(64).unwrap();
        let window = |load: &Load| load.slicing(LEAST, rate).window.as_millis();
        loads.iter().map(window).collect()
    }

    #[test]
    fn a_slice_is_short_if_enough_requests_fit() {
        assert_eq!(windows("ladder", None), [50, 50, 50, 100]);
        assert_eq!(windows("large", None), [50, 50, 50]);
    }

    #[test]
    fn a_slice_at_a_rate_has_two_thousand_requests() {
        assert_eq!(windows("equal", None), [100, 100]);
        assert_eq!(windows("equal", Some(50e3)), [50, 50]);
        assert_eq!(windows("equal", Some(100.0)), [1000, 1000]);
    }

    #[test]
    fn slow_clients_and_long_work_need_long_slices() {
        assert_eq!(windows("blocking", None), [200, 200, 200]);
        assert_eq!(windows("work", Some(12e3)), [1000, 1000, 1000]);
        assert_eq!(windows("slow", None), [50, 400, 400, 400]);
    }

    #[test]
    fn many_clients_need_more_time_to_settle() {
        let settle = |scenario: &str, step: usize| {
            let loads = Recipe::named(scenario).unwrap().loads(64).unwrap();
            loads[step].slicing(LEAST, None).settle.as_millis()
        };
        assert_eq!((settle("ladder", 0), settle("ladder", 3)), (5, 10));
    }
}
