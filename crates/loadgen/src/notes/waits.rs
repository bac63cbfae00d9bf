//! Waiting times of requests as they are recorded: histograms of nanoseconds that own no memory until they are needed.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::outcome::latency::Latency;

/// The longest time that is told apart from longer ones.
pub const LONGEST: Duration = Duration::from_mins(1);

/// Significant decimal digits of a recorded time.
const DIGITS: u8 = 3;

/// A histogram of nanoseconds up to [`LONGEST`], to a thousandth of each value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waits(Option<Histogram<u64>>);

impl Waits {
    /// Records a time in nanoseconds; what is longer than [`LONGEST`] counts as that.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.0.get_or_insert_with(empty).saturating_record(nanos);
    }

    /// Records the same time so many times.
    pub fn record_n(&mut self, nanos: u64, times: u64) {
        let histogram = self.0.get_or_insert_with(empty);
        histogram.saturating_record_n(nanos, times);
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.0 = None;
    }

    /// Adds the times of another.
    pub fn merge(&mut self, other: &Self) {
        if let Some(theirs) = &other.0 {
            let mine = self.0.get_or_insert_with(empty);
            mine.add(theirs)
                .expect("all histograms have the same bounds");
        }
    }

    /// All of it, as it is stored.
    pub fn latency(&self) -> Latency {
        self.0.as_ref().map(Latency::of).unwrap_or_default()
    }
}

/// The response and the service time of requests. In a closed loop without think time they are the same, and so recorded
/// once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Times {
    same: Waits,
    response: Waits,
    service: Waits,
}

impl Times {
    /// A request was answered: nanoseconds since it was intended, and since it was sent.
    #[inline]
    pub fn answered(&mut self, response: u64, service: u64) {
        if response == service {
            self.same.record(response);
        } else {
            self.response.record(response);
            self.service.record(service);
        }
    }

    /// So many requests had waited *at least* so long at the end of the run. Those that were sent have a service time as well.
    pub fn censored(&mut self, response: u64, service: Option<u64>, requests: u64) {
        self.response.record_n(response, requests);
        if let Some(service) = service {
            self.service.record_n(service, requests);
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Adds the times of another.
    pub fn merge(&mut self, other: &Self) {
        self.same.merge(&other.same);
        self.response.merge(&other.response);
        self.service.merge(&other.service);
    }

    /// From intended to answered.
    pub fn response(&self) -> Waits {
        self.with(&self.response)
    }

    /// From sent to answered.
    pub fn service(&self) -> Waits {
        self.with(&self.service)
    }

    fn with(&self, apart: &Waits) -> Waits {
        let mut all = self.same.clone();
        all.merge(apart);
        all
    }
}

fn empty() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST.as_nanos() as u64, DIGITS)
        .expect("bounds and digits are constants within what the histogram allows")
}

#[cfg(test)]
impl std::ops::Deref for Waits {
    type Target = Histogram<u64>;

    fn deref(&self) -> &Histogram<u64> {
        self.0.as_ref().expect("something was recorded")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_are_recorded_once_and_count_for_both() {
        let mut times = Times::default();
        times.answered(1000, 1000);
        assert_eq!((&times.response.0, &times.service.0), (&None, &None));
        times.answered(3000, 2000);
        let (response, service) = (times.response(), times.service());
        assert_eq!((response.len(), service.len()), (2, 2));
        assert!(
            response.equivalent(response.max(), 3000) && service.equivalent(service.max(), 2000)
        );
    }

    #[test]
    fn what_was_never_sent_has_no_service_time() {
        let mut times = Times::default();
        times.censored(5000, None, 7);
        assert_eq!(times.response().len(), 7);
        assert_eq!(times.service(), Waits::default());
        assert_eq!(times.service().latency(), Latency::default());
    }

    #[test]
    fn after_a_reset_nothing_is_left() {
        let mut times = Times::default();
        times.answered(1, 1);
        times.reset();
        assert_eq!(times, Times::default());
    }
}
