//! Figures: a metric over the steps of a scenario, one panel a family.

use analysis::{Metric, Summary};
use record::number::{counted, nanoseconds, percent, short, significant};
use record::plan::{Load, Rate};

use super::super::figure::{Axis, AxisKind, Beneath, Company, Lines, Series, Spot};
use super::super::svg::Panel;
use super::knee::Knees;
use super::{
    Figure, Room, by_load, families, listed, longest_name, most_members, who, without_line,
};

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
        (room, knees): (Room, Option<&Knees>),
    ) -> Option<Figure> {
        let most = self.highest(summary)?;
        let several = summary.loads.len() > 1;
        several.then(|| Figure {
            panels: self.panels(summary, most, &figure.id, (room, knees)),
            table: self.table(summary, room),
            read: figure.read.clone() + &knees.map(Knees::read).unwrap_or_default(),
            ..figure
        })
    }

    /// Where there is no room for a figure of the costs, the CPU time stands here.
    pub fn table(&self, summary: &Summary, room: Room) -> super::Table {
        let with_cpu = room == Room::Little && self.metric != Metric::Fairness;
        let cpu = if with_cpu { ", and CPU a request" } else { "" };
        let caption = format!("{}{cpu}: {}", self.metric.heading(), room.of_trials());
        by_load(summary, &caption, |contender, load| {
            let ring = if summary.cell(contender, load).left_out() {
                " ○"
            } else {
                ""
            };
            let cpu = summary
                .median(contender, load, Metric::Cpu)
                .filter(|_| with_cpu);
            let cpu = cpu.map(|us| format!(", {}", Metric::Cpu.unit().write(us)));
            room.written(summary, contender, load, self.metric) + ring + &cpu.unwrap_or_default()
        })
    }

    /// The highest value of all trials.
    pub fn highest(&self, summary: &Summary) -> Option<f64> {
        let cells = (0..summary.contenders.len())
            .flat_map(|c| (0..summary.loads.len()).map(move |l| (c, l)));
        let highs =
            cells.filter_map(|(c, l)| Some(summary.cell(c, l).estimates.get(&self.metric)?.high));
        highs.max_by(f64::total_cmp)
    }

    fn panels(
        &self,
        summary: &Summary,
        most: f64,
        id: &str,
        (room, knees): (Room, Option<&Knees>),
    ) -> Vec<Panel> {
        let families = families(summary);
        let panel = |(index, (family, members)): (usize, &(&str, Vec<usize>))| {
            let company = Company::of(index, &format!("all-{id}"), || {
                let models = (0..summary.contenders.len()).filter(|&c| !summary.is_twin(c));
                models.map(|c| line(summary, c, self.metric)).collect()
            });
            let most = most.max(knees.map_or(0.0, |knees| knees.objective.below.as_nanos() as f64));
            self.panel(summary, (family, members), most, company, (room, knees))
        };
        families.iter().enumerate().map(panel).collect()
    }

    /// One panel, with these members in colour.
    pub fn panel(
        &self,
        summary: &Summary,
        (family, members): (&str, &[usize]),
        most: f64,
        company: Company,
        (room, knees): (Room, Option<&Knees>),
    ) -> Panel {
        let has_line = |c: usize| !line(summary, c, self.metric).is_empty();
        let series = members
            .iter()
            .map(|&c| self.series(summary, c, (room, knees)));
        Lines {
            title: family.to_owned(),
            description: self.describe(summary, members, room),
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

    fn series(
        &self,
        summary: &Summary,
        contender: usize,
        (room, knees): (Room, Option<&Knees>),
    ) -> Series {
        let beneath = self
            .beneath
            .map(|metric| Beneath::Measured(line(summary, contender, metric)));
        Series {
            who: who(summary, contender),
            points: self.spots(summary, contender, room),
            beneath: beneath.into_iter().collect(),
            knee: knees.and_then(|knees| knees.flag(contender)),
        }
    }

    /// Where there is little room, only those points have a mark at which clients were left out.
    fn spots(&self, summary: &Summary, contender: usize, room: Room) -> Vec<Spot> {
        let whole = room == Room::Plenty;
        let spot = |load: usize| {
            let cell = summary.cell(contender, load);
            let found = cell.estimates.get(&self.metric)?;
            Some(Spot {
                x: summary.loads[load].step,
                y: found.median,
                range: whole.then_some((found.low, found.high)),
                mark: whole || cell.left_out(),
                ring: cell.left_out(),
                says: Room::Little.written(summary, contender, load, self.metric),
            })
        };
        let mut points: Vec<_> = (0..summary.loads.len()).filter_map(spot).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        points
    }

    fn describe(&self, summary: &Summary, members: &[usize], room: Room) -> String {
        let last = summary.loads.len() - 1;
        let one = |&contender: &usize| {
            let name = &summary.contenders[contender].name;
            format!(
                "{name} {}",
                room.written(summary, contender, last, self.metric)
            )
        };
        let all: Vec<_> = members.iter().map(one).collect();
        format!(
            "{} at {}: {}.",
            self.metric.heading(),
            summary.loads[last].label(),
            listed(&all)
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
pub fn line(summary: &Summary, contender: usize, metric: Metric) -> Vec<(f64, f64)> {
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
