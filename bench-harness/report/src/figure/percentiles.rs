//! Response times by percentile, on an axis of 1/(1-p): each step to the right is ten times rarer.

use record::number::nanoseconds;

use super::axes::{Axis, AxisKind};
use super::lines::{GreyLines, Lines};
use super::series::{Beneath, Series, Spot};
use crate::svg::{Panel, Who};

/// The percentiles with marks and a tick, as rarity: one in this many requests takes longer.
pub const MARKED: [(f64, &str); 6] = [
    (2.0, "50 %"),
    (10.0, "90 %"),
    (100.0, "99 %"),
    (1e3, "99.9 %"),
    (1e4, "99.99 %"),
    (1e5, "99.999 %"),
];

/// Response times by percentile.
#[derive(Clone, Debug, PartialEq)]
pub struct Percentiles {
    /// The title, which distinguishes it from its neighbours.
    pub title: String,
    /// A description in words.
    pub description: String,
    /// Lines in colour, with names.
    pub curves: Vec<Curve>,
    /// Lines in grey, without names.
    pub grey_lines: GreyLines,
    /// The most names beside any panel of the figure.
    pub most_names: usize,
    /// The shortest and the longest time of all panels, in nanoseconds.
    pub times: (f64, f64),
    /// The highest rarity of all panels.
    pub rarest: f64,
    /// Contenders without a line, each with the reason.
    pub notes: Vec<String>,
    /// The longest name in any panel of the figure.
    pub longest_name: String,
}

/// The times of a contender: (rarity, nanoseconds).
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The contender.
    pub who: Who,
    /// Response times, counted from the intended time of a request.
    pub response: Vec<(f64, f64)>,
    /// Service times, counted from the send; empty if they are not drawn.
    pub service: Vec<(f64, f64)>,
}

impl Percentiles {
    /// Draws the panel.
    pub fn panel(&self) -> Panel {
        let ticks = MARKED.map(|(one_in, label)| (one_in, label.to_owned()));
        Lines {
            title: self.title.clone(),
            description: self.description.clone(),
            x: Axis {
                title: "percentile of the requests".to_owned(),
                kind: AxisKind::Log,
                values: vec![2.0, self.rarest.max(10.0)],
                write: |_| String::new(),
                ticks: Some(ticks.to_vec()),
            },
            y: Axis {
                title: self.measured().to_owned(),
                kind: AxisKind::Decades,
                values: vec![self.times.0, self.times.1],
                write: nanoseconds,
                ticks: None,
            },
            series: self.curves.iter().map(Curve::series).collect(),
            grey_lines: self.grey_lines.clone(),
            most_names: self.most_names,
            objective: None,
            notes: self.notes.clone(),
            longest_name: self.longest_name.clone(),
        }
        .panel()
    }
}

impl Percentiles {
    /// The title of the vertical axis.
    fn measured(&self) -> &'static str {
        if self.curves.iter().any(|curve| !curve.service.is_empty()) {
            "response time, dotted: service time"
        } else {
            "response time"
        }
    }
}

impl Curve {
    fn series(&self) -> Series {
        let at = |&(rarity, label): &(f64, &'static str)| {
            Some((nearest(&self.response, rarity)?, label))
        };
        let marked: Vec<_> = MARKED.iter().filter_map(at).collect();
        let spot = |(index, &(x, y)): (usize, &(f64, f64))| {
            let mark = marked.iter().find(|(at, _)| *at == index);
            let tooltip = |(_, label): &(usize, &str)| format!("{label} within {}", nanoseconds(y));
            Spot {
                x,
                y,
                mark: mark.is_some(),
                tooltip: mark.map(tooltip).unwrap_or_default(),
                ..Spot::default()
            }
        };
        let beneath = (!self.service.is_empty()).then(|| Beneath::Measured(self.service.clone()));
        Series {
            who: self.who.clone(),
            points: self.response.iter().enumerate().map(spot).collect(),
            beneath: beneath.into_iter().collect(),
            knee: None,
        }
    }
}

/// The point of a curve at this rarity, if the curve reaches it.
pub fn nearest(curve: &[(f64, f64)], rarity: f64) -> Option<usize> {
    let off = |index: &usize| (curve[*index].0 / rarity).ln().abs();
    let best = (0..curve.len()).min_by(|a, b| off(a).total_cmp(&off(b)))?;
    (off(&best) < 0.2).then_some(best)
}
