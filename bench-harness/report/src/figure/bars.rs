//! Bars that are divided by kind, one row per contender, with each trial as a dot.

use maud::{Markup, html};

use super::kinds::{Legend, class};
use super::rows::{Group, Layout};
use crate::svg::axis::{horizontal, ticks};
use crate::svg::text::{VALUE, width};
use crate::svg::{Area, Panel, Scale, points, px, whole_px};

const TOP: f64 = 24.0;
/// Least room on the right for the values.
const RIGHT: f64 = 74.0;
/// Gap between the area and a value, and gap between the value and the edge of the panel.
const BESIDE: (f64, f64) = (8.0, 2.0);
/// Distances from the middle of a row to the top and to the bottom of its bar; the dots of the trials are below it.
const BAR: (f64, f64) = (6.0, 2.5);
/// Distance from the middle of a row to the dots.
const DOTS: f64 = 6.0;

/// Bars that are divided by kind.
#[derive(Clone, Debug)]
pub struct Bars {
    /// The title, which distinguishes it from its neighbours.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// The title of the axis: the meaning of a bar's length, with its unit.
    pub axis: String,
    /// The names of the parts of a bar from the left, at most six; a bar with one part needs no name.
    pub kinds: Vec<String>,
    /// Ticks are round multiples of this: 1, or 1024 for MiB where values are KiB.
    pub unit: f64,
    /// Writes a tick as a number of these units.
    pub tick: fn(f64) -> String,
    /// Writes a value with its unit.
    pub write: fn(f64) -> String,
    /// Contenders by family.
    pub groups: Vec<Group<Bar>>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its length.
    pub whole: f64,
    /// Its parts, one per kind, scaled so that they add up to the whole (the median of a sum is not the sum of
    /// medians); empty if the parts are not known.
    pub parts: Vec<f64>,
    /// One value per trial.
    pub trials: Vec<f64>,
    /// True if some clients were never served or were refused.
    pub ring: bool,
}

impl Bars {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let named = if self.kinds.len() > 1 {
            &self.kinds[..]
        } else {
            &[]
        };
        let legend = Legend::of(named, (2.0, TOP));
        let layout = Layout::of(&self.groups, TOP + 4.0 + legend.height(), self.right());
        let area = layout.area;
        let scale = Scale::linear(self.longest() / self.unit, (area.left, area.right));
        let body = html! {
            (legend.draw())
            (horizontal(area, &scale, &ticks(&scale, self.tick), &self.axis))
            (layout.draw(|_, bar, y| self.bar(bar, y, area, &scale)))
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: layout.height,
            body,
        }
    }

    /// Room on the right for the longest value.
    fn right(&self) -> f64 {
        let widths = self
            .bars()
            .map(|bar| width(&self.value(bar), VALUE) + BESIDE.0 + BESIDE.1);
        widths.fold(RIGHT, f64::max)
    }

    fn bars(&self) -> impl Iterator<Item = &Bar> {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        rows.filter_map(|row| row.what.as_ref().ok())
    }

    /// The text beside a bar.
    fn value(&self, bar: &Bar) -> String {
        let ring = if bar.ring { " ○" } else { "" };
        (self.write)(bar.whole) + ring
    }

    /// The end of the axis: the highest trial, but not so far that one disturbed trial squeezes all others.
    fn longest(&self) -> f64 {
        let whole = self.bars().map(|bar| bar.whole).fold(0.0, f64::max);
        let trials = self.bars().flat_map(|bar| &bar.trials);
        trials.copied().fold(whole, f64::max).min(whole * 1.4)
    }

    fn bar(&self, bar: &Bar, y: f64, area: Area, scale: &Scale) -> Markup {
        let at = |value: f64| scale.at(value / self.unit);
        html! {
            g data-v=(self.in_words(bar)) {
                @for (from, to, class) in self.parts(bar) {
                    @let (left, wide) = (px(at(from)), px(at(to) - at(from)));
                    @if wide != "0" { path class=(class) d={ "M" (left) "," (px(y - BAR.0)) "h" (wide) "v" (px(BAR.0 + BAR.1)) "h-" (wide) "z" } {} }
                }
            }
            (self.trials(bar, y + DOTS, area, scale))
            text.value x=(px(area.right + BESIDE.0)) y=(px(y + 4.0)) { (self.value(bar)) }
        }
    }

    /// One dot per trial, dots at the same place once; an arrow if some trials are beyond the axis.
    fn trials(&self, bar: &Bar, y: f64, area: Area, scale: &Scale) -> Markup {
        let values = || bar.trials.iter().map(|value| value / self.unit);
        let within = values().filter(|value| scale.holds(*value));
        let mut places: Vec<i64> = within.map(|value| scale.at(value).round() as i64).collect();
        places.sort_unstable();
        places.dedup();
        let steps = places
            .windows(2)
            .map(|two| format!("m{},0h0", two[1] - two[0]));
        let first = places
            .first()
            .map(|first| format!("M{first},{}h0", whole_px(y)));
        let dots: String = first.into_iter().chain(steps).collect();
        let end = area.right;
        let tip = points([(end - 4.0, y - 3.0), (end + 1.0, y), (end - 4.0, y + 3.0)]);
        html! {
            @if !dots.is_empty() { path.dot d=(dots) {} }
            @if values().any(|value| !scale.holds(value)) { polygon.beyond points=(tip) {} }
        }
    }

    /// The parts of a bar as (from, to, class).
    fn parts(&self, bar: &Bar) -> Vec<(f64, f64, String)> {
        let sum: f64 = bar.parts.iter().sum();
        if sum <= 0.0 {
            let class = if self.kinds.len() > 1 {
                "unsplit"
            } else {
                "only"
            };
            return vec![(0.0, bar.whole, class.to_owned())];
        }
        let mut from = 0.0;
        let part = |(index, part): (usize, &f64)| {
            let here = from;
            from += part / sum * bar.whole;
            (here, from, class(index, self.kinds.len()))
        };
        bar.parts.iter().enumerate().map(part).collect()
    }

    /// The whole and its parts, as text.
    fn in_words(&self, bar: &Bar) -> String {
        let part = |(kind, part): (&String, &f64)| format!("{kind} {}", (self.write)(*part));
        let parts: Vec<_> = self.kinds.iter().zip(&bar.parts).map(part).collect();
        let whole = (self.write)(bar.whole);
        if parts.len() > 1 {
            format!("{whole} ({})", parts.join(", "))
        } else {
            whole
        }
    }
}
