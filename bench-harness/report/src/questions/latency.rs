//! Figure: the median, the 99th and the 99.9th percentile of the response time.

use analysis::{Metric, Point, Summary};
use record::number::nanoseconds;
use record::plan::{ContenderId, LoadId};

use super::apart::{NOT_MEASURED, NOT_RANKED, why_absent, why_not_ranked};
use super::drawn::main_loads;
use super::figure::Figure;
use super::rows::identity;
use super::words_of::load_title;
use crate::figure::{Axis, AxisKind, Dot, Dots, Group, Row};
use crate::phrases::{first_few, label, why_missing};
use crate::svg::Panel;
use crate::table::Table;
use crate::words::{measured, unit};

/// Service times are shown if they differ from response times by this factor.
const VISIBLE: f64 = 1.1;
/// The percentiles of the figure.
const DRAWN: [(f64, &str); 3] = [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")];

/// `None` if no response times were measured under the loads that are drawn.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let loads = main_loads(summary);
    let all = || loads.iter().map(|&load| Times { summary, load });
    let panels: Vec<Panel> = all().filter_map(|times| times.panel()).collect();
    if panels.is_empty() {
        return None;
    }
    Some(Figure {
        id: "latency".to_owned(),
        short: "Latency".to_owned(),
        question: "How long do requests wait, and how long do the slowest?".to_owned(),
        how_to_read: format!(
            "Left tick: median (p50). Mark: 99 % of the requests wait at most this long (p99). Right tick: 99.9 %. Sorted by p99, the \
             shortest first. Times count from the intended time of each request. p50 and p99 are medians; p99.9 is that of all {}s together, and \
             it is left out where fewer than 100 requests are beyond it.{}",
            unit(summary, &loads),
            if all().any(|times| times.has_service_times()) {
                " The data has service times, counted from the send, where they are shorter by a tenth or more: the difference is the wait \
                 for a free connection."
            } else {
                ""
            }
        ),
        not_shown: "How long unanswered requests would have waited: each counts as a wait until the end of the run, and models with such \
              requests are set apart. The uncertainty of the tail: differences of p99 below a factor of two may be noise."
            .to_owned(),
        panels,
        table: table(summary, &loads),
    })
}

/// The response times under one load.
struct Times<'a> {
    summary: &'a Summary,
    load: LoadId,
}

impl Times<'_> {
    /// A percentile in nanoseconds: the median of its values, or else that of all trials together.
    fn response(&self, contender: ContenderId, quantile: f64) -> Option<f64> {
        let metric = match quantile {
            0.5 => Metric::P50,
            0.99 => Metric::P99,
            _ => Metric::P999,
        };
        let median = self.summary.median(contender, self.load, metric);
        median.or_else(|| Some(self.point(contender, quantile)?.response_ns))
    }

    /// A service time, if it differs from the response time.
    fn service(&self, contender: ContenderId, quantile: f64) -> Option<f64> {
        let point = self.point(contender, quantile)?;
        let service = point.service_ns?;
        (service * VISIBLE < point.response_ns).then_some(service)
    }

    fn has_service_times(&self) -> bool {
        let mut models = self.summary.models();
        models.any(|model| {
            DRAWN
                .iter()
                .any(|(at, _)| self.service(model, *at).is_some())
        })
    }

    fn point(&self, contender: ContenderId, quantile: f64) -> Option<&Point> {
        let curve = &self.summary.cell(contender, self.load).curve;
        nearest(curve, quantile).map(|index| &curve[index])
    }

    fn panel(&self) -> Option<Panel> {
        let summary = self.summary;
        let mut placed: Vec<(ContenderId, Dot)> = Vec::new();
        let (mut apart, mut absent) = (Vec::new(), Vec::new());
        for model in summary.models() {
            if let Some(why) = why_not_ranked(summary, model, self.load) {
                apart.push((model, why));
            } else if let Some(dot) = self.dot(model) {
                placed.push((model, dot));
            } else {
                absent.push((model, why_absent(summary, model, self.load)));
            }
        }
        placed.sort_by(|a, b| a.1.at.total_cmp(&b.1.at));
        if placed.is_empty() {
            return None;
        }
        let values = placed
            .iter()
            .flat_map(|(_, dot)| dot.ticks.iter().copied().chain([dot.at]));
        let dots = Dots {
            title: load_title(summary, self.load),
            description: self.describe(&placed),
            axis: Axis {
                title: "response time: p50, p99 (mark), p99.9".to_owned(),
                kind: AxisKind::Log,
                values: values.collect(),
                write: nanoseconds,
                ticks: None,
            },
            zone: None,
            one: None,
            groups: vec![
                Group {
                    name: String::new(),
                    rows: placed
                        .into_iter()
                        .map(|(id, dot)| self.row(id, Ok(dot)))
                        .collect(),
                },
                self.group(NOT_RANKED, apart),
                self.group(NOT_MEASURED, absent),
            ],
        };
        Some(dots.panel())
    }

    fn group(&self, heading: &str, rows: Vec<(ContenderId, String)>) -> Group<Dot> {
        let rows = rows.into_iter();
        Group {
            name: heading.to_owned(),
            rows: rows.map(|(id, why)| self.row(id, Err(why))).collect(),
        }
    }

    fn row(&self, contender: ContenderId, what: Result<Dot, String>) -> Row<Dot> {
        Row {
            identity: identity(self.summary, contender),
            what,
        }
    }

    /// The dot of a contender at its highest percentile up to the 99th.
    fn dot(&self, contender: ContenderId) -> Option<Dot> {
        let [p50, p99, p999] = DRAWN.map(|(at, _)| self.response(contender, at));
        let at = p99.or(p50)?;
        let known: Vec<f64> = [p50, p99, p999].into_iter().flatten().collect();
        let ends = known.first().zip(known.last());
        Some(Dot {
            at,
            line: ends.map(|(low, high)| (*low, *high)),
            ticks: [p50, p999].into_iter().flatten().collect(),
            value: p99.map_or("p50 only".to_owned(), nanoseconds),
            tip: self.tip(contender),
            ..Dot::default()
        })
    }

    fn tip(&self, contender: ContenderId) -> String {
        let value = |(at, name): &(f64, &str)| {
            let time = self.response(contender, *at)?;
            Some(format!("{name} {}", nanoseconds(time)))
        };
        let values: Vec<String> = DRAWN.iter().filter_map(value).collect();
        let rounds = measured(self.summary, &[contender], self.load);
        format!("response time {}; {rounds}", values.join(", "))
    }

    fn describe(&self, placed: &[(ContenderId, Dot)]) -> String {
        let in_words = |(contender, dot): &(ContenderId, Dot)| {
            format!("{} {}", self.summary.contenders[*contender].name, dot.value)
        };
        let all: Vec<String> = placed.iter().map(in_words).collect();
        format!(
            "p99 of the response time, the shortest first: {}.",
            first_few(&all)
        )
    }
}

/// The point of a curve at this quantile, if the curve reaches it.
fn nearest(curve: &[Point], quantile: f64) -> Option<usize> {
    let rarity = |quantile: f64| 1.0 / (1.0 - quantile);
    let off = |index: &usize| {
        (rarity(curve[*index].quantile) / rarity(quantile))
            .ln()
            .abs()
    };
    let best = (0..curve.len()).min_by(|a, b| off(a).total_cmp(&off(b)))?;
    (off(&best) < 0.2).then_some(best)
}

fn table(summary: &Summary, loads: &[LoadId]) -> Table {
    let all: Vec<Times> = loads.iter().map(|&load| Times { summary, load }).collect();
    let mut table = Table::new("Response time by percentile", &["model"]);
    for times in &all {
        let label = label(summary, times.load);
        table
            .columns
            .extend(DRAWN.map(|(_, name)| format!("{label}: {name}")));
    }
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let cell = |times: &Times, at: f64| {
            let Some(response) = times.response(id, at) else {
                return why_missing(summary, id, times.load).to_owned();
            };
            let service = times.service(id, at);
            let service = service.map(|time| format!(" (service time {})", nanoseconds(time)));
            nanoseconds(response) + &service.unwrap_or_default()
        };
        let mut row = vec![contender.name.clone()];
        row.extend(
            all.iter()
                .flat_map(|times| DRAWN.map(|(at, _)| cell(times, at))),
        );
        table.rows.push(row);
    }
    table
}
