//! Figures: a metric over the steps of a scenario, one panel a family.

use analysis::{Members, Metric, Summary};
use record::number::{counted, percent, short};
use record::plan::{ContenderId, LoadId, Rate};

use super::cells::{by_load, written};
use super::figure::Figure;
use super::knee;
use super::part::Part;
use super::rows::{families, identity, most_members, notes_on_missing_lines};
use super::words_of::{axis_title, measured_in_words, writer};
use crate::detail::Detail;
use crate::figure::{Axis, AxisKind, Beneath, GreyLines, Lines, Series, Spot};
use crate::phrases::{first_few, label};
use crate::svg::Panel;
use crate::svg::text::{NAME, width};
use crate::table::Table;
use crate::values::{about_bounds, median_or_reason};
use crate::words::unit;

/// What is drawn over the steps.
pub struct OverSteps {
    /// The line.
    pub metric: Metric,
    /// A dotted line beneath it.
    pub beneath: Option<Metric>,
}

/// Requests answered.
pub const THROUGHPUT: OverSteps = OverSteps::of(Metric::Throughput);
/// CPU time per request.
pub const COST: OverSteps = OverSteps::of(Metric::Cpu);
/// The 99th percentile of the response time, and below it the median.
pub const WAITS: OverSteps = OverSteps {
    metric: Metric::P99,
    beneath: Some(Metric::P50),
};

/// A panel of lines: some contenders in colour, all others in grey.
pub struct Drawing<'a> {
    /// Its title.
    pub title: &'a str,
    /// The contenders in colour.
    pub members: &'a [ContenderId],
    /// The lines in grey.
    pub grey_lines: GreyLines,
    /// The most names beside any panel of the figure.
    pub most_names: usize,
}

impl OverSteps {
    /// A metric without a line beneath.
    pub const fn of(metric: Metric) -> Self {
        Self {
            metric,
            beneath: None,
        }
    }

    /// The figure of a scenario, with its knees if there are any; `None` if no contender has a line.
    pub fn figure(&self, part: &Part, texts: Figure) -> Option<Figure> {
        self.highest(part.summary)?;
        let has_steps = part.summary.loads.len() > 1;
        has_steps.then(|| Figure {
            panels: self.panels(part, &texts.id),
            table: self.table(part.summary),
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

    /// The data.
    pub fn table(&self, summary: &Summary) -> Table {
        let detail = Detail::of(summary);
        let loads: Vec<LoadId> = summary.load_ids().collect();
        let values = detail.of_values(summary, &loads);
        let caption = format!("{}: {values}", axis_title(self.metric));
        by_load(summary, &caption, |contender, load| {
            let ring = if summary.left_out(contender, load) {
                " ○"
            } else {
                ""
            };
            written(summary, contender, load, self.metric, detail) + ring
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
            let drawing = Drawing {
                title: family.family,
                members: &family.members,
                grey_lines: GreyLines::of(index, &format!("all-{id}"), lines),
                most_names: most_members(part.summary),
            };
            self.panel(part, drawing)
        };
        let panels = families.iter().enumerate().filter_map(panel);
        panels.collect()
    }

    /// One panel; `None` if no contender has a value.
    pub fn panel(&self, part: &Part, drawing: Drawing) -> Option<Panel> {
        let summary = part.summary;
        let Drawing {
            title,
            members,
            grey_lines,
            most_names,
        } = drawing;
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
            most_names,
            objective: part.knees.map(knee::objective),
            longest_name: self.longest_label(summary),
        };
        Some(lines.panel())
    }

    /// The longest name with its value: it decides how much room the labels of all panels get.
    fn longest_label(&self, summary: &Summary) -> String {
        let labels = summary.models().map(|model| {
            let name = &summary.contenders[model].name;
            format!("{name}  {}", self.at_the_end(summary, model))
        });
        let longest = labels.max_by(|a, b| width(a, NAME).total_cmp(&width(b, NAME)));
        longest.unwrap_or_default()
    }

    /// The value at the last step that has one, in words; empty if none has one.
    fn at_the_end(&self, summary: &Summary, contender: ContenderId) -> String {
        let mut loads: Vec<LoadId> = summary.load_ids().collect();
        loads.sort_by(|a, b| summary.loads[*a].step.total_cmp(&summary.loads[*b].step));
        let has_value = |load: &&LoadId| summary.median(contender, **load, self.metric).is_some();
        let last = loads.iter().rev().find(has_value);
        last.map_or(String::new(), |&load| {
            median_or_reason(summary, contender, load, self.metric)
        })
    }

    /// The vertical axis, which holds all trials and the objective.
    fn vertical(&self, part: &Part) -> Option<Axis> {
        let kind = match self.metric {
            Metric::P50 | Metric::P99 => AxisKind::Decades,
            Metric::Cpu => AxisKind::Log,
            _ => AxisKind::Linear,
        };
        let objective = part.knees.map_or(0.0, |knees| knee::objective(knees).0);
        let high = self.highest(part.summary)?.max(objective);
        let lowest_metric = self.beneath.unwrap_or(self.metric);
        let contenders = part.summary.contender_ids();
        let points = contenders.flat_map(|contender| part.line(contender, lowest_metric));
        let low = points.map(|(_, y)| y).fold(high, f64::min);
        let beneath = self.beneath.map_or(String::new(), |metric| {
            format!(", dotted {}", metric.heading())
        });
        Some(Axis {
            title: axis_title(self.metric) + &beneath,
            kind,
            values: vec![low, high],
            write: writer(self.metric),
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
            words: self.at_the_end(part.summary, contender),
            beneath: self.beneath.map(line).into_iter().collect(),
            knee,
        }
    }

    /// The points of a line.
    fn spots(&self, part: &Part, contender: ContenderId) -> Vec<Spot> {
        let summary = part.summary;
        let spot = |load: LoadId| {
            let cell = summary.cell(contender, load);
            let estimate = cell.estimates.get(&self.metric)?;
            Some(Spot {
                x: summary.loads[load].step,
                y: estimate.median,
                range: Some((estimate.low, estimate.high)),
                mark: true,
                ring: cell.left_out(),
                is_bound: cell.is_lower_bound(self.metric),
                tooltip: measured_in_words(summary, contender, load, self.metric),
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
            format!("{name} {}", self.at_the_end(summary, contender))
        };
        let values: Vec<_> = members.iter().map(value).collect();
        format!(
            "{} at {}: {}.",
            axis_title(self.metric),
            label(summary, last),
            first_few(&values)
        )
    }
}

/// The axis of the scenario, with a tick at each measured step and nowhere else.
fn steps(summary: &Summary) -> Axis {
    let name = summary.loads.first().map(|load| load.scenario.as_str());
    let scenario = name.and_then(|name| summary.scenario(name));
    let is_log = scenario.is_none_or(|scenario| scenario.log);
    let mut rates = summary.loads.iter().filter_map(|load| load.rate);
    let has_shares = rates.any(|rate| matches!(rate, Rate::OfPeak(_) | Rate::OfSlowest(_)));
    let write = if has_shares { percent } else { short };
    let mut values: Vec<f64> = summary.loads.iter().map(|load| load.step).collect();
    values.sort_by(f64::total_cmp);
    Axis {
        title: scenario.map_or("connections".to_owned(), |scenario| scenario.axis.clone()),
        kind: if is_log {
            AxisKind::Log
        } else {
            AxisKind::Linear
        },
        ticks: Some(values.iter().map(|&step| (step, write(step))).collect()),
        values,
        write,
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
        "One panel per family (way of waiting); the lines of the other families are grey. Mark: median of {number}. Beside the name: the \
         value at the last step. In panels of at most four lines, band: lowest to highest {unit}. Hollow mark: some clients were never \
         served or were refused. Hat (^) on a mark: a lower bound."
    )
}
