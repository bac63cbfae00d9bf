//! The due times of one worker's requests in an open loop: its share of the rate, evenly or at random.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Exp1};

use crate::timing::part::Part;
use crate::timing::rate::Rate;
use crate::timing::schedule::Spacing;

/// The due times of one worker, one after another.
///
/// Request number *n* is due when the integral of the rate reaches *n*. For Poisson arrivals, *n* grows by exponential steps
/// with mean 1 instead of by 1. That is a Poisson process with a variable rate (Çinlar's method of inversion, Devroye 1986,
/// VI.1.3).
pub struct Timetable {
    rate: Rate,
    spacing: Spacing,
    part: Part,
    /// Start of the measured window.
    zero: Instant,
    /// The position in expected requests of all workers.
    at: f64,
    next: Option<Instant>,
    rng: ChaCha8Rng,
}

impl Timetable {
    /// Creates the due times from `begin` on. The rate counts from `begin + warmup`.
    pub fn new(
        rate: &Rate,
        spacing: Spacing,
        part: Part,
        seed: u64,
        begin: Instant,
        warmup: Duration,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Each worker draws from its own stream.
        rng.set_stream(part.index as u64 + 1);
        let mut timetable = Self {
            at: rate.expected(-warmup.as_secs_f64()),
            rate: rate.clone(),
            spacing,
            part,
            zero: begin + warmup,
            next: None,
            rng,
        };
        // A window that begins with a request does not end with one, so that it holds exactly its share. In a pause no
        // request is due.
        let begins_paused = rate.initial() <= 0.0;
        let first = match spacing {
            Spacing::Constant => part.index as f64 + f64::from(u8::from(begins_paused)),
            Spacing::Poisson => random_gap(&mut timetable.rng, part),
        };
        timetable.step(first);
        timetable
    }

    /// The time at which the next request is due; `None` if no more requests will come.
    pub const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Moves on to the next request.
    pub fn advance(&mut self) {
        let step = match self.spacing {
            Spacing::Constant => self.part.count as f64,
            Spacing::Poisson => random_gap(&mut self.rng, self.part),
        };
        self.step(step);
    }

    /// Delays all further requests.
    pub fn shift(&mut self, by: Duration) {
        self.zero += by;
        self.next = self.next.map(|next| next + by);
    }

    /// Drops the requests that are due before a time, without drawing each of them.
    pub fn skip(&mut self, until: Instant) {
        let is_due = |next: Option<Instant>| next.is_some_and(|next| next < until);
        if !is_due(self.next) {
            return;
        }
        let share = self.part.count as f64;
        let left = self.rate.expected(self.seconds(until)) - self.at;
        self.step((left / share).floor().max(0.0) * share);
        while is_due(self.next) {
            self.advance();
        }
    }

    /// Expected requests of this worker between two times, from the rate alone.
    pub fn expected(&self, from: Instant, to: Instant) -> f64 {
        let all = self.rate.expected(self.seconds(to)) - self.rate.expected(self.seconds(from));
        all / self.part.count as f64
    }

    fn step(&mut self, step: f64) {
        self.at += step;
        self.next = self.rate.time_of(self.at).and_then(|t| {
            let time = Duration::try_from_secs_f64(t.abs()).ok()?;
            if t < 0.0 {
                self.zero.checked_sub(time)
            } else {
                self.zero.checked_add(time)
            }
        });
    }

    fn seconds(&self, at: Instant) -> f64 {
        if at >= self.zero {
            (at - self.zero).as_secs_f64()
        } else {
            -(self.zero - at).as_secs_f64()
        }
    }
}

fn random_gap(rng: &mut ChaCha8Rng, part: Part) -> f64 {
    let gap: f64 = Exp1.sample(rng);
    gap * part.count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Part = Part { index: 0, count: 1 };

    /// All times of a worker in the first `seconds` seconds of the window.
    fn times(rate: &str, spacing: Spacing, part: Part, seconds: u64) -> Vec<f64> {
        let begin = Instant::now() + Duration::from_secs(10);
        let mut timetable = Timetable::new(
            &rate.parse().unwrap(),
            spacing,
            part,
            7,
            begin,
            Duration::from_secs(1),
        );
        let zero = begin + Duration::from_secs(1);
        let mut times = Vec::new();
        while let Some(next) = timetable
            .next()
            .filter(|next| *next < zero + Duration::from_secs(seconds))
        {
            times.push((next - begin).as_secs_f64() - 1.0);
            timetable.advance();
        }
        times
    }

    #[test]
    fn constant_requests_are_evenly_spaced() {
        let times = times("1000", Spacing::Constant, ALONE, 2);
        assert!((2998..=3000).contains(&times.len()), "{}", times.len());
        assert!(
            times
                .windows(2)
                .all(|pair| (pair[1] - pair[0] - 1e-3).abs() < 1e-8)
        );
    }

    #[test]
    fn a_window_holds_exactly_its_requests() {
        assert_eq!(times("5", Spacing::Constant, ALONE, 2).len(), 15);
        assert_eq!(times("0.5", Spacing::Constant, ALONE, 3).len(), 2);
        let paused = times("steps:0,4/1s", Spacing::Constant, ALONE, 2);
        assert_eq!(paused.len(), 3);
        assert!(paused[0] > 1.2, "{paused:?}");
    }

    #[test]
    fn workers_share_a_rate_and_alternate() {
        let mut all: Vec<f64> = (0..3)
            .flat_map(|id| {
                times(
                    "3000",
                    Spacing::Constant,
                    Part {
                        index: id,
                        count: 3,
                    },
                    1,
                )
            })
            .collect();
        all.sort_by(f64::total_cmp);
        assert!(
            all.windows(2)
                .all(|pair| (pair[1] - pair[0] - 1.0 / 3000.0).abs() < 1e-8)
        );
    }

    #[test]
    fn random_requests_have_exponential_gaps() {
        let times = times("1000", Spacing::Poisson, ALONE, 99);
        let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean * 1e3 - 1.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "{variance}");
        let longer = gaps.iter().filter(|gap| **gap > 2e-3).count() as f64 / gaps.len() as f64;
        assert!((longer - (-2_f64).exp()).abs() < 0.005, "{longer}");
    }

    #[test]
    fn workers_with_random_requests_differ() {
        let [a, b] = [0, 1].map(|id| {
            times(
                "1000",
                Spacing::Poisson,
                Part {
                    index: id,
                    count: 2,
                },
                1,
            )
        });
        assert_ne!(a[..9], b[..9]);
        let all = a.len() + b.len();
        assert!((1800..2200).contains(&all), "{all}");
    }

    #[test]
    fn a_ramp_begins_with_the_window_and_warms_up_at_its_first_rate() {
        let times = times("ramp:100..300/2s", Spacing::Constant, ALONE, 2);
        let before = times.iter().filter(|t| **t < 0.0).count();
        assert!((99..=100).contains(&before), "{before}");
        let (first, second): (Vec<f64>, Vec<f64>) =
            times.iter().filter(|t| **t >= 0.0).partition(|t| **t < 1.0);
        assert!(first.len().abs_diff(150) <= 1 && second.len().abs_diff(250) <= 1);
    }

    #[test]
    fn bursts_are_silent_in_between() {
        let times = times("bursts:1000/100ms/900ms", Spacing::Poisson, ALONE, 5);
        let silent = times
            .iter()
            .filter(|t| **t > 0.0 && t.fract() > 0.1 + 1e-9)
            .count();
        assert_eq!(silent, 0);
        let on = times.iter().filter(|t| **t > 0.0).count();
        assert!((400..600).contains(&on), "{on}");
    }

    #[test]
    fn a_shift_delays_every_further_request_by_the_same_time() {
        let (begin, hour) = (Instant::now(), Duration::from_hours(1));
        for spacing in [Spacing::Constant, Spacing::Poisson] {
            let timetable = || {
                let rate = Rate::Constant(1000.0);
                Timetable::new(&rate, spacing, ALONE, 7, begin, Duration::ZERO)
            };
            let (mut plain, mut shifted) = (timetable(), timetable());
            shifted.shift(hour);
            for _ in 0..9 {
                assert_eq!(shifted.next(), plain.next().map(|next| next + hour));
                plain.advance();
                shifted.advance();
            }
        }
    }

    #[test]
    fn skipped_requests_are_gone_and_the_rate_goes_on() {
        let (begin, minute) = (Instant::now(), Duration::from_mins(1));
        for spacing in [Spacing::Constant, Spacing::Poisson] {
            let rate = Rate::Constant(1e8);
            let mut timetable = Timetable::new(&rate, spacing, ALONE, 7, begin, Duration::ZERO);
            timetable.skip(begin + minute);
            let next = timetable.next().expect("a constant rate does not end");
            let late = next.checked_duration_since(begin + minute);
            assert!(
                late < Some(Duration::from_micros(1)) && late.is_some(),
                "{late:?}"
            );
            timetable.skip(begin);
            assert_eq!(timetable.next(), Some(next), "what is not due stays");
        }
    }

    #[test]
    fn expected_requests_between_two_times_are_known() {
        let begin = Instant::now();
        let timetable = Timetable::new(
            &Rate::Constant(5e8),
            Spacing::Constant,
            ALONE,
            1,
            begin,
            Duration::ZERO,
        );
        let expected = timetable.expected(
            begin + Duration::from_secs(1),
            begin + Duration::from_secs(3),
        );
        assert!((expected - 1e9).abs() < 1.0, "{expected}");
    }
}
