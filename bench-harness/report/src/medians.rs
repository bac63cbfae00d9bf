//! The table of everything that was measured under one load.

use analysis::{Cell, Metric, Summary};
use record::plan::LoadId;

use crate::phrases::{load_name, remarks};
use crate::table::Table;
use crate::values::median_or_dash;

/// All medians under this load, one row a contender.
pub fn medians(summary: &Summary, load: LoadId) -> Table {
    let caption = format!("Medians at {}", load_name(summary, load));
    let is_paired = summary.is_paired(load);
    let unit = if is_paired { "sittings" } else { "trials" };
    let mut table = Table::new(caption, &["model", unit]);
    table.columns.extend(is_paired.then(|| "rounds".to_owned()));
    let headings = Metric::ALL.map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    table.columns.push("remarks".to_owned());
    table.ends_in_words = true;
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let cell = summary.cell(id, load);
        let mut row = vec![contender.name.clone(), cell.trials.to_string()];
        row.extend(is_paired.then(|| rounds(cell)));
        row.extend(Metric::ALL.map(|metric| median_or_dash(summary, id, load, metric)));
        row.push(remarks(summary, id, load));
        table.rows.push(row);
    }
    table
}

/// The number of rounds; the baseline takes part in all of them.
fn rounds(cell: &Cell) -> String {
    match cell.rounds.count() {
        0 => "–".to_owned(),
        rounds => rounds.to_string(),
    }
}
