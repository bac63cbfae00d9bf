//! Table: the models whose ratio to the baseline differs from start to start.

use analysis::{Metric, PairedSummary, Summary};
use record::plan::{ContenderId, LoadId};

use super::section::Section;
use crate::phrases::load_name;
use crate::table::Table;
use crate::words::{differs, in_rounds, is_by_sitting};

/// The findings, in the figure that decides under each load.
pub fn section(summary: &Summary) -> Section {
    let columns = [
        "model",
        "load",
        "figure",
        "each sitting",
        "rounds",
        "finding",
    ];
    let mut table = Table::new("Ratio to the baseline in each sitting", &columns);
    table.ends_in_words = true;
    for load in summary.measured_loads() {
        let metric = summary.deciding(load);
        let rows = summary
            .models()
            .filter_map(|contender| row(summary, contender, load, metric));
        table.rows.extend(rows);
    }
    let has_rows = !table.rows.is_empty();
    Section {
        id: "starts",
        short: "Starts",
        question: "Which models differ from start to start?".to_owned(),
        how_to_read: "Each sitting starts new processes. Where the threads of a server run, and how they fall into step, is decided then. Listed: \
                      models whose sittings differ more than their rounds predict (Kruskal-Wallis test, 1 %). For these the sitting is \
                      the unit of the verdict, not the round."
            .to_owned(),
        tables: has_rows.then_some(table).into_iter().collect(),
    }
}

/// `None` if the sittings do not differ.
fn row(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> Option<Vec<String>> {
    let compared = summary.cell(contender, load).compared.get(&metric)?;
    let finding = differs(compared)?;
    let paired = compared.paired.as_ref()?;
    let unit = if is_by_sitting(compared) {
        "; the sitting is the unit"
    } else {
        ""
    };
    Some(vec![
        summary.contenders[contender].name.clone(),
        load_name(summary, load),
        metric.heading().to_owned(),
        each_sitting(paired),
        in_rounds(paired.rounds, paired.sittings),
        finding + unit,
    ])
}

fn each_sitting(paired: &PairedSummary) -> String {
    let ratios = paired.per_sitting.iter().map(|ratio| format!("{ratio:.2}"));
    ratios.collect::<Vec<_>>().join(", ")
}
