//! The axes of lines: their scales and ticks.

use crate::svg::Scale;
use crate::svg::axis::{Tick, ticks};

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The title, with the unit.
    pub title: String,
    /// How values are mapped to places.
    pub kind: AxisKind,
    /// Values that the scale must cover, whatever the lines contain.
    pub values: Vec<f64>,
    /// Writes a tick.
    pub write: fn(f64) -> String,
    /// Ticks other than round values.
    pub ticks: Option<Vec<Tick>>,
}

/// How values are mapped to places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisKind {
    /// Linear, from 0.
    Linear,
    /// Logarithmic, with a place for 0 if it is among the values.
    Log,
    /// Like `Log`, but the ends are powers of ten.
    Decades,
}

/// Both scales of a panel.
pub struct Scales {
    /// The horizontal one.
    pub x: Scale,
    /// The vertical one.
    pub y: Scale,
}

impl Axis {
    /// The scale over this range of pixels.
    pub fn scale(&self, range: (f64, f64)) -> Scale {
        let positive = || {
            self.values
                .iter()
                .copied()
                .filter(|value| *value > 0.0 && value.is_finite())
        };
        let low = positive().fold(f64::INFINITY, f64::min);
        let high = positive().fold(0.0, f64::max);
        match self.kind {
            AxisKind::Linear => Scale::linear(high, range),
            AxisKind::Log => Scale::steps(&self.values, range),
            AxisKind::Decades => Scale::decades(low, high, range),
        }
    }

    /// The ticks on this scale.
    pub fn ticks(&self, scale: &Scale) -> Vec<Tick> {
        match &self.ticks {
            Some(ticks) => ticks
                .iter()
                .filter(|(value, _)| scale.holds(*value))
                .cloned()
                .collect(),
            None => ticks(scale, self.write),
        }
    }
}

impl Scales {
    /// The place of a point.
    pub fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// The places of the points of a line.
    pub fn places(&self, line: &[(f64, f64)]) -> Vec<(f64, f64)> {
        line.iter().map(|&point| self.place(point)).collect()
    }
}
