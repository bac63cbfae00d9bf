//! How a contender looks in every figure: a colour, a shape and a dash, so that no reader needs to see colours.

use std::f64::consts::TAU;

use maud::{Markup, html};

use super::{n, points};
use crate::plan::Contender;

/// Colours in the style sheet.
const COLOURS: usize = 8;
/// Dash patterns; the first is a solid line.
const DASHES: [&str; 5] = ["", "7 3", "2 2.5", "9 3 2 3", "4 2"];

/// The look of a contender, decided by its place in its family: it keeps it in every figure and every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    place: usize,
}

impl Style {
    /// The look of this contender.
    pub fn of(contender: &Contender) -> Self {
        Self {
            place: contender.place,
        }
    }

    /// The class that sets the colour.
    pub fn class(self) -> String {
        format!("c{}", self.place % COLOURS)
    }

    /// A line through points.
    pub fn line(self, through: &[(f64, f64)]) -> Markup {
        let dash = DASHES[(self.place + self.place / COLOURS) % DASHES.len()];
        html! {
            polyline class={ "line " (self.class()) } points=(points(through.iter().copied()))
                stroke-dasharray=[(!dash.is_empty()).then_some(dash)] {}
        }
    }

    /// The area between the lowest and the highest values along a line: `(x, low, high)`.
    pub fn band(self, edges: &[(f64, f64, f64)]) -> Markup {
        let there = edges.iter().map(|&(x, low, _)| (x, low));
        let back = edges.iter().rev().map(|&(x, _, high)| (x, high));
        html! { polygon class={ "band " (self.class()) } points=(points(there.chain(back))) {} }
    }

    /// A mark at a point; a hollow one says that some clients were left out.
    pub fn mark(self, x: f64, y: f64, hollow: bool) -> Markup {
        let class = format!(
            "mark {}{}",
            self.class(),
            if hollow { " hollow" } else { "" }
        );
        let shape = self.place % 7;
        let corners = match shape {
            0 => return html! { circle class=(class) cx=(n(x)) cy=(n(y)) r="4" {} },
            1 => polygon(x, y, 5.0, 4, 0.125),
            2 => polygon(x, y, 5.2, 3, 0.75),
            3 => polygon(x, y, 5.2, 4, 0.0),
            4 => polygon(x, y, 5.2, 3, 0.25),
            5 => star(x, y),
            _ => polygon(x, y, 4.8, 6, 0.0),
        };
        html! { polygon class=(class) points=(points(corners)) {} }
    }

    /// One trial, small, behind the mark.
    pub fn dot(self, x: f64, y: f64) -> Markup {
        html! { circle class={ "dot " (self.class()) } cx=(n(x)) cy=(n(y)) r="1.6" {} }
    }
}

/// A regular polygon, its first corner turned by this part of a full turn.
fn polygon(x: f64, y: f64, radius: f64, corners: u32, turn: f64) -> Vec<(f64, f64)> {
    let corner = |i: u32| {
        let angle = TAU * (f64::from(i) / f64::from(corners) + turn);
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    (0..corners).map(corner).collect()
}

fn star(x: f64, y: f64) -> Vec<(f64, f64)> {
    let corner = |i: u32| {
        let radius = if i.is_multiple_of(2) { 5.8 } else { 2.4 };
        let angle = TAU * (f64::from(i) / 10.0 + 0.75);
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    (0..10).map(corner).collect()
}
