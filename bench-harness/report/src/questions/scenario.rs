//! The figures of one scenario: what decides over its steps, and for the main scenario also costs and fairness.

use analysis::Summary;
use record::plan::names;

use super::figure::Figure;
use super::over_steps::{FAIRNESS, JAIN, THROUGHPUT, WAITS, how_to_read};
use super::part::Part;
use super::{calls, costs, latency, memory, steps};
use crate::detail::Detail;
use crate::table::Table;

/// The figures of the main scenario. Memory and fairness need a rising number of connections, so they are those of the scenario that
/// has one.
pub fn main_figures(whole: &Summary, part: &Part, scenario: &str) -> Vec<Figure> {
    let rising = whole.only(whole.rising_scenario().unwrap_or(scenario));
    let texts = Figure {
        id: "fairness".to_owned(),
        short: "Fairness".to_owned(),
        question: "Are all clients served equally?".to_owned(),
        how_to_read: format!("{} {JAIN}", how_to_read(&rising)),
        not_shown: "Why a client waits.".to_owned(),
        panels: Vec::new(),
        table: Table::default(),
    };
    let rising = Part {
        summary: &rising,
        detail: part.detail,
        knees: None,
    };
    let fairness = match part.detail {
        Detail::Full => FAIRNESS.figure(&rising, texts),
        Detail::Reduced => steps::fairness(&rising, texts),
    };
    let costs = [
        costs::switches(part.summary, part.detail),
        calls::figure(part.summary, part.detail),
        memory::figure(whole),
        fairness,
    ];
    let first = Scenario::of(part, scenario).figures(true);
    first
        .into_iter()
        .chain(costs.into_iter().flatten())
        .collect()
}

/// The figures of another scenario: only what decides there, if the detail is reduced.
pub fn figures(part: &Part, scenario: &str) -> Vec<Figure> {
    Scenario::of(part, scenario).figures(part.detail == Detail::Full)
}

/// What the figures of a scenario have in common.
struct Scenario<'a> {
    part: &'a Part<'a>,
    name: &'a str,
    question: String,
    /// True if the figures need no prefix in their names.
    is_ladder: bool,
    /// True if rates are offered.
    is_open: bool,
    /// True if response times are drawn over the steps, and not the throughput.
    waits: bool,
}

impl<'a> Scenario<'a> {
    fn of(part: &'a Part<'a>, name: &'a str) -> Self {
        let summary: &Summary = part.summary;
        let scenario = summary.scenario(name);
        let question = scenario.map(|scenario| scenario.question.clone());
        let is_open = summary.loads.iter().any(|load| load.rate.is_some());
        Self {
            part,
            name,
            question: question.unwrap_or_else(|| {
                "How many requests per second are answered as more clients are busy?".to_owned()
            }),
            is_ladder: name == names::LADDER,
            is_open,
            waits: is_open || scenario.is_some_and(|scenario| scenario.waits),
        }
    }

    /// What decides; with `is_whole` also response times by percentile, and CPU.
    fn figures(&self, is_whole: bool) -> Vec<Figure> {
        let lines = if self.waits {
            self.response_times()
        } else {
            None
        };
        // Where the requests were too few for a percentile, their number still says something.
        let lines = lines.or_else(|| {
            let detail = if is_whole {
                Detail::Full
            } else {
                self.part.detail
            };
            if self.is_open {
                None
            } else {
                self.throughput(detail)
            }
        });
        let has_percentiles = self.is_ladder || self.is_open && is_whole;
        let percentiles = has_percentiles
            .then(|| latency::figure(self.part.summary))
            .flatten();
        let cpu = is_whole
            .then(|| costs::cpu(self.part.summary, self.part.detail))
            .flatten();
        let mut figures = [
            lines,
            percentiles.map(|figure| self.renamed(figure, "latency", "Percentiles")),
            cpu.map(|figure| self.renamed(figure, "cpu", "CPU")),
        ];
        // At equal rates the cost decides, and the waits come after it.
        if self.name == names::EQUAL {
            figures.rotate_right(1);
        }
        figures.into_iter().flatten().collect()
    }

    fn response_times(&self) -> Option<Figure> {
        let not_shown = "Clients that give up: here every client waits. A request without a reply at the end counts as a wait until the end of the run.";
        WAITS.figure(self.part, self.texts("waits", "Latency", not_shown))
    }

    fn throughput(&self, detail: Detail) -> Option<Figure> {
        let not_shown = "The capacity: every client waits for its reply before its next request (closed loop), so a slow server receives fewer requests.";
        let part = Part {
            summary: self.part.summary,
            detail,
            knees: None,
        };
        THROUGHPUT.figure(&part, self.texts("throughput", "Throughput", not_shown))
    }

    /// A figure that asks the question of the scenario, without panels and data.
    fn texts(&self, what: &str, short: &str, not_shown: &str) -> Figure {
        Figure {
            id: self.id(what),
            short: self.short(short),
            question: self.question.clone(),
            how_to_read: how_to_read(self.part.summary),
            not_shown: not_shown.to_owned(),
            panels: Vec::new(),
            table: Table::default(),
        }
    }

    fn renamed(&self, figure: Figure, what: &str, short: &str) -> Figure {
        Figure {
            id: self.id(what),
            short: self.short(short),
            ..figure
        }
    }

    fn id(&self, what: &str) -> String {
        if self.is_ladder {
            what.to_owned()
        } else {
            format!("{}-{what}", self.name)
        }
    }

    fn short(&self, short: &str) -> String {
        if self.is_ladder {
            short.to_owned()
        } else {
            format!("{short}: {}", self.name)
        }
    }
}
