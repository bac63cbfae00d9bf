//! The questions that a report asks of a run, each with its figure. Each figure says how to read it and what it does not show, and
//! has its data beside it as a table.

mod against;
mod apart;
mod cells;
pub mod change;
pub mod change_tables;
mod cpu;
pub mod drawn;
pub mod figure;
mod idle;
mod knee;
pub mod lanes;
mod latency;
mod over_steps;
mod part;
pub mod places;
mod rate;
pub mod rows;
mod steps;
mod theory;
mod throughput;
mod words_of;

use analysis::Summary;
use record::plan::names;

use figure::Figure;

/// All figures, in the order of the report: cost, throughput, response times, silent clients, who waits for whom, offered rates, and a
/// panel for each other scenario.
pub fn all(summary: &Summary) -> Vec<Figure> {
    let main = [
        cpu::figure(summary),
        throughput::figure(summary),
        latency::figure(summary),
        idle::figure(summary),
    ];
    let mut figures: Vec<Figure> = main.into_iter().flatten().collect();
    let scenarios = summary.scenario_names();
    figures.extend(lanes::figure(summary));
    for scenario in &scenarios {
        figures.extend(rate::figure(summary, scenario));
        figures.extend(theory::figure(summary, scenario));
    }
    figures.extend(steps::figure(summary, &without_figure(summary)));
    figures
}

/// The scenarios without a figure of their own.
fn without_figure(summary: &Summary) -> Vec<&str> {
    let throughput = throughput::scenario(summary);
    let mut scenarios = summary.scenario_names();
    scenarios.retain(|&scenario| {
        ![names::EQUAL, names::IDLE].contains(&scenario)
            && Some(scenario) != throughput
            && summary.shares_of_peak(scenario).is_empty()
    });
    scenarios
}
