//! Axes with their grid lines, tick labels and a title in words.

use maud::{Markup, html};

use super::coordinates::px;
use super::panel::Area;
use super::panel::WIDTH;
use super::scale::Scale;
use super::text::{TICK, cut, middle, width};

/// A value on an axis, and its label.
pub type Tick = (f64, String);

/// Least space between two labels.
const GAP: f64 = 5.0;
/// Gap between a label of the vertical axis and the area, and gap to the edge of the panel.
const BESIDE: (f64, f64) = (6.0, 2.0);
/// Titles and the labels of the horizontal axis stay between these edges.
const EDGES: (f64, f64) = (2.0, WIDTH - 2.0);

/// The horizontal axis: grid lines through the area, labels below it where they do not overlap.
pub fn horizontal(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    let title = cut(title, EDGES.1 - EDGES.0, TICK);
    let below = f64::midpoint(area.left, area.right);
    html! {
        path.grid d=(ticks.iter().map(|(value, _)| format!("M{},{}V{}", px(scale.at(*value)), px(area.top), px(area.bottom))).collect::<Vec<_>>().concat()) {}
        g.tick.m {
            @for (x, label) in shown(ticks, scale) { text x=(px(x)) y=(px(area.bottom + 17.0)) { (label) } }
        }
        text.axis.m x=(px(middle(&title, below, EDGES, TICK))) y=(px(area.bottom + 34.0)) { (title) }
    }
}

/// The labels that do not overlap, with their places: from the left, each one that has room.
fn shown<'a>(ticks: &'a [Tick], scale: &Scale) -> Vec<(f64, &'a str)> {
    let mut free = f64::NEG_INFINITY;
    let mut shown = Vec::new();
    for (value, label) in ticks {
        let x = middle(label, scale.at(*value), EDGES, TICK);
        let half = width(label, TICK) / 2.0;
        if x - half >= free {
            free = x + half + GAP;
            shown.push((x, label.as_str()));
        }
    }
    shown
}

/// The vertical axis: grid lines through the area, labels to its left, the title above.
pub fn vertical(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    html! {
        path.grid d=(ticks.iter().map(|(value, _)| format!("M{},{}H{}", px(area.left), px(scale.at(*value)), px(area.right))).collect::<Vec<_>>().concat()) {}
        g.tick.e { @for (value, label) in ticks { text x=(px(area.left - BESIDE.0)) y=(px(scale.at(*value) + 4.0)) { (label) } } }
        text.axis x="2" y=(px(area.top - 13.0)) { (cut(title, EDGES.1 - EDGES.0, TICK)) }
    }
}

/// Room that the labels of a vertical axis need on the left of the area.
pub fn room(ticks: &[Tick]) -> f64 {
    let widths = ticks.iter().map(|(_, label)| width(label, TICK));
    widths.fold(0.0, f64::max) + BESIDE.0 + BESIDE.1
}

/// The ticks of a scale, written with this function.
pub fn ticks(scale: &Scale, write: impl Fn(f64) -> String) -> Vec<Tick> {
    scale
        .ticks()
        .into_iter()
        .map(|value| (value, write(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_on_the_panel_and_apart() {
        let scale = Scale::linear(1e6, (0.0, WIDTH));
        let ticks = ticks(&scale, |value| format!("{value} connections"));
        let shown = shown(&ticks, &scale);
        assert!(shown.len() > 1 && shown.len() < ticks.len(), "{shown:?}");
        let ends: Vec<(f64, f64)> = shown
            .iter()
            .map(|(x, label)| (x - width(label, TICK) / 2.0, x + width(label, TICK) / 2.0))
            .collect();
        assert!(
            ends[0].0 >= 0.0 && ends[ends.len() - 1].1 <= WIDTH,
            "{ends:?}"
        );
        assert!(ends.windows(2).all(|two| two[0].1 < two[1].0), "{ends:?}");
    }

    #[test]
    fn a_vertical_axis_has_room_for_its_longest_label() {
        let ticks = [(0.0, "0".to_owned()), (1.0, "a million of them".to_owned())];
        assert!(room(&ticks) > width("a million of them", TICK) + 6.0);
    }
}
