//! Named rows on a common axis: bars with their intervals, spans of time, and the range that a reader predicted.

use maud::{Markup, html};

use super::axes::Axis;
use crate::svg::axis::above;
use crate::svg::panel::WIDTH;
use crate::svg::text::{NAME, TICK, VALUE, cut, width};
use crate::svg::{Area, Panel, Scale, px};

/// Room above the rows: the panel's title, the axis and its labels.
const TOP: f64 = 66.0;
/// Height of the legend of spans.
const LEGEND: f64 = 18.0;
const ROW: f64 = 24.0;
/// Room below the last row.
const BELOW: f64 = 6.0;
/// Most room for names and for values.
const NAMES: f64 = 150.0;
const VALUES: f64 = 128.0;
/// Gap between names, area and values.
const BESIDE: f64 = 10.0;
/// Thickness of bars and spans.
const THICK: &str = "11";
/// Half the height of the marks at the ends of an interval.
const END: f64 = 5.0;

/// Named rows on a common axis.
#[derive(Clone, Debug)]
pub struct Strips {
    /// The title; may be empty.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// The axis above the rows.
    pub axis: Axis,
    /// The rows from above.
    pub rows: Vec<Strip>,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The name on the left.
    pub name: String,
    /// What is drawn.
    pub what: Stroke,
    /// The value in words on the right.
    pub value: String,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Stroke {
    /// A bar from the left end up to a value.
    Bar {
        /// The value.
        at: f64,
        /// The ends of its interval; `None` where it has no end.
        ends: (Option<f64>, Option<f64>),
    },
    /// A range that a reader predicted; `None` where it has no end.
    Predicted(Option<f64>, Option<f64>),
    /// Spans of time: from, to, and what happens.
    Spans(Vec<(f64, f64, Happening)>),
}

/// What happens in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A client waits.
    Waits,
    /// A client is served.
    Served,
    /// A client does nothing.
    Idle,
}

impl Happening {
    const ALL: [Self; 3] = [Self::Served, Self::Waits, Self::Idle];

    const fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Waits => "waits for the server",
            Self::Idle => "does nothing itself",
        }
    }

    /// Colour, and the class of the stroke.
    const fn look(self) -> (&'static str, &'static str) {
        match self {
            Self::Served => ("c10", "span"),
            Self::Waits => ("c00", "span"),
            Self::Idle => ("c50", "span waits"),
        }
    }
}

impl Strips {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let top = if self.has_spans() { TOP + LEGEND } else { TOP };
        let widest = |text: fn(&Strip) -> f64| self.rows.iter().map(text).fold(0.0, f64::max);
        let names = widest(|row| width(&row.name, NAME)).min(NAMES);
        let values = widest(|row| width(&row.value, VALUE)).min(VALUES);
        let area = Area {
            left: 2.0 + names + BESIDE,
            right: WIDTH - 2.0 - values - BESIDE,
            top: top - 2.0,
            bottom: top + ROW * self.rows.len() as f64 + 2.0,
        };
        let scale = self.axis.scale((area.left + 1.0, area.right - END));
        let body = html! {
            @if self.has_spans() { (legend()) }
            (above(area, &scale, &self.axis.ticks(&scale), &self.axis.title))
            @for (index, row) in self.rows.iter().enumerate() {
                (row.draw(top + ROW * (index as f64 + 0.5), area, &scale))
            }
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: area.bottom + BELOW,
            body,
        }
    }

    fn has_spans(&self) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|row| matches!(row.what, Stroke::Spans(_)))
    }
}

/// What the colours of spans mean, below the title.
fn legend() -> Markup {
    let mut x = 2.0;
    let entries = Happening::ALL.map(|happening| {
        let begin = x;
        x += 16.0 + 5.0 + width(happening.name(), TICK) + 12.0;
        (begin, happening)
    });
    html! {
        @for (x, happening) in entries {
            @let (colour, class) = happening.look();
            g class=(colour) { path class=(class) stroke-width="9" d={ "M" (px(x)) ",32h16" } {} }
            text.tick x=(px(x + 21.0)) y="36" { (happening.name()) }
        }
    }
}

impl Strip {
    fn draw(&self, middle: f64, area: Area, scale: &Scale) -> Markup {
        let room = (area.left - BESIDE, WIDTH - area.right - BESIDE);
        html! {
            text x="2" y=(px(middle + 4.0)) { (cut(&self.name, room.0, NAME)) }
            @match &self.what {
                Stroke::Bar { at, ends } => (bar(*at, *ends, middle, area, scale)),
                Stroke::Predicted(low, high) => (range(*low, *high, middle, area, scale)),
                Stroke::Spans(all) => (spans(all, middle, scale)),
            }
            text.value.e x=(px(WIDTH - 2.0)) y=(px(middle + 4.0)) { (cut(&self.value, room.1, VALUE)) }
        }
    }
}

/// A bar, and in ink the line between the ends of its interval.
fn bar(
    at: f64,
    (low, high): (Option<f64>, Option<f64>),
    middle: f64,
    area: Area,
    scale: &Scale,
) -> Markup {
    let left = area.left + 1.0;
    let length = (scale.at(at) - left).max(1.0);
    let ends = (
        low.map_or(left, |low| scale.at(low)),
        high.map_or(area.right, |high| scale.at(high)),
    );
    let is_exact = (ends.1 - ends.0).abs() < 0.5;
    html! {
        g.c10 { path.span stroke-width=(THICK) d={ "M" (px(left)) "," (px(middle)) "h" (px(length)) } {} }
        @if !is_exact {
            g.c51 {
                path.i d={ "M" (px(ends.0)) "," (px(middle)) "H" (px(ends.1)) } {}
                @if low.is_some() { (end(ends.0, middle)) }
                @if high.is_some() { (end(ends.1, middle)) }
            }
            @if high.is_none() { (arrow(area.right, middle)) }
        }
    }
}

/// A predicted range, with an arrow where it leaves the axis.
fn range(low: Option<f64>, high: Option<f64>, middle: f64, area: Area, scale: &Scale) -> Markup {
    let from = low.map_or(area.left + 1.0, |low| scale.at(low));
    let to = high.map_or(area.right, |high| scale.at(high));
    let leaves = high.is_none_or(|high| high > scale.domain().1);
    html! {
        g.c00 {
            path.span.waits stroke-width=(THICK) d={ "M" (px(from)) "," (px(middle)) "H" (px(to.max(from + 2.0))) } {}
            @if low.is_some() { (end(from, middle)) }
            @if !leaves { (end(to, middle)) }
        }
        @if leaves { (arrow(area.right, middle)) }
    }
}

fn spans(all: &[(f64, f64, Happening)], middle: f64, scale: &Scale) -> Markup {
    html! {
        @for (from, to, happening) in all {
            @let (colour, class) = happening.look();
            @let (from, to) = (scale.at(*from), scale.at(*to));
            g class=(colour) { path class=(class) stroke-width=(THICK) d={ "M" (px(from)) "," (px(middle)) "H" (px(to.max(from + 1.5))) } {} }
        }
    }
}

/// A mark at the end of an interval.
fn end(x: f64, middle: f64) -> Markup {
    html! { path.i d={ "M" (px(x)) "," (px(middle - END)) "v" (px(2.0 * END)) } {} }
}

/// An arrow that points beyond the end of the axis.
fn arrow(x: f64, middle: f64) -> Markup {
    html! { polygon.beyond points={ (px(x - 6.0)) "," (px(middle - 3.5)) " " (px(x)) "," (px(middle)) " " (px(x - 6.0)) "," (px(middle + 3.5)) } {} }
}
