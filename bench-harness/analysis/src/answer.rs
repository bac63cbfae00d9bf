//! What a load says about the contenders, sorted by the words of its table.
//!
//! There is no second rule here: a contender stands where its verdict against the baseline puts it, with the ratio that the table
//! shows.

use std::mem::discriminant;

use record::plan::{Contender, ContenderId, LoadId};

use crate::choice::Choice;
use crate::metric::Metric;
use crate::summary::Summary;
use crate::verdict::{Bar, Verdict};

/// A contender, and its ratio to the baseline as in the table.
pub type Rated = (ContenderId, f64);

/// The contenders under one load, in the figure that decides there. Each one stands in one list.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The load.
    pub load: LoadId,
    /// The figure that decides.
    pub metric: Metric,
    /// Clearly better than the baseline, the best first.
    pub better: Vec<Rated>,
    /// No difference to the baseline is shown; the baseline is among them. The best median comes first.
    pub same: Vec<ContenderId>,
    /// Not decided, the smallest ratio first.
    pub undecided: Vec<Rated>,
    /// Clearly worse than the baseline, the least bad first.
    pub worse: Vec<Rated>,
    /// They use a whole CPU even if no client asks, so that no cost of a request is known.
    pub spinning: Vec<ContenderId>,
    /// They did not do the work of the others.
    pub left_out: Vec<(ContenderId, LeftOut)>,
    /// No verdict, for another reason.
    pub barred: Vec<(ContenderId, Bar)>,
}

/// Why a contender is not compared with those that serve every client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LeftOut {
    /// It serves only this number of clients at once.
    Serves(usize),
    /// It answers only this share of the offered requests.
    Behind(f64),
    /// It has no figures.
    Unmeasured,
}

/// What to take under several loads.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommended {
    /// The contenders to take.
    pub take: Vec<ContenderId>,
    /// True if under some load a contender serves every client.
    pub is_served: bool,
    /// Why this is uncertain, one of each kind.
    pub doubts: Vec<Bar>,
}

impl Summary {
    /// What a load says about the contenders. Servers of datagrams and reference lines are left out where there are others, because no
    /// reader can take them instead.
    pub fn answer(&self, load: LoadId) -> Answer {
        let mut answer = Answer {
            load,
            metric: self.deciding(load),
            better: Vec::new(),
            same: Vec::new(),
            undecided: Vec::new(),
            worse: Vec::new(),
            spinning: Vec::new(),
            left_out: Vec::new(),
            barred: Vec::new(),
        };
        for contender in self.candidates() {
            self.sort_in(&mut answer, contender);
        }
        answer.in_order(self);
        answer
    }

    fn sort_in(&self, answer: &mut Answer, contender: ContenderId) {
        let cell = self.cell(contender, answer.load);
        if let Some(reason) = self.why_left_out(contender, answer.load, answer.metric) {
            return answer.left_out.push((contender, reason));
        }
        if cell.spins {
            return answer.spinning.push(contender);
        }
        if contender == self.baseline {
            return answer.same.push(contender);
        }
        let Some(compared) = cell.compared.get(&answer.metric) else {
            return answer.left_out.push((contender, LeftOut::Unmeasured));
        };
        let rated = (contender, compared.ratio.estimate);
        match &compared.verdict {
            Verdict::Better => answer.better.push(rated),
            Verdict::Worse => answer.worse.push(rated),
            Verdict::Equivalent => answer.same.push(contender),
            Verdict::Inconclusive(_) => answer.undecided.push(rated),
            Verdict::Barred(bar) => answer.barred.push((contender, bar.clone())),
            // A twin is no candidate.
            Verdict::Control => {}
        }
    }

    /// Why a contender did not do the work of the others, if so.
    fn why_left_out(
        &self,
        contender: ContenderId,
        load: LoadId,
        metric: Metric,
    ) -> Option<LeftOut> {
        let cell = self.cell(contender, load);
        let is_measured = cell.trials > 0 && cell.estimates.contains_key(&metric);
        if cell.left_out() || cell.cannot.is_some() {
            let served = self.served_at_once(contender, load);
            return Some(served.map_or(LeftOut::Unmeasured, LeftOut::Serves));
        }
        if !is_measured {
            return Some(LeftOut::Unmeasured);
        }
        cell.behind().map(LeftOut::Behind)
    }

    /// Number of clients that a contender serves at once, if that is fewer than there are.
    fn served_at_once(&self, contender: ContenderId, load: LoadId) -> Option<usize> {
        let clients = self.loads[load].connections;
        let unserved = [Metric::NeverServed, Metric::Refused];
        let unserved = unserved.map(|metric| self.median(contender, load, metric).unwrap_or(0.0));
        let unserved = unserved.iter().sum::<f64>().round() as usize;
        let declared = self.contenders[contender].capacity;
        let served = match unserved {
            0 => declared?,
            unserved => clients.saturating_sub(unserved),
        };
        (served < clients).then_some(served)
    }

    /// The contenders that a reader can take. Datagrams promise less than a stream, so that a reader who needs streams cannot take a
    /// server of datagrams, however fast it is; and a reference line is no server to deploy.
    pub fn candidates(&self) -> Vec<ContenderId> {
        let is_special = |contender: &Contender| contender.datagrams || contender.reference_line;
        let has_others = self
            .contenders
            .iter()
            .any(|contender| !is_special(contender));
        self.models()
            .filter(|&contender| !has_others || !is_special(&self.contenders[contender]))
            .collect()
    }

    /// The contenders to take: under none of these loads clearly worse than another one, and under none do they spin. The best one under
    /// the first load comes first. A load under which no contender serves every client does not count.
    pub fn recommended(&self, loads: &[LoadId]) -> Recommended {
        let choices: Vec<Choice> = loads.iter().map(|&load| self.choice(load)).collect();
        let good = choices
            .iter()
            .map(|choice| self.good_without_spinning(choice));
        let mut good = good.filter(|good| !good.is_empty());
        let mut take = good.next().unwrap_or_default();
        for here in good {
            take.retain(|id| here.contains(id));
        }
        Recommended {
            take,
            is_served: choices.iter().any(|choice| !choice.good.is_empty()),
            doubts: one_of_each_kind(choices.into_iter().flat_map(|choice| choice.doubts)),
        }
    }

    /// Those of a choice that neither spin nor are clearly worse than the baseline.
    fn good_without_spinning(&self, choice: &Choice) -> Vec<ContenderId> {
        let worse = self.answer(choice.load).worse;
        let is_worse = |id: ContenderId| worse.iter().any(|(worse, _)| *worse == id);
        let mut good = choice.good.clone();
        good.retain(|id| !choice.spinning.contains(id) && !is_worse(*id));
        good
    }
}

/// The first doubt of each kind.
fn one_of_each_kind(doubts: impl Iterator<Item = Bar>) -> Vec<Bar> {
    let mut kinds: Vec<Bar> = Vec::new();
    for doubt in doubts {
        let is_known = |known: &Bar| discriminant(known) == discriminant(&doubt);
        if !kinds.iter().any(is_known) {
            kinds.push(doubt);
        }
    }
    kinds
}

impl Answer {
    fn in_order(&mut self, summary: &Summary) {
        let (load, metric) = (self.load, self.metric);
        let sign = if metric.more_is_better() { -1.0 } else { 1.0 };
        let value = |id: &ContenderId| sign * summary.median(*id, load, metric).unwrap_or(0.0);
        self.same.sort_by(|a, b| value(a).total_cmp(&value(b)));
        for rated in [&mut self.better, &mut self.undecided, &mut self.worse] {
            rated.sort_by(|a, b| (sign * a.1).total_cmp(&(sign * b.1)));
        }
    }

    /// True if some contender is clearly worse in one of the two answers, and clearly not in the other.
    pub fn contradicts(&self, other: &Self) -> bool {
        let is_worse = |answer: &Self, id: ContenderId| answer.worse.iter().any(|(w, _)| *w == id);
        let is_not = |answer: &Self, id: ContenderId| {
            answer.same.contains(&id) || answer.better.iter().any(|(better, _)| *better == id)
        };
        let contradict = |one: &Self, two: &Self| {
            let mut worse = one.worse.iter();
            worse.any(|(id, _)| is_worse(one, *id) && is_not(two, *id))
        };
        contradict(self, other) || contradict(other, self)
    }

    /// True if each contender stands in the same list in both.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.sorted_lists() == other.sorted_lists()
    }

    fn sorted_lists(&self) -> [Vec<ContenderId>; 7] {
        let ids = |rated: &[Rated]| rated.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        let mut lists = [
            ids(&self.better),
            self.same.clone(),
            ids(&self.undecided),
            ids(&self.worse),
            self.spinning.clone(),
            self.left_out.iter().map(|(id, _)| *id).collect(),
            self.barred.iter().map(|(id, _)| *id).collect(),
        ];
        for list in &mut lists {
            list.sort();
        }
        lists
    }
}
