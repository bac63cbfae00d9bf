//! The two or three loads that the first sentences of a report give advice for.

use record::plan::{Load, LoadId, names};

use crate::summary::Summary;

/// Busy clients of the first load.
const FEW: f64 = 8.0;
/// Connections of the second load.
const MANY: f64 = 1000.0;

impl Summary {
    /// The equal rates, and the measured load nearest to 1,000 mostly silent clients. Without equal rates: the load nearest to 8 busy
    /// clients, and the silent one. If there is no load of mostly silent clients either, the second one is the highest load that
    /// all contenders have in common.
    pub fn advised_loads(&self) -> Vec<LoadId> {
        let measured: Vec<LoadId> = self
            .measured_loads()
            .filter(|&load| self.has_trials(load))
            .collect();
        let silent = measured
            .iter()
            .copied()
            .filter(|&load| is_mostly_silent(&self.loads[load]));
        let silent = self.nearest(silent, |load| load.connections, MANY);
        let is_equal = |load: &LoadId| self.loads[*load].scenario == names::EQUAL;
        let equal: Vec<LoadId> = measured.iter().copied().filter(is_equal).collect();
        if !equal.is_empty() {
            return equal.into_iter().chain(silent).collect();
        }
        // The scenario of the silent clients may begin with hardly any.
        let scenarios = [
            self.main_scenario(),
            silent.map(|load| self.loads[load].scenario.as_str()),
        ];
        let busy = measured.iter().copied().filter(|&load| {
            let load = &self.loads[load];
            scenarios.contains(&Some(load.scenario.as_str())) && is_mostly_busy(load)
        });
        let busy = self.nearest(busy, |load| load.active, FEW);
        let second = silent.or_else(|| busy.map(|_| self.common_load()));
        let mut loads: Vec<LoadId> = busy.into_iter().chain(second).collect();
        loads.dedup();
        loads
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

const fn is_mostly_silent(load: &Load) -> bool {
    load.active * 4 <= load.connections
}

const fn is_mostly_busy(load: &Load) -> bool {
    load.active * 4 > load.connections * 3
}
