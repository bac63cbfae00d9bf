//! Texts that are longer than their place: they are cut, and the golden files show where.

use report::figure::{Axis, AxisKind, Dot, Dots, Group, Lines};
use report::svg::Identity;

use super::lines::{axis, lines, series};
use super::{cast, dot, groups, holds, ratios};

/// Wider than a panel, with wide letters, in every font.
const LONG: &str =
    "1,000,000 slow clients beside 800,000 idle WebSocket connections from a wide MMMMMM network";

fn of_one_family<T>(
    identity: &[Identity],
    what: impl Fn(usize) -> Result<T, String>,
) -> Vec<Group<T>> {
    let mut groups = groups(identity, what);
    LONG.clone_into(&mut groups[0].name);
    groups
}

#[test]
fn long_texts_stay_in_their_place() {
    let identity: Vec<Identity> = cast().into_iter().take(3).collect();
    let text = || LONG.to_owned();
    let wide = |index| match index {
        0 => Ok(Dot {
            value: "1,234,567 wide mebibytes".to_owned(),
            words: "no verdict at all".to_owned(),
            is_clear: true,
            ..dot(1e-6, 1.1)
        }),
        1 => Ok(dot(1_234_567.0, 1.1)),
        _ => Err(text()),
    };
    let dots = ratios(LONG, of_one_family(&identity, wide), (0.1, 10.0));
    let dots = Dots {
        description: text(),
        axis: Axis {
            title: text(),
            ..dots.axis
        },
        ..dots
    };
    let mut across = Lines {
        x: axis(LONG, AxisKind::Linear, &[0.0, 1e9]),
        y: axis(LONG, AxisKind::Linear, &[1e9]),
        objective: Some((5e8, text())),
        notes: vec![text()],
        ..lines(LONG, vec![series(&identity[0], &[(1.0, 1e8), (1e9, 9e8)])])
    };
    across.x.write = |value| format!("{value:.1}");
    across.y.write = |value| format!("{value:.1}");
    let panels = [dots.panel(), across.panel()];
    holds("long-texts", &panels);
}
