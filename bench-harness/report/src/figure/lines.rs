//! Lines over two axes: one family in colour with its names beside it, the others as grey lines for comparison.

use maud::{Markup, html};

use super::axes::{Axis, Scales};
use super::series::Series;
use crate::svg::axis::{horizontal, room, vertical};
use crate::svg::label::{LINE, Label, column, heights};
use crate::svg::once::shared;
use crate::svg::panel::WIDTH;
use crate::svg::text::{ABSENT, NAME, TICK, cut, width};
use crate::svg::{Area, Panel, coarse, px, simplified};

const TOP: f64 = 48.0;
/// Height of the area, if the names do not need more.
const HEIGHT: f64 = 220.0;
const AXIS: f64 = 42.0;
/// Least room on the left for the labels of the ticks.
const LEFT: f64 = 56.0;
/// Least and most room for names.
const NAMES: (f64, f64) = (48.0, 206.0);
/// Most lines with bands and with lines beneath: more of them hide each other.
const ROOMY: usize = 4;
/// Gap between the end of the lines and the mark beside a name, and gap between mark and name.
const LEADER: (f64, f64) = (20.0, 9.0);

/// A panel of lines.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The title, which distinguishes it from its neighbours.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Lines in colour, with names.
    pub series: Vec<Series>,
    /// Lines in grey, without names.
    pub grey_lines: GreyLines,
    /// The most names beside any panel of the figure, so that all have the same height.
    pub most_names: usize,
    /// A value that must not be exceeded, and its name.
    pub objective: Option<(f64, String)>,
    /// Contenders without a line, each with the reason.
    pub notes: Vec<String>,
    /// The longest name in any panel of the figure with its value, so that all have the same axes.
    pub longest_name: String,
}

/// The lines of all contenders, for comparison. They are the same in all panels of a figure, so only the first panel
/// contains them.
#[derive(Clone, Debug, PartialEq)]
pub enum GreyLines {
    /// No lines.
    None,
    /// These lines, with an identifier that is unique on the page.
    Lines(String, Vec<Vec<(f64, f64)>>),
    /// The lines of the panel that has them under this identifier.
    Same(String),
}

impl Lines {
    /// Draws the panel.
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
            (self.grey_lines.draw(&scales))
            (self.objective(area, &scales))
            // The script draws all lines in one large panel, for which it needs the area.
            g.plot data-area={ (px(area.left)) " " (px(area.right)) " " (px(area.top)) " " (px(area.bottom)) } { @for series in &self.series { (series.draw(&scales, self.series.len() <= ROOMY)) } }
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

    /// The name of the objective, below its line, because flags are above it.
    fn objective_in_words(&self, area: Area, scales: &Scales) -> Markup {
        let room = area.right - area.left - 8.0;
        html! {
            @if let Some((value, what)) = &self.objective {
                text.tick.halo.e x=(px(area.right - 4.0)) y=(px(scales.y.at(*value) + 13.0)) { (cut(what, room, TICK)) }
            }
        }
    }

    /// Notes at the top of the area, one below the other. They end at the names if there are names beside them, else at
    /// the edge of the panel.
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

impl GreyLines {
    /// The same lines for every panel of a figure; only the first panel contains them.
    pub fn of(index: usize, id: &str, lines: impl FnOnce() -> Vec<Vec<(f64, f64)>>) -> Self {
        match index {
            0 => Self::Lines(id.to_owned(), lines()),
            _ => Self::Same(id.to_owned()),
        }
    }

    fn draw(&self, scales: &Scales) -> Markup {
        match self {
            Self::None => html! {},
            Self::Same(id) => html! { use href={ "#" (id) } {} },
            Self::Lines(id, lines) => html! {
                path.context id=(id) d=(lines.iter().filter(|line| line.len() > 1).map(|line| format!("M{}", coarse(simplified(&scales.places(line))))).collect::<Vec<_>>().concat()) {}
            },
        }
    }
}
