//! A value of one contender over several runs: the median of each run, with its range.

use maud::{Markup, html};
use record::number::significant;

use crate::svg::axis::{Tick, horizontal, room, ticks, vertical};
use crate::svg::panel::WIDTH;
use crate::svg::{Area, Identity, Panel, Scale, px};

const TOP: f64 = 44.0;
const HEIGHT: f64 = 110.0;
const AXIS: f64 = 42.0;
/// Least room on the left for the labels of the ticks.
const LEFT: f64 = 34.0;
/// Space beside the first and the last run, in the distance between two runs.
const BESIDE: f64 = 0.4;

/// The history of one contender.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The contender.
    pub identity: Identity,
    /// A description in words.
    pub description: String,
    /// What is drawn, with its unit.
    pub axis: String,
    /// The name of each run, short enough for a tick.
    pub runs: Vec<String>,
    /// One value a run; `None` if the run did not measure it.
    pub values: Vec<Option<Spread>>,
}

/// A median with its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lowest value.
    pub low: f64,
    /// The highest value.
    pub high: f64,
}

impl History {
    /// Draws the panel. Its axis begins at 0, and ends above the highest value of this contender.
    pub fn panel(&self) -> Panel {
        let highest = self.values.iter().flatten().map(|spread| spread.high);
        let y = Scale::linear(highest.fold(0.0, f64::max), (TOP + HEIGHT, TOP));
        let beside = ticks(&y, significant);
        let area = Area {
            left: LEFT.max(room(&beside)),
            right: WIDTH - 14.0,
            top: TOP,
            bottom: TOP + HEIGHT,
        };
        let body = html! {
            (vertical(area, &y, &beside, &self.axis))
            (horizontal(area, &self.places(area), &self.dates(), "runs, by the time at which they began (UTC)"))
            g class=(self.identity.look.class()) { (self.line(area, &y)) }
        };
        Panel {
            title: self.identity.name.clone(),
            description: self.description.clone(),
            height: area.bottom + AXIS,
            body,
        }
    }

    /// The places of the runs: at even distances, the first one at `BESIDE`.
    fn places(&self, area: Area) -> Scale {
        let last = self.runs.len().saturating_sub(1) as f64;
        Scale::until(last + 2.0 * BESIDE, (area.left, area.right))
    }

    fn dates(&self) -> Vec<Tick> {
        let dates = self.runs.iter().enumerate();
        dates
            .map(|(index, run)| (index as f64 + BESIDE, run.clone()))
            .collect()
    }

    fn line(&self, area: Area, y: &Scale) -> Markup {
        let x = self.places(area);
        let known = self.values.iter().enumerate();
        let known: Vec<(f64, f64, f64, f64, usize)> = known
            .filter_map(|(index, spread)| {
                let Spread { median, low, high } = (*spread)?;
                Some((
                    x.at(index as f64 + BESIDE),
                    y.at(median),
                    y.at(low),
                    y.at(high),
                    index,
                ))
            })
            .collect();
        // A line stops where a run has no value, so that it does not look like one.
        let step = |two: &[(f64, f64, f64, f64, usize)]| {
            let joined = two[1].4 == two[0].4 + 1;
            joined.then(|| {
                format!(
                    "M{},{}L{},{}",
                    px(two[0].0),
                    px(two[0].1),
                    px(two[1].0),
                    px(two[1].1)
                )
            })
        };
        let line: String = known.windows(2).filter_map(step).collect();
        html! {
            @if !line.is_empty() { path.line d=(line) {} }
            @for (x, median, low, high, index) in known {
                line.whisker x1=(px(x)) y1=(px(low)) x2=(px(x)) y2=(px(high)) {}
                (self.identity.look.mark((x, median), false, &self.said(index)))
            }
        }
    }

    /// A value in words.
    fn said(&self, index: usize) -> String {
        let spread = self.values[index].map(|Spread { median, low, high }| {
            format!(
                "{} ({} to {})",
                significant(median),
                significant(low),
                significant(high)
            )
        });
        format!("{}: {}", self.runs[index], spread.unwrap_or_default())
    }
}
