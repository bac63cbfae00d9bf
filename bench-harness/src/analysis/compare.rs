//! Holds all contenders against the baseline, load by load and figure by figure.

use super::verdict::{Bar, Compared, Pair, Verdict, judge};
use super::{Cell, Metric, Summary};
use crate::plan::{Contender, Recipe};

impl Summary {
    /// Fills in what was compared with the baseline, the twin of the baseline first: it decides whether the others get
    /// verdicts.
    pub(super) fn compare(&mut self) {
        let twin = self.twin();
        let asked = |load: &usize| self.loads[*load].scenario != Recipe::PROBE;
        let asked: Vec<usize> = (0..self.loads.len()).filter(asked).collect();
        for load in asked {
            for metric in Metric::judged() {
                if let Some(twin) = twin {
                    self.compare_twin(twin, load, metric);
                }
                self.compare_family(load, metric);
            }
        }
    }

    /// The baseline a second time, if it takes part.
    pub fn twin(&self) -> Option<usize> {
        let of = &self.contenders[self.baseline].name;
        let is_twin = |contender: &Contender| contender.twin_of.as_ref() == Some(of);
        self.contenders.iter().position(is_twin)
    }

    /// Whether a contender is the twin of some other one, and not compared for its own sake.
    pub fn is_twin(&self, contender: usize) -> bool {
        self.contenders[contender].twin_of.is_some()
    }

    /// Why nobody gets a verdict under this load in this figure, if so: nothing shows that two equal servers are measured
    /// alike, or something shows that they are not. The latter happens by chance once in twenty times.
    pub fn untrusted(&self, load: usize, metric: Metric) -> Option<Bar> {
        let control = self
            .twin()
            .and_then(|twin| self.cell(twin, load).compared.get(&metric));
        let Some(control) = control else {
            return Some(Bar::NoControl);
        };
        let interval = control.ratio.interval?;
        let apart = interval.0 > 1.0 || interval.1 < 1.0;
        apart.then_some(Bar::Control { interval })
    }

    fn compare_twin(&mut self, twin: usize, load: usize, metric: Metric) {
        let pair = Pair {
            own: self.cell(twin, load).values(metric),
            base: self.cell(self.baseline, load).values(metric),
            bar: None,
            left_out: false,
        };
        if let Some(found) = judge(metric, &[pair]).remove(0) {
            let control = Compared {
                verdict: Verdict::Control,
                ..found
            };
            self.cell_mut(twin, load).compared.insert(metric, control);
        }
    }

    fn compare_family(&mut self, load: usize, metric: Metric) {
        let others = (0..self.contenders.len()).filter(|&c| c != self.baseline && !self.is_twin(c));
        let others: Vec<usize> = others.collect();
        let untrusted = self.untrusted(load, metric);
        let base = self.cell(self.baseline, load);
        let pair = |&contender: &usize| {
            let own = self.cell(contender, load);
            Pair {
                own: own.values(metric),
                base: base.values(metric),
                bar: barred(own, base, metric)
                    .or_else(|| base.left_out().then_some(Bar::LeftOut))
                    .or_else(|| untrusted.clone()),
                left_out: own.left_out(),
            }
        };
        let pairs: Vec<Pair> = others.iter().map(pair).collect();
        for (contender, found) in others.into_iter().zip(judge(metric, &pairs)) {
            if let Some(found) = found {
                self.cell_mut(contender, load)
                    .compared
                    .insert(metric, found);
            }
        }
    }

    /// Whether the interval of every ratio that is reported is narrower than 5 % to each side: then more trials would add
    /// little. Whether a difference is significant has no part in it, since whoever stops on that finds differences where
    /// there are none: in 18 % of runs instead of 5 %.
    pub fn is_precise(&self) -> bool {
        let cells =
            (0..self.contenders.len()).flat_map(|c| (0..self.loads.len()).map(move |l| (c, l)));
        let ratios = cells.flat_map(|(c, l)| self.cell(c, l).compared.values());
        let mut widths = ratios.map(|found| found.ratio.half_width()).peekable();
        widths.peek().is_some() && widths.all(|width| width.is_some_and(|width| width < PRECISE))
    }
}

/// Half-width of an interval that is narrow enough, as a share.
const PRECISE: f64 = 0.05;

/// Why the trials of these two cells carry no verdict about this metric, if so.
pub(super) fn barred(own: &Cell, base: &Cell, metric: Metric) -> Option<Bar> {
    let failed = own.failed + base.failed;
    let disturbed = own.disturbed + base.disturbed;
    let limited = own.limited + base.limited;
    if failed > 0 {
        Some(Bar::Failed { trials: failed })
    } else if disturbed > 0 {
        Some(Bar::Disturbed { trials: disturbed })
    } else if limited > 0 && metric.follows_the_generator() {
        Some(Bar::Generator { trials: limited })
    } else if own.above + base.above > 0 && metric == Metric::Capacity {
        Some(Bar::AboveRange {
            trials: own.above + base.above,
        })
    } else {
        None
    }
}
