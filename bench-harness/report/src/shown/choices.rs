//! The decision table: for each load which models to take, by how much they lead, what they cost, and what to beware of.

use analysis::{Bar, Choice, Metric, Ratio, Summary};
use record::number::{counted, percent, significant};

use super::super::table::Table;
use super::super::words::situation;
use super::absent;

/// Models named before the rest is counted.
const NAMED: usize = 4;

/// How the choice is made, and how far that goes.
const READ: &str = "Named are all models that are not clearly worse than the best: the 95 % interval of the ratio to the best reaches \
    into the 5 % that matter to nobody. They are no ranking; servers of datagrams, which promise less, are not among them. \
    What decides: requests a second, or the p99 of response times where a rate is offered. These intervals are not adjusted \
    for the number of models, and the best is the best by these very trials: among many equals, a few may be left out by \
    chance. The words of the comparison are adjusted (Holm).";

/// What there is to add where a reference line takes part.
const LINES: &str = " Reference lines are not among them: they show what is left without a program in user space, and nobody can take one \
    instead.";

/// How the choice of this summary is to be read.
pub fn read(summary: &Summary) -> String {
    let lines = summary.contenders.iter().any(|who| who.reference_line);
    READ.to_owned() + if lines { LINES } else { "" }
}

/// What is said about one load.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The load's number.
    pub of: usize,
    /// The load, in words.
    pub load: String,
    /// Which to take.
    pub take: Vec<usize>,
    /// By how much the others are behind.
    pub by: String,
    /// How sure that is.
    pub sure: String,
    /// Whether there is a verdict.
    pub certain: bool,
    /// CPU and memory of those to take.
    pub cost: String,
    /// Whom it does not serve.
    pub beware: String,
}

/// One advice a load, in the order of the plan.
pub fn all(summary: &Summary) -> Vec<Advice> {
    let asked = |&load: &usize| !summary.loads[load].is_probe();
    let loads = (0..summary.loads.len()).filter(asked);
    loads.map(|load| advice(summary, load)).collect()
}

/// The same as a table of text.
pub fn table(summary: &Summary) -> Table {
    let columns = [
        "load",
        "take",
        "the others",
        "how sure",
        "cost of those to take",
        "beware",
    ];
    let mut table = Table::new("Which model for which load", &columns);
    table.ends_in_words = true;
    for advice in all(summary) {
        let take = names(summary, &advice.take, usize::MAX);
        let Advice {
            load,
            by,
            sure,
            cost,
            beware,
            ..
        } = advice;
        table.rows.push(vec![load, take, by, sure, cost, beware]);
    }
    table
}

fn advice(summary: &Summary, load: usize) -> Advice {
    let choice = summary.choice(load);
    Advice {
        of: load,
        load: situation(summary, load),
        by: behind(summary, &choice),
        sure: sure(summary, &choice),
        certain: choice.doubts.is_empty() && !choice.good.is_empty(),
        cost: cost(summary, &choice),
        beware: beware(summary, &choice),
        take: choice.good,
    }
}

/// Names, as many as are wanted, and how many there are besides.
pub fn names(summary: &Summary, of: &[usize], most: usize) -> String {
    let name = |&c: &usize| summary.contenders[c].name.as_str();
    if of.len().saturating_sub(1) > most {
        let first: Vec<&str> = of.iter().take(most).map(name).collect();
        return format!("{} and {} more", first.join(", "), of.len() - most);
    }
    match of {
        [] => "none".to_owned(),
        [one] => name(one).to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(name).collect();
            format!("{} or {}", first.join(", "), name(last))
        }
    }
}

/// What sets the first apart: `fewer requests answered`, …
const fn less(metric: Metric) -> &'static str {
    match metric {
        Metric::Capacity => "less capacity",
        Metric::P99 => "longer p99",
        _ => "fewer requests",
    }
}

/// By how much the others are behind, at least.
pub fn behind(summary: &Summary, choice: &Choice) -> String {
    let others: Vec<usize> = choice.behind.iter().map(|(c, _)| *c).collect();
    if choice.good.is_empty() {
        return "nobody served all clients, or nothing could be measured".to_owned();
    }
    if others.is_empty() {
        return "nobody else is clearly worse".to_owned();
    }
    let who = names(summary, &others, NAMED - 1).replace(" or ", " and ");
    match choice.lead() {
        None => format!("{who}: worse, too few trials to say by how much"),
        Some(_) if others.len() <= NAMED => each(summary, choice),
        Some(lead) => format!("{who}: at least {}", distance(choice.metric, lead)),
    }
}

/// Each of those behind with its own distance.
fn each(summary: &Summary, choice: &Choice) -> String {
    let one = |(contender, ratio): &(usize, Ratio)| {
        let name = &summary.contenders[*contender].name;
        Some(format!(
            "{name} at least {}",
            distance(choice.metric, choice.distance(ratio)?)
        ))
    };
    choice
        .behind
        .iter()
        .filter_map(one)
        .collect::<Vec<_>>()
        .join(", ")
}

/// How far a factor above 1 is from the best.
fn distance(metric: Metric, lead: f64) -> String {
    let share = |x: f64| percent((x * 100.0).round() / 100.0);
    match metric {
        metric if metric.more_is_better() => {
            format!("{} {}", share(1.0 - 1.0 / lead), less(metric))
        }
        metric if lead < 2.0 => format!("{} {}", share(lead - 1.0), less(metric)),
        _ => format!("{} times the p99", significant(lead)),
    }
}

/// How sure it is: trials and control, or why there is no verdict.
pub fn sure(summary: &Summary, choice: &Choice) -> String {
    let trials = choice
        .good
        .iter()
        .map(|&c| summary.cell(c, choice.load).trials)
        .min()
        .unwrap_or(0);
    if choice.good.is_empty() {
        return "–".to_owned();
    }
    let doubts: Vec<&str> = choice.doubts.iter().map(doubt).collect();
    if !doubts.is_empty() {
        return format!(
            "estimate, no verdict: {} ({})",
            doubts.join(", "),
            counted(trials, "trial")
        );
    }
    let control = summary.control().and_then(|(_, twin)| {
        let found = summary.cell(twin, choice.load).compared.get(&choice.metric);
        let (low, high) = found?.ratio.interval?;
        Some(format!(
            ", the same server twice came to {low:.2} to {high:.2} of itself"
        ))
    });
    format!(
        "{}{}",
        counted(trials, "trial"),
        control.unwrap_or_default()
    )
}

/// A reason for doubt in a few words.
pub const fn doubt(bar: &Bar) -> &'static str {
    match bar {
        Bar::NoControl => "no server was compared with itself",
        Bar::Control { .. } => "the baseline differed from itself",
        Bar::Disturbed { .. } => "other programs disturbed trials",
        Bar::Generator { .. } => "the generator was at its limit",
        Bar::AboveRange { .. } => "all rates held",
        Bar::Failed { .. } => "trials failed",
        Bar::LeftOut => "the baseline left clients waiting",
    }
}

/// CPU a request and memory of those to take.
fn cost(summary: &Summary, choice: &Choice) -> String {
    let range = |metric: Metric| {
        let values = choice
            .good
            .iter()
            .filter_map(|&c| summary.median(c, choice.load, metric));
        let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let (low, high) = (metric.unit().write(low), metric.unit().write(high));
        if low == high {
            low
        } else {
            format!("{low} to {high}")
        }
    };
    if choice.good.is_empty() {
        return "–".to_owned();
    }
    let memory = format!("{} of memory", range(Metric::Memory));
    format!("{} of CPU a request, {memory}", range(Metric::Cpu))
}

/// Whom it does not serve, and who was not measured.
fn beware(summary: &Summary, choice: &Choice) -> String {
    let mut all = Vec::new();
    if !choice.left_out.is_empty() {
        let who = names(summary, &choice.left_out, NAMED).replace(" or ", " and ");
        all.push(format!("{who} left clients waiting or refused them"));
    }
    let known = |c: usize| summary.median(c, choice.load, choice.metric).is_some();
    let missing = (0..summary.contenders.len())
        .filter(|&c| !known(c) && !choice.left_out.contains(&c) && !summary.is_twin(c));
    let mut reasons: Vec<(&str, Vec<usize>)> = Vec::new();
    for contender in missing {
        let why = absent(summary, contender, choice.load);
        match reasons.iter_mut().find(|(other, _)| *other == why) {
            Some((_, of)) => of.push(contender),
            None => reasons.push((why, vec![contender])),
        }
    }
    for (why, of) in reasons {
        let who = names(summary, &of, NAMED).replace(" or ", " and ");
        all.push(format!("{who}: {why}"));
    }
    all.join("; ")
}
