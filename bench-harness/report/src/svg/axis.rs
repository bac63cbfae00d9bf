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

/// The same above the area, for rows of which the script may hide the lower ones.
pub fn above(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    let title = cut(title, EDGES.1 - EDGES.0, TICK);
    html! {
        path.grid d=(ticks.iter().map(|(value, _)| format!("M{},{}V{}", px(scale.at(*value)), px(area.top), px(area.bottom))).collect::<Vec<_>>().concat()) {}
        text.axis x=(px(EDGES.0)) y=(px(area.top - 24.0)) { (title) }
        g.tick.m {
            @for (x, label) in shown(ticks, scale) { text x=(px(x)) y=(px(area.top - 6.0)) { (label) } }
        }
    }
}

/// The labels that do not overlap, with their places: all of them, or else on a logarithmic
/// scale those of powers of ten, or else the last one and each one before it that has room.
fn shown<'a>(ticks: &'a [Tick], scale: &Scale) -> Vec<(f64, &'a str)> {
    let all = with_room(ticks.iter(), scale);
    let is_power = |(value, _): &&Tick| *value > 0.0 && value.log10().fract().abs() < 1e-9;
    let powers = || ticks.iter().filter(is_power);
    if all.len() == ticks.len() || !scale.is_log() || powers().count() < 2 {
        return all;
    }
    let powers = with_room(powers(), scale);
    if powers.len() > 1 { powers } else { all }
}

/// The first and the last label, and from the left each one between them that has room.
fn with_room<'a>(ticks: impl Iterator<Item = &'a Tick>, scale: &Scale) -> Vec<(f64, &'a str)> {
    let places = ticks.map(|(value, label)| {
        let half = width(label, TICK) / 2.0;
        (
            middle(label, scale.at(*value), EDGES, TICK),
            half,
            label.as_str(),
        )
    });
    let places: Vec<(f64, f64, &str)> = places.collect();
    let Some(&(last, half, label)) = places.last() else {
        return Vec::new();
    };
    let mut free = f64::NEG_INFINITY;
    let mut shown = Vec::new();
    for &(x, own, label) in &places[..places.len() - 1] {
        if x - own >= free && x + own + GAP <= last - half {
            free = x + own + GAP;
            shown.push((x, label));
        }
    }
    shown.push((last, label));
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
