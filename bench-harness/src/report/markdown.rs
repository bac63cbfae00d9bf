//! The report as Markdown, with the figures as pictures beside it: for a pull request or a wiki.

use std::fmt::Write as _;

use super::figure::Figure;
use super::table::escape;
use super::words;
use crate::analysis::Summary;
use crate::store::Run;

/// The whole text. The same data gives the same bytes.
pub fn text(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let mut text = format!("# Echo servers, side by side\n\nRun `{}`. ", run.name);
    text += &format!("{}\n\n", escape(&words::what_was_found(summary)));
    text += &format!("{}\n\n", escape(&words::what_was_done(run, summary)));
    text += &format!("Not shown: {}\n", words::WHAT_IT_CANNOT_SAY);
    for warning in &summary.warnings {
        text += &format!("\n> **Note.** {}\n", escape(&words::warning(warning)));
    }
    for figure in figures {
        add_figure(&mut text, figure);
    }
    text += "\n## Everything that was measured\n";
    for load in 0..summary.loads.len() {
        let table = words::everything(summary, load);
        write!(text, "\n### {}\n\n{}", table.caption, table.markdown())
            .expect("a string takes all text");
    }
    text += "\n## Machine and command\n\n";
    for (name, value) in words::machine(run) {
        writeln!(text, "- {name}: {}", escape(&value)).expect("a string takes all text");
    }
    text
}

fn add_figure(text: &mut String, figure: &Figure) {
    let Figure {
        id,
        question,
        read,
        not,
        table,
        ..
    } = figure;
    let question = escape(question);
    write!(
        text,
        "\n## {question}\n\n![{question}](figures/{id}.svg)\n\nHow to read it: {read}\n\nNot shown: {not}\n\n\
         <details><summary>{}</summary>\n\n{}\n</details>\n",
        table.caption,
        table.markdown()
    )
    .expect("a string takes all text");
}
