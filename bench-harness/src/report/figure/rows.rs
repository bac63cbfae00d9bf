//! Lays out one row a contender, under the names of the families, with the contenders' names to the left.

use maud::{Markup, html};

use super::super::svg::label::{LETTER, cut};
use super::super::svg::panel::WIDTH;
use super::super::svg::{Area, Style, n};
use crate::analysis::Summary;

const TOP: f64 = 50.0;
const ROW: f64 = 19.0;
const HEADING: f64 = 20.0;
/// Room below the rows for the axis.
const AXIS: f64 = 40.0;
const LETTERS: usize = 24;

/// Where everything stands.
pub struct Layout<'a> {
    summary: &'a Summary,
    /// Each contender with the middle of its row.
    pub rows: Vec<(usize, f64)>,
    headings: Vec<(&'a str, f64)>,
    /// Between the names and what is written on the right.
    pub area: Area,
    /// Of the whole panel.
    pub height: f64,
}

impl<'a> Layout<'a> {
    /// Rows for all contenders, with so much room on the right.
    pub fn of(summary: &'a Summary, right: f64) -> Self {
        let mut y = TOP;
        let (mut rows, mut headings) = (Vec::new(), Vec::new());
        for (family, members) in summary.families() {
            headings.push((family, y + 13.0));
            y += HEADING;
            for contender in members {
                rows.push((contender, y + ROW / 2.0));
                y += ROW;
            }
        }
        let letters = summary
            .contenders
            .iter()
            .map(|c| c.name.chars().count())
            .max()
            .unwrap_or(0);
        let left = letters.min(LETTERS) as f64 * LETTER * 11.0 / 12.0 + 24.0;
        let area = Area {
            left,
            right: WIDTH - right,
            top: TOP - 4.0,
            bottom: y + 2.0,
        };
        Self {
            summary,
            rows,
            headings,
            area,
            height: y + AXIS,
        }
    }

    /// The names.
    pub fn names(&self) -> Markup {
        html! {
            @for (family, y) in &self.headings { text.family x="2" y=(n(*y)) { (family) } }
            @for (contender, y) in &self.rows {
                @let who = &self.summary.contenders[*contender];
                (Style::of(who).mark(10.0, *y, false))
                text.row x="20" y=(n(y + 4.0)) { (cut(&who.name, LETTERS)) }
            }
        }
    }
}
