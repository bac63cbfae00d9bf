//! Lines over two axes: one family in colour with its names beside it, the others as grey lines for comparison.

use maud::{Markup, html};

use crate::svg::axis::{Tick, horizontal, room, ticks, vertical};
use crate::svg::label::{LINE, Label, column, heights};
use crate::svg::mark::band;
use crate::svg::once::shared;
use crate::svg::panel::WIDTH;
use crate::svg::text::{ABSENT, NAME, TICK, cut, width};
use crate::svg::{Area, Panel, Scale, Who, coarse, points, px, simplified};

const TOP: f64 = 48.0;
/// Height of the area, if the names do not need more.
const HEIGHT: f64 = 220.0;
const AXIS: f64 = 42.0;
/// Least room on the left for the labels of the ticks.
const LEFT: f64 = 56.0;
/// Least and most room for names.
const NAMES: (f64, f64) = (48.0, 152.0);
/// From the end of the lines to the mark beside a name, and from there to the name.
const LEADER: (f64, f64) = (20.0, 9.0);

/// A panel of lines.
#[derive(Clone, Debug)]
pub struct Lines {
    /// What distinguishes it from its neighbours.
    pub title: String,
    /// What is seen, in words.
    pub description: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// In colour, with names.
    pub series: Vec<Series>,
    /// In grey, without names.
    pub company: Company,
    /// The most names beside any panel of the figure, so that all have the same height.
    pub most_names: usize,
    /// A value that must not be exceeded, and what it is.
    pub objective: Option<(f64, String)>,
    /// Who has no line, and why.
    pub notes: Vec<String>,
    /// The longest name in any panel of the figure, so that all have the same axes.
    pub longest_name: String,
}

/// The lines of all contenders, for comparison. All panels of a figure have the same, so that only the first says them.
#[derive(Clone, Debug, PartialEq)]
pub enum Company {
    /// None.
    Alone,
    /// These lines, under an identifier that no other figure has.
    Lines(String, Vec<Vec<(f64, f64)>>),
    /// Those of the panel that has them under this identifier.
    Same(String),
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it shows, with its unit.
    pub title: String,
    /// How values become places.
    pub kind: AxisKind,
    /// Values that must have a place; the scale is made for these, whatever the lines hold.
    pub values: Vec<f64>,
    /// How a tick is written.
    pub write: fn(f64) -> String,
    /// Ticks other than round values.
    pub ticks: Option<Vec<Tick>>,
}

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisKind {
    /// From 0, each step equally long.
    Linear,
    /// Each tenfold step equally long, with a place for 0 where it is among the values.
    Log,
    /// Like `Log`, but the ends are powers of ten.
    Decades,
}

/// A contender's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Whose it is.
    pub who: Who,
    /// Its points, from left to right.
    pub points: Vec<Spot>,
    /// Other lines that are its own.
    pub beneath: Vec<Beneath>,
    /// The last point before it breaks down, and what is to be said of it.
    pub knee: Option<(f64, f64, String)>,
}

/// A line beneath a contender's line.
#[derive(Clone, Debug, PartialEq)]
pub enum Beneath {
    /// Measured otherwise.
    Measured(Vec<(f64, f64)>),
    /// Computed, by a theory.
    Theory(Vec<(f64, f64)>),
}

/// A point of a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spot {
    /// Where.
    pub x: f64,
    /// The best estimate.
    pub y: f64,
    /// How sure it is.
    pub range: Option<(f64, f64)>,
    /// Whether it gets a mark.
    pub mark: bool,
    /// Whether some clients were never served or were refused.
    pub ring: bool,
    /// Shown to whoever points at the mark.
    pub says: String,
}

/// Both scales of a panel.
struct Scales {
    x: Scale,
    y: Scale,
}

impl Lines {
    /// Draws it.
    pub fn panel(&self) -> Panel {
        let names = width(&self.longest_name, NAME).clamp(NAMES.0, NAMES.1);
        let height = HEIGHT.max((self.most_names as f64 - 1.0) * LINE);
        let y = self.y.scale((TOP + height, TOP));
        let beside = self.y.ticks(&y);
        let area = Area {
            left: LEFT.max(room(&beside)),
            right: WIDTH - names - LEADER.0 - LEADER.1 - 2.0,
            top: TOP,
            bottom: TOP + height,
        };
        let scales = Scales {
            x: self.x.scale((area.left + 6.0, area.right - 6.0)),
            y,
        };
        let labels: Vec<Label> = self
            .series
            .iter()
            .filter_map(|series| series.label(&scales))
            .collect();
        let heights = heights(&labels, (area.top, area.bottom));
        let body = html! {
            (shared(&html! {
                (vertical(area, &scales.y, &beside, &self.y.title))
                (horizontal(area, &scales.x, &self.x.ticks(&scales.x), &self.x.title))
            }))
            (self.company.draw(&scales))
            (self.objective(area, &scales))
            @for series in &self.series { (series.draw(&scales)) }
            (self.objective_in_words(area, &scales))
            (self.notes(area, &heights))
            (column(&labels, &heights, area.right + LEADER.0, names + LEADER.1))
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: area.bottom + AXIS,
            body,
        }
    }

    fn objective(&self, area: Area, scales: &Scales) -> Markup {
        html! {
            @if let Some((value, _)) = self.objective {
                @let y = px(scales.y.at(value));
                line.objective x1=(px(area.left)) x2=(px(area.right)) y1=(y) y2=(y) {}
            }
        }
    }

    /// What the objective says, below its line, where flags do not stand.
    fn objective_in_words(&self, area: Area, scales: &Scales) -> Markup {
        let room = area.right - area.left - 8.0;
        html! {
            @if let Some((value, what)) = &self.objective {
                text.tick.halo.e x=(px(area.right - 4.0)) y=(px(scales.y.at(*value) + 13.0)) { (cut(what, room, TICK)) }
            }
        }
    }

    /// At the top of the area, one below the other: as far as the names where they stand beside it, else to the edge of the panel.
    fn notes(&self, area: Area, names: &[f64]) -> Markup {
        let left = area.left + 6.0;
        let room = |y: f64| {
            let beside = names.iter().any(|name| (name + 4.0 - y).abs() < LINE);
            let right = if beside {
                area.right + LEADER.0 - LEADER.1
            } else {
                WIDTH - 4.0
            };
            right - left
        };
        html! {
            @for (index, note) in self.notes.iter().enumerate() {
                @let y = area.top + 14.0 + LINE * index as f64;
                text.absent.halo x=(px(left)) y=(px(y)) { (cut(note, room(y), ABSENT)) }
            }
        }
    }
}

impl Company {
    /// The same lines for every panel of a figure: said by the first one.
    pub fn of(index: usize, id: &str, lines: impl FnOnce() -> Vec<Vec<(f64, f64)>>) -> Self {
        match index {
            0 => Self::Lines(id.to_owned(), lines()),
            _ => Self::Same(id.to_owned()),
        }
    }

    fn draw(&self, scales: &Scales) -> Markup {
        match self {
            Self::Alone => html! {},
            Self::Same(id) => html! { use href={ "#" (id) } {} },
            Self::Lines(id, lines) => html! {
                path.context id=(id) d=(lines.iter().filter(|line| line.len() > 1).map(|line| format!("M{}", coarse(simplified(&scales.places(line))))).collect::<Vec<_>>().concat()) {}
            },
        }
    }
}

impl Axis {
    fn scale(&self, range: (f64, f64)) -> Scale {
        let positive = || {
            self.values
                .iter()
                .copied()
                .filter(|value| *value > 0.0 && value.is_finite())
        };
        let low = positive().fold(f64::INFINITY, f64::min);
        let high = positive().fold(0.0, f64::max);
        match self.kind {
            AxisKind::Linear => Scale::linear(high, range),
            AxisKind::Log => Scale::steps(&self.values, range),
            AxisKind::Decades => Scale::decades(low, high, range),
        }
    }

    fn ticks(&self, scale: &Scale) -> Vec<Tick> {
        match &self.ticks {
            Some(ticks) => ticks
                .iter()
                .filter(|(value, _)| scale.holds(*value))
                .cloned()
                .collect(),
            None => ticks(scale, self.write),
        }
    }
}

impl Scales {
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    fn places(&self, line: &[(f64, f64)]) -> Vec<(f64, f64)> {
        line.iter().map(|&point| self.place(point)).collect()
    }
}

impl Series {
    fn draw(&self, scales: &Scales) -> Markup {
        let look = self.who.look;
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
                @if edges.len() > 1 { (band(&edges)) }
                @if let [(x, low, high)] = edges[..] { line.whisker x1=(px(x)) x2=(px(x)) y1=(px(low)) y2=(px(high)) {} }
                @for line in &self.beneath { (line.draw(scales)) }
                @if line.len() > 1 { (look.line(&line)) }
                @for spot in self.points.iter().filter(|spot| spot.mark) {
                    (look.mark(scales.place((spot.x, spot.y)), spot.ring, &spot.says))
                }
                @if let Some((x, y, says)) = &self.knee { (knee(scales.place((*x, *y)), says)) }
            }
        }
    }

    fn label(&self, scales: &Scales) -> Option<Label<'_>> {
        let last = self.points.last()?;
        Some(Label {
            at: scales.place((last.x, last.y)),
            who: &self.who,
        })
    }
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
fn knee((x, y): (f64, f64), says: &str) -> Markup {
    let flag = points([(x, y - 19.0), (x + 8.0, y - 15.5), (x, y - 12.0)]);
    html! {
        g.knee data-v=(says) {
            line x1=(px(x)) x2=(px(x)) y1=(px(y)) y2=(px(y - 19.0)) {}
            polygon points=(flag) {}
        }
    }
}
