//! Every kind of figure with small synthetic data and with extreme data, compared with golden files.

mod lines;
mod long;

use record::plan::{Contender, ContenderId, Family};
use report::figure::{
    Bar, Bars, Client, Doing, Forest, Group, Measured, Row, Span, Staircase, States,
};
use report::svg::Who;
use report::svg::panel::{self, Panel};

use crate::report::assert_golden;

/// Families with the names of their members; the thirty of the largest cast.
const CAST: [(Family, &[&str]); 5] = [
    (
        Family::Blocking,
        &[
            "one-by-one",
            "thread-each",
            "fork-each",
            "pool",
            "prefork",
            "prethread",
            "hand-over",
            "job-queue",
        ],
    ),
    (
        Family::Readiness,
        &[
            "spin",
            "scan-set",
            "scan-list",
            "ready-level",
            "ready-edge",
            "ready-once",
            "layer-a",
            "layer-b",
            "one-per-core",
            "boss-and-workers",
            "stages",
            "loop-and-pool",
        ],
    ),
    (Family::Completion, &["ring", "ring-many"]),
    (
        Family::Coroutines,
        &["green", "hand-written", "many-core-green"],
    ),
    (
        Family::Runtimes,
        &[
            "runtime-of-one-thread",
            "runtime-of-threads",
            "small-runtime",
            "ring-runtime",
            "a-name-that-is-far-too-long-for-its-place",
        ],
    ),
];

fn cast() -> Vec<Who> {
    let of_family = |(family, names): (Family, &[&str])| {
        let member = |(place, name): (usize, &&str)| Contender {
            place,
            ..Contender::new(*name, family)
        };
        names.iter().enumerate().map(member).collect::<Vec<_>>()
    };
    let contenders = CAST.into_iter().flat_map(of_family);
    contenders
        .enumerate()
        .map(|(index, contender)| Who::of(ContenderId(index), &contender))
        .collect()
}

/// The cast in groups, with data from a formula.
fn groups<T>(who: &[Who], what: impl Fn(usize) -> Result<T, String>) -> Vec<Group<T>> {
    let mut groups: Vec<Group<T>> = Vec::new();
    for (index, who) in who.iter().enumerate() {
        if groups
            .last()
            .is_none_or(|group| group.name != who.family.name())
        {
            groups.push(Group {
                name: who.family.name().to_owned(),
                rows: Vec::new(),
            });
        }
        let row = Row {
            who: who.clone(),
            what: what(index),
        };
        groups.last_mut().unwrap().rows.push(row);
    }
    groups
}

fn holds(name: &str, panels: &[Panel]) {
    let text = panel::file("What does this figure of made-up data show?", panels);
    assert!(!text.contains("NaN") && !text.contains("inf"), "{name}");
    assert_golden(&format!("figures/{name}.svg"), &text);
}

fn forest(who: &[Who], what: impl Fn(usize) -> Result<Measured, String>) -> Panel {
    Forest {
        title: "8 busy connections".to_owned(),
        description: "Ratios.".to_owned(),
        axis: "times the throughput of one-by-one".to_owned(),
        domain: (0.1, 10.0),
        zone: 1.05,
        groups: groups(who, what),
    }
    .panel()
}

fn measured(estimate: f64, spread: f64, word: &str) -> Measured {
    Measured {
        estimate: Some(estimate),
        interval: Some((estimate / spread, estimate * spread)),
        word: word.to_owned(),
        is_clear: word != "inconclusive",
        ring: false,
    }
}

#[test]
fn a_forest_shows_every_verdict() {
    let what = |index| match index {
        0 => Ok(Measured {
            estimate: None,
            interval: None,
            word: "baseline".to_owned(),
            is_clear: false,
            ring: true,
        }),
        1 => Ok(measured(1.52, 1.08, "faster")),
        2 => Ok(measured(0.31, 1.2, "slower")),
        3 => Ok(measured(1.01, 1.02, "equivalent")),
        4 => Ok(measured(1.1, 1.4, "inconclusive")),
        5 => Ok(Measured {
            ring: true,
            ..measured(0.0004, 1.5, "slower")
        }),
        6 => Ok(measured(9.0, 2.0, "faster")),
        7 => Ok(Measured {
            interval: None,
            ..measured(2.0, 1.0, "inconclusive")
        }),
        _ => Err("cannot run here: this kernel lacks it; use a newer one".to_owned()),
    };
    holds("forest", &[forest(&cast()[..10], what)]);
}

#[test]
fn a_forest_has_room_for_thirty() {
    let what = |index: usize| {
        Ok(measured(
            0.2 * 1.12_f64.powi(index as i32),
            1.1,
            ["faster", "inconclusive"][index % 2],
        ))
    };
    let nothing = |_| Err("failed".to_owned());
    holds(
        "forest-of-thirty",
        &[forest(&cast(), what), forest(&cast(), nothing)],
    );
}

fn bars(
    title: &str,
    kinds: &[&str],
    who: &[Who],
    what: impl Fn(usize) -> Result<Bar, String>,
) -> Panel {
    Bars {
        title: title.to_owned(),
        description: "Bars.".to_owned(),
        axis: "KiB a connection".to_owned(),
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        unit: 1.0,
        tick: record::number::short,
        write: record::number::kibibytes,
        groups: groups(who, what),
    }
    .panel()
}

fn bar(whole: f64, parts: &[f64]) -> Bar {
    Bar {
        whole,
        parts: parts.to_vec(),
        trials: vec![whole * 0.95, whole * 1.02, whole * 1.1],
        ring: false,
    }
}

#[test]
fn bars_are_made_of_kinds() {
    let cast = cast();
    let memory = |index: usize| match index {
        3 => Err("not measured".to_owned()),
        4 => Ok(Bar {
            ring: true,
            ..bar(30.0, &[])
        }),
        _ => Ok(bar(8.0 * (index + 1) as f64, &[4.0, 1.0, 2.0, 1.0])),
    };
    let kinds = ["user", "page tables", "kernel stacks", "sockets"];
    let calls = [
        "read",
        "write",
        "epoll_wait",
        "accept4",
        "epoll_ctl",
        "close",
        "futex",
        "others",
    ];
    let eight = |index: usize| {
        Ok(bar(
            (index + 1) as f64,
            &[4.0, 4.0, 1.0, 0.2, 0.2, 0.2, 0.1, 0.1],
        ))
    };
    holds(
        "bars",
        &[
            bars("memory", &kinds, &cast[..6], memory),
            bars("system calls", &calls, &cast[..12], eight),
        ],
    );
}

#[test]
fn extreme_bars_are_drawn() {
    let cast = cast();
    let zeros = |_| {
        Ok(Bar {
            trials: vec![0.0; 3],
            ..bar(0.0, &[0.0])
        })
    };
    let orders = |index: usize| Ok(bar(10_f64.powi(index as i32), &[]));
    let wild = |index: usize| {
        Ok(Bar {
            trials: vec![9e9],
            ..bar((index + 1) as f64, &[1.0])
        })
    };
    let panels = [
        bars("zeros", &["all"], &cast[..3], zeros),
        bars("six orders of magnitude", &["all"], &cast[..7], orders),
        bars("a wild trial", &["all"], &cast[..3], wild),
        bars("all failed", &["all"], &cast[..3], |_| {
            Err("failed".to_owned())
        }),
        bars("thirty", &["all"], &cast, |index| {
            Ok(bar((index + 1) as f64, &[1.0]))
        }),
    ];
    holds("bars-extreme", &panels);
}

/// This many clients connect at once and are served for a second each, `at_once` at a time.
fn staircase(who: &Who, clients: usize, at_once: usize) -> Panel {
    let client = |index: usize| {
        let turn = (index / at_once) as f64;
        let from = 0.01 * index as f64;
        Client {
            name: format!("client {}", index + 1),
            spans: vec![
                Span {
                    from_ms: from,
                    to_ms: from.max(turn),
                    doing: Doing::Waiting,
                },
                Span {
                    from_ms: from.max(turn),
                    to_ms: from.max(turn) + 1.0,
                    doing: Doing::Served,
                },
            ],
        }
    };
    Staircase {
        who: who.clone(),
        description: "Who waits for whom.".to_owned(),
        until_ms: clients as f64,
        clients: (0..clients).map(client).collect(),
    }
    .panel()
}

#[test]
fn a_staircase_shows_which_clients_wait() {
    let cast = cast();
    let panels = [
        staircase(&cast[0], 6, 1),
        staircase(&cast[1], 6, 6),
        staircase(&cast[3], 60, 4),
        staircase(&cast[8], 0, 1),
    ];
    holds("staircase", &panels);
}

#[test]
fn states_are_stacked_over_time() {
    let times: Vec<f64> = (0..20).map(|step| f64::from(step) * 0.1).collect();
    let of = |name: &str, value: fn(f64) -> f64| {
        (name.to_owned(), times.iter().map(|t| value(*t)).collect())
    };
    let states = vec![
        of("established", |t| (t * 800.0).min(1000.0)),
        of("in the accept queue", |t| (200.0 - t * 100.0).max(0.0)),
        of("closing", |t| if t > 1.5 { 80.0 } else { 0.0 }),
    ];
    let drawn = States {
        title: "one-by-one".to_owned(),
        description: "Connections.".to_owned(),
        axis: "connections".to_owned(),
        times_s: times.clone(),
        states,
        most: 1200.0,
    };
    let nothing = States {
        times_s: Vec::new(),
        states: Vec::new(),
        most: 0.0,
        ..drawn.clone()
    };
    holds("states", &[drawn.panel(), nothing.panel()]);
}
