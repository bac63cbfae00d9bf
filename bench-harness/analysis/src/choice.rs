//! Which contenders to take for a load: all that are not clearly worse than another one, and how far behind the others are.

use std::mem::discriminant;

use record::plan::{ContenderId, LoadId};

use crate::compare::{barred, lower_bound};
use crate::judge::{Pair, judge};
use crate::metric::Metric;
use crate::shift::Ratio;
use crate::summary::Summary;
use crate::verdict::{Bar, Compared, Verdict};

/// The answer for one load.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The load.
    pub load: LoadId,
    /// The metric that decides.
    pub metric: Metric,
    /// The contenders that are not clearly worse than another one, the best median first, those that spin last; empty if none
    /// served every client.
    pub good: Vec<ContenderId>,
    /// The contenders that are clearly worse, each with its ratio to the best, or else to the first one that is clearly better.
    pub behind: Vec<(ContenderId, Ratio)>,
    /// The contenders that left clients out or did not keep up with the offered rate, and so cannot be chosen.
    pub left_out: Vec<ContenderId>,
    /// Those that use a whole CPU even if no client asks, and that are not behind: the last of `good`, or better than these.
    pub spinning: Vec<ContenderId>,
    /// Why the run says this with less certainty, if so.
    pub doubts: Vec<Bar>,
}

impl Summary {
    /// The contenders that are not clearly worse than another one under this load, by the same verdicts as in all tables. Servers of
    /// datagrams and reference lines compete only where there are no others.
    pub fn choice(&self, load: LoadId) -> Choice {
        let metric = self.deciding(load);
        let starving = |&contender: &ContenderId| {
            self.left_out(contender, load) || self.cell(contender, load).behind().is_some()
        };
        let (left_out, serving): (Vec<_>, Vec<_>) =
            self.candidates().into_iter().partition(starving);
        let median = |contender| Some((contender, self.median(contender, load, metric)?));
        let mut measured: Vec<(ContenderId, f64)> =
            serving.into_iter().filter_map(median).collect();
        let best_first = |a: &f64, b: &f64| {
            if metric.more_is_better() {
                b.total_cmp(a)
            } else {
                a.total_cmp(b)
            }
        };
        let spins = |contender: ContenderId| self.cell(contender, load).spins;
        measured.sort_by(|a, b| spins(a.0).cmp(&spins(b.0)).then(best_first(&a.1, &b.1)));
        let ranked: Vec<ContenderId> = measured.into_iter().map(|(id, _)| id).collect();
        let mut choice = Choice {
            load,
            metric,
            good: Vec::new(),
            behind: Vec::new(),
            left_out,
            spinning: Vec::new(),
            doubts: self.doubts(&ranked, load, metric),
        };
        let (spinning, others): (Vec<_>, Vec<_>) = ranked.iter().partition(|&&id| spins(id));
        for &contender in &others {
            match self.ratio_if_behind(contender, &others, load, metric) {
                Some(ratio) => choice.behind.push((contender, ratio)),
                None => choice.good.push(contender),
            }
        }
        // A whole CPU is a price that no ratio shows. So a contender that spins displaces no other one, and is listed only beside its
        // equals.
        let listed = choice.good.clone();
        for &contender in &spinning {
            let is_apart = |&other: &ContenderId| self.is_worse(other, contender, load, metric);
            match self.ratio_if_behind(contender, &others, load, metric) {
                Some(ratio) => choice.behind.push((contender, ratio)),
                None if listed.iter().any(is_apart) => {}
                None => choice.good.push(contender),
            }
        }
        // Noise may make each of several contenders clearly worse than another one.
        if choice.good.is_empty() {
            choice.good.extend(ranked.first());
            choice
                .behind
                .retain(|(contender, _)| Some(contender) != ranked.first());
        }
        let is_behind = |id: ContenderId| choice.behind.iter().any(|(behind, _)| *behind == id);
        choice.spinning = spinning.into_iter().filter(|&id| !is_behind(id)).collect();
        choice
    }

    /// The ratio to the first of the others that is clearly better, if there is one.
    fn ratio_if_behind(
        &self,
        contender: ContenderId,
        others: &[ContenderId],
        load: LoadId,
        metric: Metric,
    ) -> Option<Ratio> {
        let mut others = others.iter().filter(|&&other| other != contender);
        others.find_map(|&other| {
            let compared = self.word(contender, other, load, metric)?;
            (compared.verdict == Verdict::Worse).then_some(compared.ratio)
        })
    }

    /// True if a contender is clearly worse than another one.
    fn is_worse(
        &self,
        contender: ContenderId,
        other: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> bool {
        let compared = self.word(contender, other, load, metric);
        compared.is_some_and(|compared| compared.verdict == Verdict::Worse)
    }

    /// Two contenders compared, by the rule of all verdicts; `None` if there is no ratio.
    pub fn word(
        &self,
        contender: ContenderId,
        other: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> Option<Compared> {
        let [own, against] = [contender, other].map(|id| self.cell(id, load));
        let pair = Pair {
            evidence: self.evidence_between(contender, other, load, metric),
            // A contender that spins is judged here as well: it must not be chosen for its low cost.
            bar: barred(own, &[against], metric).filter(|bar| *bar != Bar::Spins),
            left_out: own.left_out(),
            lower_bound: lower_bound(own, &[against], metric),
            round_s: 0.0,
        };
        judge(metric, self.zone(), vec![pair]).remove(0)
    }

    /// The reasons why comparisons of these contenders have no verdict, one of each kind. That a contender spins is no doubt about
    /// the others.
    fn doubts(&self, ranked: &[ContenderId], load: LoadId, metric: Metric) -> Vec<Bar> {
        let mut doubts: Vec<Bar> = self.untrusted(load, metric).into_iter().collect();
        let casts_doubt = |contender: &ContenderId| {
            !self.contenders[*contender].reference_line && !self.cell(*contender, load).spins
        };
        for &contender in ranked.iter().filter(|contender| casts_doubt(contender)) {
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
