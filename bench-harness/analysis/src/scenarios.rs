//! The scenarios of a run and their loads: which scenario is the main one, and which load all contenders have in common.

use record::plan::{ContenderId, LoadId, Rate, Scenario, names};

use crate::metric::Metric;
use crate::summary::Summary;

impl Summary {
    /// The names of the scenarios, in the order of the plan. The probe is none: it only finds the peak.
    pub fn scenario_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for load in self.loads.iter().filter(|load| !load.is_probe()) {
            if !names.contains(&load.scenario.as_str()) {
                names.push(&load.scenario);
            }
        }
        names
    }

    /// The description of this scenario, if the plan has one.
    pub fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|scenario| scenario.name == name)
    }

    /// The loads of this scenario, in the order of the plan.
    pub fn loads_of(&self, scenario: &str) -> impl DoubleEndedIterator<Item = LoadId> + Clone {
        self.load_ids()
            .filter(move |&load| self.loads[load].scenario == scenario)
    }

    /// The loads of this scenario that offer a share of the peak, each with its share, in ascending order.
    pub fn shares_of_peak(&self, scenario: &str) -> Vec<(LoadId, f64)> {
        let share = |load: LoadId| match self.loads[load].rate? {
            Rate::OfPeak(share) => Some((load, share)),
            Rate::OfSlowest(_) | Rate::Fixed(_) => None,
        };
        let mut shares: Vec<_> = self.loads_of(scenario).filter_map(share).collect();
        shares.sort_by(|a, b| a.1.total_cmp(&b.1));
        shares
    }

    /// The scenario that a short report is about: equal rates, or else the ladder, or else the first one that was measured.
    pub fn main_scenario(&self) -> Option<&str> {
        let all = self.scenario_names();
        let equal = all.iter().find(|&&name| name == names::EQUAL);
        equal.copied().or_else(|| ladder_or_first(&all))
    }

    /// The metric that decides under this load.
    ///
    /// | load | metric |
    /// |---|---|
    /// | a search | the capacity |
    /// | an offered rate, one class of clients | CPU time a request: all contenders do the same work |
    /// | an offered rate, several classes | the p99 of response times: the classes are there to disturb each other |
    /// | a closed loop in which a generator was saturated | CPU time a request: throughputs are lower bounds |
    /// | any other closed loop | the throughput |
    pub fn deciding(&self, load: LoadId) -> Metric {
        let document = &self.loads[load];
        let is_bound = |contender: ContenderId| self.cell(contender, load).is_bound();
        if document.objective.is_some() {
            Metric::Capacity
        } else if document.is_equal_rate() && document.classes.len() > 1 {
            Metric::P99
        } else if document.is_equal_rate() || self.models().any(is_bound) {
            Metric::Cpu
        } else {
            Metric::Throughput
        }
    }

    /// The load of the shortest report: the first equal rate, or else the highest load that all contenders have in common.
    pub fn shown_load(&self) -> LoadId {
        let is_measured = |load: &LoadId| {
            let mut contenders = self.contender_ids();
            contenders.any(|contender| self.cell(contender, *load).trials > 0)
        };
        let equal = self.loads_of(names::EQUAL).find(is_measured);
        equal.unwrap_or_else(|| self.common_load())
    }

    /// The main scenario among those whose loads differ in their number of connections.
    pub fn rising_scenario(&self) -> Option<&str> {
        let differ = |scenario: &&str| {
            let mut connections = self
                .loads_of(scenario)
                .map(|load| self.loads[load].connections);
            let first = connections.next();
            connections.any(|count| Some(count) != first)
        };
        let rising: Vec<&str> = self.scenario_names().into_iter().filter(differ).collect();
        ladder_or_first(&rising)
    }

    /// The highest load of the main scenario under which all contenders that can serve it were measured, or the highest load of that
    /// scenario if there is none.
    pub fn common_load(&self) -> LoadId {
        let loads: Vec<LoadId> = self
            .main_scenario()
            .into_iter()
            .flat_map(|scenario| self.loads_of(scenario))
            .collect();
        let is_measured = |load: LoadId| {
            let cells = self
                .contender_ids()
                .map(|contender| self.cell(contender, load));
            cells
                .filter(|cell| cell.cannot.is_none())
                .all(|cell| cell.trials > 0)
        };
        let common = loads.iter().rev().find(|&&load| is_measured(load));
        let load = common.or(loads.last()).copied();
        load.unwrap_or(self.last_load())
    }
}

fn ladder_or_first<'a>(names: &[&'a str]) -> Option<&'a str> {
    let ladder = names.iter().find(|&&name| name == names::LADDER);
    ladder.or(names.first()).copied()
}
