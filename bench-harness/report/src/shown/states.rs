//! Figure: what becomes of connections over time, when many clients come at once.

use analysis::Summary;
use record::number::{grouped, significant};
use record::outcome::Moment;

use super::super::figure::States;
use super::super::svg::Panel;
use super::super::table::Table;
use super::{Figure, families};

/// A state that a connection can be in, and how many are in it at a moment.
type State = (&'static str, fn(&Moment) -> u64);

/// All of them, in the order in which they are drawn.
const STATES: [State; 4] = [
    ("connecting", Moment::connecting),
    ("waits for its first reply", waiting),
    ("was served", |now| now.open - waiting(now)),
    ("refused or timed out", |now| now.refused + now.timed_out),
];

/// Open connections that were never served: clients that have come, less those that were served once.
fn waiting(now: &Moment) -> u64 {
    now.established.saturating_sub(now.served).min(now.open)
}

/// Clients that want something and have never got it.
fn unserved(now: &Moment) -> u64 {
    now.connecting() + waiting(now)
}

/// The figure of the load under which most clients come; `None` where it was not measured or belongs to another scenario.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let load = summary.crowd_load()?;
    if summary.loads[load].scenario != scenario {
        return None;
    }
    let drawn = telling(summary, load);
    let moments = |&contender: &usize| &summary.cell(contender, load).over_time;
    let most = drawn.iter().flat_map(moments).map(all).max()?;
    let some = |(_, count): &&State| {
        let mut moments = drawn.iter().flat_map(moments);
        moments.any(|now| count(now) > 0)
    };
    let states: Vec<_> = STATES.iter().filter(some).copied().collect();
    let panel = |&contender: &usize| panel(summary, contender, load, &states, most as f64);
    Some(Figure {
        id: format!("{scenario}-states"),
        short: format!("Connections: {scenario}"),
        question: format!("What becomes of the connections, at {}?", summary.loads[load].label()),
        read: "Connections by what they are doing, from the first connect of a trial to its end; a client that has what it came for \
               leaves. Of each family the model that took longest to serve everybody for the first time, where anybody was seen to wait, \
               in the first trial that nothing disturbed."
            .to_owned(),
        not: "Anything shorter than the time between two counts, which a trial has at most 32 of. Where a connection waits: in the \
              accept queue of the kernel, or in the server."
            .to_owned(),
        panels: drawn.iter().map(panel).collect(),
        table: table(summary, load),
    })
}

/// Everybody who is there, wants to be, or was turned away.
fn all(now: &Moment) -> u64 {
    STATES.iter().map(|(_, count)| count(now)).sum()
}

/// Of each family the model that took longest to serve everybody, if anybody was seen to wait.
fn telling(summary: &Summary, load: usize) -> Vec<usize> {
    let cell = |c: usize| &summary.cell(c, load).over_time;
    let slowest = |members: &[usize]| {
        let counted = members
            .iter()
            .copied()
            .filter(|&c| cell(c).iter().any(|now| unserved(now) > 0));
        let took = |c: &usize| served_after(cell(*c)).unwrap_or(f64::INFINITY);
        counted.rev().max_by(|a, b| took(a).total_cmp(&took(b)))
    };
    let families = families(summary);
    families
        .iter()
        .filter_map(|(_, members)| slowest(members))
        .collect()
}

/// From when on nobody was connecting or waiting for a first reply any more, in seconds since the first connect; `None` where some
/// still were at the end.
fn served_after(moments: &[Moment]) -> Option<f64> {
    let last = moments.iter().rposition(|now| unserved(now) > 0);
    match last {
        None => Some(0.0),
        Some(index) => moments.get(index + 1).map(|after| after.at_s),
    }
}

fn panel(summary: &Summary, contender: usize, load: usize, states: &[State], most: f64) -> Panel {
    let moments = &summary.cell(contender, load).over_time;
    let name = &summary.contenders[contender].name;
    let over_time = |(state, count): &State| {
        let counts = moments.iter().map(|now| count(now) as f64);
        ((*state).to_owned(), counts.collect())
    };
    let end = moments.last().map_or(String::new(), |end| {
        let one = |(state, count): &State| format!("{state} {}", grouped(count(end)));
        states.iter().map(one).collect::<Vec<_>>().join(", ")
    });
    States {
        title: name.clone(),
        description: format!("Connections of {name} by state. At the end: {end}."),
        axis: "connections".to_owned(),
        times_s: moments.iter().map(|now| now.at_s).collect(),
        states: states.iter().map(over_time).collect(),
        most,
    }
    .panel()
}

fn table(summary: &Summary, load: usize) -> Table {
    let columns = [
        "model",
        "everybody was served after",
        "most that waited",
        "never served",
    ];
    let mut table = Table::new("The first reply to every client", &columns);
    for (contender, who) in summary.contenders.iter().enumerate() {
        let moments = &summary.cell(contender, load).over_time;
        let Some(end) = moments.last() else {
            continue;
        };
        let after = served_after(moments).map(|s| format!("{} s", significant(s)));
        table.rows.push(vec![
            who.name.clone(),
            after.unwrap_or_else(|| "not until the end".to_owned()),
            grouped(moments.iter().map(unserved).max().unwrap_or(0)),
            grouped(unserved(end)),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_is_in_one_state_until_it_has_left() {
        let now = Moment {
            attempted: 100,
            established: 80,
            refused: 3,
            timed_out: 2,
            served: 50,
            open: 60,
            ..Moment::default()
        };
        let counts = STATES.map(|(_, count)| count(&now));
        assert_eq!(counts, [15, 30, 30, 5]);
        assert_eq!(all(&now), 80, "20 have left");
    }

    #[test]
    fn everybody_is_served_when_nobody_waits_any_more() {
        let at = |at_s: f64, established: u64, served: u64| Moment {
            at_s,
            attempted: established,
            established,
            served,
            open: established,
            ..Moment::default()
        };
        let served = [at(0.1, 8, 8), at(0.2, 20, 9), at(0.3, 20, 20)];
        assert_eq!(served_after(&served), Some(0.3));
        assert_eq!(served_after(&served[..2]), None);
        assert_eq!(served_after(&served[..1]), Some(0.0));
    }
}
