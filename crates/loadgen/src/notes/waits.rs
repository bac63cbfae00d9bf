//! Histograms of response and service times in nanoseconds. A histogram allocates only when the first value comes.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::outcome::latency::Latency;

/// The longest time that a histogram distinguishes; longer times count as this.
pub const LONGEST: Duration = Duration::from_mins(1);

/// Significant decimal digits of a recorded time.
const DIGITS: u8 = 3;

/// A histogram of nanoseconds up to [`LONGEST`], accurate to 0.1 %.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waits(Option<Histogram<u64>>);

impl Waits {
    /// Records a time in nanoseconds.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.0.get_or_insert_with(empty).saturating_record(nanos);
    }

    /// Records the same time `times` times.
    pub fn record_n(&mut self, nanos: u64, times: u64) {
        let histogram = self.0.get_or_insert_with(empty);
        histogram.saturating_record_n(nanos, times);
    }

    /// Drops all values.
    pub fn reset(&mut self) {
        self.0 = None;
    }

    /// Adds the values of another histogram.
    pub fn merge(&mut self, other: &Self) {
        if let Some(theirs) = &other.0 {
            let mine = self.0.get_or_insert_with(empty);
            mine.add(theirs)
                .expect("all histograms have the same bounds");
        }
    }

    /// Returns the figures without the histogram.
    pub fn figures(&self) -> Latency {
        self.0.as_ref().map(Latency::figures).unwrap_or_default()
    }

    /// Returns the figures with a histogram of two digits.
    pub fn coarse(&self) -> Latency {
        self.0.as_ref().map(Latency::coarse_of).unwrap_or_default()
    }

    /// Returns the distribution as it is stored.
    pub fn latency(&self) -> Latency {
        self.0.as_ref().map(Latency::of).unwrap_or_default()
    }
}

/// Response and service times. In a closed loop without think time both are equal and are recorded once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTimes {
    same: Waits,
    response: Waits,
    service: Waits,
}

impl RequestTimes {
    /// Records a reply: response and service time in nanoseconds.
    #[inline]
    pub fn record(&mut self, response: u64, service: u64) {
        if response == service {
            self.same.record(response);
        } else {
            self.response.record(response);
            self.service.record(service);
        }
    }

    /// Records `requests` censored observations. Requests that were sent have a service time as well.
    pub fn record_censored(&mut self, response: u64, service: Option<u64>, requests: u64) {
        self.response.record_n(response, requests);
        if let Some(service) = service {
            self.service.record_n(service, requests);
        }
    }

    /// Drops all values.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Adds the values of another worker.
    pub fn merge(&mut self, other: &Self) {
        self.same.merge(&other.same);
        self.response.merge(&other.response);
        self.service.merge(&other.service);
    }

    /// The response times.
    pub fn response(&self) -> Waits {
        self.with_same(&self.response)
    }

    /// The service times.
    pub fn service(&self) -> Waits {
        self.with_same(&self.service)
    }

    fn with_same(&self, apart: &Waits) -> Waits {
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
        let mut times = RequestTimes::default();
        times.record(1000, 1000);
        assert_eq!((&times.response.0, &times.service.0), (&None, &None));
        times.record(3000, 2000);
        let (response, service) = (times.response(), times.service());
        assert_eq!((response.len(), service.len()), (2, 2));
        assert!(
            response.equivalent(response.max(), 3000) && service.equivalent(service.max(), 2000)
        );
    }

    #[test]
    fn unsent_requests_have_no_service_time() {
        let mut times = RequestTimes::default();
        times.record_censored(5000, None, 7);
        assert_eq!(times.response().len(), 7);
        assert_eq!(times.service(), Waits::default());
        assert_eq!(times.service().latency(), Latency::default());
    }

    #[test]
    fn after_a_reset_nothing_is_left() {
        let mut times = RequestTimes::default();
        times.record(1, 1);
        times.reset();
        assert_eq!(times, RequestTimes::default());
    }
}
