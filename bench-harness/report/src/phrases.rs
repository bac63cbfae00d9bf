//! Phrases that figures, tables and paragraphs share: names of loads, and why a figure is missing.

use analysis::{Cell, Summary};
use record::number::{counted, grouped, share, short};
use record::plan::{Contender, ContenderId, LoadId, Rate, Scenario, names};

/// Items that a description reads out; the table beside it has all.
const READ_OUT: usize = 3;

/// The warning about a server that spins. No such model is recommended without it.
pub const SPINS: &str = "uses a whole CPU even if no client asks";

/// The label of a load. If its rate is a share of what the slowest contender reaches, the label has the rate that follows from the
/// probe: `100 connections, 12.3k requests/s`.
pub fn label(summary: &Summary, load: LoadId) -> String {
    let document = &summary.loads[load];
    let rate = document
        .rate
        .filter(|rate| matches!(rate, Rate::OfSlowest(_)));
    match rate.and_then(|rate| rate.per_second(summary.probed)) {
        Some(rate) => format!("{}, {} requests/s", document.clients(), short(rate)),
        None => document.label(),
    }
}

/// The label of a load, with its scenario if there are several.
pub fn load_name(summary: &Summary, load: LoadId) -> String {
    let label = label(summary, load);
    match summary.scenario_names().len() {
        1 => label,
        _ => format!("{label} ({})", summary.loads[load].scenario),
    }
}

/// A load in the words of its scenario: `1,000 idle connections beside 8 busy ones`.
pub fn situation(summary: &Summary, load: LoadId) -> String {
    let of = &summary.loads[load];
    let is_whole = of.step.fract() == 0.0;
    let is_closed = of.rate.is_none() && of.objective.is_none();
    match summary.scenario(&of.scenario) {
        Some(scenario) if is_whole && is_closed => {
            let steps = of.step as u64;
            let axis = match steps {
                1 => singular(&scenario.axis),
                _ => scenario.axis.clone(),
            };
            let suffix = if is_axis_shared(summary, scenario) {
                format!(" ({})", scenario.name)
            } else {
                String::new()
            };
            format!("{} {axis}{suffix}", grouped(steps))
        }
        _ => load_name(summary, load),
    }
}

/// True if another scenario counts the same things along its axis.
fn is_axis_shared(summary: &Summary, scenario: &Scenario) -> bool {
    let mut others = summary
        .scenarios
        .iter()
        .filter(|other| other.name != scenario.name && other.name != names::PROBE);
    others.any(|other| other.axis == scenario.axis)
}

/// The title of an axis where its number is 1.
fn singular(axis: &str) -> String {
    let axis = axis.replacen("connections", "connection", 1);
    let axis = axis.replacen("requests in flight", "request in flight", 1);
    axis.replacen("clients that come and go", "client that comes and goes", 1)
}

/// Why a cell has no data, in a word or two.
pub fn why_missing(summary: &Summary, contender: ContenderId, load: LoadId) -> &'static str {
    let cell = summary.cell(contender, load);
    if summary.contenders[contender].unsupported.is_some() {
        "cannot run here"
    } else if cell.cannot.is_some() {
        "cannot serve it"
    } else if cell.trials > 0 {
        "too few samples"
    } else if cell.failed > 0 {
        "failed"
    } else {
        "not measured"
    }
}

/// What a reader must know about a cell beside its figures.
pub fn remarks(summary: &Summary, contender: ContenderId, load: LoadId) -> String {
    let cell = summary.cell(contender, load);
    let Contender {
        capacity,
        datagrams,
        reference_line,
        ..
    } = summary.contenders[contender];
    let connections = summary.loads[load].connections;
    let mut remarks: Vec<String> = why_incomplete(summary, contender, load)
        .into_iter()
        .collect();
    if let Some(capacity) = capacity.filter(|capacity| *capacity < connections) {
        let capacity = grouped(capacity as u64);
        remarks.push(format!("serves at most {capacity} at once, as it declares"));
    }
    if datagrams {
        remarks.push("serves datagrams (UDP), which guarantee less than a stream".to_owned());
    }
    if reference_line {
        remarks.push(
            "a reference line, not a model: the kernel does its work, and no figure here shows that cost"
                .to_owned(),
        );
    }
    if let Some(answered) = cell.behind() {
        let answered = share(answered);
        remarks.push(format!(
            "did not keep up: answered {answered} of the offered requests"
        ));
    }
    if cell.spins {
        remarks.push(SPINS.to_owned());
    }
    remarks.extend(counts(cell));
    remarks.join("; ")
}

/// Numbers of disturbed and distorted slices or trials.
fn counts(cell: &Cell) -> Vec<String> {
    if cell.is_paired() {
        let saturated = cell.is_bound().then(|| "generator saturated".to_owned());
        let disturbed = cell.rounds.disturbed;
        let disturbed = (disturbed > 0)
            .then(|| format!("{} disturbed and repeated", counted(disturbed, "slice")));
        return disturbed.into_iter().chain(saturated).collect();
    }
    let counts = [
        (cell.disturbed, "disturbed"),
        (cell.set_aside, "disturbed and left out"),
        (cell.limited, "with a saturated generator"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts
        .map(|(count, words)| format!("{} {words}", counted(count, "trial")))
        .collect()
}

/// What a reader must know about a ranked contender beside its figures, one sentence each.
pub fn footnotes(summary: &Summary, contender: ContenderId, load: LoadId) -> Vec<String> {
    let Contender {
        capacity,
        datagrams,
        ..
    } = summary.contenders[contender];
    let connections = summary.loads[load].connections;
    let capacity = capacity.filter(|capacity| *capacity < connections);
    let capacity = capacity.map(|capacity| {
        let capacity = grouped(capacity as u64);
        format!("serves at most {capacity} at once, as it declares")
    });
    let datagrams =
        datagrams.then(|| "serves datagrams (UDP), which guarantee less than a stream".to_owned());
    let incomplete = why_incomplete(summary, contender, load);
    incomplete
        .into_iter()
        .chain(capacity)
        .chain(datagrams)
        .collect()
}

/// Why a cell has no trials or fewer than planned, with the reasons.
pub fn why_incomplete(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<String> {
    let cell = summary.cell(contender, load);
    if let Some(reason) = &summary.contenders[contender].unsupported {
        Some(format!("cannot run here: {reason}"))
    } else if let Some(reason) = &cell.cannot {
        Some(reason.clone())
    } else if cell.failed > 0 {
        let reasons = cell.reasons.join("; ");
        Some(format!(
            "{} failed: {reasons}",
            counted(cell.failed, "trial")
        ))
    } else if cell.trials == 0 {
        Some(why_missing(summary, contender, load).to_owned())
    } else {
        None
    }
}

/// A short list for readers of a screen reader: the first items, and the number of the others.
pub fn first_few(items: &[String]) -> String {
    match items.split_at(items.len().min(READ_OUT)) {
        (all, []) => all.join(", "),
        (first, others) => format!(
            "{}, and {} more in the data of this figure",
            first.join(", "),
            others.len()
        ),
    }
}

/// The names of these contenders, joined by `and`; beyond this many, the number of the others.
pub fn all_of(summary: &Summary, contenders: &[ContenderId], most: usize) -> String {
    let name = |&contender: &ContenderId| summary.contenders[contender].name.as_str();
    let names: Vec<&str> = contenders.iter().map(name).collect();
    if names.len().saturating_sub(1) > most {
        let first = names[..most].join(", ");
        return format!("{first} and {} more", names.len() - most);
    }
    match &names[..] {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
