//! Figure: mean response times over the offered rate, with what queueing theory expects of a server of one piece.

use analysis::queueing::{pollaczek_khinchine, processor_sharing};
use analysis::{Metric, Summary};
use record::number::{nanoseconds, percent};
use record::plan::Queue;

use super::super::figure::{Axis, AxisKind, Beneath, Company, Lines, Series, Spot};
use super::super::svg::Panel;
use super::super::table::Table;
use super::knee::shares;
use super::{Figure, absent, longest_name, who};

/// Models of a kind that are drawn: their lines lie close together.
const DRAWN: usize = 4;
/// Points of a theoretical line.
const POINTS: u32 = 24;
/// The busiest that theory is drawn for: at 1 it knows no answer.
const BUSIEST: f64 = 0.98;

/// What a kind of server is called, and its mean response time by service time (in seconds) and load.
struct Kind {
    queue: Queue,
    title: &'static str,
    mean_s: fn(f64, f64) -> f64,
}

const KINDS: [Kind; 2] = [
    Kind {
        queue: Queue::OneServer,
        title: "one loop, in order of arrival (M/D/1)",
        mean_s: |service_s, load| pollaczek_khinchine(service_s, load, 0.0),
    },
    Kind {
        queue: Queue::Shared,
        title: "a thread or process a client (processor sharing)",
        mean_s: processor_sharing,
    },
];

/// `None` for a scenario that offers no shares of the peak, and where nobody is measured whom theory has a word for.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let drawn = Drawn::of(summary, scenario)?;
    let panels: Vec<Panel> = KINDS.iter().filter_map(|kind| drawn.panel(kind)).collect();
    (!panels.is_empty()).then(|| Figure {
        id: format!("{scenario}-theory"),
        short: format!("Theory: {scenario}"),
        question: "How much of the waiting does queueing theory explain?".to_owned(),
        read: "Marks: mean response time, the median of the trials. Thin dashed line, in the same colour: theory, not measured, for requests that \
               come at random and cost alike. Its service time is estimated: 1 divided by what the model answered a second in the \
               probe. One loop: the formula of Pollaczek and Khinchine for M/D/1; threads: processor sharing, as if all CPUs were one."
            .to_owned(),
        not: "What theory leaves out is the distance between the two: waking a CPU that sleeps, the network stack, the generator's own \
              part. With 64 busy clients at the probe many requests share one wake-up, so that the estimate is that of a busy server."
            .to_owned(),
        panels,
        table: drawn.table(),
    })
}

/// What all panels have in common.
struct Drawn<'a> {
    summary: &'a Summary,
    steps: Vec<(usize, f64)>,
    peak: f64,
    probe: usize,
}

impl<'a> Drawn<'a> {
    fn of(summary: &'a Summary, scenario: &str) -> Option<Self> {
        let steps: Vec<_> = shares(summary, scenario).collect();
        let mut loads = summary.loads.iter();
        let probe = loads.position(|load| load.is_probe())?;
        (!steps.is_empty()).then_some(Self {
            summary,
            steps,
            peak: summary.peak?,
            probe,
        })
    }

    /// What a contender answers at most, as a share of the peak.
    fn own_peak(&self, contender: usize) -> Option<f64> {
        let own = self
            .summary
            .median(contender, self.probe, Metric::Throughput)?;
        (own > 0.0).then_some(own / self.peak)
    }

    /// Measured means in nanoseconds over the shares of the peak.
    fn measured(&self, contender: usize) -> Vec<(f64, f64)> {
        let mean = |&(load, share): &(usize, f64)| {
            Some((share, self.summary.cell(contender, load).mean_ns?))
        };
        self.steps.iter().filter_map(mean).collect()
    }

    /// Theoretical means in nanoseconds over the shares of the peak, up to where the server would be busy all the time.
    fn theory(&self, contender: usize, kind: &Kind) -> Vec<(f64, f64)> {
        let ends = || Some((self.steps.first()?.1, self.steps.last()?.1));
        let (Some(own), Some((first, last))) = (self.own_peak(contender), ends()) else {
            return Vec::new();
        };
        let last = last.min(own * BUSIEST);
        let share = |i: u32| first + (last - first) * f64::from(i) / f64::from(POINTS);
        let service_s = 1.0 / (own * self.peak);
        let mean = |share: f64| (share, (kind.mean_s)(service_s, share / own) * 1e9);
        if last <= first {
            return Vec::new();
        }
        (0..=POINTS).map(share).map(mean).collect()
    }

    /// Models of a kind, from the one that answers the most to the one that answers the fewest, at even distances.
    fn members(&self, kind: &Kind) -> Vec<usize> {
        let contenders = 0..self.summary.contenders.len();
        let of_kind = contenders.filter(|&c| {
            let contender = &self.summary.contenders[c];
            !self.summary.is_twin(c) && contender.queue == Some(kind.queue)
        });
        let both = |c: usize| Some((c, self.own_peak(c)?, self.measured(c).len()));
        let mut known: Vec<_> = of_kind.filter_map(both).filter(|one| one.2 > 1).collect();
        known.sort_by(|a, b| b.1.total_cmp(&a.1));
        let most = known.len().min(DRAWN);
        let place = |i: usize| known[i * (known.len() - 1) / (most - 1).max(1)].0;
        (0..most).map(place).collect()
    }

    fn panel(&self, kind: &Kind) -> Option<Panel> {
        let members = self.members(kind);
        let all = members.iter().flat_map(|&c| {
            let theory = self.theory(c, kind);
            self.measured(c).into_iter().chain(theory)
        });
        let heights: Vec<f64> = all.map(|(_, y)| y).collect();
        (!members.is_empty()).then(|| {
            Lines {
                title: kind.title.to_owned(),
                description: self.describe(&members),
                x: Axis {
                    title: "offered rate as a share of the peak".to_owned(),
                    kind: AxisKind::Linear,
                    values: self.steps.iter().map(|step| step.1).collect(),
                    write: percent,
                    ticks: None,
                },
                y: Axis {
                    title: "mean response time; dashed: theory".to_owned(),
                    kind: AxisKind::Decades,
                    values: heights,
                    write: nanoseconds,
                    ticks: None,
                },
                series: members.iter().map(|&c| self.series(c, kind)).collect(),
                company: Company::Alone,
                most_names: DRAWN,
                objective: None,
                notes: Vec::new(),
                longest_name: longest_name(self.summary),
            }
            .panel()
        })
    }

    fn series(&self, contender: usize, kind: &Kind) -> Series {
        let name = &self.summary.contenders[contender].name;
        let spot = |(x, y): (f64, f64)| Spot {
            x,
            y,
            mark: true,
            says: format!(
                "{name}, {} of the peak: {} on average",
                percent(x),
                nanoseconds(y)
            ),
            ..Spot::default()
        };
        Series {
            who: who(self.summary, contender),
            points: self.measured(contender).into_iter().map(spot).collect(),
            beneath: vec![Beneath::Theory(self.theory(contender, kind))],
            knee: None,
        }
    }

    fn describe(&self, members: &[usize]) -> String {
        let one = |&c: &usize| {
            let line = self.measured(c);
            let ((from, low), (to, high)) = (line.first()?, line.last()?);
            Some(format!(
                "{} {} at {} and {} at {}",
                self.summary.contenders[c].name,
                nanoseconds(*low),
                percent(*from),
                nanoseconds(*high),
                percent(*to)
            ))
        };
        let all: Vec<_> = members.iter().filter_map(one).collect();
        format!("Mean response times: {}.", all.join("; "))
    }

    /// Measured and theoretical means at each step, of all models that theory has a word for.
    fn table(&self) -> Table {
        let mut table = Table::new(
            "Mean response time: measured (theory)",
            &["model", "service time"],
        );
        let heading = |step: &(usize, f64)| percent(step.1);
        table.columns.extend(self.steps.iter().map(heading));
        for (c, contender) in self.summary.contenders.iter().enumerate() {
            let named = |kind: &&Kind| contender.queue == Some(kind.queue);
            let Some((kind, own)) = KINDS.iter().find(named).zip(self.own_peak(c)) else {
                continue;
            };
            let service_s = 1.0 / (own * self.peak);
            let cell = |&(load, share): &(usize, f64)| {
                let mean = self.summary.cell(c, load).mean_ns;
                let measured = mean.map_or(absent(self.summary, c, load).to_owned(), nanoseconds);
                if share >= own * BUSIEST {
                    return format!("{measured} (overloaded)");
                }
                let theory = (kind.mean_s)(service_s, share / own) * 1e9;
                format!("{measured} ({})", nanoseconds(theory))
            };
            let mut row = vec![contender.name.clone(), nanoseconds(service_s * 1e9)];
            row.extend(self.steps.iter().map(cell));
            table.rows.push(row);
        }
        table
    }
}
