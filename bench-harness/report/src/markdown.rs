//! The report as Markdown, with the figures as pictures beside it: for a pull request or a wiki.

use analysis::{Diff, Summary};
use record::store::Run;

use crate::answer::{self, Block, Said};
use crate::costs;
use crate::done::what_was_done;
use crate::machine::machine;
use crate::notes::warning;
use crate::questions::change;
use crate::questions::change_tables::{decisions, differences, everything};
use crate::questions::figure::Figure;
use crate::questions::places::places;
use crate::table::{escape, folded};
use crate::undecided::{plan_for_more, what_is_open};
use crate::verdicts;

/// The whole text. The same data gives the same bytes.
pub fn text(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let mut parts = answer(run, summary);
    let note = |noted| format!("> **Note.** {}", escape(&warning(summary, noted)));
    parts.extend(summary.warnings.iter().map(note));
    parts.extend(costs::text(summary));
    parts.extend(figures.iter().flat_map(section));
    if let Some(part) = verdicts::claims(summary) {
        parts.push(format!("## {}", escape(&part.question)));
        parts.push(escape(&part.how_to_read));
        let tables = part.tables.iter();
        parts.extend(tables.map(|table| folded(&table.caption, &table.markdown())));
    }
    parts.push("All other figures are in `summary.csv`, `summary.json` and the page `report.html` beside this file.".to_owned());
    parts.push("## Machine and command".to_owned());
    let line = |(name, value): (&str, String)| format!("- {name}: {}\n", escape(&value));
    parts.push(machine(run).into_iter().map(line).collect());
    joined(&parts)
}

/// The first screen: the answer, the picture, the headline loads, how sure that is, and what was done.
fn answer(run: &Run, summary: &Summary) -> Vec<String> {
    let mut parts = vec![
        "# Which way to write a server?".to_owned(),
        format!(
            "Run `{}`: {}.",
            run.name,
            escape(&answer::machine(run, summary))
        ),
        sentences(&answer::choice(summary)),
    ];
    parts.extend(answer::against(summary).map(|against| escape(&against)));
    if answer::picture(summary).is_some() {
        parts.push(format!("![{0}](figures/answer.svg)", answer::QUESTION));
    }
    parts.extend(answer::blocks(summary).iter().flat_map(block));
    let sure = answer::how_sure(summary);
    parts.extend((!sure.is_empty()).then(|| format!("**How sure?** {}", escape(&sure))));
    let not_seen = answer::not_seen(run, summary);
    parts.push(format!("**Not measured:** {}.", escape(&not_seen)));
    parts.extend(plan_for_more(summary).map(|more| format!("**Longer:** {more}")));
    parts.push("## How it was measured".to_owned());
    parts.push(escape(&what_was_done(run, summary)));
    parts.extend(what_is_open(summary));
    parts.push(escape(&answer::how_chosen(summary)));
    parts
}

fn block(block: &Block) -> Vec<String> {
    let why = block
        .why
        .as_ref()
        .map(|why| format!("Why: {}", escape(why)));
    let parts = [
        format!("## {}", escape(&block.heading)),
        sentences(&block.said),
    ];
    parts.into_iter().chain(why).collect()
}

fn sentences(said: &[Said]) -> String {
    let sentence = |said: &Said| match (said.is_strong, escape(&said.text)) {
        (true, text) => format!("**{text}**"),
        (false, text) => text,
    };
    said.iter().map(sentence).collect::<Vec<_>>().join(" ")
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
