//! The line of one contender, with its band, its marks and its flag.

use maud::{Markup, html};

use super::axes::Scales;
use crate::svg::label::Label;
use crate::svg::mark::band;
use crate::svg::{Identity, points, px};

/// The line of a contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The contender.
    pub identity: Identity,
    /// Its points, from left to right.
    pub points: Vec<Spot>,
    /// The value at its end, which stands beside the name; may be empty.
    pub words: String,
    /// Further lines of the same contender.
    pub beneath: Vec<Beneath>,
    /// The knee, the last point before it breaks down, and its text.
    pub knee: Option<(f64, f64, String)>,
}

/// A line beneath a contender's line.
#[derive(Clone, Debug, PartialEq)]
pub enum Beneath {
    /// Another measured metric.
    Measured(Vec<(f64, f64)>),
    /// Computed by a theory.
    Theory(Vec<(f64, f64)>),
}

/// A point of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spot {
    /// The place on the horizontal axis.
    pub x: f64,
    /// The best estimate.
    pub y: f64,
    /// The lowest and the highest trial.
    pub range: Option<(f64, f64)>,
    /// True if it gets a mark.
    pub mark: bool,
    /// True if some clients were never served or were refused.
    pub ring: bool,
    /// True if the true value is at least this high.
    pub is_bound: bool,
    /// Shown when the pointer is on the mark.
    pub tooltip: String,
}

impl Series {
    /// Draws line, marks and flag, and if there is room the band and the lines beneath.
    pub fn draw(&self, scales: &Scales, has_room: bool) -> Markup {
        let look = self.identity.look;
        let line: Vec<_> = self
            .points
            .iter()
            .map(|spot| scales.place((spot.x, spot.y)))
            .collect();
        let edge = |spot: &Spot| {
            let (low, high) = spot.range?;
            Some((scales.x.at(spot.x), scales.y.at(low), scales.y.at(high)))
        };
        let edges: Vec<_> = self.points.iter().filter_map(edge).collect();
        html! {
            g class=(look.class()) {
                @if has_room && edges.len() > 1 { (band(&edges)) }
                @if let ([(x, low, high)], true) = (&edges[..], has_room) { line.whisker x1=(px(*x)) x2=(px(*x)) y1=(px(*low)) y2=(px(*high)) {} }
                @if has_room { @for line in &self.beneath { (line.draw(scales)) } }
                @if line.len() > 1 { (look.line(&line)) }
                @for spot in self.points.iter().filter(|spot| spot.mark) {
                    @let place = scales.place((spot.x, spot.y));
                    (look.mark(place, spot.ring, &spot.tooltip))
                    @if spot.is_bound { (hat(place)) }
                }
                @if let Some((x, y, tooltip)) = &self.knee { (knee(scales.place((*x, *y)), tooltip)) }
            }
        }
    }

    /// The label at the end of the line.
    pub fn label(&self, scales: &Scales) -> Option<Label<'_>> {
        let last = self.points.last()?;
        Some(Label {
            at: scales.place((last.x, last.y)),
            identity: &self.identity,
            words: &self.words,
        })
    }
}

/// A hat on a mark: the true value is at least this high.
fn hat((x, y): (f64, f64)) -> Markup {
    html! { path.hat d={ "M" (px(x - 4.0)) "," (px(y - 6.5)) "l4-3.5 4,3.5" } {} }
}

impl Beneath {
    fn draw(&self, scales: &Scales) -> Markup {
        let (class, line) = match self {
            Self::Measured(line) => ("beneath", line),
            Self::Theory(line) => ("theory", line),
        };
        html! { polyline class=(class) points=(points(scales.places(line))) {} }
    }
}

/// A flag on the line.
fn knee((x, y): (f64, f64), tooltip: &str) -> Markup {
    let flag = points([(x, y - 19.0), (x + 8.0, y - 15.5), (x, y - 12.0)]);
    html! {
        g.knee data-v=(tooltip) {
            line x1=(px(x)) x2=(px(x)) y1=(px(y)) y2=(px(y - 19.0)) {}
            polygon points=(flag) {}
        }
    }
}
