//! Merges the outcomes of several generator processes that shared a load.

use crate::outcome::Outcome;
use crate::outcome::class::ClassOutcome;
use crate::outcome::latency::HistogramError;
use crate::outcome::over_time::{Interval, Moment};

impl Outcome {
    /// Adds the outcome of another process for its part of the same load, at the same time. Rates add up, because each
    /// divides by the process's own clock. The window is the longest of both.
    ///
    /// # Errors
    /// A stored histogram is damaged.
    pub fn merge(&mut self, other: &Self) -> Result<(), HistogramError> {
        self.interrupted |= other.interrupted;
        self.server_died |= other.server_died;
        self.window_start_s = self.window_start_s.max(other.window_start_s);
        self.elapsed_s = self.elapsed_s.max(other.elapsed_s);
        self.requests += other.requests;
        self.rate += other.rate;
        self.halves.first += other.halves.first;
        self.halves.second += other.halves.second;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        for (mine, theirs) in [
            (&mut self.response, &other.response),
            (&mut self.service, &other.service),
            (&mut self.connect, &other.connect),
            (&mut self.lag, &other.lag),
        ] {
            *mine = mine.merged(theirs)?;
        }
        self.censored.merge(&other.censored);
        if let (Some(mine), Some(theirs)) = (&mut self.datagrams, &other.datagrams) {
            mine.add(theirs);
        }
        self.connections.add(&other.connections);
        self.connections.open_at_once += other.connections.open_at_once;
        self.fairness.merge(&other.fairness);
        for (mine, theirs) in self.classes.iter_mut().zip(&other.classes) {
            mine.merge(theirs)?;
        }
        self.offered += other.offered;
        self.offered_rate = sum(self.offered_rate, other.offered_rate);
        self.busy_connection_seconds += other.busy_connection_seconds;
        self.timelines.extend_from_slice(&other.timelines);
        self.timelines.sort_by_key(|timeline| timeline.client);
        merge_moments(&mut self.over_time, &other.over_time);
        merge_intervals(&mut self.intervals, &other.intervals)?;
        self.arrivals.gaps_ns.extend(&other.arrivals.gaps_ns);
        self.arrivals
            .intended_gaps_ns
            .extend(&other.arrivals.intended_gaps_ns);
        self.arrivals.sampled_from += other.arrivals.sampled_from;
        self.merge_faults_and_cost(other);
        self.judge();
        Ok(())
    }

    fn merge_faults_and_cost(&mut self, other: &Self) {
        let verification = &mut self.verification;
        verification.verified += other.verification.verified;
        verification.mismatched += other.verification.mismatched;
        let first = verification.first_mismatch.take();
        verification.first_mismatch = first.or_else(|| other.verification.first_mismatch.clone());
        for (kind, count) in &other.errors {
            *self.errors.entry(kind.clone()).or_default() += count;
        }
        let (cost, theirs) = (&mut self.cost, &other.cost);
        cost.user_s += theirs.user_s;
        cost.system_s += theirs.system_s;
        cost.run_queue_delay_s = sum(cost.run_queue_delay_s, theirs.run_queue_delay_s);
        cost.worker_cpu_share.extend(&theirs.worker_cpu_share);
        cost.waits += theirs.waits;
        cost.sends += theirs.sends;
        cost.receives += theirs.receives;
        let (bounds, theirs) = (&mut self.bounds, &other.bounds);
        bounds.descriptors_needed = bounds.descriptors_needed.max(theirs.descriptors_needed);
        bounds.clock_resolution_ns = bounds.clock_resolution_ns.max(theirs.clock_resolution_ns);
        bounds.peak_memory_kib += theirs.peak_memory_kib;
        bounds.available_memory_kib = bounds.available_memory_kib.min(theirs.available_memory_kib);
        bounds.overran_s = bounds.overran_s.max(theirs.overran_s);
    }
}

impl ClassOutcome {
    fn merge(&mut self, other: &Self) -> Result<(), HistogramError> {
        self.established += other.established;
        self.open_at_end += other.open_at_end;
        self.offered += other.offered;
        self.requests += other.requests;
        self.rate += other.rate;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.response = self.response.merged(&other.response)?;
        self.service = self.service.merged(&other.service)?;
        self.censored.merge(&other.censored);
        self.fairness.merge(&other.fairness);
        for (kind, count) in &other.errors {
            *self.errors.entry(kind.clone()).or_default() += count;
        }
        Ok(())
    }
}

fn sum(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.zip(b).map(|(a, b)| a + b)
}

/// Adds to each moment the counts of the other process at that time. The last moments are the ends, which differ slightly.
fn merge_moments(mine: &mut [Moment], theirs: &[Moment]) {
    let last = mine.len().saturating_sub(1);
    for (i, moment) in mine.iter_mut().enumerate() {
        let until = theirs.partition_point(|other| other.at_s <= moment.at_s + 1e-9);
        let then = if i == last {
            theirs.last()
        } else {
            theirs[..until].last()
        };
        if let Some(then) = then {
            moment.add(then);
        }
    }
}

fn merge_intervals(mine: &mut Vec<Interval>, theirs: &[Interval]) -> Result<(), HistogramError> {
    for (mine, theirs) in mine.iter_mut().zip(theirs) {
        mine.measured &= theirs.measured;
        mine.requests += theirs.requests;
        mine.rate += theirs.rate;
        mine.response = mine.response.merged(&theirs.response)?;
        mine.connecting += theirs.connecting;
        mine.open += theirs.open;
        mine.busy += theirs.busy;
        mine.queued += theirs.queued;
        mine.errors += theirs.errors;
    }
    if let Some(more) = theirs.get(mine.len()..) {
        mine.extend_from_slice(more);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::notes::answer::Answer;
    use crate::notes::recorder::Recorder;
    use crate::notes::waits::Waits;
    use crate::outcome::class::Fairness;
    use std::time::Duration;

    fn waits_of(values: &[u64]) -> Waits {
        let mut recorder = Recorder::new();
        for &value in values {
            let time = Duration::from_nanos(value);
            recorder.record_reply(&Answer {
                response: time,
                service: time,
                first: false,
            });
        }
        recorder.times.response()
    }

    /// Waits from one nanosecond to more than a minute.
    fn waits() -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec((0_u32..37).prop_flat_map(|bits| 1..=1_u64 << bits), 0..200)
    }

    proptest! {
        // The histograms are large; a few dozen mixtures prove as much as hundreds.
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn merged_histograms_are_the_histogram_of_all(a in waits(), b in waits(), c in waits()) {
            let all = waits_of(&[a.clone(), b.clone(), c.clone()].concat()).latency();
            let [a, b, c] = [a, b, c].map(|values| waits_of(&values).latency());
            let left = a.merged(&b).unwrap().merged(&c).unwrap();
            let right = a.merged(&b.merged(&c).unwrap()).unwrap();
            prop_assert_eq!(left.histogram().unwrap(), all.histogram().unwrap());
            prop_assert_eq!(&left, &right);
            prop_assert_eq!(b.merged(&a).unwrap().p99_ns, a.merged(&b).unwrap().p99_ns);
            prop_assert_eq!((left.count, left.p50_ns, left.max_ns), (all.count, all.p50_ns, all.max_ns));
        }

        #[test]
        fn no_recorded_wait_is_off_by_more_than_a_thousandth(value in 1_u64..60_000_000_000) {
            let latency = waits_of(&[value]).latency();
            prop_assert!(latency.max_ns.abs_diff(value) as f64 <= value as f64 / 1000.0 + 1.0);
        }
    }

    /// The outcome of a process with these waits.
    fn outcome(values: &[u64]) -> Outcome {
        let response = waits_of(values).latency();
        let requests = values.len() as u64;
        let class = ClassOutcome {
            requests,
            response: response.clone(),
            ..ClassOutcome::default()
        };
        Outcome {
            requests,
            rate: requests as f64,
            elapsed_s: 1.0,
            response,
            classes: vec![class],
            fairness: Fairness {
                clients: 1,
                ..Fairness::default()
            },
            over_time: vec![Moment {
                at_s: 1.0 + values.len() as f64,
                requests,
                ..Moment::default()
            }],
            intervals: vec![Interval {
                requests,
                ..Interval::default()
            }],
            errors: [("reset".to_owned(), 1)].into(),
            ..Outcome::default()
        }
    }

    #[test]
    fn parts_of_a_load_merge_to_the_whole() {
        let (mut sum, more) = (outcome(&[1000, 2000]), outcome(&[3000]));
        sum.merge(&more).unwrap();
        assert_eq!(
            (sum.requests, sum.rate.round() as u64, sum.response.count),
            (3, 3, 3)
        );
        assert_eq!(
            (sum.classes[0].requests, sum.classes[0].response.count),
            (3, 3)
        );
        assert_eq!(
            (sum.over_time[0].requests, sum.intervals[0].requests),
            (3, 3)
        );
        assert_eq!((sum.fairness.clients, sum.errors["reset"]), (2, 2));
    }
}
