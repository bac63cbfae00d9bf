//! Queueing theory beside a measurement: the mean response time that a model of queues expects at each offered rate.

use record::plan::{ContenderId, LoadId, Queue};

use crate::metric::Metric;
use crate::queueing::{pollaczek_khinchine, processor_sharing};
use crate::summary::Summary;

/// Theory is computed up to this utilisation: at 1 the expected time is infinite.
const BUSIEST: f64 = 0.98;
/// Points of a theoretical line.
const POINTS: u32 = 24;

/// Measured and theoretical mean response times in a scenario that offers shares of the peak.
#[derive(Clone, Debug)]
pub struct Theory<'a> {
    summary: &'a Summary,
    /// The loads of the scenario, each with the offered share of the peak, in ascending order.
    pub steps: Vec<(LoadId, f64)>,
    peak: f64,
    probe: LoadId,
}

impl<'a> Theory<'a> {
    /// `None` for a scenario that offers no shares of the peak.
    pub fn of(summary: &'a Summary, scenario: &str) -> Option<Self> {
        let steps = summary.shares_of_peak(scenario);
        let mut loads = summary.load_ids();
        let probe = loads.find(|&load| summary.loads[load].is_probe())?;
        (!steps.is_empty()).then_some(Self {
            summary,
            steps,
            peak: summary.probed?.peak,
            probe,
        })
    }

    /// The throughput of a contender in the probe, as a share of the peak.
    pub fn saturation(&self, contender: ContenderId) -> Option<f64> {
        let throughput = self
            .summary
            .median(contender, self.probe, Metric::Throughput)?;
        (throughput > 0.0).then_some(throughput / self.peak)
    }

    /// The estimated service time in seconds: 1 divided by the throughput in the probe.
    pub fn service_s(&self, contender: ContenderId) -> Option<f64> {
        Some(1.0 / (self.saturation(contender)? * self.peak))
    }

    /// Measured means: (share of the peak, nanoseconds).
    pub fn measured(&self, contender: ContenderId) -> Vec<(f64, f64)> {
        let mean = |&(load, share): &(LoadId, f64)| {
            Some((share, self.summary.cell(contender, load).mean_ns?))
        };
        self.steps.iter().filter_map(mean).collect()
    }

    /// The theoretical mean in nanoseconds at this share of the peak; `None` if the server would be saturated, or if the contender
    /// declares no queue.
    pub fn mean_ns(&self, contender: ContenderId, share: f64) -> Option<f64> {
        let is_saturated = share >= self.saturation(contender)? * BUSIEST;
        self.expected_ns(contender, share).filter(|_| !is_saturated)
    }

    fn expected_ns(&self, contender: ContenderId, share: f64) -> Option<f64> {
        let utilisation = share / self.saturation(contender)?;
        let service_s = self.service_s(contender)?;
        let mean_s = match self.summary.contenders[contender].queue? {
            Queue::OneServer => pollaczek_khinchine(service_s, utilisation, 0.0),
            Queue::Shared => processor_sharing(service_s, utilisation),
        };
        Some(mean_s * 1e9)
    }

    /// Theoretical means over the measured range, up to where the server would be saturated: (share of the peak, nanoseconds).
    pub fn line(&self, contender: ContenderId) -> Vec<(f64, f64)> {
        let ends = || Some((self.steps.first()?.1, self.steps.last()?.1));
        let (Some(saturation), Some((first, last))) = (self.saturation(contender), ends()) else {
            return Vec::new();
        };
        let last = last.min(saturation * BUSIEST);
        if last <= first {
            return Vec::new();
        }
        let share = |i: u32| first + (last - first) * f64::from(i) / f64::from(POINTS);
        let mean = |share: f64| Some((share, self.expected_ns(contender, share)?));
        (0..=POINTS).map(share).filter_map(mean).collect()
    }
}
