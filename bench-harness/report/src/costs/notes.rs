//! The lines below a cost table: what is undecided and what would decide it, why there is no verdict, what differs from start to
//! start, and why a contender has no rank.

use analysis::{Bar, Cell, Metric, Needs, Summary, Unsure, Verdict};
use record::number::{counted, grouped, share, significant};
use record::plan::{ContenderId, LoadId};

use super::block::Block;
use super::column::{Column, written};
use super::entry::Times;
use crate::phrases::{footnotes, why_incomplete, why_missing};
use crate::words::{differs, is_by_sitting};

/// Undecided contenders that are named with what they need, the nearest first.
const NAMED: usize = 4;

/// A line with a title.
pub struct Note {
    /// Its title.
    pub title: &'static str,
    /// The rest.
    pub text: String,
}

/// The lines below the table of a load.
pub fn notes(summary: &Summary, block: &Block) -> Vec<Note> {
    let note = |title: &'static str, items: Vec<String>| {
        let text = items.join("; ") + ".";
        (!items.is_empty()).then_some(Note { title, text })
    };
    let notes = [
        note("Undecided", undecided(summary, block)),
        note("No verdict", without_verdict(summary, block)),
        note(
            "Differs from start to start",
            from_start_to_start(summary, block),
        ),
        note("Note", remarks(summary, block)),
    ];
    notes.into_iter().flatten().collect()
}

/// The ranked contenders without a word, those first that need the least time.
fn undecided(summary: &Summary, block: &Block) -> Vec<String> {
    let of = |contender: ContenderId| {
        let compared = summary
            .cell(contender, block.load)
            .compared
            .get(&block.deciding)?;
        let Verdict::Inconclusive(unsure) = &compared.verdict else {
            return None;
        };
        let times = Times {
            estimate: compared.ratio.estimate,
            ..Times::SAME
        };
        let name = &summary.contenders[contender].name;
        let text = format!("{name} {} ({})", times.ratio(), needed(unsure));
        Some((seconds(unsure), text))
    };
    let mut found: Vec<(f64, String)> = block
        .ranked
        .iter()
        .filter_map(|row| of(row.contender))
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let others = found.len().saturating_sub(NAMED);
    let mut texts: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
    if others > 1 {
        texts.truncate(NAMED);
        texts.push(format!("and {others} more"));
    }
    texts
}

/// What would decide it, in a few words.
fn needed(unsure: &Unsure) -> String {
    match unsure {
        Unsure::Wide {
            needs: Some(Needs::TooClose),
            ..
        } => "too close to the edge of the zone to be decided".to_owned(),
        Unsure::Wide {
            needs: Some(needs), ..
        } => needs.to_string(),
        Unsure::Wide { needs: None, .. }
        | Unsure::TooFew { .. }
        | Unsure::TooFewForFamily { .. }
        | Unsure::TooFewRounds { .. }
        | Unsure::TooFewRoundsForFamily { .. }
        | Unsure::OneOfMany { .. } => unsure.to_string(),
    }
}

/// The time that would decide it; the longest where it is not known.
const fn seconds(unsure: &Unsure) -> f64 {
    match unsure {
        Unsure::Wide {
            needs: Some(Needs::Rounds { seconds, .. } | Needs::Sittings { seconds, .. }),
            ..
        } => *seconds,
        Unsure::Wide { .. }
        | Unsure::TooFew { .. }
        | Unsure::TooFewForFamily { .. }
        | Unsure::TooFewRounds { .. }
        | Unsure::TooFewRoundsForFamily { .. }
        | Unsure::OneOfMany { .. } => f64::INFINITY,
    }
}

/// The reasons why ranked contenders have no verdict, each once with all names. That a server spins is in the legend.
fn without_verdict(summary: &Summary, block: &Block) -> Vec<String> {
    let reason = |contender: ContenderId| {
        if let Some(reason) = summary.no_ratio(contender, block.load) {
            return Some(reason.to_string());
        }
        let cell = summary.cell(contender, block.load);
        match &cell.compared.get(&block.deciding)?.verdict {
            Verdict::Barred(Bar::Spins) if cell.spins => None,
            Verdict::Barred(bar) => Some(bar.to_string()),
            Verdict::Better
            | Verdict::Worse
            | Verdict::Equivalent
            | Verdict::Inconclusive(_)
            | Verdict::Control => None,
        }
    };
    let shown = block.ranked.iter().chain(&block.control);
    let reasons = shown.filter_map(|row| Some((row.contender, reason(row.contender)?)));
    by_text(summary, reasons)
}

fn from_start_to_start(summary: &Summary, block: &Block) -> Vec<String> {
    let finding = |contender: ContenderId| {
        let compared = summary
            .cell(contender, block.load)
            .compared
            .get(&block.deciding)?;
        let finding = differs(compared)?;
        let unit = if is_by_sitting(compared) {
            ", so the sitting is the unit"
        } else {
            ""
        };
        let finding = finding.replace("differs from start to start: ", "×");
        let name = &summary.contenders[contender].name;
        Some(format!("{name} {finding}{unit}"))
    };
    let rows = block.ranked.iter();
    rows.filter_map(|row| finding(row.contender)).collect()
}

fn remarks(summary: &Summary, block: &Block) -> Vec<String> {
    let remarks = block.ranked.iter().flat_map(|row| {
        let footnotes = footnotes(summary, row.contender, block.load);
        footnotes
            .into_iter()
            .map(move |remark| (row.contender, remark))
    });
    by_text(summary, remarks)
}

/// Each text once, after the names that it concerns.
fn by_text(summary: &Summary, texts: impl Iterator<Item = (ContenderId, String)>) -> Vec<String> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for (contender, text) in texts {
        let name = summary.contenders[contender].name.as_str();
        match found.iter_mut().find(|(known, _)| *known == text) {
            Some((_, names)) => names.push(name),
            None => found.push((text, vec![name])),
        }
    }
    let found = found.into_iter();
    found
        .map(|(text, names)| format!("{}: {text}", names.join(", ")))
        .collect()
}

/// Why a contender has no rank, with its main figures.
pub fn why_unranked(summary: &Summary, contender: ContenderId, load: LoadId) -> String {
    let cell = summary.cell(contender, load);
    let median = |metric| summary.median(contender, load, metric).unwrap_or(0.0) as u64;
    let never_served = median(Metric::NeverServed);
    let refused = median(Metric::Refused);
    let mut reasons = Vec::new();
    if never_served > 0 {
        let clients = (summary.loads[load].active as u64).max(never_served);
        let served = grouped(clients - never_served);
        reasons.push(format!(
            "served only {served} of {} clients{}, and the others waited until the end",
            grouped(clients),
            within(cell)
        ));
    }
    if refused > 0 {
        let refused = counted(refused as usize, "connection");
        reasons.push(format!("refused or closed {refused}"));
    }
    if let Some(answered) = cell.behind() {
        reasons.push(format!(
            "answered only {} of the offered requests",
            share(answered)
        ));
    }
    if summary.contenders[contender].reference_line {
        reasons.push("a reference line and no server: the kernel does its work".to_owned());
    }
    reasons.extend(why_incomplete(summary, contender, load));
    if reasons.is_empty() {
        reasons.push(why_missing(summary, contender, load).to_owned());
    }
    let figures = figures(summary, contender, load);
    let figures = figures.map_or(String::new(), |figures| format!(". Measured: {figures}"));
    reasons.join("; ") + &figures
}

/// The time of a trial, which may be too short to serve many clients once. A sitting is not: it waits for all of them.
fn within(cell: &Cell) -> String {
    let seconds = cell.watched_s.filter(|_| !cell.is_paired());
    seconds.map_or_else(String::new, |seconds| {
        format!(" within {} s", significant(seconds))
    })
}

/// The main figures of a contender in words; `None` if it has none.
fn figures(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<String> {
    let cell = summary.cell(contender, load);
    let of = |metric: Metric| {
        let column = Column::Figure(metric);
        let value = column.value(summary, contender, load, None)?;
        let mark = if cell.is_lower_bound(metric) {
            "≥\u{a0}"
        } else {
            ""
        };
        let decimals = column.decimals([value].into_iter());
        Some(format!("{mark}{}", written(value, decimals)))
    };
    let texts = [
        of(Metric::Throughput).map(|rate| format!("{rate} requests/s")),
        of(Metric::Cpu).map(|time| format!("{time}\u{a0}µs of CPU per request")),
        of(Metric::P99).map(|time| format!("p99 {time}\u{a0}µs")),
    ];
    let texts: Vec<String> = texts.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}
