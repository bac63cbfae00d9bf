//! Figure: mean response times over the offered rate, beside what queueing theory expects.

use analysis::{Summary, Theory};
use record::number::{nanoseconds, percent};
use record::plan::{ContenderId, Queue};

use super::figure::Figure;
use super::rows::{identity, longest_name};
use crate::figure::{Axis, AxisKind, Beneath, GreyLines, Lines, Series, Spot};
use crate::phrases::why_missing;
use crate::svg::Panel;
use crate::table::Table;

/// Models drawn per panel: their lines are close together.
const DRAWN: usize = 4;

/// The panels: kinds of queues, with their titles.
const KINDS: [(Queue, &str); 2] = [
    (Queue::OneServer, "one loop, in order of arrival (M/D/1)"),
    (
        Queue::Shared,
        "a thread or process per client (processor sharing)",
    ),
];

/// `None` for a scenario that offers no shares of the peak, and if no measured model declares a queue.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let drawn = Drawn {
        theory: Theory::of(summary, scenario)?,
        summary,
    };
    let panels: Vec<Panel> = KINDS
        .iter()
        .filter_map(|(queue, title)| drawn.panel(*queue, title))
        .collect();
    (!panels.is_empty()).then(|| Figure {
        id: format!("{scenario}-theory"),
        short: format!("Theory: {scenario}"),
        question: "How much of the waiting does queueing theory explain?".to_owned(),
        how_to_read: "Marks: measured mean response time (median). Thin dashed line in the same colour: theory, for requests that arrive \
               at random (Poisson) and all cost the same. Its service time is an estimate: 1 divided by the model's requests/s in the probe. \
               One loop: the formula of Pollaczek and Khinchine (M/D/1). Threads: processor sharing, as if all CPUs were one."
            .to_owned(),
        not_shown: "The causes of the distance between marks and theory: waking a sleeping CPU, the network stack, the generator. In the probe 64 busy \
              clients share wake-ups, so the estimated service time is that of a busy server."
            .to_owned(),
        panels,
        table: drawn.table(),
    })
}

struct Drawn<'a> {
    theory: Theory<'a>,
    summary: &'a Summary,
}

impl Drawn<'_> {
    /// Models of a kind, from the highest throughput in the probe to the lowest, at even distances.
    fn members(&self, queue: Queue) -> Vec<ContenderId> {
        let models = self
            .summary
            .models()
            .filter(|&model| self.summary.contenders[model].queue == Some(queue))
            .filter(|&model| self.theory.measured(model).len() > 1);
        let mut models: Vec<(ContenderId, f64)> = models
            .filter_map(|model| Some((model, self.theory.saturation(model)?)))
            .collect();
        models.sort_by(|a, b| b.1.total_cmp(&a.1));
        let most = models.len().min(DRAWN);
        let place = |i: usize| models[i * (models.len() - 1) / (most - 1).max(1)].0;
        (0..most).map(place).collect()
    }

    fn panel(&self, queue: Queue, title: &str) -> Option<Panel> {
        let members = self.members(queue);
        let points = members.iter().flat_map(|&member| {
            let line = self.theory.line(member);
            self.theory.measured(member).into_iter().chain(line)
        });
        let heights: Vec<f64> = points.map(|(_, y)| y).collect();
        let ticks = self
            .theory
            .steps
            .iter()
            .map(|step| (step.1, percent(step.1)));
        let lines = Lines {
            title: title.to_owned(),
            description: self.describe(&members),
            x: Axis {
                title: "offered rate as a share of the peak".to_owned(),
                kind: AxisKind::Linear,
                values: self.theory.steps.iter().map(|step| step.1).collect(),
                write: percent,
                ticks: Some(ticks.collect()),
            },
            y: Axis {
                title: "mean response time; dashed: theory".to_owned(),
                kind: AxisKind::Decades,
                values: heights,
                write: nanoseconds,
                ticks: None,
            },
            series: members.iter().map(|&member| self.series(member)).collect(),
            grey_lines: GreyLines::None,
            most_names: DRAWN,
            objective: None,
            notes: Vec::new(),
            longest_name: longest_name(self.summary),
        };
        (!members.is_empty()).then(|| lines.panel())
    }

    fn series(&self, contender: ContenderId) -> Series {
        let name = &self.summary.contenders[contender].name;
        let spot = |(x, y): (f64, f64)| Spot {
            x,
            y,
            mark: true,
            tooltip: format!(
                "{name}, {} of the peak: {} on average",
                percent(x),
                nanoseconds(y)
            ),
            ..Spot::default()
        };
        let measured = self.theory.measured(contender).into_iter();
        Series {
            identity: identity(self.summary, contender),
            points: measured.map(spot).collect(),
            words: String::new(),
            beneath: vec![Beneath::Theory(self.theory.line(contender))],
            knee: None,
        }
    }

    fn describe(&self, members: &[ContenderId]) -> String {
        let in_words = |&contender: &ContenderId| {
            let line = self.theory.measured(contender);
            let ((from, low), (to, high)) = (line.first()?, line.last()?);
            Some(format!(
                "{} {} at {} and {} at {}",
                self.summary.contenders[contender].name,
                nanoseconds(*low),
                percent(*from),
                nanoseconds(*high),
                percent(*to)
            ))
        };
        let all: Vec<_> = members.iter().filter_map(in_words).collect();
        format!("Mean response times: {}.", all.join("; "))
    }

    /// Measured and theoretical means at each step, of all models that declare a queue.
    fn table(&self) -> Table {
        let mut table = Table::new(
            "Mean response time: measured (theory)",
            &["model", "service time"],
        );
        let headings = self.theory.steps.iter().map(|step| percent(step.1));
        table.columns.extend(headings);
        for (id, contender) in self.summary.contender_ids().zip(&self.summary.contenders) {
            let service_s = self.theory.service_s(id);
            let Some(service_s) = service_s.filter(|_| contender.queue.is_some()) else {
                continue;
            };
            let mut row = vec![contender.name.clone(), nanoseconds(service_s * 1e9)];
            row.extend(self.cells(id));
            table.rows.push(row);
        }
        table
    }

    fn cells(&self, contender: ContenderId) -> impl Iterator<Item = String> {
        self.theory.steps.iter().map(move |&(load, share)| {
            let mean = self.summary.cell(contender, load).mean_ns;
            let missing = || why_missing(self.summary, contender, load).to_owned();
            let measured = mean.map_or_else(missing, nanoseconds);
            match self.theory.mean_ns(contender, share) {
                Some(theory) => format!("{measured} ({})", nanoseconds(theory)),
                None => format!("{measured} (overloaded)"),
            }
        })
    }
}
