//! The reduced outcome stored in a row of a run: all scalars, plus the histograms needed for curves.

use crate::outcome::Outcome;
use crate::outcome::class::{ClassOutcome, Fairness};
use crate::outcome::generator::Arrivals;

/// How many clients without a reply are listed.
const LISTED: usize = 5;

impl Outcome {
    /// Returns the reduced outcome, which is read together with thousands of others. The whole document has its own file.
    ///
    /// Response and service times keep histograms of two digits
    /// ([`Latency::coarse`](crate::outcome::latency::Latency::coarse)); other times keep only their figures. Intervals,
    /// sampled gaps and checks that are ok are dropped. A single class is dropped, because its figures are those at the top.
    #[must_use]
    pub fn lean(&self) -> Self {
        let several = self.classes.len() > 1;
        let classes = self.classes.iter().filter(|_| several);
        let failed = self.checks.iter().filter(|check| !check.ok);
        Self {
            response: self.response.coarse(),
            service: self.service.coarse(),
            connect: self.connect.bare(),
            fairness: self.fairness.lean(),
            classes: classes.map(ClassOutcome::lean).collect(),
            lag: self.lag.bare(),
            arrivals: self.arrivals.lean(),
            intervals: Vec::new(),
            checks: failed.cloned().collect(),
            ..self.clone()
        }
    }
}

impl Outcome {
    /// Copies from the whole outcome what this reduced one lacks: the latency histograms and the moments.
    pub fn fill_in(&mut self, other: Self) {
        for (own, others) in [
            (&mut self.response, other.response),
            (&mut self.service, other.service),
        ] {
            if own.histogram.is_empty() {
                own.histogram = others.histogram;
            }
        }
        if self.over_time.is_empty() {
            self.over_time = other.over_time;
        }
    }
}

impl ClassOutcome {
    fn lean(&self) -> Self {
        Self {
            response: self.response.bare(),
            service: self.service.bare(),
            fairness: self.fairness.lean(),
            ..self.clone()
        }
    }
}

impl Fairness {
    fn lean(&self) -> Self {
        let listed = self.never_served_clients.iter().take(LISTED);
        Self {
            never_served_clients: listed.copied().collect(),
            ..self.clone()
        }
    }
}

impl Arrivals {
    fn lean(&self) -> Self {
        Self {
            gaps_ns: Vec::new(),
            intended_gaps_ns: Vec::new(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use crate::outcome::check::Check;
    use crate::outcome::latency::Latency;
    use crate::outcome::over_time::{Interval, Moment};

    use super::*;

    fn latency() -> Latency {
        let mut histogram = Histogram::new(3).unwrap();
        (1..=100_000).for_each(|us| histogram.record(us * 1000).unwrap());
        Latency::of(&histogram)
    }

    fn check(name: &str, ok: bool) -> Check {
        Check {
            name: name.to_owned(),
            ok,
            ..Check::default()
        }
    }

    fn class(name: &str) -> ClassOutcome {
        ClassOutcome {
            name: name.to_owned(),
            response: latency(),
            service: latency(),
            ..ClassOutcome::default()
        }
    }

    fn whole() -> Outcome {
        Outcome {
            requests: 100_000,
            response: latency(),
            service: latency(),
            connect: latency(),
            lag: latency(),
            fairness: Fairness {
                never_served: 90,
                never_served_clients: (0..90).collect(),
                ..Fairness::default()
            },
            classes: vec![class("clients")],
            arrivals: Arrivals {
                gaps_ns: vec![1; 4000],
                intended_gaps_ns: vec![1; 4000],
                sampled_from: 9000,
                ..Arrivals::default()
            },
            intervals: vec![Interval::default()],
            over_time: vec![Moment::default()],
            checks: vec![check("cpu", true), check("lag", false)],
            ..Outcome::default()
        }
    }

    #[test]
    fn a_lean_outcome_has_every_figure_of_the_whole() {
        let (whole, lean) = (whole(), whole().lean());
        for (lean, whole) in [
            (&lean.response, &whole.response),
            (&lean.service, &whole.service),
            (&lean.connect, &whole.connect),
            (&lean.lag, &whole.lag),
        ] {
            assert_eq!(lean.bare(), whole.bare());
        }
        assert_eq!(
            (
                lean.requests,
                lean.arrivals.sampled_from,
                lean.fairness.never_served
            ),
            (100_000, 9000, 90)
        );
        assert_eq!(lean.over_time, whole.over_time);
        assert_eq!(lean.checks, [check("lag", false)]);
    }

    #[test]
    fn a_lean_outcome_has_no_lists_and_two_short_histograms() {
        let lean = whole().lean();
        assert!(lean.intervals.is_empty() && lean.arrivals.gaps_ns.is_empty());
        assert!(lean.connect.histogram.is_empty() && lean.lag.histogram.is_empty());
        assert_eq!(lean.fairness.never_served_clients, [0, 1, 2, 3, 4]);
        let whole = latency().histogram.len();
        for curve in [&lean.response, &lean.service] {
            assert!((1..whole).contains(&curve.histogram.len()));
        }
    }

    #[test]
    fn several_classes_keep_their_own_figures() {
        assert!(whole().lean().classes.is_empty());
        let mut outcome = whole();
        outcome.classes.push(class("slow"));
        let lean = outcome.lean();
        assert_eq!(lean.classes.len(), 2);
        assert_eq!(lean.classes[1].response, latency().bare());
    }

    #[test]
    fn a_lean_outcome_stays_as_it_is() {
        assert_eq!(whole().lean().lean(), whole().lean());
    }
}
