//! Compares all contenders with the baseline, load by load and metric by metric.

use std::ops::Not as _;

use record::plan::{ContenderId, LoadId};

use crate::cell::Cell;
use crate::judge::{Evidence, LowerBound, Pair, Side, judge};
use crate::metric::Metric;
use crate::rounds::is_by_round;
use crate::summary::Summary;
use crate::verdict::{Bar, Compared, Verdict};

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
        other.names_baseline = true;
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

    /// Why this metric has no verdicts under this load, if so: there is no control, or the control failed.
    ///
    /// It fails if its interval does not contain 1 and reaches beyond the zone of indifference. Inside the zone the baseline is
    /// equivalent to itself: what the machine makes of two equal servers is then too small to change a word.
    pub fn untrusted(&self, load: LoadId, metric: Metric) -> Option<Bar> {
        let control = self
            .control()
            .and_then(|(_, twin)| self.cell(twin, load).compared.get(&metric));
        let Some(control) = control else {
            return Some(Bar::NoControl);
        };
        let interval = control.ratio.interval?;
        let is_apart = interval.0 > 1.0 || interval.1 < 1.0;
        let is_inside = interval.0 >= 1.0 / self.zone() && interval.1 <= self.zone();
        (is_apart && !is_inside).then_some(Bar::Control { interval })
    }

    /// True if the ratio of every deciding figure is known to within half the zone of indifference: more rounds would add little.
    /// Significance plays no part in it, because stopping as soon as a difference is significant finds false ones: in 18 % of
    /// runs instead of 5 %.
    pub fn is_precise(&self) -> bool {
        let target = self.target();
        let loads = self.measured_loads();
        let ratios = loads.flat_map(|load| {
            let metric = self.deciding(load);
            let compared = self.contender_ids().map(move |contender| {
                let cell = self.cell(contender, load);
                cell.compared.get(&metric)
            });
            compared.flatten()
        });
        let mut widths = ratios
            .map(|compared| compared.ratio.half_width())
            .peekable();
        widths.peek().is_some() && widths.all(|width| width.is_some_and(|width| width < target))
    }

    /// The half-width at which a ratio is precise enough: half the zone of indifference.
    pub(crate) fn target(&self) -> f64 {
        (self.zone() - 1.0) / 2.0
    }

    fn compare_control(
        &mut self,
        first: ContenderId,
        twin: ContenderId,
        load: LoadId,
        metric: Metric,
    ) {
        let pair = Pair {
            evidence: self.evidence(twin, &[self.cell(first, load)], load, metric),
            bar: None,
            left_out: false,
            lower_bound: None,
            round_s: 0.0,
        };
        if let Some(compared) = judge(metric, self.zone(), vec![pair]).remove(0) {
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
        let starving = baseline.iter().any(|cell| cell.left_out());
        let untrusted = self.untrusted(load, metric);
        let pair = |&contender: &ContenderId| {
            let cell = self.cell(contender, load);
            Pair {
                evidence: self.evidence(contender, &baseline, load, metric),
                bar: barred(cell, &baseline, metric)
                    .or_else(|| starving.then_some(Bar::LeftOut))
                    .or_else(|| untrusted.clone()),
                left_out: cell.left_out(),
                lower_bound: lower_bound(cell, &baseline, metric),
                round_s: self.round_s[load.0],
            }
        };
        let pairs: Vec<Pair> = others.iter().map(pair).collect();
        let results = judge(metric, self.zone(), pairs);
        for (contender, compared) in others.into_iter().zip(results) {
            let cell = self.cell_mut(contender, load);
            cell.compared
                .extend(compared.map(|compared| (metric, compared)));
        }
    }

    /// What was measured of a contender and the baseline, whose cells these are.
    fn evidence(
        &self,
        contender: ContenderId,
        baseline: &[&Cell],
        load: LoadId,
        metric: Metric,
    ) -> Option<Evidence> {
        let between = self.evidence_in_rounds(contender, self.baseline, load, metric);
        between.or_else(|| {
            let values = baseline.iter().flat_map(|cell| cell.values(metric));
            let values: Vec<f64> = values.copied().collect();
            Evidence::unpaired(self.cell(contender, load).values(metric), &values)
        })
    }

    /// What was measured of two contenders.
    pub(crate) fn evidence_between(
        &self,
        contender: ContenderId,
        other: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> Option<Evidence> {
        let between = self.evidence_in_rounds(contender, other, load, metric);
        between.or_else(|| {
            let values = |id| self.cell(id, load).values(metric);
            Evidence::unpaired(values(contender), values(other))
        })
    }

    /// The same from rounds.
    fn evidence_in_rounds<'a>(
        &'a self,
        contender: ContenderId,
        other: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> InRounds {
        let [own, against] = [contender, other].map(|id| self.cell(id, load));
        let relative = |cell: &'a Cell| cell.rounds.relative.get(&metric);
        let has_lost_its_rounds = is_by_round(metric) && own.is_paired() && against.is_paired();
        let evidence = match (relative(own), relative(against)) {
            // Both were measured beside the baseline of the plan, which is a third one.
            (Some(own), Some(against)) => Evidence::of_rounds(own, against),
            (Some(own), None) if against.is_paired() => Evidence::paired(own),
            // The contender is the baseline of the plan.
            (None, Some(against)) if own.is_paired() => Evidence::paired(&negated(against)),
            // The lives of servers whose rounds were all disturbed must not be compared instead.
            _ if has_lost_its_rounds => None,
            _ => return InRounds::No,
        };
        InRounds::Yes(evidence.map(Box::new))
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

/// Whether two contenders were measured in rounds.
enum InRounds {
    /// They were; without evidence if no round counts.
    Yes(Option<Box<Evidence>>),
    /// They were not, or this figure is none of a round.
    No,
}

impl InRounds {
    /// The evidence of the rounds, or else that of trials.
    fn or_else(self, of_trials: impl FnOnce() -> Option<Evidence>) -> Option<Evidence> {
        match self {
            Self::Yes(evidence) => evidence.map(|evidence| *evidence),
            Self::No => of_trials(),
        }
    }
}

fn negated(sittings: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let negated = |logs: &Vec<f64>| logs.iter().map(|log| -log).collect();
    sittings.iter().map(negated).collect()
}

/// Why a contender and the baseline cannot be compared in this metric, if so.
pub fn barred(contender: &Cell, baseline: &[&Cell], metric: Metric) -> Option<Bar> {
    let trials = |count: fn(&Cell) -> usize| count(contender) + sum(baseline, count);
    let (failed, disturbed) = (trials(|cell| cell.failed), trials(|cell| cell.disturbed));
    let above = trials(|cell| cell.above);
    let all = || baseline.iter().copied().chain([contender]);
    let is_bound = all().any(Cell::is_bound);
    let is_distorted =
        metric.follows_the_generator() && lower_bound(contender, baseline, metric).is_none();
    if failed > 0 {
        return Some(Bar::Failed { trials: failed });
    }
    if disturbed > 0 {
        return Some(Bar::Disturbed { trials: disturbed });
    }
    if is_bound && is_distorted {
        let bound = |cell: &Cell| if cell.is_bound() { cell.trials } else { 0 };
        return Some(Bar::Generator {
            trials: trials(bound),
        });
    }
    if above > 0 && metric == Metric::Capacity {
        return Some(Bar::AboveRange { trials: above });
    }
    if metric == Metric::Cpu && all().any(|cell| cell.spins && cell.is_bound().not()) {
        return Some(Bar::Spins);
    }
    let mut behind = all().filter_map(Cell::behind);
    let is_about_work = matches!(metric, Metric::Cpu | Metric::P50 | Metric::P99);
    let share = behind.next().filter(|_| is_about_work)?;
    Some(Bar::Behind { share })
}

/// The side whose generator was saturated where the other's was not: its throughput is at least what was measured.
pub fn lower_bound(contender: &Cell, baseline: &[&Cell], metric: Metric) -> Option<LowerBound> {
    let bound = |cell: &Cell| match cell.is_paired() {
        true if cell.is_bound() => cell.trials,
        true => 0,
        false => cell.limited,
    };
    let (side, trials) = match (bound(contender), sum(baseline, bound)) {
        (trials @ 1.., 0) => (Side::Contender, trials),
        (0, trials @ 1..) => (Side::Baseline, trials),
        _ => return None,
    };
    (metric == Metric::Throughput).then_some(LowerBound { side, trials })
}

fn sum(cells: &[&Cell], count: impl Fn(&Cell) -> usize) -> usize {
    cells.iter().map(|cell| count(cell)).sum()
}
