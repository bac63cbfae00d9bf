//! What one load shows, in a few sentences: no difference, undecided, dearer and by how much, and who cannot serve it.

use analysis::{Answer, Metric, Rated, Summary};
use record::plan::{ContenderId, LoadId};

use super::Said;
use super::figures::{range, rounded};
use super::names::{NAMED, items, named, rated};
use super::situation::{heading, within};
use super::why::why;
use crate::done::capitalised;

/// Factors from which on a difference is large, and very large: those of the colours in the table.
const STEPS: [f64; 2] = [1.5, 3.0];
/// A server that uses this share of its CPUs is nearly full.
const NEARLY_FULL: f64 = 0.9;

/// One load of the first screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The load.
    pub load: LoadId,
    /// The load in words.
    pub heading: String,
    /// What it shows.
    pub said: Vec<Said>,
    /// Because of what, without the word "Why"; `None` if no difference needs a reason.
    pub why: Option<String>,
}

/// What a load shows, and why.
pub fn block(summary: &Summary, load: LoadId) -> Block {
    block_after(summary, load, &[])
}

/// The same, after blocks that say of these contenders that they use a whole CPU.
pub fn block_after(summary: &Summary, load: LoadId, known: &[ContenderId]) -> Block {
    let answer = summary.answer(load);
    let writer = Writer {
        summary,
        answer: &answer,
        known,
        load,
        metric: answer.metric,
    };
    Block {
        load,
        heading: heading(summary, load),
        said: writer.sentences(),
        why: why(summary, &answer),
    }
}

/// The step of a factor away from 1: 0 for a small difference, 2 for a very large one.
pub fn step(ratio: f64) -> usize {
    let factor = ratio.max(1.0 / ratio);
    STEPS.iter().filter(|step| factor >= **step).count()
}

/// Writes the sentences of one load.
pub struct Writer<'a> {
    pub summary: &'a Summary,
    pub answer: &'a Answer,
    /// Contenders of which a sentence before says that they use a whole CPU.
    pub known: &'a [ContenderId],
    pub load: LoadId,
    /// The figure that decides.
    pub metric: Metric,
}

impl Writer<'_> {
    fn sentences(&self) -> Vec<Said> {
        let plain = [
            self.same(),
            self.at_least(),
            self.better(),
            self.undecided(),
            self.barred(),
        ];
        let plain = plain.into_iter().flatten().map(Said::plain);
        let mut said: Vec<Said> = plain.chain(self.worse()).chain(self.spinning()).collect();
        said.extend(self.left_out().into_iter().map(Said::plain));
        said.extend(self.same_elsewhere().map(Said::plain));
        if said.is_empty() {
            said.push(Said::plain("Nothing could be measured here.".to_owned()));
        }
        said
    }

    /// Those without a shown difference, with their range.
    fn same(&self) -> Option<String> {
        let same = &self.answer.same;
        let range = range(self.summary, same, self.load, self.metric)?;
        if let [only] = same[..] {
            return Some(self.alone(only, &range));
        }
        let is_all = self.compared() == same.len();
        if is_all && items(self.summary, same).len() > NAMED {
            let count = same.len();
            return Some(format!(
                "No difference shown between the {count} designs that serve every client ({range})."
            ));
        }
        let names = named(self.summary, same);
        Some(format!("No difference shown: {names} ({range})."))
    }

    /// One contender that equals no other one, which usually is the baseline.
    fn alone(&self, contender: ContenderId, value: &str) -> String {
        let name = &self.summary.contenders[contender].name;
        let verb = match self.metric {
            Metric::Throughput => "answers",
            Metric::Capacity => "reaches",
            Metric::Cpu => "uses",
            _ => "takes",
        };
        let end = if self.summary.models().count() == 1 {
            "; the run has no other design to compare it with"
        } else {
            ""
        };
        format!("{name} {verb} {value}{end}.")
    }

    /// Contenders that serve every client and were compared, the baseline among them.
    pub fn compared(&self) -> usize {
        let Answer {
            better,
            same,
            undecided,
            worse,
            barred,
            ..
        } = self.answer;
        better.len() + same.len() + undecided.len() + worse.len() + barred.len()
    }

    /// Requests per second where the generator was the limit.
    fn at_least(&self) -> Option<String> {
        let document = &self.summary.loads[self.load];
        let same = &self.answer.same;
        let cell = |id: &ContenderId| self.summary.cell(*id, self.load);
        let bound: Vec<ContenderId> = same
            .iter()
            .copied()
            .filter(|id| cell(id).is_bound())
            .collect();
        if self.metric != Metric::Cpu
            || !document.is_closed()
            || document.silent() > 0
            || bound.is_empty()
        {
            return None;
        }
        let (least, _) = self.summary.range(same, self.load, Metric::Throughput)?;
        let shares = bound.iter().map(|id| cell(id).rounds.shares.server);
        let is_full = |share: Option<f64>| share.is_some_and(|share| share >= NEARLY_FULL);
        let limit = if shares.into_iter().all(is_full) {
            "server and generator were both nearly full"
        } else {
            "the generator was full"
        };
        let each = if same.len() == 1 { "It" } else { "Each" };
        let least = rounded(least);
        Some(format!(
            "{each} answers at least {least} requests/s: {limit}, so the fastest is not known."
        ))
    }

    fn better(&self) -> Option<String> {
        let word = capitalised(self.words().0);
        self.rated(&word, &self.answer.better)
    }

    fn undecided(&self) -> Option<String> {
        let undecided = &self.answer.undecided;
        let write = |name: &str, times: &str| format!("{name} ({times})");
        let list = rated(self.summary, undecided, write)?;
        Some(format!("Undecided: {list}."))
    }

    /// One sentence for each step of the table's colours.
    fn worse(&self) -> Vec<Said> {
        let word = self.words().1;
        let words = [
            capitalised(word),
            format!("Much {word}"),
            format!("Many times {word}"),
        ];
        let of_step = |(place, word): (usize, &String)| {
            let worse = self.answer.worse.iter().copied();
            let rated: Vec<Rated> = worse.filter(|(_, ratio)| step(*ratio) == place).collect();
            let text = self.rated(word, &rated)?;
            Some(Said {
                text,
                is_strong: place > 0,
            })
        };
        words.iter().enumerate().filter_map(of_step).collect()
    }

    fn words(&self) -> (&'static str, &'static str) {
        self.metric.words().unwrap_or(("better", "worse"))
    }

    /// `Dearer: threads ×1.26 and fork ×1.33.`
    fn rated(&self, word: &str, all: &[Rated]) -> Option<String> {
        let write = |name: &str, times: &str| format!("{name} {times}");
        let list = rated(self.summary, all, write)?;
        Some(format!("{word}: {list}."))
    }

    /// That the words are the same at another equal rate.
    fn same_elsewhere(&self) -> Option<String> {
        let others = self.summary.equal_rates_like(self.load);
        let others: Vec<String> = others
            .iter()
            .map(|&load| within(self.summary, load))
            .collect();
        let has_words = self.compared() > self.answer.barred.len() + 1;
        (has_words && !others.is_empty())
            .then(|| format!("The words are the same {}.", others.join(" and ")))
    }
}
