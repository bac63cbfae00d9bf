//! The report as Markdown, with the figures as pictures beside it: for a pull request or a wiki.

use analysis::{Diff, Summary};
use record::store::Run;

use crate::done::what_was_done;
use crate::headline::{warning, what_it_cannot_say, what_was_found};
use crate::machine::machine;
use crate::medians::medians;
use crate::phrases::load_name;
use crate::questions::change_tables::{decisions, differences, everything};
use crate::questions::figure::Figure;
use crate::questions::places::places;
use crate::questions::{change, choices};
use crate::table::escape;
use crate::undecided::what_is_open;
use crate::verdicts;

/// The whole text. The same data gives the same bytes.
pub fn text(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let mut parts = vec![
        "# Echo servers, side by side".to_owned(),
        format!("Run `{}`. {}", run.name, escape(&what_was_found(summary))),
        what_is_open(summary).unwrap_or_default(),
        escape(&what_was_done(run, summary)),
        escape(&what_it_cannot_say(summary)),
    ];
    parts.retain(|part| !part.is_empty());
    let note = |noted| format!("> **Note.** {}", escape(&warning(summary, noted)));
    parts.extend(summary.warnings.iter().map(note));
    let advice = choices::table(summary);
    parts.extend([
        format!("## {}", advice.caption),
        choices::how_to_read(summary),
        advice.markdown(),
    ]);
    parts.extend(figures.iter().flat_map(section));
    let load = summary.shown_load();
    let medians = medians(summary, load);
    parts.push(format!(
        "## Verdicts and medians at {}",
        escape(&load_name(summary, load))
    ));
    for part in verdicts::sections_at(summary, &[load]) {
        parts.push(format!(
            "{} {}",
            escape(&part.question),
            escape(&part.how_to_read)
        ));
        let tables = part.tables.iter();
        parts.extend(tables.map(|table| folded(&table.caption, &table.markdown())));
    }
    parts.push(folded(&medians.caption, &medians.markdown()));
    parts.push("All other figures are in `summary.csv`, `summary.json` and the page `report.html` beside this file.".to_owned());
    parts.push("## Machine and command".to_owned());
    let line = |(name, value): (&str, String)| format!("- {name}: {}\n", escape(&value));
    parts.push(machine(run).into_iter().map(line).collect());
    joined(&parts)
}

/// The same about two runs.
pub fn diff(before: &Run, after: &Run, diff: &Diff) -> String {
    let places = places(diff);
    let differences = differences(diff);
    let mut parts = vec![
        format!("# {} against {}", escape(&after.name), escape(&before.name)),
        escape(&change::sentences(diff)),
    ];
    if !differences.rows.is_empty() {
        parts.extend([
            format!("## {}", differences.caption),
            differences.markdown(),
        ]);
    }
    let decisions = decisions(&places);
    parts.extend([format!("## {}", decisions.caption), decisions.markdown()]);
    if let Some(figure) = change::figure(diff, &before.plan.contenders) {
        parts.extend(picture(&figure));
    }
    parts.push("## All judged figures".to_owned());
    let tables = places.iter().map(everything);
    parts.extend(tables.map(|table| folded(&table.caption, &table.markdown())));
    joined(&parts)
}

fn joined(parts: &[String]) -> String {
    let part = |part: &String| part.trim_end().to_owned() + "\n";
    parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// A table that is not in the way.
fn folded(title: &str, table: &str) -> String {
    format!(
        "<details><summary>{}</summary>\n\n{table}\n</details>",
        escape(title)
    )
}

/// A picture with its question and how to read it.
fn picture(figure: &Figure) -> [String; 4] {
    let question = escape(&figure.question);
    [
        format!("## {question}"),
        format!("![{question}](figures/{}.svg)", figure.id),
        format!("How to read it: {}", escape(&figure.how_to_read)),
        format!("Not shown: {}", escape(&figure.not_shown)),
    ]
}

fn section(figure: &Figure) -> Vec<String> {
    let table = folded(&figure.table.caption, &figure.table.markdown());
    picture(figure).into_iter().chain([table]).collect()
}
