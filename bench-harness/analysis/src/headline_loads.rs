//! The few loads that the first screen of a report is about.

use record::plan::{Load, LoadId, names};

use crate::summary::Summary;

/// Connections of the load with silent clients.
const MANY: f64 = 1000.0;
/// Busy clients of the load without a rate, if the run has no equal rate to compare it with.
const BUSY: f64 = 100.0;

impl Summary {
    /// The loads that a reader sees first: equal rates, then many silent clients, then saturation.
    ///
    /// - Of several equal rates it is the one that tells the contenders apart best. Another one follows only where a contender is
    ///   clearly worse in the one and not in the other.
    /// - Silent clients: the load that is nearest to 1,000 connections.
    /// - Saturation: clients that ask as fast as they can, about as many as at the equal rate.
    ///
    /// A run without any of these has its highest common load instead, and a run without results has none.
    pub fn headline_loads(&self) -> Vec<LoadId> {
        let mut loads = self.equal_rates();
        loads.extend(self.silent_load());
        loads.extend(self.saturating_load());
        if loads.is_empty() {
            let common = self.common_load();
            loads.extend(self.has_trials(common).then_some(common));
        }
        loads
    }

    /// The load of the same busy clients without silent ones, for a load with silent ones.
    pub fn without_silent(&self, load: LoadId) -> Option<LoadId> {
        let silent = &self.loads[load];
        let is_the_same = |&other: &LoadId| {
            let other = &self.loads[other];
            other.active == silent.active
                && other.payload == silent.payload
                && other.depth() == silent.depth()
                && is_mostly_busy(other)
                && other.is_closed()
        };
        let same = self.with_trials().filter(is_the_same);
        let least_silent = same.min_by_key(|&other| (self.loads[other].connections, other));
        least_silent.filter(|_| is_mostly_silent(silent) && silent.is_closed())
    }

    /// One equal rate, or two with different words.
    fn equal_rates(&self) -> Vec<LoadId> {
        let is_equal = |load: &LoadId| self.loads[*load].scenario == names::EQUAL;
        let equal: Vec<LoadId> = self.with_trials().filter(is_equal).collect();
        // `max_by` returns the last one of several equal ones, and the first rate is the lowest.
        let telling = equal.iter().rev().max_by(|a, b| {
            let [a, b] = [a, b].map(|load| self.tells_apart(**load));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let Some(&telling) = telling else {
            return Vec::new();
        };
        let answer = self.answer(telling);
        let other = equal.into_iter().find(|&other| {
            let other = self.answer(other);
            answer.contradicts(&other)
        });
        let mut loads: Vec<LoadId> = [telling].into_iter().chain(other).collect();
        loads.sort();
        loads
    }

    /// How many contenders are clearly worse under this load, and how far the worst one is away.
    fn tells_apart(&self, load: LoadId) -> (usize, f64) {
        let worse = self.answer(load).worse;
        let distances = worse.iter().map(|(_, ratio)| ratio.ln().abs());
        (worse.len(), distances.fold(0.0, f64::max))
    }

    /// Other equal rates under which every contender has the same word as under this one.
    pub fn equal_rates_like(&self, load: LoadId) -> Vec<LoadId> {
        let is_equal = |other: &LoadId| self.loads[*other].scenario == names::EQUAL;
        if !is_equal(&load) {
            return Vec::new();
        }
        let answer = self.answer(load);
        let mut others: Vec<LoadId> = self.with_trials().filter(is_equal).collect();
        others.retain(|&other| other != load && self.answer(other).agrees_with(&answer));
        others
    }

    fn silent_load(&self) -> Option<LoadId> {
        let is_silent = |load: &LoadId| is_mostly_silent(&self.loads[*load]);
        let silent = self.with_trials().filter(is_silent);
        self.nearest(silent, |load| load.connections, MANY)
    }

    fn saturating_load(&self) -> Option<LoadId> {
        let is_full = |load: &LoadId| saturates(&self.loads[*load]);
        let all: Vec<LoadId> = self.with_trials().filter(is_full).collect();
        let is_ladder = |load: &LoadId| self.loads[*load].scenario == names::LADDER;
        let ladder: Vec<LoadId> = all.iter().copied().filter(is_ladder).collect();
        let loads = if ladder.is_empty() { all } else { ladder };
        let equal = self.loads.iter().find(|load| load.scenario == names::EQUAL);
        let wanted = equal.map_or(BUSY, |load| load.active.max(1) as f64);
        self.nearest(loads.into_iter(), |load| load.active, wanted)
    }

    fn with_trials(&self) -> impl Iterator<Item = LoadId> + '_ {
        self.measured_loads().filter(|&load| self.has_trials(load))
    }

    /// True if some contender was measured under this load.
    fn has_trials(&self, load: LoadId) -> bool {
        let mut contenders = self.contender_ids();
        contenders.any(|contender| self.cell(contender, load).trials > 0)
    }

    /// The load whose number of clients is nearest to the wanted one, by its ratio to it.
    fn nearest(
        &self,
        loads: impl Iterator<Item = LoadId>,
        clients: fn(&Load) -> usize,
        wanted: f64,
    ) -> Option<LoadId> {
        let distance = |load: &LoadId| {
            let clients = clients(&self.loads[*load]).max(1) as f64;
            (clients / wanted).ln().abs()
        };
        loads.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// Three of four clients are connected, and send nothing.
fn is_mostly_silent(load: &Load) -> bool {
    let silent = load.silent();
    silent * 4 >= load.connections * 3 && silent + load.active == load.connections
}

const fn is_mostly_busy(load: &Load) -> bool {
    load.active * 4 > load.connections * 3
}

fn saturates(load: &Load) -> bool {
    let is_plain = load.is_paired() && !load.has_work() && load.depth() == 1;
    load.is_closed() && load.active == load.connections && is_plain
}
