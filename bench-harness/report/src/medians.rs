//! The table of everything that was measured under one load.

use analysis::{Metric, Summary};
use record::plan::LoadId;

use crate::phrases::{load_name, median_or_dash, remarks};
use crate::table::Table;

/// All medians under this load, one row a contender.
pub fn medians(summary: &Summary, load: LoadId) -> Table {
    let caption = format!("Medians at {}", load_name(summary, load));
    let mut table = Table::new(caption, &["model", "trials"]);
    let headings = Metric::ALL.map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    table.columns.push("remarks".to_owned());
    table.ends_in_words = true;
    for (contender, who) in summary.contender_ids().zip(&summary.contenders) {
        let trials = summary.cell(contender, load).trials;
        let mut row = vec![who.name.clone(), trials.to_string()];
        row.extend(Metric::ALL.map(|metric| median_or_dash(summary, contender, load, metric)));
        row.push(remarks(summary, contender, load));
        table.rows.push(row);
    }
    table
}
