//! Tables with a row for each contender and a column for each load.

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};

use crate::detail::Detail;
use crate::phrases::label;
use crate::table::Table;
use crate::values::{median_or_reason, with_range};

/// A table of all loads.
pub fn by_load(
    summary: &Summary,
    caption: &str,
    cell: impl Fn(ContenderId, LoadId) -> String,
) -> Table {
    let loads: Vec<LoadId> = summary.load_ids().collect();
    of_loads(summary, caption, &loads, cell)
}

/// A table of some loads.
pub fn of_loads(
    summary: &Summary,
    caption: &str,
    loads: &[LoadId],
    cell: impl Fn(ContenderId, LoadId) -> String,
) -> Table {
    let mut table = Table::new(caption, &["model"]);
    let labels = loads.iter().map(|&load| label(summary, load));
    table.columns.extend(labels);
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let mut row = vec![contender.name.clone()];
        row.extend(loads.iter().map(|&load| cell(id, load)));
        table.rows.push(row);
    }
    table
}

/// A metric in a cell of a table, with its range if there is room for it.
pub fn written(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
    detail: Detail,
) -> String {
    match detail {
        Detail::Full => with_range(summary, contender, load, metric),
        Detail::Reduced => median_or_reason(summary, contender, load, metric),
    }
}
