//! Counts by state over time, stacked: connections by state.

use maud::{Markup, html};
use record::number::{short, significant};

use super::kinds::{Legend, class};
use crate::svg::axis::{horizontal, room, ticks, vertical};
use crate::svg::panel::WIDTH;
use crate::svg::{Area, Panel, Scale, points, px};

const TOP: f64 = 24.0;
const HEIGHT: f64 = 190.0;
/// Least room on the left for the labels of the ticks.
const LEFT: f64 = 56.0;
const AXIS: f64 = 42.0;

/// Counts by state over time.
#[derive(Clone, Debug, PartialEq)]
pub struct States {
    /// The title, which distinguishes it from its neighbours.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// The title of the vertical axis: what is counted.
    pub axis: String,
    /// The times of the counts, in seconds.
    pub times_s: Vec<f64>,
    /// Each state with one count per time.
    pub states: Vec<(String, Vec<f64>)>,
    /// The highest total in any panel of the figure, so that all panels have the same axes.
    pub most: f64,
}

impl States {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let names: Vec<String> = self.states.iter().map(|(name, _)| name.clone()).collect();
        let legend = Legend::of(&names, (2.0, TOP));
        let top = TOP + legend.height() + 24.0;
        let y = Scale::linear(self.most, (top + HEIGHT, top));
        let beside = ticks(&y, short);
        let area = Area {
            left: LEFT.max(room(&beside)),
            right: WIDTH - 14.0,
            top,
            bottom: top + HEIGHT,
        };
        let x = Scale::until(
            self.times_s.last().copied().unwrap_or(0.0),
            (area.left, area.right),
        );
        let body = html! {
            (legend.draw())
            (vertical(area, &y, &beside, &self.axis))
            (horizontal(area, &x, &ticks(&x, significant), "seconds"))
            (self.layers(&x, &y))
            @if self.times_s.is_empty() { text.absent x=(px(area.left + 6.0)) y=(px(area.top + 14.0)) { "no counts" } }
        };
        Panel {
            title: self.title.clone(),
            description: self.description.clone(),
            height: area.bottom + AXIS,
            body,
        }
    }

    fn layers(&self, x: &Scale, y: &Scale) -> Markup {
        let mut below = vec![0.0; self.times_s.len()];
        let mut layer = |index: usize, values: &[f64]| {
            let floor = below.clone();
            for (sum, value) in below.iter_mut().zip(values) {
                *sum += value;
            }
            let edge = |heights: &[f64]| -> Vec<(f64, f64)> {
                let both = self.times_s.iter().zip(heights);
                both.map(|(time, height)| (x.at(*time), y.at(*height)))
                    .collect()
            };
            let around = edge(&below)
                .into_iter()
                .chain(edge(&floor).into_iter().rev());
            html! { polygon class={ "kind " (class(index, self.states.len())) } points=(points(around)) {} }
        };
        html! {
            @for (index, (_, values)) in self.states.iter().enumerate() { (layer(index, values)) }
        }
    }
}
