//! The one picture of the first screen: what a request costs, in the columns of the headline loads.

use analysis::Summary;
use maud::{Markup, html};
use record::number::significant;
use record::plan::ContenderId;

use super::columns::{Column, Dot, columns};
use super::key;
use super::labels::{LEAD, Label, Name, labels, names};
use super::swarm::{APART, places};
use crate::phrases::first_few;
use crate::svg::axis::{room, ticks, vertical};
use crate::svg::panel::WIDTH;
use crate::svg::text::{TICK, wrapped};
use crate::svg::{Area, Identity, Panel, Scale, px};

/// The question that the picture answers.
pub const QUESTION: &str = "What a request costs the server, in CPU time";

/// Height of a line of a heading.
const LINE: f64 = 14.0;
/// Room for the title of the axis below the headings.
const TITLE: f64 = 30.0;
/// Height of the area of the dots.
const HEIGHT: f64 = 270.0;

/// The picture; `None` if no headline load has costs.
pub fn picture(summary: &Summary) -> Option<Panel> {
    let columns = columns(summary);
    let last = columns.last()?;
    let labels = labels(summary, last);
    let (low, high) = ends(&columns);
    let range = |top: f64| Scale::log(low / 1.1, high * 1.1, (top + HEIGHT, top));
    let ticks = ticks(&range(0.0), significant);
    let (left, right) = (room(&ticks), WIDTH - Label::room(&labels));
    let wide = (right - left) / columns.len() as f64;
    let heading = |column: &Column| {
        let parts = column.heading.iter();
        let lines = parts.flat_map(|part| wrapped(part, wide - 2.0, TICK));
        lines.collect::<Vec<String>>()
    };
    let headings: Vec<Vec<String>> = columns.iter().map(heading).collect();
    let lines = headings.iter().map(Vec::len).max().unwrap_or(0);
    let top = LINE * lines as f64 + TITLE;
    let area = Area {
        left,
        right,
        top,
        bottom: top + HEIGHT,
    };
    let place = Places::of(&columns, area, range(top));
    // Many labels reach below the area of the dots.
    let lowest = Label::heights(&labels, &place).into_iter();
    let lowest = lowest.fold(area.bottom, f64::max);
    let (key, height) = key::key(summary, &columns, lowest + 20.0);
    let description = description(summary, &columns);
    let drawing = Drawing {
        names: names(summary, &columns, &place),
        summary,
        columns,
        place,
        labels,
    };
    Some(Panel {
        title: String::new(),
        description,
        height,
        body: html! {
            (drawing.headings(&headings))
            (vertical(area, &drawing.place.scale, &ticks, "µs of CPU a request (log)"))
            (drawing.body())
            (key)
        },
    })
}

/// The lowest and the highest cost, the bands among them.
fn ends(columns: &[Column]) -> (f64, f64) {
    let dots = columns.iter().flat_map(|column| &column.dots);
    let bands = columns.iter().filter_map(|column| column.band);
    let values = dots.map(|dot| (dot.cost, dot.cost)).chain(bands);
    values.fold((f64::INFINITY, 0.0_f64), |ends, (low, high)| {
        (ends.0.min(low), ends.1.max(high))
    })
}

/// The places of columns and dots.
pub struct Places {
    /// The area of all columns.
    pub area: Area,
    /// The places of costs.
    pub scale: Scale,
    /// Width of a column.
    pub wide: f64,
    /// The dots, column by column.
    pub dots: Vec<Vec<(f64, f64)>>,
}

impl Places {
    fn of(columns: &[Column], area: Area, scale: Scale) -> Self {
        let wide = (area.right - area.left) / columns.len() as f64;
        let place = |(number, column): (usize, &Column)| {
            let middle = area.left + wide * (number as f64 + 0.5);
            let heights: Vec<f64> = column.dots.iter().map(|dot| scale.at(dot.cost)).collect();
            let across = places(&heights, middle, wide / 2.0 - APART / 2.0);
            across.into_iter().zip(heights).collect()
        };
        let dots = columns.iter().enumerate().map(place).collect();
        Self {
            area,
            scale,
            wide,
            dots,
        }
    }

    /// The left edge of a column.
    fn left(&self, number: usize) -> f64 {
        self.area.left + self.wide * number as f64
    }
}

struct Drawing<'a> {
    summary: &'a Summary,
    columns: Vec<Column>,
    place: Places,
    labels: Vec<Label>,
    names: Vec<Name>,
}

impl Drawing<'_> {
    fn headings(&self, headings: &[Vec<String>]) -> Markup {
        html! {
            g.tick.m {
                @for (number, lines) in headings.iter().enumerate() {
                    @for (line, text) in lines.iter().enumerate() {
                        text x=(px(self.place.left(number) + self.place.wide / 2.0)) y=(px(11.0 + LINE * line as f64)) { (text) }
                    }
                }
            }
        }
    }

    fn body(&self) -> Markup {
        let x = self.place.area.right + LEAD;
        let heights = Label::heights(&self.labels, &self.place);
        let of_all = self.labels.iter().zip(&heights);
        html! {
            @for (number, column) in self.columns.iter().enumerate() { (self.band(number, column)) }
            @for contender in self.summary.contender_ids() { (self.contender(contender, &heights)) }
            @for (label, &y) in of_all.filter(|(label, _)| label.dot.is_none()) { (label.text_at(x, y)) }
        }
    }

    fn band(&self, number: usize, column: &Column) -> Markup {
        html! {
            @if let Some((low, high)) = column.band {
                @let (top, bottom) = (self.place.scale.at(high), self.place.scale.at(low));
                rect.zone x=(px(self.place.left(number) + 2.0)) y=(px(top)) width=(px(self.place.wide - 4.0)) height=(px(bottom - top)) {}
            }
        }
    }

    /// All that belongs to one contender: its dots, the line between two of them, and its names.
    fn contender(&self, contender: ContenderId, heights: &[f64]) -> Markup {
        let identity = Identity::of(contender, &self.summary.contenders[contender]);
        let dots: Vec<_> = self.dots(contender);
        html! {
            @if dots.iter().any(Option::is_some) {
                // The outer group has the identity, by which scripts hide it; the inner one the colour of the family.
                g class=(identity.look.class()) { g class=(identity.look.hue()) {
                    @for (number, two) in dots.windows(2).enumerate() {
                        @if let ([Some((_, from)), Some((dot, to))], true) = (two, self.columns[number + 1].is_joined) { (line(dot, *from, *to)) }
                    }
                    @for (dot, at) in dots.iter().flatten() { (identity.look.mark(*at, false, &dot.tip)) }
                    @for name in self.names.iter().filter(|name| name.contender == contender) { (name.draw()) }
                    (self.label(contender, heights))
                } }
            }
        }
    }

    /// The dots of a contender, one a column.
    fn dots(&self, contender: ContenderId) -> Vec<Option<(&Dot, (f64, f64))>> {
        let columns = self.columns.iter().zip(&self.place.dots);
        let dot = columns.map(|(column, places)| {
            let mut dots = column.dots.iter();
            let place = dots.position(|dot| dot.contender == contender)?;
            Some((&column.dots[place], places[place]))
        });
        dot.collect()
    }

    /// The label of a contender in the last column.
    fn label(&self, contender: ContenderId, heights: &[f64]) -> Markup {
        let last = self.columns.len() - 1;
        let (dots, places) = (&self.columns[last].dots, &self.place.dots[last]);
        let own = self.labels.iter().zip(heights).find_map(|(label, &y)| {
            let place = label
                .dot
                .filter(|&place| dots[place].contender == contender)?;
            Some((label, places[place], y))
        });
        let x = self.place.area.right + LEAD;
        html! {
            @if let Some((label, (from, at), y)) = own {
                path.leader d={ "M" (px(from + 6.0)) "," (px(at)) "L" (px(x - 3.0)) "," (px(y)) } {}
                (label.text_at(x, y))
            }
        }
    }
}

/// The line from a dot without silent clients to the one with them.
fn line(dot: &Dot, from: (f64, f64), to: (f64, f64)) -> Markup {
    let (class, opacity) = if dot.word.is_apart() {
        ("sure", "1")
    } else {
        ("i", ".5")
    };
    html! { path class=(class) opacity=(opacity) d={ "M" (px(from.0)) "," (px(from.1)) "L" (px(to.0)) "," (px(to.1)) } {} }
}

/// The dots in words.
fn description(summary: &Summary, columns: &[Column]) -> String {
    let column = |column: &Column| {
        let dot = |dot: &Dot| {
            let name = &summary.contenders[dot.contender].name;
            format!("{name} {:.1}", dot.cost)
        };
        let dots: Vec<String> = column.dots.iter().rev().map(dot).collect();
        format!("{}: {}", column.heading.join(" "), first_few(&dots))
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!(
        "Microseconds of CPU a request, the dearest first. {}.",
        columns.join(". ")
    )
}
