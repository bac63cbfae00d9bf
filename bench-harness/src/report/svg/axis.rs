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
        @for (value, label) in ticks {
            @let x = n(scale.at(*value));
            line.grid x1=(x) x2=(x) y1=(n(area.top)) y2=(n(area.bottom)) {}
            @if shown(ticks, scale).contains(value) {
                text.tick.m x=(x) y=(n(area.bottom + 17.0)) { (label) }
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
        @for (value, label) in ticks {
            @let y = scale.at(*value);
            line.grid x1=(n(area.left)) x2=(n(area.right)) y1=(n(y)) y2=(n(y)) {}
            text.tick.e x=(n(area.left - 6.0)) y=(n(y + 4.0)) { (label) }
        }
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
