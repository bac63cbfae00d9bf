//! Every kind of figure with small synthetic data and with extreme data, compared with golden files.

mod lines;
mod long;
mod strips;

use record::plan::{Contender, ContenderId, Family};
use report::figure::{
    Asked, Axis, AxisKind, Client, Doing, Dot, Dots, Group, History, Lanes, Row, Span, Spread,
    ratio_ticks,
};
use report::svg::Identity;
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

fn cast() -> Vec<Identity> {
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
        .map(|(index, contender)| Identity::of(ContenderId(index), &contender))
        .collect()
}

/// The cast in groups, with data from a formula.
fn groups<T>(identity: &[Identity], what: impl Fn(usize) -> Result<T, String>) -> Vec<Group<T>> {
    let mut groups: Vec<Group<T>> = Vec::new();
    for (index, identity) in identity.iter().enumerate() {
        if groups
            .last()
            .is_none_or(|group| group.name != identity.family.name())
        {
            groups.push(Group {
                name: identity.family.name().to_owned(),
                rows: Vec::new(),
            });
        }
        let row = Row {
            identity: identity.clone(),
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

/// Ratios to a baseline, with the second group set apart.
pub fn ratios(title: &str, groups: Vec<Group<Dot>>, ends: (f64, f64)) -> Dots {
    Dots {
        title: title.to_owned(),
        description: "Ratios.".to_owned(),
        axis: Axis {
            title: "CPU per request, times that of one-by-one (5 us)".to_owned(),
            kind: AxisKind::Log,
            values: vec![ends.0, ends.1],
            write: |_| String::new(),
            ticks: Some(ratio_ticks(ends)),
        },
        zone: Some((1.0 / 1.05, 1.05)),
        one: Some(1.0),
        groups,
    }
}

pub fn dot(at: f64, spread: f64) -> Dot {
    Dot {
        at,
        line: Some((at / spread, at * spread)),
        value: record::number::nanoseconds(at * 5e3),
        words: format!("×{at:.2}"),
        tip: format!("{at} times"),
        ..Dot::default()
    }
}

fn clear(at: f64, spread: f64) -> Dot {
    let words = format!("×{at:.2}\u{a0}▲");
    Dot {
        words,
        is_clear: true,
        ..dot(at, spread)
    }
}

#[test]
fn dots_show_intervals_arrows_and_reasons() {
    let what = |index| match index {
        0 => Ok(Dot {
            line: None,
            ..dot(1.0, 1.0)
        }),
        1 => Ok(clear(1.52, 1.08)),
        2 => Ok(dot(1.01, 1.02)),
        3 => Ok(dot(1.1, 1.4)),
        4 => Ok(clear(0.0004, 1.5)),
        5 => Ok(clear(9.0, 2.0)),
        6 => Ok(Dot {
            is_grey: true,
            ..dot(2.0, 1.1)
        }),
        _ => Err("cannot run here: this kernel lacks it; use a newer one".to_owned()),
    };
    let drawn = ratios("8 clients", groups(&cast()[..10], what), (0.1, 10.0));
    holds("dots", &[drawn.panel()]);
}

#[test]
fn dots_have_room_for_thirty() {
    let what = |index: usize| Ok(dot(0.5 * 1.12_f64.powi(index as i32), 1.1));
    let nothing = |_| Err("failed".to_owned());
    let panels = [
        ratios("thirty", groups(&cast(), what), (0.4, 20.0)).panel(),
        ratios("none", groups(&cast(), nothing), (0.8, 1.25)).panel(),
    ];
    holds("dots-of-thirty", &panels);
}

#[test]
fn percentiles_are_ticks_beside_a_dot() {
    let what = |index: usize| {
        let at = 1e5 * 3_f64.powi(index as i32);
        Ok(Dot {
            at,
            line: Some((at / 2.0, at * 4.0)),
            ticks: vec![at / 2.0, at * 4.0],
            value: record::number::nanoseconds(at),
            ..Dot::default()
        })
    };
    let drawn = Dots {
        axis: Axis {
            title: "response time".to_owned(),
            kind: AxisKind::Log,
            values: vec![5e4, 4e7],
            write: record::number::nanoseconds,
            ticks: None,
        },
        zone: None,
        one: None,
        ..ratios("100 clients", groups(&cast()[..5], what), (1.0, 2.0))
    };
    holds("dots-of-percentiles", &[drawn.panel()]);
}

#[test]
fn extreme_dots_are_drawn() {
    let cast = cast();
    let linear = |title: &str, what: fn(usize) -> f64| {
        let groups = groups(&cast[..7], |index| {
            Ok(Dot {
                line: None,
                ..dot(what(index), 1.0)
            })
        });
        let values = (0..7).map(what).collect();
        let drawn = ratios(title, groups, (1.0, 2.0));
        Dots {
            zone: None,
            one: None,
            axis: Axis {
                kind: AxisKind::Linear,
                values,
                write: record::number::short,
                ticks: None,
                ..drawn.axis
            },
            ..drawn
        }
        .panel()
    };
    let empty = ratios("no rows", Vec::new(), (0.8, 1.25)).panel();
    let panels = [
        linear("zeros", |_| 0.0),
        linear("six orders of magnitude", |index| 10_f64.powi(index as i32)),
        empty,
    ];
    holds("dots-extreme", &panels);
}

/// The tops of all rows and headings of a panel, in order.
fn tops(panel: &Panel) -> Vec<f64> {
    let text = panel.body.0.as_str();
    let parts = text.split("translate(0,").skip(1);
    let top = |part: &str| part.split(')').next().unwrap().parse().unwrap();
    parts.map(top).collect()
}

/// The script hides rows: it reads their heights from the distances between them.
#[test]
fn every_row_stands_alone_below_the_axis() {
    let cast = cast();
    let drawn = ratios("rows", groups(&cast, |_| Ok(dot(1.0, 1.1))), (0.8, 1.25)).panel();
    let tops = tops(&drawn);
    assert_eq!(
        tops.len(),
        cast.len() + CAST.len(),
        "a row or heading is missing"
    );
    assert!(
        tops.windows(2).all(|two| two[1] - two[0] >= 19.0),
        "{tops:?}"
    );
    let text = &drawn.body.0;
    assert_eq!(text.matches("class=\"who\"").count(), cast.len());
    let axis = text.find("class=\"axis\"").unwrap();
    assert!(
        axis < text.find("translate(").unwrap(),
        "the axis is not above"
    );
}

/// This many clients connect at once and are served for a second each, `at_once` at a time.
fn asked(identity: &Identity, clients: usize, at_once: usize) -> Asked {
    let client = |index: usize| {
        let turn = (index / at_once) as f64;
        let from = 0.01 * index as f64;
        let span = |from_ms, to_ms, doing| Span {
            from_ms,
            to_ms,
            doing,
        };
        Client {
            name: format!("client {}", index + 1),
            spans: vec![
                span(from, from.max(turn), Doing::Waiting),
                span(from.max(turn), from.max(turn) + 1.0, Doing::Served),
            ],
        }
    };
    Asked {
        identity: identity.clone(),
        note: format!("{clients} clients"),
        known_ms: 7.0,
        clients: (0..clients).map(client).collect(),
    }
}

fn lanes(contenders: Vec<Asked>) -> Panel {
    let most = contenders.iter().map(|asked| asked.clients.len()).max();
    Lanes {
        description: "Which clients wait for each other.".to_owned(),
        until_ms: most.unwrap_or(0) as f64,
        dark: "the server works on it",
        contenders,
    }
    .panel()
}

#[test]
fn lanes_show_which_clients_wait() {
    let cast = cast();
    let panels = [
        lanes(vec![asked(&cast[0], 8, 1), asked(&cast[1], 8, 8)]),
        lanes(vec![asked(&cast[3], 60, 4), asked(&cast[8], 0, 1)]),
        lanes(vec![asked(&cast[2], 6, 2)]),
    ];
    holds("lanes", &panels);
}

/// The history of a contender over this many runs; every third run has no value.
fn history(identity: &Identity, runs: usize) -> Panel {
    let value = |index: usize| {
        let median = 10.0 + (index * 7 % 5) as f64;
        (index % 3 != 2).then_some(Spread {
            median,
            low: median * 0.9,
            high: median * 1.2,
        })
    };
    History {
        identity: identity.clone(),
        description: "How a value changed.".to_owned(),
        axis: "CPU/req (µs)".to_owned(),
        runs: (0..runs)
            .map(|run| format!("03-{:02} 10:00", run + 1))
            .collect(),
        values: (0..runs).map(value).collect(),
    }
    .panel()
}

#[test]
fn a_history_shows_what_changed_from_run_to_run() {
    let cast = cast();
    let panels = [2, 5, 30].map(|runs| history(&cast[runs % 4], runs));
    holds("history", &panels);
}
