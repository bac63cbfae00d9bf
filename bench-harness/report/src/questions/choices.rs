//! The decision table: for each load which models to take, how far the others are behind, what they cost, and a caution.

use analysis::{Bar, Choice, Metric, Ratio, Summary, Verdict};
use record::number::{percent, significant};
use record::plan::{ContenderId, LoadId};

use crate::phrases::{SPINS, all_of, any_of, situation, why_missing};
use crate::table::Table;
use crate::values::about_bounds;
use crate::words::{measured, zone};

/// Models named before the others are counted.
const NAMED: usize = 4;

/// An addition if a reference line takes part.
const REFERENCE_LINES: &str = " Reference lines are left out too: they show the cost without a program in user space, and cannot be deployed.";

/// How the choice is made, and its limits.
pub fn how_to_read(summary: &Summary) -> String {
    let mut contenders = summary.contenders.iter();
    let has_lines = contenders.any(|contender| contender.reference_line);
    let loads: Vec<LoadId> = summary.measured_loads().collect();
    let has_spinning = summary
        .cell_ids()
        .any(|(contender, load)| summary.cell(contender, load).spins);
    let spinning = if has_spinning {
        format!(" A model that {SPINS} comes last.")
    } else {
        String::new()
    };
    format!(
        "Listed: every model that is not clearly worse than another one. Clearly worse: the whole 95 % interval of their ratio is \
         beyond a {} zone of indifference. {} The best median comes first, but the list is no ranking.{spinning} Servers of datagrams \
         (UDP) are left out, because they guarantee less. Two listed models are compared without a correction for the number of \
         models, so a few equals may be missing by chance. The verdicts of the comparison are corrected (Holm). Control: the ratio \
         of two runs of the same server, which is 1 if all is well.{}{}",
        zone(summary.zone()),
        deciding(summary, &loads),
        about_bounds(summary, &loads),
        if has_lines { REFERENCE_LINES } else { "" }
    )
}

/// The figures that decide under these loads, each with its condition.
fn deciding(summary: &Summary, loads: &[LoadId]) -> String {
    let figures = [
        (
            Metric::Cpu,
            "CPU per request",
            " if a rate is offered or the generator was saturated",
        ),
        (
            Metric::P99,
            "the p99 of response times",
            " if clients of several kinds share an offered rate",
        ),
        (
            Metric::Capacity,
            "the highest rate within the objective",
            " if that was searched",
        ),
        (Metric::Throughput, "requests/s", " otherwise"),
    ];
    let decides = |metric: &Metric| loads.iter().any(|&load| summary.deciding(load) == *metric);
    let decide = figures.iter().filter(|(metric, ..)| decides(metric));
    let figures: Vec<(&str, &str)> = decide.map(|(_, figure, when)| (*figure, *when)).collect();
    match &figures[..] {
        [] => String::new(),
        [(figure, _)] => format!("The figure that decides is {figure}."),
        several => {
            let several: Vec<String> = several
                .iter()
                .map(|(figure, when)| format!("{figure}{when}"))
                .collect();
            format!("The figure that decides is {}.", several.join(", "))
        }
    }
}

/// The advice for one load.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The load.
    pub load: LoadId,
    /// The load in words.
    pub situation: String,
    /// The models to take.
    pub take: Vec<ContenderId>,
    /// How far the others are behind.
    pub behind: String,
    /// How sure that is.
    pub certainty: String,
    /// True if there is a verdict.
    pub is_certain: bool,
    /// CPU and memory of the models to take.
    pub cost: String,
    /// What is wrong with some contenders.
    pub caution: String,
}

/// One advice a load, in the order of the plan.
pub fn all(summary: &Summary) -> Vec<Advice> {
    let loads = summary.measured_loads();
    loads.map(|load| advice(summary, load)).collect()
}

/// All advice as a table of text.
pub fn table(summary: &Summary) -> Table {
    let columns = [
        "load",
        "choose",
        "the others",
        "certainty",
        "their CPU per request; memory",
        "caution",
    ];
    let mut table = Table::new("Which model for which load", &columns);
    table.ends_in_words = true;
    for advice in all(summary) {
        table.rows.push(vec![
            advice.situation,
            any_of(summary, &advice.take, usize::MAX),
            advice.behind,
            advice.certainty,
            advice.cost,
            advice.caution,
        ]);
    }
    table
}

fn advice(summary: &Summary, load: LoadId) -> Advice {
    let choice = summary.choice(load);
    Advice {
        load,
        situation: situation(summary, load),
        behind: behind_in_table(summary, &choice),
        certainty: certainty(summary, &choice),
        is_certain: choice.doubts.is_empty() && !choice.good.is_empty(),
        cost: cost(summary, &choice).unwrap_or("–".to_owned()),
        caution: caution(summary, &choice),
        take: choice.good,
    }
}

/// How far the others are behind, at least.
pub fn behind(summary: &Summary, choice: &Choice) -> String {
    let others: Vec<ContenderId> = choice.behind.iter().map(|(id, _)| *id).collect();
    if choice.good.is_empty() {
        return "no model served every client, or nothing was measured".to_owned();
    }
    if others.is_empty() {
        return "no other model is clearly worse".to_owned();
    }
    let names = all_of(summary, &others, NAMED - 1);
    match choice.lead() {
        None => format!("{names}: worse, but not known by how much"),
        Some(lead) => format!("{names}: at least {}", distance(choice.metric, lead)),
    }
}

/// The same for a cell of the table, where a few others have each their own distance.
fn behind_in_table(summary: &Summary, choice: &Choice) -> String {
    let is_short = (1..=NAMED).contains(&choice.behind.len());
    if is_short && !choice.good.is_empty() && choice.lead().is_some() {
        each_behind(summary, choice)
    } else {
        behind(summary, choice)
    }
}

/// Each contender that is behind, with its own distance.
fn each_behind(summary: &Summary, choice: &Choice) -> String {
    let in_words = |(contender, ratio): &(ContenderId, Ratio)| {
        let name = &summary.contenders[*contender].name;
        let distance = distance(choice.metric, choice.distance(ratio)?);
        Some(format!("{name}: at least {distance}"))
    };
    let all: Vec<String> = choice.behind.iter().filter_map(in_words).collect();
    all.join("; ")
}

/// How far a factor above 1 is from the best.
fn distance(metric: Metric, factor: f64) -> String {
    let share = |x: f64| percent((x * 100.0).round() / 100.0);
    let shortfall = share(1.0 - 1.0 / factor);
    let (more, times) = (share(factor - 1.0), significant(factor));
    match metric {
        Metric::Capacity => format!("{shortfall} lower capacity"),
        Metric::P99 if factor < 2.0 => format!("{more} longer p99"),
        Metric::P99 => format!("{times} times the p99"),
        Metric::Cpu if factor < 2.0 => format!("{more} more CPU a request"),
        Metric::Cpu => format!("{times} times the CPU a request"),
        _ => format!("{shortfall} fewer requests/s"),
    }
}

/// How sure it is: rounds or trials and the ratio of the control, or why there is no verdict.
pub fn certainty(summary: &Summary, choice: &Choice) -> String {
    if choice.good.is_empty() {
        return "–".to_owned();
    }
    let trials = measured(summary, &choice.good, choice.load);
    let doubts: Vec<&str> = choice.doubts.iter().map(doubt).collect();
    if !doubts.is_empty() {
        let doubts = doubts.join(", ");
        return format!("{trials}; estimate only, no verdict: {doubts}");
    }
    let interval = control_interval(summary, choice);
    let control = interval.map(|(low, high)| format!("; control {low:.2} to {high:.2}"));
    let undecided = match undecided(summary, choice) {
        0 => String::new(),
        count => format!("; {count} of {} may still be worse", choice.good.len()),
    };
    trials + &control.unwrap_or_default() + &undecided
}

/// Number of listed models that are not known to be as good as the first one.
fn undecided(summary: &Summary, choice: &Choice) -> usize {
    let Some((&first, others)) = choice.good.split_first() else {
        return 0;
    };
    let is_as_good = |other: ContenderId| {
        let word = summary.word(other, first, choice.load, choice.metric);
        word.is_some_and(|word| matches!(word.verdict, Verdict::Equivalent | Verdict::Better))
    };
    others.iter().filter(|&&other| !is_as_good(other)).count()
}

/// The interval of the control's ratio.
fn control_interval(summary: &Summary, choice: &Choice) -> Option<(f64, f64)> {
    let (_, twin) = summary.control()?;
    let compared = &summary.cell(twin, choice.load).compared;
    compared.get(&choice.metric)?.ratio.interval
}

/// A reason for doubt in a few words.
const fn doubt(bar: &Bar) -> &'static str {
    match bar {
        Bar::NoControl => "the run has no control",
        Bar::Control { .. } => "the control failed",
        Bar::Disturbed { .. } => "other programs disturbed trials",
        Bar::Generator { .. } => "the generator was saturated",
        Bar::AboveRange { .. } => "even the highest rate met the objective",
        Bar::Failed { .. } => "trials failed",
        Bar::LeftOut => "the baseline did not serve every client",
        Bar::Spins => "some servers use a whole CPU even if no client asks",
        Bar::Behind { .. } => "some servers did not keep up with the offered rate",
    }
}

/// CPU per request and memory of the models to take.
fn cost(summary: &Summary, choice: &Choice) -> Option<String> {
    let range = |metric: Metric| {
        let (low, high) = summary.range(&choice.good, choice.load, metric)?;
        let (low, high) = (metric.unit().write(low), metric.unit().write(high));
        Some(if low == high {
            low
        } else {
            format!("{low} to {high}")
        })
    };
    let (cpu, memory) = (range(Metric::Cpu)?, range(Metric::Memory)?);
    Some(format!("{cpu}; {memory}"))
}

/// The contenders that left clients out, did not keep up or were not measured, and those of the choice that spin.
fn caution(summary: &Summary, choice: &Choice) -> String {
    let mut warnings = Vec::new();
    let (behind, starving): (Vec<_>, Vec<_>) = choice
        .left_out
        .iter()
        .partition(|&&id| !summary.left_out(id, choice.load));
    let spins = |id: &ContenderId| summary.cell(*id, choice.load).spins;
    let behind_others = choice.behind.iter().map(|(id, _)| id);
    let spinning = choice.spinning.iter().chain(behind_others).copied();
    let groups = [
        (starving, "did not serve every client"),
        (behind, "did not keep up with the offered rate"),
        (spinning.filter(spins).collect(), SPINS),
    ];
    for (contenders, what) in groups {
        if !contenders.is_empty() {
            let names = all_of(summary, &contenders, NAMED);
            warnings.push(format!("{names}: {what}"));
        }
    }
    for (reason, contenders) in missing(summary, choice) {
        let names = all_of(summary, &contenders, NAMED);
        warnings.push(format!("{names}: {reason}"));
    }
    warnings.join("; ")
}

/// The contenders without a median, by the reason why they have none.
fn missing(summary: &Summary, choice: &Choice) -> Vec<(&'static str, Vec<ContenderId>)> {
    let mut reasons: Vec<(&str, Vec<ContenderId>)> = Vec::new();
    for contender in summary.models() {
        let median = summary.median(contender, choice.load, choice.metric);
        if median.is_some() || choice.left_out.contains(&contender) {
            continue;
        }
        let reason = why_missing(summary, contender, choice.load);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, contenders)) => contenders.push(contender),
            None => reasons.push((reason, vec![contender])),
        }
    }
    reasons
}
