//! Holds all contenders against the baseline, load by load and figure by figure.

use record::plan::Contender;

use super::verdict::{Bar, Compared, Pair, Side, Verdict, judge};
use super::{Cell, Metric, Summary};

impl Summary {
    /// Fills in what was compared with the baseline, the twin of the baseline first: it decides whether the others get
    /// verdicts.
    pub(super) fn compare(&mut self) {
        let control = self.control();
        let asked = |load: &usize| !self.loads[*load].is_probe();
        let asked: Vec<usize> = (0..self.loads.len()).filter(asked).collect();
        for load in asked {
            for metric in Metric::judged() {
                if let Some((first, again)) = control {
                    self.compare_twin(first, again, load, metric);
                }
                self.compare_family(load, metric);
            }
        }
    }

    /// The same with another baseline, in what decides under these loads; nothing else is compared. The control stays that of the
    /// plan: why it may vouch for this is said at the head of `verdict`.
    #[must_use]
    pub fn against(&self, baseline: usize, loads: &[usize]) -> Self {
        let control = self.control().map(|(_, again)| again);
        let mut other = self.clone();
        other.baseline = baseline;
        for contender in (0..self.contenders.len()).filter(|&c| Some(c) != control) {
            for load in 0..self.loads.len() {
                other.cell_mut(contender, load).compared.clear();
            }
        }
        for &load in loads {
            other.compare_family(load, self.deciding(load));
        }
        other
    }

    /// The contender that the plan measures twice, and its second self: what measuring makes of two equals.
    pub fn control(&self) -> Option<(usize, usize)> {
        let first = |twin: &Contender| {
            let of = twin.twin_of.as_ref()?;
            self.contenders.iter().position(|first| first.name == *of)
        };
        let mut twins = self.contenders.iter().enumerate();
        twins.find_map(|(again, twin)| Some((first(twin)?, again)))
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
            .control()
            .and_then(|(_, again)| self.cell(again, load).compared.get(&metric));
        let Some(control) = control else {
            return Some(Bar::NoControl);
        };
        let interval = control.ratio.interval?;
        let apart = interval.0 > 1.0 || interval.1 < 1.0;
        apart.then_some(Bar::Control { interval })
    }

    fn compare_twin(&mut self, first: usize, twin: usize, load: usize, metric: Metric) {
        let pair = Pair {
            own: self.cell(twin, load).values(metric),
            base: self.cell(first, load).values(metric),
            bar: None,
            left_out: false,
            at_least: None,
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
        // The twin is the same server, and was just seen to be measured alike: its trials are the baseline's too.
        let alike = |twin: &&Cell| Some(twin.compared.get(&metric)?.ratio.interval.is_some());
        let twin = self.twin().map(|twin| self.cell(twin, load));
        let twin = twin.filter(|twin| alike(twin) == Some(true));
        let base: Vec<&Cell> = [self.cell(self.baseline, load)]
            .into_iter()
            .chain(twin)
            .collect();
        let values: Vec<f64> = base
            .iter()
            .flat_map(|cell| cell.values(metric))
            .copied()
            .collect();
        let left_out = base.iter().any(|cell| cell.left_out());
        let pair = |&contender: &usize| {
            let own = self.cell(contender, load);
            Pair {
                own: own.values(metric),
                base: &values,
                bar: barred(own, &base, metric)
                    .or_else(|| left_out.then_some(Bar::LeftOut))
                    .or_else(|| untrusted.clone()),
                left_out: own.left_out(),
                at_least: at_least(own, &base, metric),
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

/// Why the trials of these cells carry no verdict about this metric, if so.
pub(super) fn barred(own: &Cell, base: &[&Cell], metric: Metric) -> Option<Bar> {
    let all = |count: fn(&Cell) -> usize| count(own) + sum(base, count);
    let (failed, disturbed) = (all(|cell| cell.failed), all(|cell| cell.disturbed));
    let (limited, above) = (all(|cell| cell.limited), all(|cell| cell.above));
    let follows = metric.follows_the_generator() && at_least(own, base, metric).is_none();
    if failed > 0 {
        Some(Bar::Failed { trials: failed })
    } else if disturbed > 0 {
        Some(Bar::Disturbed { trials: disturbed })
    } else if limited > 0 && follows {
        Some(Bar::Generator { trials: limited })
    } else if above > 0 && metric == Metric::Capacity {
        Some(Bar::AboveRange { trials: above })
    } else {
        None
    }
}

/// The side whose generator was at its limit where the other's was not: its throughput is at least what was measured.
pub(super) fn at_least(own: &Cell, base: &[&Cell], metric: Metric) -> Option<(Side, usize)> {
    match (own.limited, sum(base, |cell| cell.limited)) {
        (trials, 0) if trials > 0 && metric == Metric::Throughput => Some((Side::Own, trials)),
        (0, trials) if trials > 0 && metric == Metric::Throughput => Some((Side::Base, trials)),
        _ => None,
    }
}

fn sum(cells: &[&Cell], count: fn(&Cell) -> usize) -> usize {
    cells.iter().map(|cell| count(cell)).sum()
}
