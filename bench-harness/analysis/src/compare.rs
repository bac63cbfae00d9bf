//! Compares all contenders with the baseline, load by load and metric by metric.

use record::plan::{ContenderId, LoadId};

use crate::cell::Cell;
use crate::judge::{LowerBound, Pair, Side, judge};
use crate::metric::Metric;
use crate::summary::Summary;
use crate::verdict::{Bar, Compared, Verdict};

/// A ratio is precise if its interval is narrower than this to each side, as a share.
const PRECISE: f64 = 0.05;

impl Summary {
    /// Fills in all comparisons with the baseline. The control comes first: it decides if the others get verdicts.
    pub(crate) fn compare(&mut self) {
        let control = self.control();
        let loads: Vec<LoadId> = self.measured_loads().collect();
        for load in loads {
            for metric in Metric::judged() {
                if let Some((first, twin)) = control {
                    self.compare_control(first, twin, load, metric);
                }
                self.compare_family(load, metric);
            }
        }
    }

    /// The same results with another baseline: under these loads, in the deciding metric only. The control stays that of the plan;
    /// the head of `judge` says why it is valid here.
    #[must_use]
    pub fn against(&self, baseline: ContenderId, loads: &[LoadId]) -> Self {
        let control = self.control().map(|(_, twin)| twin);
        let mut other = self.clone();
        other.baseline = baseline;
        for (contender, load) in self.cell_ids() {
            if Some(contender) != control {
                other.cell_mut(contender, load).compared.clear();
            }
        }
        for &load in loads {
            other.compare_family(load, self.deciding(load));
        }
        other
    }

    /// Why this metric has no verdicts under this load, if so: there is no control, or the control failed. Of equal servers, one
    /// in twenty fails it by chance.
    pub fn untrusted(&self, load: LoadId, metric: Metric) -> Option<Bar> {
        let control = self
            .control()
            .and_then(|(_, twin)| self.cell(twin, load).compared.get(&metric));
        let Some(control) = control else {
            return Some(Bar::NoControl);
        };
        let interval = control.ratio.interval?;
        let apart = interval.0 > 1.0 || interval.1 < 1.0;
        apart.then_some(Bar::Control { interval })
    }

    /// True if every ratio of the report is known to within 5 % to each side: more trials would add little. Significance plays no
    /// part in it, because stopping as soon as a difference is significant finds false ones: in 18 % of runs instead of 5 %.
    pub fn is_precise(&self) -> bool {
        let ratios = self
            .cell_ids()
            .flat_map(|(contender, load)| self.cell(contender, load).compared.values());
        let mut widths = ratios
            .map(|compared| compared.ratio.half_width())
            .peekable();
        widths.peek().is_some() && widths.all(|width| width.is_some_and(|width| width < PRECISE))
    }

    fn compare_control(
        &mut self,
        first: ContenderId,
        twin: ContenderId,
        load: LoadId,
        metric: Metric,
    ) {
        let pair = Pair {
            contender: self.cell(twin, load).values(metric),
            baseline: self.cell(first, load).values(metric),
            bar: None,
            left_out: false,
            lower_bound: None,
        };
        if let Some(compared) = judge(metric, self.zone(), &[pair]).remove(0) {
            let control = Compared {
                verdict: Verdict::Control,
                ..compared
            };
            self.cell_mut(twin, load).compared.insert(metric, control);
        }
    }

    fn compare_family(&mut self, load: LoadId, metric: Metric) {
        let others: Vec<ContenderId> = self.models().filter(|&c| c != self.baseline).collect();
        let baseline = self.baseline_cells(load, metric);
        let values = baseline.iter().flat_map(|cell| cell.values(metric));
        let values: Vec<f64> = values.copied().collect();
        let starving = baseline.iter().any(|cell| cell.left_out());
        let untrusted = self.untrusted(load, metric);
        let pair = |&contender: &ContenderId| {
            let cell = self.cell(contender, load);
            Pair {
                contender: cell.values(metric),
                baseline: &values,
                bar: barred(cell, &baseline, metric)
                    .or_else(|| starving.then_some(Bar::LeftOut))
                    .or_else(|| untrusted.clone()),
                left_out: cell.left_out(),
                lower_bound: lower_bound(cell, &baseline, metric),
            }
        };
        let pairs: Vec<Pair> = others.iter().map(pair).collect();
        let results = judge(metric, self.zone(), &pairs);
        for (contender, compared) in others.into_iter().zip(results) {
            let cell = self.cell_mut(contender, load);
            cell.compared
                .extend(compared.map(|compared| (metric, compared)));
        }
    }

    /// The baseline's cell, and its twin's where the two are known not to differ: they are the same server.
    fn baseline_cells(&self, load: LoadId, metric: Metric) -> Vec<&Cell> {
        let has_interval = |twin: &&Cell| {
            let control = twin.compared.get(&metric);
            control.is_some_and(|control| control.ratio.interval.is_some())
        };
        let twin = self.twin().map(|twin| self.cell(twin, load));
        let baseline = [self.cell(self.baseline, load)];
        baseline
            .into_iter()
            .chain(twin.filter(has_interval))
            .collect()
    }
}

/// Why a contender and the baseline cannot be compared in this metric, if so.
pub fn barred(contender: &Cell, baseline: &[&Cell], metric: Metric) -> Option<Bar> {
    let trials = |count: fn(&Cell) -> usize| count(contender) + sum(baseline, count);
    let (failed, disturbed) = (trials(|cell| cell.failed), trials(|cell| cell.disturbed));
    let (limited, above) = (trials(|cell| cell.limited), trials(|cell| cell.above));
    let is_distorted =
        metric.follows_the_generator() && lower_bound(contender, baseline, metric).is_none();
    if failed > 0 {
        Some(Bar::Failed { trials: failed })
    } else if disturbed > 0 {
        Some(Bar::Disturbed { trials: disturbed })
    } else if limited > 0 && is_distorted {
        Some(Bar::Generator { trials: limited })
    } else if above > 0 && metric == Metric::Capacity {
        Some(Bar::AboveRange { trials: above })
    } else {
        None
    }
}

/// The side whose generator was saturated where the other's was not: its throughput is at least what was measured.
pub fn lower_bound(contender: &Cell, baseline: &[&Cell], metric: Metric) -> Option<LowerBound> {
    let limited = (contender.limited, sum(baseline, |cell| cell.limited));
    let (side, trials) = match limited {
        (trials @ 1.., 0) => (Side::Contender, trials),
        (0, trials @ 1..) => (Side::Baseline, trials),
        _ => return None,
    };
    (metric == Metric::Throughput).then_some(LowerBound { side, trials })
}

fn sum(cells: &[&Cell], count: fn(&Cell) -> usize) -> usize {
    cells.iter().map(|cell| count(cell)).sum()
}
