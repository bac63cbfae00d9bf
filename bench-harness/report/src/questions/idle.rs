//! Figure: what many silent clients cost, with the designs that collapse in colour and all others in grey.

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId, names};

use super::against::{Against, COLLAPSE, Coloured};
use super::cpu;
use super::figure::Figure;
use super::over_steps::{COST, Drawing};
use super::part::Part;
use super::words_of::load_title;
use crate::figure::GreyLines;
use crate::svg::Panel;

/// `None` if the scenario was not measured.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let names = summary.scenario_names();
    let scenario = names.into_iter().find(|name| *name == names::IDLE)?;
    let part = summary.only(scenario);
    let question = part
        .scenario(scenario)
        .map(|scenario| scenario.question.clone());
    let loads: Vec<LoadId> = part.load_ids().collect();
    let texts = Figure {
        id: names::IDLE.to_owned(),
        short: "Silent clients".to_owned(),
        question: question.unwrap_or_else(|| "What do silent clients cost?".to_owned()),
        how_to_read: String::new(),
        not_shown: "The memory of the silent clients (see the table), and clients that are silent for a while and then ask.".to_owned(),
        panels: Vec::new(),
        table: COST.table(&part),
    };
    if let [load] = loads[..] {
        let baseline = &part.contenders[part.baseline].name;
        return Some(Figure {
            panels: of_one_load(&part, load),
            how_to_read: format!(
                "In colour: at least {COLLAPSE} times worse than {baseline} with the same silent clients. Grey: all others. {}",
                cpu::how_to_read(&part, &loads)
            ),
            ..texts
        });
    }
    Some(Figure {
        panels: vec![over_steps(&part)?],
        how_to_read: format!(
            "In colour with names: designs whose request costs at least {COLLAPSE} times as much with most silent clients as with fewest. Grey: all others. \
             Beside the name: the cost with most."
        ),
        ..texts
    })
}

/// What a request of the busy clients costs, and how many are answered.
fn of_one_load(summary: &Summary, load: LoadId) -> Vec<Panel> {
    let panel = |(metric, what)| {
        let against = Against {
            summary,
            load,
            metric,
            coloured: Coloured::Collapsed,
        };
        against.panel(format!("{}: {what}", load_title(summary, load)))
    };
    let panels = [(Metric::Cpu, "cost"), (Metric::Throughput, "rate")].map(panel);
    panels.into_iter().flatten().collect()
}

fn over_steps(summary: &Summary) -> Option<Panel> {
    let part = Part {
        summary,
        knees: None,
    };
    let members: Vec<ContenderId> = summary
        .models()
        .filter(|&model| collapses(&part.line(model, Metric::Cpu)))
        .collect();
    let drawing = Drawing {
        title: "",
        members: &members,
        grey_lines: GreyLines::Lines("all-idle".to_owned(), part.lines(Metric::Cpu)),
        most_names: members.len(),
    };
    COST.panel(&part, drawing)
}

/// True if the last value is far above the first.
fn collapses(line: &[(f64, f64)]) -> bool {
    let ends = line.first().zip(line.last());
    ends.is_some_and(|(first, last)| last.1 >= COLLAPSE * first.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_design_collapses_if_its_cost_doubles() {
        assert!(collapses(&[(1.0, 5.0), (100.0, 4.0), (1000.0, 10.0)]));
        assert!(!collapses(&[(1.0, 5.0), (1000.0, 9.9)]));
        assert!(!collapses(&[]));
    }
}
