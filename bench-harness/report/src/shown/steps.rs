//! Figures of a large run with one panel for a whole scenario: who stands out in colour, all others in grey.

use analysis::{Metric, Summary};
use record::plan::Load;

use super::super::figure::Company;
use super::super::svg::Panel;
use super::over::{FAIRNESS, Over, THROUGHPUT, line};
use super::{Figure, Room, Table};

/// Models in colour; more names than these nobody looks for.
const NAMED: usize = 8;

/// What decides in these scenarios, each of which is a closed loop; `None` where none has several steps.
pub fn scenarios(summary: &Summary, names: &[&str]) -> Option<Figure> {
    let parts: Vec<Summary> = names.iter().map(|name| summary.only(name)).collect();
    let panels: Vec<Panel> = parts
        .iter()
        .filter_map(|part| panel(part, &THROUGHPUT, &best(part)))
        .collect();
    (!panels.is_empty()).then(|| Figure {
        id: "scenarios".to_owned(),
        short: "Scenarios".to_owned(),
        question: "How many requests a second are answered in the other scenarios?".to_owned(),
        read: "One panel for each scenario; each line is a model. In colour, with their names: those to take at the last step, at most \
               eight; all others are grey. A hollow mark means that some clients were never served or were refused."
            .to_owned(),
        not: "How sure a place is (see the comparison), and capacity: every client waits for its reply before it asks again. The \
              ranges of the trials stand in summary.csv."
            .to_owned(),
        panels,
        table: table(&parts),
    })
}

/// How evenly clients are served, with those in colour that serve them least evenly.
pub fn fairness(summary: &Summary, figure: Figure) -> Option<Figure> {
    let mut worst = ranked(summary, Metric::Fairness);
    worst.truncate(NAMED);
    Some(Figure {
        read: "Each line is a model. In colour, with their names: the eight whose clients are served least alike at the last step; all \
               others are grey. A hollow mark means that some clients were never served or were refused."
            .to_owned(),
        panels: vec![panel(summary, &FAIRNESS, &worst)?],
        table: FAIRNESS.table(summary, Room::Little),
        ..figure
    })
}

fn panel(part: &Summary, over: &Over, named: &[usize]) -> Option<Panel> {
    let most = over.highest(part).filter(|_| part.loads.len() > 1)?;
    let scenario = part.scenarios().first().map(|name| (*name).to_owned())?;
    let models = (0..part.contenders.len()).filter(|&c| !part.is_twin(c));
    let lines = models.map(|c| line(part, c, over.metric)).collect();
    let company = Company::Lines(format!("all-{scenario}-{}", over.metric.name()), lines);
    let axis = part.described.iter().find(|one| one.name == scenario);
    let title = axis.map_or(scenario.clone(), |one| format!("{scenario}: {}", one.axis));
    Some(over.panel(part, (&title, named), most, company, (Room::Little, None)))
}

/// Those to take at the last step, the best first.
fn best(part: &Summary) -> Vec<usize> {
    let good = part.choice(part.loads.len() - 1).good;
    let mut best: Vec<usize> = ranked(part, Metric::Throughput).into_iter().rev().collect();
    best.retain(|contender| good.contains(contender));
    best.truncate(NAMED);
    best
}

/// All models by their median at the last step, the lowest first.
fn ranked(part: &Summary, metric: Metric) -> Vec<usize> {
    let last = part.loads.len() - 1;
    let models = (0..part.contenders.len()).filter(|&c| !part.is_twin(c));
    let mut measured: Vec<(f64, usize)> = models
        .filter_map(|c| Some((part.median(c, last, metric)?, c)))
        .collect();
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    measured
        .into_iter()
        .map(|(_, contender)| contender)
        .collect()
}

/// The data of all scenarios, side by side.
fn table(parts: &[Summary]) -> Table {
    let mut all = Table::default();
    for part in parts {
        let scenario = part
            .scenarios()
            .first()
            .map_or(String::new(), |name| (*name).to_owned());
        let table = THROUGHPUT.table(part, Room::Little);
        if all.rows.is_empty() {
            all = Table::new(table.caption.clone(), &["model"]);
            all.rows = table.rows.iter().map(|row| row[..1].to_vec()).collect();
        }
        let labels = part.loads.iter().map(Load::label);
        all.columns
            .extend(labels.map(|label| format!("{scenario}: {label}")));
        for (row, more) in all.rows.iter_mut().zip(table.rows) {
            row.extend(more.into_iter().skip(1));
        }
    }
    all
}
