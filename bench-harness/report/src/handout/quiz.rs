//! Three questions for a class, with answers, from the figures of a run.

use analysis::{Metric, Summary, Verdict};
use record::number::significant;
use record::plan::{ContenderId, LoadId};

use super::ratio;
use crate::answer::heading;
use crate::values::median_or_dash;
use crate::words::zone;

/// Names in an answer; a class reads the others off the report.
const NAMED: usize = 3;
/// A ratio this many times that of the table is a finding about silent clients.
const GROWS: f64 = 1.5;

/// A question and its answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub ask: String,
    /// The answer.
    pub answer: String,
}

/// Questions about these models and the table of this load: what is dearest, why it changes with silent clients or what waits, and
/// what the run does not show.
pub fn questions(summary: &Summary, load: LoadId, models: &[ContenderId]) -> Vec<Question> {
    let class = Class {
        summary,
        load,
        models,
    };
    let second = class.silent_clients().or_else(|| class.waiting());
    let all = [class.dearest(), second, class.uncertain()];
    all.into_iter().flatten().collect()
}

struct Class<'a> {
    summary: &'a Summary,
    load: LoadId,
    models: &'a [ContenderId],
}

impl Class<'_> {
    /// Which model is the worst, and by how much.
    fn dearest(&self) -> Option<Question> {
        let Self { summary, load, .. } = *self;
        let metric = summary.deciding(load);
        let (_, word) = metric.words()?;
        let ask = format!(
            "Which of the designs with the word {word:?} is the worst in {}? What is its ratio to {}?",
            metric.heading(),
            self.name(summary.baseline)
        );
        let factor = |&model: &ContenderId| {
            let ratio = ratio(summary, model, load)?;
            Some(if metric.more_is_better() {
                1.0 / ratio
            } else {
                ratio
            })
        };
        let is_worse = |model: &&ContenderId| self.verdict(**model, load) == Some(&Verdict::Worse);
        let marked = self.models.iter().filter(is_worse);
        let worst = marked
            .filter_map(|model| Some((*model, factor(model)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let answer = match worst {
            Some((model, _)) => format!(
                "{}: {}, ×{:.2}.",
                self.name(model),
                median_or_dash(summary, model, load, metric),
                ratio(summary, model, load)?
            ),
            None => format!(
                "None: this run shows no difference above {}.",
                zone(summary.zone())
            ),
        };
        self.has_ratios().then_some(Question { ask, answer })
    }

    fn has_ratios(&self) -> bool {
        let mut models = self.models.iter();
        models.any(|&model| ratio(self.summary, model, self.load).is_some())
    }

    /// Which models silent clients make dear; `None` if the run does not show it.
    fn silent_clients(&self) -> Option<Question> {
        let summary = self.summary;
        let mut loads = summary.headline_loads().into_iter();
        let silent = loads.find(|&load| summary.loads[load].silent() > 0)?;
        let document = &summary.loads[silent];
        if silent == self.load || document.active * 4 > document.connections {
            return None;
        }
        let mut growing: Vec<(ContenderId, f64)> = Vec::new();
        for &model in self.models {
            let is_worse = self.verdict(model, silent) == Some(&Verdict::Worse);
            let ratios = ratio(summary, model, silent).zip(ratio(summary, model, self.load));
            if let Some((there, _)) =
                ratios.filter(|(there, here)| is_worse && there > &(here * GROWS))
            {
                growing.push((model, there));
            }
        }
        growing.sort_by(|a, b| b.1.total_cmp(&a.1));
        growing.truncate(NAMED);
        let named =
            |&(model, there): &(ContenderId, f64)| format!("{} ×{there:.2}", self.name(model));
        let named: Vec<String> = growing.iter().map(named).collect();
        let (worst, _) = growing.first()?;
        Some(Question {
            ask: format!(
                "With {}, which designs cost much more, against {}, than in the table? What do they do for a client that is silent?",
                heading(summary, silent),
                self.name(summary.baseline)
            ),
            answer: format!("{}. {}", named.join(", "), self.description(*worst)),
        })
    }

    /// Which model makes the most context switches.
    fn waiting(&self) -> Option<Question> {
        let Self { summary, load, .. } = *self;
        let switches = |&model: &ContenderId| {
            let switches = summary.median(model, load, Metric::Voluntary)?;
            Some((model, switches))
        };
        let all = self.models.iter().filter_map(switches);
        let (model, switches) = all.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Question {
            ask: "Which design in the table switches most often between threads or processes? What does it wait for?".to_owned(),
            answer: format!(
                "{}: {} switches a request. {}",
                self.name(model),
                significant(switches),
                self.description(model)
            ),
        })
    }

    /// A difference that the run does not show, or how well it measures the same server twice.
    fn uncertain(&self) -> Option<Question> {
        let (summary, metric) = (self.summary, self.summary.deciding(self.load));
        let interval = |model: ContenderId| {
            let compared = summary.cell(model, self.load).compared.get(&metric)?;
            let (low, high) = compared.ratio.interval?;
            let text = format!("×{:.2} [{low:.2}, {high:.2}]", compared.ratio.estimate);
            Some((compared.ratio.estimate, text, &compared.verdict))
        };
        let open = |&model: &ContenderId| {
            let (estimate, text, verdict) = interval(model)?;
            let is_open = matches!(verdict, Verdict::Inconclusive(_) | Verdict::Equivalent);
            is_open.then_some((model, estimate, text, verdict))
        };
        let open = self.models.iter().filter_map(open);
        let farthest = open.max_by(|a, b| a.1.ln().abs().total_cmp(&b.1.ln().abs()));
        if let Some((model, _, text, verdict)) = farthest {
            return Some(self.about_open(model, &text, verdict));
        }
        let (_, text, _) = interval(summary.twin()?)?;
        Some(Question {
            ask: format!("The same server, measured twice, has a ratio of {text} to itself. What does that say about the table?"),
            answer: "How far a ratio is from 1 by chance alone: smaller differences in the table say nothing.".to_owned(),
        })
    }

    fn about_open(&self, model: ContenderId, interval: &str, verdict: &Verdict) -> Question {
        let zone = zone(self.summary.zone());
        let answer = match verdict.because() {
            Some(reason) => format!("Undecided: {reason}."),
            None => "No: the whole interval is below that.".to_owned(),
        };
        Question {
            ask: format!(
                "{} has a ratio of {interval} to {} in {}; in brackets is its 95 % interval. Is that a difference of more than {zone}?",
                self.name(model),
                self.name(self.summary.baseline),
                self.summary.deciding(self.load).heading()
            ),
            answer,
        }
    }

    /// What the model says of itself, in a sentence.
    fn description(&self, model: ContenderId) -> &str {
        &self.summary.contenders[model].summary
    }

    fn name(&self, model: ContenderId) -> &str {
        &self.summary.contenders[model].name
    }

    fn verdict(&self, model: ContenderId, load: LoadId) -> Option<&Verdict> {
        let metric = self.summary.deciding(load);
        let compared = self.summary.cell(model, load).compared.get(&metric);
        compared.map(|compared| &compared.verdict)
    }
}
