//! Lays out one row per contender under the names of groups, with the names of the contenders on the left.

use maud::{Markup, html};

use crate::svg::once::shared;
use crate::svg::panel::WIDTH;
use crate::svg::text::{ABSENT, FAMILY, NAME, cut, width};
use crate::svg::{Area, Who, px};

const ROW: f64 = 19.0;
/// Distance from the top of a row to its middle, on a whole pixel.
const MIDDLE: f64 = 10.0;
const HEADING: f64 = 21.0;
/// Room below the rows for the axis.
const AXIS: f64 = 42.0;
/// Most room for names.
const NAMES: f64 = 150.0;
/// The left edge of a name, right of its mark.
const INDENT: f64 = 20.0;

/// Rows that belong together, such as a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<T> {
    /// The name of the group; empty if it needs none.
    pub name: String,
    /// One row per contender.
    pub rows: Vec<Row<T>>,
}

/// The row of a contender.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// The contender.
    pub who: Who,
    /// The data, or the reason why there is none.
    pub what: Result<T, String>,
}

/// The places of all rows and headings.
pub struct Layout<'a, T> {
    /// Each row with its middle.
    pub rows: Vec<(&'a Row<T>, f64)>,
    headings: Vec<(&'a str, f64)>,
    /// The area between the names and the texts on the right.
    pub area: Area,
    /// The top of the first heading.
    top: f64,
    /// Height of the whole panel.
    pub height: f64,
}

impl<'a, T> Layout<'a, T> {
    /// Lays out all contenders from `top` on, with this much room on the right.
    pub fn of(groups: &'a [Group<T>], top: f64, right: f64) -> Self {
        let mut y = top;
        let (mut rows, mut headings) = (Vec::new(), Vec::new());
        let mut names: f64 = 40.0;
        for group in groups {
            if !group.name.is_empty() {
                headings.push((group.name.as_str(), y + 14.0));
                y += HEADING;
            }
            for row in &group.rows {
                names = names.max(width(&row.who.name, NAME));
                rows.push((row, y + MIDDLE));
                y += ROW;
            }
        }
        let area = Area {
            left: names.min(NAMES) + INDENT + 8.0,
            right: WIDTH - right,
            top: top - 2.0,
            bottom: y + 3.0,
        };
        Self {
            rows,
            headings,
            area,
            top,
            height: y + AXIS,
        }
    }

    /// A thin line through each row, which leads the eye from the name to the value, as the data of a path.
    pub fn guides(&self) -> String {
        let (left, right) = (px(self.area.left), px(self.area.right));
        let guide = |(_, y): &(&Row<T>, f64)| format!("M{left},{}H{right}", px(*y));
        self.rows.iter().map(guide).collect::<Vec<_>>().concat()
    }

    /// The names, and one drawing for each row that has data.
    pub fn draw(&self, each: impl Fn(&Row<T>, &T, f64) -> Markup) -> Markup {
        let left = self.area.left;
        html! {
            g transform={ "translate(0," (px(self.top)) ")" } { (shared(&self.names())) }
            @for (row, y) in &self.rows {
                g class=(row.who.look.class()) {
                    @match &row.what {
                        Ok(what) => (each(row, what, *y)),
                        Err(why) => text.absent.halo x=(px(left + 6.0)) y=(px(y + 4.0)) { (cut(why, WIDTH - left - 8.0, ABSENT)) },
                    }
                }
            }
        }
    }

    /// Headings, marks and names, relative to the top: the same in all panels with the same contenders.
    fn names(&self) -> Markup {
        let room = self.area.left - INDENT - 6.0;
        html! {
            @for (heading, y) in &self.headings { text.family x="2" y=(px(*y - self.top)) { (cut(heading, WIDTH - 4.0, FAMILY)) } }
            @for (row, y) in &self.rows {
                @let y = *y - self.top;
                g class=(row.who.look.class()) {
                    (row.who.look.mark((9.0, y), false, ""))
                    text x=(px(INDENT)) y=(px(y + 4.0)) { (cut(&row.who.name, room, NAME)) }
                }
            }
        }
    }
}
