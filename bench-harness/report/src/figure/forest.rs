//! Ratios to a baseline with their intervals and verdicts, one row per contender.

use maud::{Markup, html};
use record::number::significant;

use super::rows::{Group, Layout, Row};
use crate::svg::axis::{horizontal, ticks};
use crate::svg::once::shared;
use crate::svg::text::{SAID, VALUE, width};
use crate::svg::{Area, Panel, Scale, points, px};

const TOP: f64 = 26.0;
/// Least room on the right for the estimates and the words.
const RIGHT: f64 = 132.0;
/// Gap between the area and an estimate, and gap between its word and the edge of the panel.
const BESIDE: (f64, f64) = (8.0, 2.0);
/// A space as wide as a digit.
const FIGURE_SPACE: char = '\u{2007}';

/// Ratios to a baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    /// The title, which distinguishes it from its neighbours.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// The title of the axis: the meaning of a ratio.
    pub axis: String,
    /// The ends of the axis; values beyond them are drawn as arrows.
    pub domain: (f64, f64),
    /// Half-width of the indifference zone, as a factor.
    pub zone: f64,
    /// Contenders by family.
    pub groups: Vec<Group<Measured>>,
}

/// A measured ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The best estimate; `None` for the baseline itself, which is 1.
    pub estimate: Option<f64>,
    /// The 95 % interval of the ratio, if there are enough trials.
    pub interval: Option<(f64, f64)>,
    /// The word of the verdict.
    pub word: String,
    /// True if the word is significant.
    pub is_clear: bool,
    /// True if some clients were never served or were refused.
    pub ring: bool,
}

impl Forest {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let layout = Layout::of(&self.groups, TOP, self.right());
        let area = layout.area;
        let scale = Scale::log(self.domain.0, self.domain.1, (area.left, area.right));
        let body = html! {
            (self.zone(area, &scale))
            (shared(&html! {
                path.rows d=(layout.guides()) {}
                (horizontal(area, &scale, &ticks(&scale, significant), &self.axis))
                path.one d={ "M" (px(scale.at(1.0))) "," (px(area.top)) "V" (px(area.bottom)) } {}
            }))
            (layout.draw(|row, measured, y| measured.draw(row, y, area, &scale)))
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: layout.height,
            body,
        }
    }

    /// Room on the right for the longest words.
    fn right(&self) -> f64 {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        let words = rows.filter_map(|row| row.what.as_ref().ok());
        let widths = words.map(|measured| {
            let font = if measured.is_clear { SAID } else { VALUE };
            width(&measured.in_words(), font) + BESIDE.0 + BESIDE.1
        });
        widths.fold(RIGHT, f64::max)
    }

    fn zone(&self, area: Area, scale: &Scale) -> Markup {
        let (left, right) = (scale.at(1.0 / self.zone), scale.at(self.zone));
        html! { rect.zone x=(px(left)) width=(px(right - left)) y=(px(area.top)) height=(px(area.bottom - area.top)) {} }
    }
}

impl Measured {
    fn draw(&self, row: &Row<Self>, y: f64, area: Area, scale: &Scale) -> Markup {
        let estimate = self.estimate.unwrap_or(1.0);
        html! {
            @if let Some((low, high)) = self.interval {
                path class=(if self.is_clear { "sure" } else { "i" }) d={ "M" (px(scale.at(low))) "," (px(y)) "H" (px(scale.at(high))) } {}
            }
            @let (low, high) = self.interval.unwrap_or((estimate, estimate));
            @if low < 1.0 && !scale.holds(low) { (arrow(area.left, y, 1.0)) }
            @if high > 1.0 && !scale.holds(high) { (arrow(area.right, y, -1.0)) }
            @if scale.holds(estimate) { (row.who.look.mark((scale.at(estimate), y), self.ring, &self.tooltip())) }
            text class=(if self.is_clear { "said" } else { "word" }) x=(px(area.right + BESIDE.0)) y=(px(y + 4.0)) { (self.in_words()) }
        }
    }

    /// The estimate and the word, with the decimal points of all rows below each other.
    fn in_words(&self) -> String {
        let estimate = self.estimate.map_or(String::new(), written);
        let before = estimate.find('.').unwrap_or(estimate.len());
        let pad: String =
            std::iter::repeat_n(FIGURE_SPACE, 2_usize.saturating_sub(before)).collect();
        let ring = if self.ring { " ○" } else { "" };
        format!("{pad}{estimate} {}{ring}", self.word)
    }

    /// Shown when the pointer is on the mark: the interval, because the estimate is beside it.
    fn tooltip(&self) -> String {
        let known = self.estimate.and(self.interval);
        known.map_or(String::new(), |(low, high)| {
            format!("[{}, {}]", written(low), written(high))
        })
    }
}

/// An arrow that points beyond the end of the axis; `inwards` is 1 at the left end and -1 at the right end.
fn arrow(end: f64, y: f64, inwards: f64) -> Markup {
    let back = end + 7.0 * inwards;
    let tip = points([(back, y - 3.5), (end, y), (back, y + 3.5)]);
    html! { polygon.beyond points=(tip) {} }
}

/// A ratio with its interval: `1.52 [1.41, 1.63]`.
pub fn ratio_in_words(estimate: f64, interval: Option<(f64, f64)>) -> String {
    let estimate = written(estimate);
    match interval {
        Some((low, high)) => format!("{estimate} [{}, {}]", written(low), written(high)),
        None => estimate,
    }
}

/// A ratio with two decimals, or three digits from 10 on.
fn written(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 0.005 => "< 0.01".to_owned(),
        ratio if ratio < 9.995 => format!("{ratio:.2}"),
        ratio => significant(ratio),
    }
}
