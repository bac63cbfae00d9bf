//! Axes with their grid lines, tick labels and a title in words.

use maud::{Markup, html};

use super::{Area, Scale, n};

/// A value on an axis, and how it is written.
pub type Tick = (f64, String);

/// The horizontal axis: grid lines through the area, labels below it.
pub fn horizontal(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    html! {
        g.axis {
            @for (value, label) in ticks {
                @let x = n(scale.at(*value));
                line.grid x1=(x) x2=(x) y1=(n(area.top)) y2=(n(area.bottom)) {}
                text.tick x=(x) y=(n(area.bottom + 17.0)) text-anchor="middle" { (label) }
            }
            text.axis-title x=(n(f64::midpoint(area.left, area.right))) y=(n(area.bottom + 33.0)) text-anchor="middle" { (title) }
        }
    }
}

/// The vertical axis: grid lines through the area, labels to its left, the title above.
pub fn vertical(area: Area, scale: &Scale, ticks: &[Tick], title: &str) -> Markup {
    html! {
        g.axis {
            @for (value, label) in ticks {
                @let y = scale.at(*value);
                line.grid x1=(n(area.left)) x2=(n(area.right)) y1=(n(y)) y2=(n(y)) {}
                text.tick x=(n(area.left - 6.0)) y=(n(y + 4.0)) text-anchor="end" { (label) }
            }
            text.axis-title x="2" y=(n(area.top - 12.0)) { (title) }
        }
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
