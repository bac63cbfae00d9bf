//! Colours and a legend for kinds: kinds of memory, names of system calls, states of connections.

use maud::{Markup, html};

use crate::svg::panel::WIDTH;
use crate::svg::px;
use crate::svg::text::{TICK, cut, width};

/// Tones in the style sheet, from dark to light, so that they differ without colours too.
const TONES: usize = 6;
/// Size of a sample of colour in the legend.
const SAMPLE: f64 = 10.0;
/// Gap between a sample and its name.
const NAME: f64 = SAMPLE + 5.0;
/// Height of a line of the legend.
const LINE: f64 = 17.0;

/// The class of kind `index` of `count`, spread over all tones. A caller with more kinds than tones merges the smallest
/// ones first.
pub fn class(index: usize, count: usize) -> String {
    let spread = match count {
        0 | 1 => return "only".to_owned(),
        count if count <= TONES => index * (TONES - 1) / (count - 1),
        _ => index.min(TONES - 1),
    };
    format!("k{spread}")
}

/// A legend that starts at `(x, y)` and wraps at the right edge of the panel.
pub struct Legend {
    kinds: Vec<String>,
    places: Vec<(f64, f64)>,
}

impl Legend {
    /// Lays out the kinds.
    pub fn of(kinds: &[String], (left, top): (f64, f64)) -> Self {
        let (mut x, mut y) = (left, top);
        let room = WIDTH - left - NAME;
        let kinds: Vec<String> = kinds.iter().map(|kind| cut(kind, room, TICK)).collect();
        let mut places = Vec::with_capacity(kinds.len());
        for kind in &kinds {
            let wide = NAME + width(kind, TICK);
            if x > left && x + wide > WIDTH {
                (x, y) = (left, y + LINE);
            }
            places.push((x, y));
            x += wide + 12.0;
        }
        Self { kinds, places }
    }

    /// Height of all its lines.
    pub fn height(&self) -> f64 {
        let first = self.places.first().map_or(0.0, |place| place.1);
        self.places
            .last()
            .map_or(0.0, |place| place.1 - first + LINE)
    }

    /// Draws the panel.
    pub fn draw(&self) -> Markup {
        html! {
            @for (index, (kind, (x, y))) in self.kinds.iter().zip(&self.places).enumerate() {
                rect class=(class(index, self.kinds.len())) x=(px(*x)) y=(px(*y)) width=(px(SAMPLE)) height=(px(SAMPLE)) {}
                text.tick x=(px(x + NAME)) y=(px(y + 9.0)) { (kind) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_kinds_are_far_apart() {
        assert_eq!(class(0, 1), "only");
        assert_eq!([0, 1].map(|i| class(i, 2)), ["k0", "k5"]);
        assert_eq!([0, 1, 2, 3].map(|i| class(i, 4)), ["k0", "k1", "k3", "k5"]);
    }

    #[test]
    fn a_long_legend_has_several_lines() {
        let kinds: Vec<String> = (0..12).map(|i| format!("kind number {i}")).collect();
        let legend = Legend::of(&kinds, (4.0, 20.0));
        assert!(legend.height() > 3.0 * LINE);
        assert!(Legend::of(&[], (0.0, 0.0)).height() < 1.0);
    }
}
