//! Dots on a common axis, one row per contender, each with its interval and its value in words.

use maud::{Markup, html};

use super::axes::Axis;
use super::rows::{Drawn, Group, Layout, MIDDLE, Row};
use crate::svg::axis::above;
use crate::svg::once::shared;
use crate::svg::text::{Font, SAID, VALUE, width};
use crate::svg::{Area, Panel, Scale, points, px};

const TOP: f64 = 66.0;
/// Least room on the right for the words.
const RIGHT: f64 = 60.0;
/// Gap between the area and the values, and gap between the words and the edge of the panel.
const BESIDE: (f64, f64) = (10.0, 2.0);
/// Gap between a value and its words.
const BETWEEN: f64 = 5.0;
/// Room at both ends of the area, so that marks at its ends are whole.
const INSET: f64 = 6.0;
/// Half the height of a tick.
const TICK: f64 = 4.5;

/// Dots on a common axis.
#[derive(Clone, Debug)]
pub struct Dots {
    /// The title, which distinguishes it from its neighbours.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// The axis, which stands above the rows. Values beyond its ends are drawn as arrows.
    pub axis: Axis,
    /// The ends of a zone in which values do not differ enough to matter.
    pub zone: Option<(f64, f64)>,
    /// The value that others are compared with.
    pub one: Option<f64>,
    /// Contenders from the best to the worst, and those that are set apart.
    pub groups: Vec<Group<Dot>>,
}

/// The dot of a contender.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dot {
    /// The value.
    pub at: f64,
    /// The ends of its line.
    pub line: Option<(f64, f64)>,
    /// Values of other percentiles, drawn as small ticks.
    pub ticks: Vec<f64>,
    /// The value in words; the values of all rows end below each other.
    pub value: String,
    /// What else is said of it; may be empty.
    pub words: String,
    /// True if the words are certain; they are bold then.
    pub is_clear: bool,
    /// True if it is drawn in grey, because it is not what the figure is about.
    pub is_grey: bool,
    /// Shown when the row is pointed at.
    pub tip: String,
}

impl Dots {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let [values, words] = self.room();
        let right = BESIDE.0 + values + words + BESIDE.1;
        let layout = Layout::of(&self.groups, TOP, right.max(RIGHT));
        let area = layout.area;
        let beside = area.right + BESIDE.0 + values;
        let scale = self.axis.scale((area.left + INSET, area.right - INSET));
        let body = html! {
            (self.zone(area, &scale))
            (shared(&above(area, &scale, &self.axis.ticks(&scale), &self.axis.title)))
            @if let Some(one) = self.one {
                path.one d={ "M" (px(scale.at(one))) "," (px(area.top)) "V" (px(area.bottom)) } {}
            }
            (layout.draw(|row, dot| dot.draw(row, area, &scale, beside)))
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: layout.height,
            body,
        }
    }

    /// Room for the values, and room for the words beside them.
    fn room(&self) -> [f64; 2] {
        let widest = |text: fn(&Dot) -> &str| {
            let rows = self.groups.iter().flat_map(|group| &group.rows);
            let dots = rows.filter_map(|row| row.what.as_ref().ok());
            dots.map(|dot| width(text(dot), dot.font()))
                .fold(0.0, f64::max)
        };
        let words = widest(|dot| &dot.words);
        let between = if words > 0.0 { BETWEEN } else { 0.0 };
        [widest(|dot| &dot.value), words + between]
    }

    fn zone(&self, area: Area, scale: &Scale) -> Markup {
        html! {
            @if let Some((low, high)) = self.zone {
                @let (left, right) = (scale.at(low), scale.at(high));
                rect.zone x=(px(left)) width=(px(right - left)) y=(px(area.top)) height=(px(area.bottom - area.top)) {}
            }
        }
    }
}

impl Dot {
    const fn font(&self) -> Font {
        if self.is_clear { SAID } else { VALUE }
    }

    fn draw(&self, row: &Row<Self>, area: Area, scale: &Scale, beside: f64) -> Drawn {
        let (low, high) = self.line.unwrap_or((self.at, self.at));
        let lowest = self.ticks.iter().copied().fold(low.min(self.at), f64::min);
        let highest = self.ticks.iter().copied().fold(high.max(self.at), f64::max);
        let body = html! {
            (shared(&html! { path.rows d={ "M" (px(area.left)) "," (px(MIDDLE)) "H" (px(area.right)) } {} }))
            @if self.line.is_some() {
                path class=(if self.is_clear { "sure" } else { "i" }) d={ "M" (px(scale.at(low))) "," (px(MIDDLE)) "H" (px(scale.at(high))) } {}
            }
            @for tick in self.ticks.iter().filter(|tick| scale.holds(**tick)) {
                path.i d={ "M" (px(scale.at(*tick))) "," (px(MIDDLE - TICK)) "v" (px(2.0 * TICK)) } {}
            }
            @if !scale.holds(lowest) && lowest < self.middle(scale) { (arrow(area.left, 1.0)) }
            @if !scale.holds(highest) && highest > self.middle(scale) { (arrow(area.right, -1.0)) }
            @if scale.holds(self.at) { (row.identity.look.mark((scale.at(self.at), MIDDLE), false, "")) }
            @let class = if self.is_clear { "said" } else { "word" };
            text class={ (class) " e" } x=(px(beside)) y=(px(MIDDLE + 4.0)) { (self.value) }
            @if !self.words.is_empty() { text class=(class) x=(px(beside + BETWEEN)) y=(px(MIDDLE + 4.0)) { (self.words) } }
        };
        Drawn {
            class: if self.is_grey { "grey" } else { "" },
            tip: self.tip.clone(),
            body,
        }
    }

    /// A value on the scale, which tells values below the scale from those above it.
    fn middle(&self, scale: &Scale) -> f64 {
        let (low, high) = scale.domain();
        self.at.clamp(low, high)
    }
}

/// An arrow that points beyond the end of the axis; `inwards` is 1 at the left end and -1 at the right end.
fn arrow(end: f64, inwards: f64) -> Markup {
    let back = end + 7.0 * inwards;
    let tip = points([(back, MIDDLE - 3.5), (end, MIDDLE), (back, MIDDLE + 3.5)]);
    html! { polygon.beyond points=(tip) {} }
}
