//! The figures of a report. Each asks one question, says how to read it and what it does not show, and has its data
//! beside it as a table.

mod baselines;
pub mod change;
pub mod choices;
mod costs;
mod knee;
mod latency;
mod over;
mod ratios;
mod room;
mod staircase;
mod states;
mod steps;
mod theory;

use analysis::{Metric, Summary};
use knee::Knees;

use super::figure::{Group, Row};
use super::svg::text::{NAME, width};
use super::svg::{Panel, Who};
use super::table::Table;

pub use baselines::baselines;
pub use ratios::drawn as compared;
pub use room::Room;

/// The scenario whose figures need no name.
const LADDER: &str = "ladder";

/// What is read out of a drawing; the table beside it has all.
const LISTED: usize = 3;

/// A figure with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its anchor and file name.
    pub id: String,
    /// What it is about, in a word or two, for the table of contents.
    pub short: String,
    /// The question that it answers.
    pub question: String,
    /// How to read it.
    pub read: String,
    /// What it does not show.
    pub not: String,
    /// The drawings, one or several side by side.
    pub panels: Vec<Panel>,
    /// The data.
    pub table: Table,
}

/// All figures, in the order of the report: the comparison, the main scenario with all of them, the others with what decides.
pub fn all(summary: &Summary) -> Vec<Figure> {
    let main = summary.main_scenario();
    let room = Room::of(summary);
    let folded = folded(summary, room);
    let parts = summary.scenarios().into_iter().flat_map(|scenario| {
        let part = summary.only(scenario);
        if folded.contains(&scenario) {
            return whole(summary, scenario);
        }
        let knees = Knees::of(summary, scenario);
        let mut figures = if Some(scenario) == main {
            everything(&part, scenario, (room, knees.as_ref()))
        } else {
            let figures = deciding(
                &part,
                scenario,
                (room, knees.as_ref()),
                room == Room::Plenty,
            );
            figures.into_iter().flatten().collect()
        };
        figures.extend(whole(summary, scenario));
        figures
    });
    let others = steps::scenarios(summary, &folded);
    let first = ratios::figure(summary).into_iter();
    first.chain(parts).chain(others).collect()
}

/// What is drawn of a few models only, and therefore of every scenario that measured it.
fn whole(summary: &Summary, scenario: &str) -> Vec<Figure> {
    let kinds = [theory::figure, staircase::figure, states::figure];
    let drawn = kinds
        .into_iter()
        .filter_map(|figure| figure(summary, scenario));
    drawn.collect()
}

/// Scenarios that have one panel each in a common figure, since there is no more room.
fn folded(summary: &Summary, room: Room) -> Vec<&str> {
    let main = summary.main_scenario();
    let is_closed = |scenario: &&str| {
        let mut loads = summary
            .loads
            .iter()
            .filter(|load| load.scenario == *scenario);
        loads.all(|load| load.rate.is_none() && load.objective.is_none())
    };
    let others = summary.scenarios().into_iter();
    others
        .filter(|scenario| room == Room::Little && Some(*scenario) != main && is_closed(scenario))
        .collect()
}

/// What the main scenario shows.
fn everything(
    summary: &Summary,
    scenario: &str,
    (room, knees): (Room, Option<&Knees>),
) -> Vec<Figure> {
    let fair = over::about(
        summary,
        "fairness".to_owned(),
        "Fairness".to_owned(),
        "Are all clients served alike?".to_owned(),
        "Why a client waits. Jain's index of the requests answered to each client: 1 when all were served alike, 1/n when only \
         one of n was.",
    );
    let rest = [
        costs::switches(summary, room),
        costs::calls(summary, room),
        costs::memory(summary),
        match room {
            Room::Plenty => over::FAIRNESS.figure(summary, fair, (room, None)),
            Room::Little => steps::fairness(summary, fair),
        },
    ];
    let first = deciding(summary, scenario, (room, knees), true);
    first.into_iter().chain(rest).flatten().collect()
}

/// The question of a scenario: what decides there over its steps; and where there is room, waits by percentile and CPU.
fn deciding(
    summary: &Summary,
    scenario: &str,
    (room, knees): (Room, Option<&Knees>),
    is_whole: bool,
) -> [Option<Figure>; 3] {
    let is_main = summary.main_scenario() == Some(scenario) && scenario == LADDER;
    let id = |what: &str| {
        if is_main {
            what.to_owned()
        } else {
            format!("{scenario}-{what}")
        }
    };
    let short = |what: &str| {
        if is_main {
            what.to_owned()
        } else {
            format!("{what}: {scenario}")
        }
    };
    let open = summary.loads.iter().any(|load| load.rate.is_some());
    let described = summary.described.iter().find(|one| one.name == scenario);
    let waits = open || described.is_some_and(|one| one.waits);
    let question = described.map(|one| one.question.clone());
    let question = question.unwrap_or_else(|| {
        "How many requests a second are answered as more clients are busy?".to_owned()
    });
    let about = |what: &str, name: &str, not: &str| {
        over::about(summary, id(what), short(name), question.clone(), not)
    };
    let over_waits = || {
        let not = "What clients do that give up. Requests that were still unanswered count as at least so long; the dotted line is the median.";
        over::WAITS.figure(summary, about("waits", "Latency", not), (room, knees))
    };
    let over_throughput = || {
        let not = "Capacity. Every client waits for its reply before it asks again (closed loop), so that a slow server is asked less.";
        let room = if is_whole { Room::Plenty } else { room };
        over::THROUGHPUT.figure(
            summary,
            about("throughput", "Throughput", not),
            (room, None),
        )
    };
    let lines = if waits { over_waits() } else { None };
    // Where requests were too few for a percentile, their number says something still.
    let lines = lines.or_else(|| if open { None } else { over_throughput() });
    let named = |figure: Figure, what: &str, name: &str| Figure {
        id: id(what),
        short: short(name),
        ..figure
    };
    let waits = latency::figure(summary).filter(|_| is_main || open && is_whole);
    [
        lines,
        waits.map(|figure| named(figure, "latency", "Percentiles")),
        costs::cpu(summary, room)
            .filter(|_| is_whole)
            .map(|figure| named(figure, "cpu", "CPU")),
    ]
}

/// Loads of a scenario that are asked for, at most so many: the first, the last, and some between them at even distances.
pub fn key_loads(
    summary: &Summary,
    scenario: &str,
    most: usize,
    asked: impl Fn(&usize) -> bool,
) -> Vec<usize> {
    let of_it = (0..summary.loads.len()).filter(|&load| summary.loads[load].scenario == scenario);
    let loads: Vec<usize> = of_it.filter(asked).collect();
    if loads.len() <= most {
        return loads;
    }
    match most {
        0 | 1 => loads.last().copied().into_iter().collect(),
        most => (0..most)
            .map(|place| loads[place * (loads.len() - 1) / (most - 1)])
            .collect(),
    }
}

/// `median [low–high]` of a metric, or why it is not there.
fn written(summary: &Summary, contender: usize, load: usize, metric: Metric) -> String {
    let cell = summary.cell(contender, load);
    let write = |value: f64| metric.unit().write(value);
    match cell.estimates.get(&metric) {
        Some(found) if found.values.len() > 1 => {
            format!(
                "{} [{} – {}]",
                write(found.median),
                write(found.low),
                write(found.high)
            )
        }
        Some(found) => write(found.median),
        None => absent(summary, contender, load).to_owned(),
    }
}

/// A list for those who do not see the drawing: as much of it as anybody listens to.
fn listed(all: &[String]) -> String {
    match all.split_at(all.len().min(LISTED)) {
        (all, []) => all.join(", "),
        (first, rest) => format!(
            "{}, and {} more in the data of this figure",
            first.join(", "),
            rest.len()
        ),
    }
}

/// Why a cell has no data, in a word or two.
pub fn absent(summary: &Summary, contender: usize, load: usize) -> &'static str {
    if summary.contenders[contender].unsupported.is_some() {
        "cannot run here"
    } else if summary.cell(contender, load).cannot.is_some() {
        "not served"
    } else if summary.cell(contender, load).trials > 0 {
        "too few samples"
    } else if summary.cell(contender, load).failed > 0 {
        "failed"
    } else {
        "not measured"
    }
}

/// A table with a row for each contender and a column for each load.
fn by_load(summary: &Summary, caption: &str, cell: impl Fn(usize, usize) -> String) -> Table {
    let all: Vec<usize> = (0..summary.loads.len()).collect();
    of_loads(summary, caption, &all, cell)
}

/// The same of some loads.
fn of_loads(
    summary: &Summary,
    caption: &str,
    loads: &[usize],
    cell: impl Fn(usize, usize) -> String,
) -> Table {
    let mut table = Table::new(caption, &["model"]);
    let labels = loads.iter().map(|&load| summary.loads[load].label());
    table.columns.extend(labels);
    for (contender, who) in summary.contenders.iter().enumerate() {
        let mut row = vec![who.name.clone()];
        row.extend(loads.iter().map(|&load| cell(contender, load)));
        table.rows.push(row);
    }
    table
}

/// Why the members of a family that have no line have none.
fn without_line(
    summary: &Summary,
    members: &[usize],
    has_line: impl Fn(usize) -> bool,
    load: usize,
) -> Vec<String> {
    let missing = members.iter().filter(|contender| !has_line(**contender));
    let why = |&contender: &usize| {
        let name = &summary.contenders[contender].name;
        format!("{name}: {}", absent(summary, contender, load))
    };
    missing.map(why).collect()
}

/// A contender's name and look.
fn who(summary: &Summary, contender: usize) -> Who {
    Who::of(contender, &summary.contenders[contender])
}

/// Families in the order of the plan, each with its contenders; twins aside, which are no models of their own.
pub fn families(summary: &Summary) -> Vec<(&str, Vec<usize>)> {
    let mut families = summary.families();
    for (_, members) in &mut families {
        members.retain(|&contender| !summary.is_twin(contender));
    }
    families.retain(|(_, members)| !members.is_empty());
    families
}

/// One group a family, one row a contender, and what comes of a server that is measured twice.
fn by_family<T>(summary: &Summary, row: impl Fn(usize) -> Result<T, String>) -> Vec<Group<T>> {
    let group = |(name, members): (&str, Vec<usize>)| Group {
        name: name.to_owned(),
        rows: members
            .into_iter()
            .map(|contender| Row {
                who: who(summary, contender),
                what: row(contender),
            })
            .collect(),
    };
    let twice = summary
        .twin()
        .map(|twin| ("the same server twice", vec![twin]));
    families(summary)
        .into_iter()
        .chain(twice)
        .map(group)
        .collect()
}

/// The longest name: it decides how much room the labels of all panels get.
fn longest_name(summary: &Summary) -> String {
    let names = summary.contenders.iter().map(|contender| &contender.name);
    let longest = names.max_by(|a, b| width(a, NAME).total_cmp(&width(b, NAME)));
    longest.cloned().unwrap_or_default()
}

/// Members of the largest family.
fn most_members(summary: &Summary) -> usize {
    let families = families(summary);
    families
        .iter()
        .map(|(_, members)| members.len())
        .max()
        .unwrap_or(0)
}
