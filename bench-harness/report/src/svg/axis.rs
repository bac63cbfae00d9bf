//! Axes with their grid lines, tick labels and a title in words.

use maud::{Markup, html};

use super::text::width;
use super::{Area, Scale, n};

/// A value on an axis, and how it is written.
pub type Tick = (f64, String);

/// Font size of a tick's label.
pub const SIZE: f64 = 11.0;
/// Least space between two labels.
const GAP: f64 = 5.0;

/// The horizontal axis: grid lines through the area, labels below it where they do not overlap.
pub fn horizontal(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    html! {
        path.grid d=(ticks.iter().map(|(value, _)| format!("M{},{}V{}", n(scale.at(*value)), n(area.top), n(area.bottom))).collect::<Vec<_>>().concat()) {}
        g.tick.m {
            @for (value, label) in ticks {
                @if shown(ticks, scale).contains(value) { text x=(n(scale.at(*value))) y=(n(area.bottom + 17.0)) { (label) } }
            }
        }
        text.axis.m x=(n(f64::midpoint(area.left, area.right))) y=(n(area.bottom + 34.0)) { (title) }
    }
}

/// The values whose labels do not overlap: from the left, each that has room.
fn shown(ticks: &[Tick], scale: &Scale) -> Vec<f64> {
    let mut free = f64::NEG_INFINITY;
    let mut shown = Vec::new();
    for (value, label) in ticks {
        let (middle, half) = (scale.at(*value), width(label, SIZE) / 2.0);
        if middle - half >= free {
            free = middle + half + GAP;
            shown.push(*value);
        }
    }
    shown
}

/// The vertical axis: grid lines through the area, labels to its left, the title above.
pub fn vertical(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    html! {
        path.grid d=(ticks.iter().map(|(value, _)| format!("M{},{}H{}", n(area.left), n(scale.at(*value)), n(area.right))).collect::<Vec<_>>().concat()) {}
        g.tick.e { @for (value, label) in ticks { text x=(n(area.left - 6.0)) y=(n(scale.at(*value) + 4.0)) { (label) } } }
        text.axis x="2" y=(n(area.top - 13.0)) { (title) }
    }
}

/// The ticks of a scale, written with this function.
pub fn ticks(scale: &Scale, write: impl Fn(f64) -> String) -> Vec<Tick> {
    scale
        .ticks()
        .into_iter()
        .map(|value| (value, write(value)))
        .collect()
}
