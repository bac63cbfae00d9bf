//! Draws lines over two axes: one family in colour with its names beside it, the others as grey lines for comparison.

use maud::html;

use super::super::svg::axis::{Tick, horizontal, vertical};
use super::super::svg::label::{LETTER, Label, column, cut};
use super::super::svg::panel::WIDTH;
use super::super::svg::{Area, Panel, Scale, Style, n, points};

const HEIGHT: f64 = 300.0;
/// Lines in a panel up to which each trial is drawn too.
const ROOM_FOR_TRIALS: usize = 5;
/// Letters of a name that fit beside the lines.
const LETTERS: usize = 22;

/// A panel of lines.
pub struct Lines {
    /// What distinguishes it from its neighbours.
    pub title: String,
    /// What is seen, in words.
    pub description: String,
    /// Title and ticks of the horizontal axis.
    pub x: Axis,
    /// Title and ticks of the vertical axis.
    pub y: Axis,
    /// In colour, with names.
    pub series: Vec<Series>,
    /// In grey, without names.
    pub context: Vec<Vec<(f64, f64)>>,
    /// Who has no line, and why.
    pub notes: Vec<String>,
    /// Letters of the longest name in any panel of the figure, so that all have the same axes.
    pub letters: usize,
}

/// An axis without its place.
#[derive(Clone)]
pub struct Axis {
    /// What it shows, with its unit.
    pub title: String,
    /// Makes the scale for these pixels.
    pub scale: fn(f64, f64, (f64, f64)) -> Scale,
    /// The lowest and the highest value.
    pub domain: (f64, f64),
    /// The values with a tick, and how they are written.
    pub ticks: fn(&Scale, (f64, f64)) -> Vec<Tick>,
}

/// A line.
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its look.
    pub style: Style,
    /// Its points, from left to right.
    pub points: Vec<Spot>,
}

/// A point of a line.
pub struct Spot {
    /// Where.
    pub x: f64,
    /// The middle.
    pub y: f64,
    /// Lowest and highest of the trials, where there are several.
    pub range: Option<(f64, f64)>,
    /// The trials.
    pub values: Vec<f64>,
    /// Whether it gets a mark, and whether that is hollow.
    pub mark: Option<bool>,
}

impl Lines {
    /// Draws it.
    pub fn panel(&self) -> Panel {
        let names = self.letters.min(LETTERS) as f64 * LETTER + 34.0;
        let area = Area {
            left: 50.0,
            right: WIDTH - names,
            top: 44.0,
            bottom: HEIGHT - 40.0,
        };
        let x = self.x.scale((area.left + 6.0, area.right - 6.0));
        let y = self.y.scale((area.bottom, area.top));
        let labels: Vec<Label> = self
            .series
            .iter()
            .filter_map(|series| series.label(&x, &y))
            .collect();
        let body = html! {
            (vertical(area, &y, &(self.y.ticks)(&y, self.y.domain), &self.y.title))
            (horizontal(area, &x, &(self.x.ticks)(&x, self.x.domain), &self.x.title))
            @for line in &self.context {
                polyline.context points=(points(line.iter().map(|&(a, b)| (x.at(a), y.at(b))))) {}
            }
            @for series in &self.series { (series.draw(&x, &y, self.series.len() <= ROOM_FOR_TRIALS)) }
            @for (index, note) in self.notes.iter().enumerate() {
                text.absent x=(n(area.left + 8.0)) y=(n(area.top + 14.0 + 14.0 * index as f64)) { (note) }
            }
            (column(&labels, area.right + 20.0, area.top, area.bottom))
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: HEIGHT,
            body,
        }
    }
}

impl Axis {
    fn scale(&self, range: (f64, f64)) -> Scale {
        (self.scale)(self.domain.0, self.domain.1, range)
    }
}

impl Series {
    fn draw(&self, x: &Scale, y: &Scale, with_trials: bool) -> maud::Markup {
        let line: Vec<_> = self
            .points
            .iter()
            .map(|spot| (x.at(spot.x), y.at(spot.y)))
            .collect();
        let edge = |spot: &Spot| {
            spot.range
                .map(|(low, high)| (x.at(spot.x), y.at(low), y.at(high)))
        };
        let band: Vec<_> = self.points.iter().filter_map(edge).collect();
        html! {
            @if band.len() > 1 { (self.style.band(&band)) }
            @if line.len() > 1 { (self.style.line(&line)) }
            @for spot in &self.points {
                @if with_trials { @for value in &spot.values { (self.style.dot(x.at(spot.x), y.at(*value))) } }
                @if let Some(hollow) = spot.mark { (self.style.mark(x.at(spot.x), y.at(spot.y), hollow)) }
            }
        }
    }

    fn label(&self, x: &Scale, y: &Scale) -> Option<Label> {
        let last = self.points.last()?;
        let at = (x.at(last.x), y.at(last.y));
        Some(Label {
            at,
            text: cut(&self.name, LETTERS),
            style: self.style,
        })
    }
}
