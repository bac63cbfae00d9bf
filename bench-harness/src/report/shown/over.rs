//! Figures: a metric over the steps of a scenario, one panel a family.

use super::super::figure::{Axis, AxisKind, Beneath, Company, Lines, Series, Spot};
use super::super::svg::Panel;
use super::knee::Knees;
use super::{Figure, by_load, families, longest_name, most_members, who, without_line, written};
use crate::analysis::{Metric, Summary};
use crate::number::{counted, nanoseconds, percent, short, significant};
use crate::plan::{Load, Rate};

/// What is drawn over the steps.
pub struct Over {
    /// The line.
    pub metric: Metric,
    /// A dotted line beneath it.
    pub beneath: Option<Metric>,
    /// The title of the vertical axis.
    pub axis: &'static str,
}

/// Requests answered.
pub const THROUGHPUT: Over = Over {
    metric: Metric::Throughput,
    beneath: None,
    axis: "requests a second",
};
/// How long the slowest wait, and below it the median.
pub const WAITS: Over = Over {
    metric: Metric::P99,
    beneath: Some(Metric::P50),
    axis: "response time: p99, dotted p50",
};
/// How evenly clients are served.
pub const FAIRNESS: Over = Over {
    metric: Metric::Fairness,
    beneath: None,
    axis: "Jain's index",
};

impl Over {
    /// The figure of a summary of one scenario, with the knees of its contenders where there are any; `None` where there is no
    /// line.
    pub fn figure(
        &self,
        summary: &Summary,
        figure: Figure,
        knees: Option<&Knees>,
    ) -> Option<Figure> {
        let most = self.highest(summary)?;
        let several = summary.loads.len() > 1;
        several.then(|| Figure {
            panels: self.panels(summary, most, &figure.id, knees),
            table: self.table(summary),
            read: figure.read.clone() + &knees.map(Knees::read).unwrap_or_default(),
            ..figure
        })
    }

    fn table(&self, summary: &Summary) -> super::Table {
        let caption = format!("{}: median [lowest – highest trial]", self.metric.heading());
        by_load(summary, &caption, |contender, load| {
            let ring = if summary.cell(contender, load).left_out() {
                " ○"
            } else {
                ""
            };
            written(summary, contender, load, self.metric) + ring
        })
    }

    fn highest(&self, summary: &Summary) -> Option<f64> {
        let cells = (0..summary.contenders.len())
            .flat_map(|c| (0..summary.loads.len()).map(move |l| (c, l)));
        let highs =
            cells.filter_map(|(c, l)| Some(summary.cell(c, l).estimates.get(&self.metric)?.high));
        highs.max_by(f64::total_cmp)
    }

    fn panels(&self, summary: &Summary, most: f64, id: &str, knees: Option<&Knees>) -> Vec<Panel> {
        let families = families(summary);
        let panel = |(index, (family, members)): (usize, &(&str, Vec<usize>))| {
            let company = Company::of(index, &format!("all-{id}"), || {
                let models = (0..summary.contenders.len()).filter(|&c| !summary.is_twin(c));
                models.map(|c| line(summary, c, self.metric)).collect()
            });
            let most = most.max(knees.map_or(0.0, |knees| knees.objective.below.as_nanos() as f64));
            self.panel(summary, family, members, most, company, knees)
        };
        families.iter().enumerate().map(panel).collect()
    }

    fn panel(
        &self,
        summary: &Summary,
        family: &str,
        members: &[usize],
        most: f64,
        company: Company,
        knees: Option<&Knees>,
    ) -> Panel {
        let has_line = |c: usize| !line(summary, c, self.metric).is_empty();
        let series = members.iter().map(|&c| self.series(summary, c, knees));
        Lines {
            title: family.to_owned(),
            description: self.describe(summary, members),
            x: steps(summary),
            y: self.vertical(summary, most),
            series: series.collect(),
            notes: without_line(summary, members, has_line, summary.loads.len() - 1),
            company,
            most_names: most_members(summary),
            objective: knees.map(objective),
            longest_name: longest_name(summary),
        }
        .panel()
    }

    fn vertical(&self, summary: &Summary, most: f64) -> Axis {
        let (kind, write): (AxisKind, fn(f64) -> String) = match self.metric {
            Metric::P99 => (AxisKind::Decades, nanoseconds),
            Metric::Fairness => (AxisKind::Linear, significant),
            _ => (AxisKind::Linear, short),
        };
        let contenders = 0..summary.contenders.len();
        let low = contenders
            .flat_map(|c| line(summary, c, self.beneath.unwrap_or(self.metric)))
            .map(|(_, y)| y)
            .fold(most, f64::min);
        Axis {
            title: self.axis.to_owned(),
            kind,
            values: vec![low, most],
            write,
            ticks: None,
        }
    }

    fn series(&self, summary: &Summary, contender: usize, knees: Option<&Knees>) -> Series {
        let beneath = self
            .beneath
            .map(|metric| Beneath::Measured(line(summary, contender, metric)));
        Series {
            who: who(summary, contender),
            points: self.spots(summary, contender),
            beneath: beneath.into_iter().collect(),
            knee: knees.and_then(|knees| knees.flag(contender)),
        }
    }

    fn spots(&self, summary: &Summary, contender: usize) -> Vec<Spot> {
        let name = &summary.contenders[contender].name;
        let spot = |load: usize| {
            let cell = summary.cell(contender, load);
            let found = cell.estimates.get(&self.metric)?;
            Some(Spot {
                x: summary.loads[load].step,
                y: found.median,
                range: Some((found.low, found.high)),
                mark: true,
                ring: cell.left_out(),
                says: format!(
                    "{name}, {}: {}",
                    summary.loads[load].label(),
                    written(summary, contender, load, self.metric)
                ),
            })
        };
        let mut points: Vec<_> = (0..summary.loads.len()).filter_map(spot).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    }

    fn describe(&self, summary: &Summary, members: &[usize]) -> String {
        let last = summary.loads.len() - 1;
        let one = |&contender: &usize| {
            let name = &summary.contenders[contender].name;
            format!("{name} {}", written(summary, contender, last, self.metric))
        };
        let all: Vec<_> = members.iter().map(one).collect();
        format!(
            "{} at {}: {}.",
            self.metric.heading(),
            summary.loads[last].label(),
            all.join(", ")
        )
    }
}

/// The line of an objective, and what it says.
fn objective(knees: &Knees) -> (f64, String) {
    let objective = knees.objective;
    let below = objective.below.as_nanos() as f64;
    (below, format!("objective {objective}"))
}

/// Medians from left to right.
fn line(summary: &Summary, contender: usize, metric: Metric) -> Vec<(f64, f64)> {
    let place = |load: usize| {
        Some((
            summary.loads[load].step,
            summary.median(contender, load, metric)?,
        ))
    };
    let mut line: Vec<_> = (0..summary.loads.len()).filter_map(place).collect();
    line.sort_by(|a, b| a.0.total_cmp(&b.0));
    line
}

/// The axis of the scenario.
fn steps(summary: &Summary) -> Axis {
    let name = summary.loads.first().map(|load| &load.scenario);
    let described = summary.described.iter().find(|one| Some(&one.name) == name);
    let share = |load: &Load| matches!(load.rate, Some(Rate::OfPeak(_)));
    let log = described.is_none_or(|one| one.log);
    Axis {
        title: described.map_or("connections".to_owned(), |one| one.axis.clone()),
        kind: if log { AxisKind::Log } else { AxisKind::Linear },
        values: summary.loads.iter().map(|load| load.step).collect(),
        write: if summary.loads.iter().any(share) {
            percent
        } else {
            short
        },
        ticks: None,
    }
}

/// The text of a figure over steps that has an own question.
pub fn about(summary: &Summary, id: String, short: String, question: String, not: &str) -> Figure {
    Figure {
        id,
        short,
        question,
        read: format!(
            "One panel for each way of waiting; the other families' lines are grey. Mark: median of {}. Band: from the lowest \
             to the highest trial. A hollow mark means that some clients were never served or were refused.",
            counted(summary.blocks, "trial")
        ),
        not: not.to_owned(),
        panels: Vec::new(),
        table: super::Table::default(),
    }
}
