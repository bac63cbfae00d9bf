//! Tables: the highest rate at which each model meets the objective, one table a load.

use analysis::{Metric, Summary};
use record::plan::LoadId;

use super::section::Section;
use crate::phrases::load_name;
use crate::table::Table;

/// The capacities.
pub fn section(summary: &Summary) -> Section {
    let tables = summary.load_ids().filter_map(|load| table(summary, load));
    Section {
        id: "capacity",
        question: "How many requests per second does each model serve within the objective?".to_owned(),
        how_to_read: "Median of the highest rates that met the objective [95 % interval of the median, from 6 trials on]. If even the highest rate tried met \
               it, that rate counts as a lower bound."
            .to_owned(),
        tables: tables.collect(),
    }
}

/// `None` if no capacity was searched under this load.
fn table(summary: &Summary, load: LoadId) -> Option<Table> {
    let columns = ["model", "requests/s", "trials", "lower bounds"];
    let caption = format!("Capacity at {}", load_name(summary, load));
    let mut table = Table::new(caption, &columns);
    let write = |rate: f64| Metric::Capacity.unit().write(rate);
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let cell = summary.cell(id, load);
        let Some(estimate) = cell.estimates.get(&Metric::Capacity) else {
            continue;
        };
        let interval = estimate.interval.map_or(String::new(), |(low, high)| {
            format!(" [{}, {}]", write(low), write(high))
        });
        table.rows.push(vec![
            contender.name.clone(),
            write(estimate.median) + &interval,
            estimate.values.len().to_string(),
            cell.above.to_string(),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}
