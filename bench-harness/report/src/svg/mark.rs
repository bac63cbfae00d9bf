//! The look of a contender in every figure: a colour, a shape and a dash, so that readers need not see colours.
//!
//! Each family has a hue with four tones; the place of a contender in its family decides tone, shape and dash. So a
//! contender looks the same in every figure and every run, and its family is visible.

use maud::{Markup, PreEscaped, html};
use record::plan::{Contender, ContenderId, Family};

use super::coordinates::{coarse, points, px, simplified};

/// Tones of a family's hue in the style sheet.
pub const TONES: usize = 4;
/// Families with a hue of their own; all others are grey.
const FAMILIES: [Family; 5] = [
    Family::Blocking,
    Family::Readiness,
    Family::Completion,
    Family::Coroutines,
    Family::Runtimes,
];
/// Dash patterns in the style sheet, the solid line among them.
const DASHES: usize = 5;
/// Number of points up to which a line is drawn exactly; more points are a curve.
const CURVE: usize = 12;
/// The shapes, as paths around the origin: enough that no two members of a family share one.
const SHAPES: [&str; 16] = [
    "M-4,0a4,4 0 1 0 8,0a4,4 0 1 0-8,0z",
    "M-3.6-3.6h7.2v7.2h-7.2z",
    "M0-5L4.7,3.4H-4.7z",
    "M0-5.2L4.6,0L0,5.2L-4.6,0z",
    "M0,5L4.7-3.4H-4.7z",
    "M0-5.8L1.4-1.9L5.5-1.8L2.3,.7L3.4,4.7L0,2.4L-3.4,4.7L-2.3,.7L-5.5-1.8L-1.4-1.9z",
    "M-4.8,0L-2.4-4.2H2.4L4.8,0L2.4,4.2H-2.4z",
    "M-1.6-4.8h3.2v3.2h3.2v3.2h-3.2v3.2h-3.2v-3.2h-3.2v-3.2h3.2z",
    "M5.2,0L-3.4,4.7V-4.7z",
    "M-5.2-2.1h10.4v4.2h-10.4z",
    "M-5.2,0L3.4,4.7V-4.7z",
    "M-2.1-5.2h4.2v10.4h-4.2z",
    "M-4.6-4.6h9.2L0,0L4.6,4.6h-9.2L0,0z",
    "M-4.6-4.6v9.2L0,0L4.6,4.6v-9.2L0,0z",
    "M0-5.2L5-1.6L3.1,4.2H-3.1L-5-1.6z",
    "M-5,2.6a5,5 0 0 1 10,0z",
];

/// A contender as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name in reports.
    pub name: String,
    /// The family.
    pub family: Family,
    /// The look.
    pub look: Look,
}

/// The look of a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its number in the run, by which the legend shows and hides it.
    index: usize,
    family: usize,
    place: usize,
}

impl Identity {
    /// The contender with this number in its run.
    pub fn of(id: ContenderId, contender: &Contender) -> Self {
        let place = FAMILIES
            .iter()
            .position(|family| *family == contender.family);
        let look = Look {
            index: id.0,
            family: place.unwrap_or(FAMILIES.len()),
            place: contender.place,
        };
        Self {
            name: contender.name.clone(),
            family: contender.family,
            look,
        }
    }
}

impl Look {
    /// The classes that identify the contender and set the colour.
    pub fn class(self) -> String {
        format!("m{} {}", self.index, self.colour())
    }

    /// The class that sets the colour.
    pub fn colour(self) -> String {
        format!("c{}{}", self.family, self.place % TONES)
    }

    /// The class that sets the colour of the whole family, for a drawing in which its members need not differ by colour.
    pub fn hue(self) -> String {
        format!("c{}0", self.family)
    }

    /// A line through points, in a group of this look.
    pub fn line(self, through: &[(f64, f64)]) -> Markup {
        let class = match self.place % DASHES {
            0 => "line".to_owned(),
            dash => format!("line d{dash}"),
        };
        // For a curve of many points the pixel is exact enough.
        let through = if through.len() > CURVE {
            coarse(simplified(through))
        } else {
            points(through.iter().copied())
        };
        html! {
            polyline class=(class) points=(through) {}
        }
    }

    /// The reference to its shape.
    pub fn shape(self) -> String {
        format!("#s{}", self.place % SHAPES.len())
    }

    /// A mark at a point; a hollow mark means that some clients were left out. `tooltip` is shown when the pointer is on
    /// it.
    pub fn mark(self, (x, y): (f64, f64), hollow: bool, tooltip: &str) -> Markup {
        html! { use class=[hollow.then_some("h")] href=(self.shape()) x=(px(x)) y=(px(y)) data-v=[(!tooltip.is_empty()).then_some(tooltip)] {} }
    }
}

/// The area between the lowest and the highest values along a line: `(x, low, high)`, in a group of a look.
pub fn band(edges: &[(f64, f64, f64)]) -> Markup {
    let there = edges.iter().map(|&(x, low, _)| (x, low));
    let back = edges.iter().rev().map(|&(x, _, high)| (x, high));
    html! { polygon.band points=(coarse(there.chain(back))) {} }
}

/// The shapes, once for all drawings of a page or file.
pub fn shapes() -> Markup {
    html! {
        defs {
            @for (index, shape) in SHAPES.iter().enumerate() { path id={ "s" (index) } d=(PreEscaped(shape)) {} }
        }
    }
}
