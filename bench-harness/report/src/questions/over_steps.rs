//! Figures: a metric over the steps of a scenario, one panel a family.

use analysis::{Members, Metric, Summary};
use record::number::{counted, nanoseconds, percent, short, significant};
use record::plan::{ContenderId, LoadId, Rate};

use super::cells::{by_load, written};
use super::figure::Figure;
use super::knee;
use super::part::Part;
use super::rows::{families, identity, longest_name, most_members, notes_on_missing_lines};
use crate::detail::Detail;
use crate::figure::{Axis, AxisKind, Beneath, GreyLines, Lines, Series, Spot};
use crate::phrases::{first_few, label};
use crate::svg::Panel;
use crate::table::Table;
use crate::values::{about_bounds, median_or_reason};
use crate::words::unit;

/// What is drawn over the steps.
pub struct OverSteps {
    /// The line.
    pub metric: Metric,
    /// A dotted line beneath it.
    pub beneath: Option<Metric>,
    /// The title of the vertical axis.
    pub axis: &'static str,
}

/// Requests answered.
pub const THROUGHPUT: OverSteps = OverSteps {
    metric: Metric::Throughput,
    beneath: None,
    axis: "requests/s",
};
/// The 99th percentile of the response time, and below it the median.
pub const WAITS: OverSteps = OverSteps {
    metric: Metric::P99,
    beneath: Some(Metric::P50),
    axis: "response time: p99, dotted p50",
};
/// How evenly clients are served.
pub const FAIRNESS: OverSteps = OverSteps {
    metric: Metric::Fairness,
    beneath: None,
    axis: "fairness (Jain's index)",
};

/// The meaning of the axis of fairness.
pub const JAIN: &str = "Jain's index of the requests answered per client is 1 if all clients were served equally, and 1/n if only one of n was.";

/// A panel of lines: some contenders in colour, all others in grey.
pub struct Coloured<'a> {
    /// Its title.
    pub title: &'a str,
    /// The contenders in colour.
    pub members: &'a [ContenderId],
    /// The lines in grey.
    pub grey_lines: GreyLines,
}

impl OverSteps {
    /// The figure of a scenario, with its knees if there are any; `None` if no contender has a line.
    pub fn figure(&self, part: &Part, texts: Figure) -> Option<Figure> {
        self.highest(part.summary)?;
        let has_steps = part.summary.loads.len() > 1;
        has_steps.then(|| Figure {
            panels: self.panels(part, &texts.id),
            table: self.table(part),
            how_to_read: texts.how_to_read.clone() + &self.about(part),
            ..texts
        })
    }

    /// What the marks and lines of this metric mean.
    fn about(&self, part: &Part) -> String {
        let loads: Vec<LoadId> = part.summary.load_ids().collect();
        let knees = part.knees.map(knee::how_to_read);
        match self.metric {
            Metric::Throughput => about_bounds(part.summary, &loads),
            _ => knees.unwrap_or_default(),
        }
    }

    /// The data. If there is no room for a figure of the costs, the CPU time stands here too.
    pub fn table(&self, part: &Part) -> Table {
        let Part {
            summary, detail, ..
        } = *part;
        let with_cpu = detail == Detail::Reduced && self.metric != Metric::Fairness;
        let and_cpu = if with_cpu {
            ", and CPU per request"
        } else {
            ""
        };
        let loads: Vec<LoadId> = summary.load_ids().collect();
        let values = detail.of_values(summary, &loads);
        let caption = format!("{}{and_cpu}: {values}", self.metric.heading());
        by_load(summary, &caption, |contender, load| {
            let ring = if summary.left_out(contender, load) {
                " ○"
            } else {
                ""
            };
            let cpu = summary.median(contender, load, Metric::Cpu);
            let cpu = cpu
                .filter(|_| with_cpu)
                .map(|us| format!(", {}", Metric::Cpu.unit().write(us)));
            let value = written(summary, contender, load, self.metric, detail);
            value + ring + &cpu.unwrap_or_default()
        })
    }

    /// The highest value of all trials.
    fn highest(&self, summary: &Summary) -> Option<f64> {
        let cells = summary.cell_ids();
        let highs = cells.filter_map(|(contender, load)| {
            let estimates = &summary.cell(contender, load).estimates;
            Some(estimates.get(&self.metric)?.high)
        });
        highs.max_by(f64::total_cmp)
    }

    fn panels(&self, part: &Part, id: &str) -> Vec<Panel> {
        let families = families(part.summary);
        let panel = |(index, family): (usize, &Members)| {
            let lines = || part.lines(self.metric);
            let coloured = Coloured {
                title: family.family,
                members: &family.members,
                grey_lines: GreyLines::of(index, &format!("all-{id}"), lines),
            };
            self.panel(part, coloured)
        };
        let panels = families.iter().enumerate().filter_map(panel);
        panels.collect()
    }

    /// One panel; `None` if no contender has a value.
    pub fn panel(&self, part: &Part, coloured: Coloured) -> Option<Panel> {
        let summary = part.summary;
        let Coloured {
            title,
            members,
            grey_lines,
        } = coloured;
        let has_line = |contender| !part.line(contender, self.metric).is_empty();
        let series = members.iter().map(|&member| self.series(part, member));
        let lines = Lines {
            title: title.to_owned(),
            description: self.describe(part, members),
            x: steps(summary),
            y: self.vertical(part)?,
            series: series.collect(),
            notes: notes_on_missing_lines(summary, members, summary.last_load(), has_line),
            grey_lines,
            most_names: most_members(summary),
            objective: part.knees.map(knee::objective),
            longest_name: longest_name(summary),
        };
        Some(lines.panel())
    }

    /// The vertical axis, which holds all trials and the objective.
    fn vertical(&self, part: &Part) -> Option<Axis> {
        let (kind, write): (AxisKind, fn(f64) -> String) = match self.metric {
            Metric::P99 => (AxisKind::Decades, nanoseconds),
            Metric::Fairness => (AxisKind::Linear, significant),
            _ => (AxisKind::Linear, short),
        };
        let objective = part.knees.map_or(0.0, |knees| knee::objective(knees).0);
        let high = self.highest(part.summary)?.max(objective);
        let lowest_metric = self.beneath.unwrap_or(self.metric);
        let contenders = part.summary.contender_ids();
        let points = contenders.flat_map(|contender| part.line(contender, lowest_metric));
        let low = points.map(|(_, y)| y).fold(high, f64::min);
        Some(Axis {
            title: self.axis.to_owned(),
            kind,
            values: vec![low, high],
            write,
            ticks: None,
        })
    }

    fn series(&self, part: &Part, contender: ContenderId) -> Series {
        let line = |metric| Beneath::Measured(part.line(contender, metric));
        let knee = part
            .knees
            .and_then(|knees| knee::flag(knees, part.summary, contender));
        Series {
            identity: identity(part.summary, contender),
            points: self.spots(part, contender),
            beneath: self.beneath.map(line).into_iter().collect(),
            knee,
        }
    }

    /// The points of a line. With reduced detail only those have a mark at which clients were left out.
    fn spots(&self, part: &Part, contender: ContenderId) -> Vec<Spot> {
        let summary = part.summary;
        let is_full = part.detail == Detail::Full;
        let spot = |load: LoadId| {
            let cell = summary.cell(contender, load);
            let estimate = cell.estimates.get(&self.metric)?;
            Some(Spot {
                x: summary.loads[load].step,
                y: estimate.median,
                range: is_full.then_some((estimate.low, estimate.high)),
                mark: is_full || cell.left_out(),
                ring: cell.left_out(),
                tooltip: median_or_reason(summary, contender, load, self.metric),
            })
        };
        let mut spots: Vec<_> = summary.load_ids().filter_map(spot).collect();
        spots.sort_by(|a, b| a.x.total_cmp(&b.x));
        spots
    }

    fn describe(&self, part: &Part, members: &[ContenderId]) -> String {
        let summary = part.summary;
        let last = summary.last_load();
        let value = |&contender: &ContenderId| {
            let name = &summary.contenders[contender].name;
            let value = written(summary, contender, last, self.metric, part.detail);
            format!("{name} {value}")
        };
        let values: Vec<_> = members.iter().map(value).collect();
        format!(
            "{} at {}: {}.",
            self.metric.heading(),
            label(summary, last),
            first_few(&values)
        )
    }
}

/// The axis of the scenario.
fn steps(summary: &Summary) -> Axis {
    let name = summary.loads.first().map(|load| load.scenario.as_str());
    let scenario = name.and_then(|name| summary.scenario(name));
    let is_log = scenario.is_none_or(|scenario| scenario.log);
    let mut rates = summary.loads.iter().filter_map(|load| load.rate);
    let has_shares = rates.any(|rate| matches!(rate, Rate::OfPeak(_) | Rate::OfSlowest(_)));
    Axis {
        title: scenario.map_or("connections".to_owned(), |scenario| scenario.axis.clone()),
        kind: if is_log {
            AxisKind::Log
        } else {
            AxisKind::Linear
        },
        values: summary.loads.iter().map(|load| load.step).collect(),
        write: if has_shares { percent } else { short },
        ticks: None,
    }
}

/// How to read a figure over steps.
pub fn how_to_read(summary: &Summary) -> String {
    let loads: Vec<LoadId> = summary.load_ids().collect();
    let unit = unit(summary, &loads);
    let number = match unit {
        "trial" => counted(summary.blocks, unit),
        _ => format!("the {unit}s"),
    };
    format!(
        "One panel per family (way of waiting); the lines of the other families are grey. Mark: median of {number}. Band: lowest to \
         highest {unit}. Hollow mark: some clients were never served or were refused."
    )
}
