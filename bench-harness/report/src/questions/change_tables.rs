//! Tables: how a run's figures changed in a second run, what was decided, and what else differs.

use analysis::{Diff, Metric, Verdict};
use record::circumstances::Difference;

use super::places::{Place, ratio, word};
use crate::table::Table;

/// For each load the models that became better or worse, those that did not change, and those that are not decided.
pub fn decisions(places: &[Place]) -> Table {
    let columns = [
        "load",
        "better",
        "worse",
        "equivalent",
        "undecided",
        "reason",
    ];
    let mut table = Table::new("The change of the deciding figures", &columns);
    table.ends_in_words = true;
    for place in places {
        let models = |has_word: fn(&Verdict) -> bool| {
            let changes = place.deciding();
            let changes = changes.filter(|change| has_word(&change.compared.verdict));
            let models: Vec<String> = changes
                .map(|change| format!("{} {}", change.contender, ratio(change)))
                .collect();
            if models.is_empty() {
                "–".to_owned()
            } else {
                models.join(", ")
            }
        };
        table.rows.push(vec![
            place.title.clone(),
            models(|verdict| *verdict == Verdict::Better),
            models(|verdict| *verdict == Verdict::Worse),
            models(|verdict| *verdict == Verdict::Equivalent),
            models(|verdict| verdict.because().is_some()),
            reasons(place),
        ]);
    }
    table
}

/// The reasons why changes are not decided, each once.
fn reasons(place: &Place) -> String {
    let reasons = place.deciding();
    let mut reasons: Vec<String> = reasons
        .filter_map(|change| change.compared.verdict.because())
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons.join("; ")
}

/// Every figure of every model under a load.
pub fn everything(place: &Place) -> Table {
    let caption = format!("Ratio of after to before, at {}", place.title);
    let mut table = Table::new(caption, &["model"]);
    let changes = &place.changes;
    let has_change = |metric: &Metric| changes.iter().any(|change| change.metric == *metric);
    let metrics: Vec<Metric> = Metric::judged().filter(has_change).collect();
    let headings = metrics.iter().map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    let mut names: Vec<&String> = Vec::new();
    for change in changes {
        if !names.contains(&&change.contender) {
            names.push(&change.contender);
        }
    }
    for name in names {
        let cell = |metric: &Metric| {
            let mut changes = changes.iter();
            let change =
                changes.find(|change| change.contender == *name && change.metric == *metric);
            change.map_or("–".to_owned(), |change| {
                format!("{} {}", ratio(change), word(change))
            })
        };
        let mut row = vec![name.clone()];
        row.extend(metrics.iter().map(cell));
        table.rows.push(row);
    }
    table
}

/// What else is not the same in both runs; no rows if nothing is.
pub fn differences(diff: &Diff) -> Table {
    let columns = ["kind", "what", "before", "after"];
    let mut table = Table::new("What else differs", &columns);
    table.ends_in_words = true;
    let kinds: [(&str, &[Difference]); 3] = [
        ("machine", &diff.environment),
        ("plan", &diff.plan),
        ("program", &diff.program),
    ];
    for (kind, differences) in kinds {
        let row = |difference: &Difference| {
            vec![
                kind.to_owned(),
                difference.name(),
                difference.first.clone(),
                difference.second.clone(),
            ]
        };
        table.rows.extend(differences.iter().map(row));
    }
    table
}
