//! Figure: requests answered per second as more clients are busy.

use analysis::{Metric, Summary};
use record::plan::LoadId;
use record::plan::names;

use super::against::{Against, Coloured};
use super::cpu;
use super::figure::Figure;
use super::over_steps::{THROUGHPUT, how_to_read};
use super::part::Part;
use super::words_of::load_title;
use crate::table::Table;

/// The scenario of the figure: a closed loop with a rising number of busy clients, or else the main scenario if it is a closed loop.
pub fn scenario(summary: &Summary) -> Option<&str> {
    let is_closed = |name: &&str| {
        let mut loads = summary.loads_of(name).map(|load| &summary.loads[load]);
        loads.all(|load| load.rate.is_none() && load.objective.is_none())
    };
    let names = summary.scenario_names();
    let ladder = names.iter().copied().find(|name| *name == names::LADDER);
    ladder.or_else(|| {
        let main = summary.main_scenario().filter(is_closed)?;
        (main != names::IDLE).then_some(main)
    })
}

/// `None` if no such scenario was measured.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let scenario = scenario(summary)?;
    let part = summary.only(scenario);
    let question = part
        .scenario(scenario)
        .map(|scenario| scenario.question.clone());
    let texts = Figure {
        id: "throughput".to_owned(),
        short: "Throughput".to_owned(),
        question: question.unwrap_or_else(|| "How many requests a second are answered?".to_owned()),
        how_to_read: how_to_read(&part),
        not_shown: "The capacity: every client waits for its reply before its next request (closed loop), so a slow server receives fewer requests."
            .to_owned(),
        panels: Vec::new(),
        table: Table::default(),
    };
    if let [_] = part.loads[..] {
        return of_one_load(&part, texts);
    }
    let part = Part {
        summary: &part,
        knees: None,
    };
    THROUGHPUT.figure(&part, texts)
}

/// The figure of a run with one number of clients.
fn of_one_load(summary: &Summary, texts: Figure) -> Option<Figure> {
    let load = LoadId(0);
    let against = Against {
        summary,
        load,
        metric: Metric::Throughput,
        coloured: Coloured::All,
    };
    Some(Figure {
        panels: vec![against.panel(load_title(summary, load))?],
        how_to_read: cpu::how_to_read(summary, &[load]),
        table: THROUGHPUT.table(summary),
        ..texts
    })
}
