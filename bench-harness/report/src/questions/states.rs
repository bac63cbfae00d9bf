//! Figure: connections by state over time, when many clients come at once.

use analysis::{Members, Summary, all_served_after, unserved, waiting};
use record::number::{grouped, significant};
use record::outcome::Moment;
use record::plan::{ContenderId, LoadId};

use super::drawn::crowd_load;
use super::figure::Figure;
use super::rows::families;
use crate::figure::States;
use crate::phrases::label;
use crate::svg::Panel;
use crate::table::Table;

/// A state of a connection, and the number of connections in it at a moment.
type State = (&'static str, fn(&Moment) -> u64);

/// All states, in the order in which they are drawn.
const STATES: [State; 4] = [
    ("connecting", Moment::connecting),
    ("waiting for the first reply", waiting),
    ("served", |now| now.open - waiting(now)),
    ("refused or timed out", |now| now.refused + now.timed_out),
];

/// `None` if no crowd was measured, or if it belongs to another scenario.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let load = crowd_load(summary)?;
    if summary.loads[load].scenario != scenario {
        return None;
    }
    let drawn = drawn(summary, load);
    let moments = |&contender: &ContenderId| &summary.cell(contender, load).over_time;
    let most = drawn.iter().flat_map(moments).map(clients).max()?;
    let occurs = |(_, count): &&State| {
        let mut moments = drawn.iter().flat_map(moments);
        moments.any(|now| count(now) > 0)
    };
    let states: Vec<_> = STATES.iter().filter(occurs).copied().collect();
    let panel = |&contender: &ContenderId| panel(summary, contender, load, &states, most as f64);
    Some(Figure {
        id: format!("{scenario}-states"),
        short: format!("Connections: {scenario}"),
        question: format!("How many clients are connecting, waiting and served over time, at {}?", label(summary, load)),
        how_to_read: "Connections by state, from the first connect of a trial to its end. Clients leave when done. Shown per family: the model slowest to \
               serve every client once, if some client was seen to wait (first undisturbed trial)."
            .to_owned(),
        not_shown: "Changes between two counts (a trial has at most 32). Where a connection waits: in the kernel's accept queue or in the server."
            .to_owned(),
        panels: drawn.iter().map(panel).collect(),
        table: table(summary, load),
    })
}

/// All clients that are connecting, connected, or were turned away.
fn clients(now: &Moment) -> u64 {
    STATES.iter().map(|(_, count)| count(now)).sum()
}

/// The model of each family that took longest to serve all clients, if some were seen to wait.
fn drawn(summary: &Summary, load: LoadId) -> Vec<ContenderId> {
    let moments = |contender: ContenderId| &summary.cell(contender, load).over_time;
    let took = |contender: &ContenderId| {
        let end = all_served_after(moments(*contender));
        end.unwrap_or(f64::INFINITY)
    };
    let has_waited = |contender: &ContenderId| {
        let mut moments = moments(*contender).iter();
        moments.any(|now| unserved(now) > 0)
    };
    let slowest = |family: &Members| {
        // The first one of several equal ones.
        let members = family.members.iter().copied().filter(has_waited).rev();
        members.max_by(|a, b| took(a).total_cmp(&took(b)))
    };
    families(summary).iter().filter_map(slowest).collect()
}

fn panel(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    states: &[State],
    most: f64,
) -> Panel {
    let moments = &summary.cell(contender, load).over_time;
    let name = &summary.contenders[contender].name;
    let over_time = |(state, count): &State| {
        let counts = moments.iter().map(|now| count(now) as f64);
        ((*state).to_owned(), counts.collect())
    };
    let end = moments.last().map_or(String::new(), |end| {
        let count = |(state, count): &State| format!("{state} {}", grouped(count(end)));
        states.iter().map(count).collect::<Vec<_>>().join(", ")
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

fn table(summary: &Summary, load: LoadId) -> Table {
    let columns = [
        "model",
        "all served after",
        "most waiting at once",
        "never served",
    ];
    let mut table = Table::new("The first reply to every client", &columns);
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let moments = &summary.cell(id, load).over_time;
        let Some(end) = moments.last() else {
            continue;
        };
        let after = all_served_after(moments).map(|s| format!("{} s", significant(s)));
        table.rows.push(vec![
            contender.name.clone(),
            after.unwrap_or_else(|| "not by the end".to_owned()),
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
        assert_eq!(clients(&now), 80, "20 have left");
    }
}
