//! The questions that a report asks of a run, each with its figure. Each figure says how to read it and what it does not show, and
//! has its data beside it as a table.

pub mod baselines;
mod calls;
mod cells;
pub mod change;
pub mod change_tables;
pub mod choices;
mod costs;
pub mod drawn;
pub mod figure;
mod knee;
mod latency;
mod memory;
mod over_steps;
mod part;
pub mod places;
pub mod ratios;
pub mod rows;
mod scenario;
mod staircase;
mod states;
mod steps;
mod theory;

use analysis::{Knees, Summary};

use crate::detail::Detail;
use figure::Figure;
use part::Part;

/// All figures, in the order of the report: the comparison, the main scenario with all its figures, the others with what decides.
pub fn all(summary: &Summary) -> Vec<Figure> {
    let detail = Detail::of(summary);
    let folded = folded(summary, detail);
    let mut figures: Vec<Figure> = ratios::figure(summary).into_iter().collect();
    for scenario in main_first(summary) {
        if !folded.contains(&scenario) {
            figures.extend(over_its_steps(summary, scenario, detail));
        }
        figures.extend(of_a_few_models(summary, scenario));
    }
    figures.extend(steps::scenarios(summary, &folded));
    figures
}

/// The scenarios in the order of the report: the main one, and then the others in the order of the plan.
fn main_first(summary: &Summary) -> Vec<&str> {
    let main = summary.main_scenario();
    let mut scenarios = summary.scenario_names();
    scenarios.sort_by_key(|name| Some(*name) != main);
    scenarios
}

/// The figures over the steps of a scenario.
fn over_its_steps(summary: &Summary, scenario: &str, detail: Detail) -> Vec<Figure> {
    let knees = Knees::of(summary, scenario);
    let part = Part {
        summary: &summary.only(scenario),
        detail,
        knees: knees.as_ref(),
    };
    if Some(scenario) == summary.main_scenario() {
        scenario::main_figures(summary, &part, scenario)
    } else {
        scenario::figures(&part, scenario)
    }
}

/// The figures that draw a few models only, so that there is room for them in every scenario.
fn of_a_few_models(summary: &Summary, scenario: &str) -> Vec<Figure> {
    let kinds = [theory::figure, staircase::figure, states::figure];
    let figures = kinds
        .into_iter()
        .filter_map(|figure| figure(summary, scenario));
    figures.collect()
}

/// The scenarios that have one panel each in a common figure, because there is no room for more.
fn folded(summary: &Summary, detail: Detail) -> Vec<&str> {
    let is_closed = |scenario: &str| {
        let mut loads = summary.loads_of(scenario).map(|load| &summary.loads[load]);
        loads.all(|load| load.rate.is_none() && load.objective.is_none())
    };
    let main = summary.main_scenario();
    let mut scenarios = summary.scenario_names();
    scenarios.retain(|scenario| {
        detail == Detail::Reduced && Some(*scenario) != main && is_closed(scenario)
    });
    scenarios
}
