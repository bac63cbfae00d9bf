//! Texts that are longer than their place: they are cut, and the golden files show where.

use report::figure::{AxisKind, Bars, Forest, Group, Lines, States};
use report::svg::Who;

use super::lines::{axis, lines, series};
use super::{bar, cast, groups, holds, measured};

/// Wider than a panel, with wide letters, in every font.
const LONG: &str =
    "1,000,000 slow clients beside 800,000 idle WebSocket connections from a wide MMMMMM network";

fn of_one_family<T>(who: &[Who], what: impl Fn(usize) -> Result<T, String>) -> Vec<Group<T>> {
    let mut groups = groups(who, what);
    LONG.clone_into(&mut groups[0].name);
    groups
}

#[test]
fn long_texts_stay_in_their_place() {
    let who: Vec<Who> = cast().into_iter().take(3).collect();
    let text = || LONG.to_owned();
    let wide = |index| {
        let mut wide = measured(
            if index == 0 { 1e-6 } else { 1_234_567.0 },
            1.1,
            "no verdict at all",
        );
        wide.is_clear = index > 0;
        wide.ring = true;
        Ok(wide)
    };
    let forest = Forest {
        title: text(),
        description: text(),
        axis: text(),
        domain: (0.1, 10.0),
        zone: 1.05,
        groups: of_one_family(&who, wide),
    };
    let bars = Bars {
        title: text(),
        description: text(),
        axis: text(),
        kinds: vec![text(), "short".to_owned(), text()],
        unit: 1.0,
        tick: |value| format!("{value} wide mebibytes"),
        write: |value| format!("{value} wide mebibytes"),
        groups: of_one_family(&who, |index| {
            if index == 2 {
                Err(text())
            } else {
                Ok(bar(1e9, &[1.0, 2.0, 3.0]))
            }
        }),
    };
    let mut across = Lines {
        x: axis(LONG, AxisKind::Linear, &[0.0, 1e9]),
        y: axis(LONG, AxisKind::Linear, &[1e9]),
        objective: Some((5e8, text())),
        notes: vec![text()],
        ..lines(LONG, vec![series(&who[0], &[(1.0, 1e8), (1e9, 9e8)])])
    };
    across.x.write = |value| format!("{value:.1}");
    across.y.write = |value| format!("{value:.1}");
    let states = States {
        title: text(),
        description: text(),
        axis: text(),
        times_s: vec![0.0, 1e6],
        states: vec![(text(), vec![1e3, 2e3])],
        most: 123_456.0,
    };
    let panels = [forest.panel(), bars.panel(), across.panel(), states.panel()];
    holds("long-texts", &panels);
}
