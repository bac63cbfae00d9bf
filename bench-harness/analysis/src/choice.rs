//! Which contenders to take for a load: all that are not clearly worse than the best, and how far behind the others are.

use std::mem::discriminant;

use record::plan::{Contender, ContenderId, LoadId};

use crate::metric::Metric;
use crate::shift::{Ratio, ratio};
use crate::summary::Summary;
use crate::verdict::{Bar, Verdict};

/// The answer for one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The load.
    pub load: LoadId,
    /// The metric that decides.
    pub metric: Metric,
    /// The contenders that are not clearly worse than the best, in the order of the plan; empty if none served every client.
    pub good: Vec<ContenderId>,
    /// The contenders that are clearly worse, each with its ratio to the best.
    pub behind: Vec<(ContenderId, Ratio)>,
    /// The contenders that left clients out, and so cannot be chosen.
    pub left_out: Vec<ContenderId>,
    /// Why the run says this with less certainty, if so.
    pub doubts: Vec<Bar>,
}

impl Summary {
    /// The contenders that are not clearly worse than the best under this load: the 95 % interval of their ratio to the best median
    /// overlaps the indifference zone. Servers of datagrams and reference lines compete only where there are no others.
    pub fn choice(&self, load: LoadId) -> Choice {
        let metric = self.deciding(load);
        let starving = |&contender: &ContenderId| self.left_out(contender, load);
        let (left_out, serving): (Vec<_>, Vec<_>) =
            self.candidates().into_iter().partition(starving);
        let median = |contender| Some((contender, self.median(contender, load, metric)?));
        let measured: Vec<(ContenderId, f64)> = serving.into_iter().filter_map(median).collect();
        let mut choice = Choice {
            load,
            metric,
            good: Vec::new(),
            behind: Vec::new(),
            left_out,
            doubts: self.doubts(load, metric),
        };
        let Some(best) = best(&measured, metric) else {
            return choice;
        };
        for (contender, _) in measured {
            match self.ratio_if_behind(contender, best, load, metric) {
                Some(ratio) => choice.behind.push((contender, ratio)),
                None => choice.good.push(contender),
            }
        }
        choice
    }

    /// The contender that is most often among those to take under these loads; the first one of several equal ones.
    pub fn most_recommended(&self, loads: &[LoadId]) -> Option<ContenderId> {
        let good = loads.iter().flat_map(|&load| self.choice(load).good);
        let good: Vec<ContenderId> = good.collect();
        let times = |id: &ContenderId| good.iter().filter(|other| *other == id).count();
        // `max_by_key` returns the last one of several equal ones.
        let backwards = self.contender_ids().rev();
        backwards.filter(|id| times(id) > 0).max_by_key(times)
    }

    /// The contenders that a reader can take. Datagrams promise less than a stream, so that a reader who needs streams cannot take a
    /// server of datagrams, however fast it is; and a reference line is no server to deploy.
    fn candidates(&self) -> Vec<ContenderId> {
        let is_special = |contender: &Contender| contender.datagrams || contender.reference_line;
        let has_others = self
            .contenders
            .iter()
            .any(|contender| !is_special(contender));
        self.models()
            .filter(|&contender| !has_others || !is_special(&self.contenders[contender]))
            .collect()
    }

    /// The ratio to the best, if it says that this contender is clearly worse.
    fn ratio_if_behind(
        &self,
        contender: ContenderId,
        best: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> Option<Ratio> {
        let values = |contender| self.cell(contender, load).values(metric);
        let ratio = ratio(values(contender), values(best))?;
        let (low, high) = match ratio.interval {
            Some(interval) => interval,
            None => self.extremes(contender, best, load, metric)?,
        };
        let is_worse = if metric.more_is_better() {
            high < 1.0 / self.zone()
        } else {
            low > self.zone()
        };
        is_worse.then_some(ratio)
    }

    /// The extreme ratios of single trials. They stand in for the interval where there are too few trials for one: contenders whose
    /// ranges overlap do not differ clearly.
    fn extremes(
        &self,
        contender: ContenderId,
        best: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> Option<(f64, f64)> {
        let estimate = |contender| self.cell(contender, load).estimates.get(&metric);
        let (contender, best) = (estimate(contender)?, estimate(best)?);
        Some((contender.low / best.high, contender.high / best.low))
    }

    /// The reasons why comparisons of models under this load have no verdict, one of each kind.
    fn doubts(&self, load: LoadId, metric: Metric) -> Vec<Bar> {
        let mut doubts: Vec<Bar> = self.untrusted(load, metric).into_iter().collect();
        let is_model = |contender: &ContenderId| !self.contenders[*contender].reference_line;
        for contender in self.contender_ids().filter(is_model) {
            let compared = self.cell(contender, load).compared.get(&metric);
            if let Some(Verdict::Barred(bar)) = compared.map(|compared| &compared.verdict) {
                let is_known = |known: &Bar| discriminant(known) == discriminant(bar);
                if *bar != Bar::LeftOut && !doubts.iter().any(is_known) {
                    doubts.push(bar.clone());
                }
            }
        }
        doubts
    }
}

/// The contender with the best median.
fn best(medians: &[(ContenderId, f64)], metric: Metric) -> Option<ContenderId> {
    let best = medians.iter().max_by(|(_, a), (_, b)| {
        if metric.more_is_better() {
            a.total_cmp(b)
        } else {
            b.total_cmp(a)
        }
    });
    best.map(|(contender, _)| *contender)
}

impl Choice {
    /// The least distance of a contender that is behind, as a factor above 1; `None` if none is behind, or if the trials are too few
    /// to tell.
    pub fn lead(&self) -> Option<f64> {
        let distances = self.behind.iter().map(|(_, ratio)| self.distance(ratio));
        let distances: Option<Vec<f64>> = distances.collect();
        distances?.into_iter().reduce(f64::min)
    }

    /// How much worse than the best this ratio is at least, as a factor above 1.
    pub fn distance(&self, ratio: &Ratio) -> Option<f64> {
        let (low, high) = ratio.interval?;
        Some(if self.metric.more_is_better() {
            1.0 / high
        } else {
            low
        })
    }
}
