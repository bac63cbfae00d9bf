//! Lays out one row per contender under the headings of groups, with the names on the left.
//!
//! Each row is a group of its own that is moved to its place, and the axis stands above the rows. So the script hides rows by
//! moving the others up and cutting the drawing below them; nothing else changes.

use maud::{Markup, html};

use crate::svg::panel::WIDTH;
use crate::svg::text::{ABSENT, FAMILY, NAME, cut, width};
use crate::svg::{Area, Identity, px};

const ROW: f64 = 19.0;
/// Distance from the top of a row to its middle, on a whole pixel.
pub const MIDDLE: f64 = 10.0;
const HEADING: f64 = 24.0;
/// Room below the last row.
const BELOW: f64 = 5.0;
/// Most room for names.
const NAMES: f64 = 150.0;
/// The left edge of the names.
const LEFT: f64 = 2.0;
/// Gap between names and area.
const BESIDE: f64 = 10.0;

/// Rows that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<T> {
    /// The heading; empty if it needs none.
    pub name: String,
    /// One row per contender.
    pub rows: Vec<Row<T>>,
}

/// The row of a contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// The contender.
    pub identity: Identity,
    /// The data, or the reason why there is none.
    pub what: Result<T, String>,
}

/// What stands at a height.
enum Line<'a, T> {
    Heading(&'a str),
    Row(&'a Row<T>),
}

/// A row as it is drawn, relative to the top of the row.
pub struct Drawn {
    /// Classes beside those of the contender; empty if there are none.
    pub class: &'static str,
    /// Shown when the row is pointed at.
    pub tip: String,
    /// Marks and texts.
    pub body: Markup,
}

/// The places of all rows and headings.
pub struct Layout<'a, T> {
    lines: Vec<(f64, Line<'a, T>)>,
    /// The area between the names and the texts on the right.
    pub area: Area,
    /// Height of the whole panel.
    pub height: f64,
}

impl<'a, T> Layout<'a, T> {
    /// Lays out all contenders from `top` on, with this much room on the right.
    pub fn of(groups: &'a [Group<T>], top: f64, right: f64) -> Self {
        let mut y = top;
        let mut lines = Vec::new();
        let mut names: f64 = 40.0;
        for group in groups.iter().filter(|group| !group.rows.is_empty()) {
            if !group.name.is_empty() {
                lines.push((y, Line::Heading(group.name.as_str())));
                y += HEADING;
            }
            for row in &group.rows {
                names = names.max(width(&row.identity.name, NAME));
                lines.push((y, Line::Row(row)));
                y += ROW;
            }
        }
        let area = Area {
            left: LEFT + names.min(NAMES) + BESIDE,
            right: WIDTH - right,
            top: top - 2.0,
            bottom: y + 2.0,
        };
        Self {
            lines,
            area,
            height: y + BELOW,
        }
    }

    /// All headings and rows; `each` draws the data of a row.
    pub fn draw(&self, each: impl Fn(&Row<T>, &T) -> Drawn) -> Markup {
        html! {
            @for (y, line) in &self.lines {
                @let place = format!("translate(0,{})", px(*y));
                @match line {
                    Line::Heading(heading) => g.r.head transform=(place) {
                        text.family.halo x=(px(LEFT)) y="16" { (cut(heading, WIDTH - 4.0, FAMILY)) }
                    },
                    Line::Row(row) => (self.row(row, &place, &each)),
                }
            }
        }
    }

    fn row(&self, row: &Row<T>, place: &str, each: impl Fn(&Row<T>, &T) -> Drawn) -> Markup {
        let look = row.identity.look.class();
        let name = cut(
            &row.identity.name,
            self.area.left - LEFT - BESIDE + 2.0,
            NAME,
        );
        let drawn = match &row.what {
            Ok(what) => each(row, what),
            Err(why) => self.absent(why),
        };
        let classes = format!("r {} {look}", drawn.class).replace("  ", " ");
        html! {
            g class=(classes) transform=(place) data-v=[(!drawn.tip.is_empty()).then_some(&drawn.tip)] {
                text.who x=(px(LEFT)) y=(px(MIDDLE + 4.0)) { (name) }
                (drawn.body)
            }
        }
    }

    /// The reason in place of data.
    fn absent(&self, why: &str) -> Drawn {
        let left = self.area.left;
        Drawn {
            class: "",
            tip: why.to_owned(),
            body: html! {
                text.absent.halo x=(px(left)) y=(px(MIDDLE + 4.0)) { (cut(why, WIDTH - left - 2.0, ABSENT)) }
            },
        }
    }
}
