//! The report as Markdown, with the figures as pictures beside it: for a pull request or a wiki.

use super::shown::{Figure, choices};
use super::table::escape;
use super::{verdicts, words};
use crate::analysis::Summary;
use crate::store::Run;

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
    parts.extend([format!("## {}", advice.caption), advice.markdown()]);
    parts.extend(figures.iter().flat_map(section));
    for part in verdicts::sections(summary) {
        parts.extend([
            format!("## {}", escape(&part.question)),
            format!("How to read it: {}", escape(&part.read)),
        ]);
        for table in &part.tables {
            parts.extend([format!("### {}", escape(&table.caption)), table.markdown()]);
        }
    }
    parts.push("## Everything that was measured".to_owned());
    for load in 0..summary.loads.len() {
        let table = words::everything(summary, load);
        parts.extend([format!("### {}", table.caption), table.markdown()]);
    }
    parts.push("## Machine and command".to_owned());
    let line = |(name, value): (&str, String)| format!("- {name}: {}\n", escape(&value));
    parts.push(words::machine(run).into_iter().map(line).collect());
    parts
        .iter()
        .map(|part| part.trim_end().to_owned() + "\n")
        .collect::<Vec<_>>()
        .join("\n")
}

fn section(figure: &Figure) -> [String; 6] {
    let Figure {
        id,
        read,
        not,
        table,
        ..
    } = figure;
    let question = escape(&figure.question);
    [
        format!("## {question}"),
        format!("![{question}](figures/{id}.svg)"),
        format!("How to read it: {}", escape(read)),
        format!("Not shown: {}", escape(not)),
        format!("<details><summary>{}</summary>", table.caption),
        format!("{}\n</details>", table.markdown()),
    ]
}
