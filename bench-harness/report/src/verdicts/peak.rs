//! Table: the throughput that the CPU of each server would allow, by the utilisation law. It is a prediction.

use analysis::{Cell, Metric, Summary};
use record::plan::LoadId;

use super::section::Section;
use crate::phrases::load_name;
use crate::table::Table;

/// The predictions under these loads.
pub fn section(summary: &Summary, loads: &[LoadId]) -> Section {
    let has_prediction = |&load: &LoadId| {
        let mut contenders = summary.contender_ids();
        contenders.any(|contender| summary.cell(contender, load).predicted_peak().is_some())
    };
    let loads: Vec<LoadId> = loads.iter().copied().filter(has_prediction).collect();
    let mut table = Table::new("Predicted peak in requests/s, not measured", &["model"]);
    let headings = loads.iter().map(|&load| load_name(summary, load));
    table.columns.extend(headings);
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let mut row = vec![contender.name.clone()];
        row.extend(loads.iter().map(|&load| peak(summary.cell(id, load))));
        table.rows.push(row);
    }
    Section {
        id: "peak",
        question: "How many requests per second would the CPU allow?".to_owned(),
        how_to_read: "Predicted, not measured, where the server was not saturated: the rate at which it would use all its CPUs, if a request went on \
                      costing the same (utilisation law: throughput divided by utilisation). A request costs more at a low rate, so the \
                      prediction is then too low. Saturated: the measured throughput is the peak. –: not known, or the server spins."
            .to_owned(),
        tables: (!loads.is_empty()).then_some(table).into_iter().collect(),
    }
}

fn peak(cell: &Cell) -> String {
    match (cell.predicted_peak(), cell.is_saturated()) {
        (Some(rate), _) => format!("about {}", Metric::Throughput.unit().write(rate)),
        (None, Some(true)) if !cell.spins => "saturated".to_owned(),
        (None, _) => "–".to_owned(),
    }
}
