//! The report as Markdown, with the figures as pictures beside it: for a pull request or a wiki.

use analysis::{Diff, Summary};
use record::store::Run;

use super::shown::{Figure, change, choices};
use super::table::escape;
use super::{verdicts, words};

/// The whole text. The same data gives the same bytes.
pub fn text(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let mut parts = vec![
        "# Echo servers, side by side".to_owned(),
        format!(
            "Run `{}`. {}",
            run.name,
            escape(&words::what_was_found(summary))
        ),
        escape(&words::what_was_done(run, summary)),
        format!("Not shown: {}", escape(&words::what_it_cannot_say(summary))),
    ];
    let note = |warning| format!("> **Note.** {}", escape(&words::warning(warning)));
    parts.extend(summary.warnings.iter().map(note));
    let advice = choices::table(summary);
    parts.extend([
        format!("## {}", advice.caption),
        choices::read(summary),
        advice.markdown(),
    ]);
    parts.extend(figures.iter().flat_map(section));
    let load = summary.common_load();
    let everything = words::everything(summary, load);
    parts.push("## Verdicts and medians under the highest load of all".to_owned());
    for part in verdicts::sections_at(summary, &[load]) {
        parts.push(format!("{} {}", escape(&part.question), escape(&part.read)));
        let tables = part.tables.iter();
        parts.extend(tables.map(|table| folded(&table.caption, &table.markdown())));
    }
    parts.push(folded(&everything.caption, &everything.markdown()));
    parts.push("All other figures: `summary.csv` and `summary.json`, and the page `report.html`, beside this file.".to_owned());
    parts.push("## Machine and command".to_owned());
    let line = |(name, value): (&str, String)| format!("- {name}: {}\n", escape(&value));
    parts.push(words::machine(run).into_iter().map(line).collect());
    joined(&parts)
}

/// The same about two runs.
pub fn diff(before: &Run, after: &Run, found: &Diff) -> String {
    let places = change::places(found);
    let unlike = change::unlike(found);
    let mut parts = vec![
        format!("# {} against {}", escape(&after.name), escape(&before.name)),
        escape(&change::sentences(found)),
    ];
    if !unlike.rows.is_empty() {
        parts.extend([format!("## {}", unlike.caption), unlike.markdown()]);
    }
    let decided = change::decided(&places);
    parts.extend([format!("## {}", decided.caption), decided.markdown()]);
    if let Some(figure) = change::figure(found, &before.plan.contenders) {
        parts.extend(drawn(&figure));
    }
    parts.push("## Every figure that is judged".to_owned());
    let tables = places.iter().map(change::everything);
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
fn drawn(figure: &Figure) -> [String; 4] {
    let question = escape(&figure.question);
    [
        format!("## {question}"),
        format!("![{question}](figures/{}.svg)", figure.id),
        format!("How to read it: {}", escape(&figure.read)),
        format!("Not shown: {}", escape(&figure.not)),
    ]
}

fn section(figure: &Figure) -> Vec<String> {
    let table = folded(&figure.table.caption, &figure.table.markdown());
    drawn(figure).into_iter().chain([table]).collect()
}
