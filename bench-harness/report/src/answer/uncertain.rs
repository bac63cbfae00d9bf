//! The sentence about contenders that have no verdict.

use std::mem::discriminant;

use analysis::Bar;
use record::plan::ContenderId;

use super::block::Writer;
use super::figures::{bare, unit};
use super::names::{NAMED, named};

/// A doubt in a few words.
pub const fn doubt(bar: &Bar) -> &'static str {
    match bar {
        Bar::NoControl => "the run has no control",
        Bar::Control { .. } => "the same server measured twice differed from itself",
        Bar::Disturbed { .. } => "other programs disturbed it",
        Bar::Generator { .. } => "the generator was full",
        Bar::AboveRange { .. } => "even the highest rate met the objective",
        Bar::Failed { .. } => "some trials failed",
        Bar::LeftOut => "the baseline did not serve every client",
        Bar::Spins => "a server uses a whole CPU even if no client asks",
        Bar::Behind { .. } => "a server did not keep up with the offered rate",
    }
}

impl Writer<'_> {
    /// Those without a verdict, with the reason; and the order of the medians if no contender has one.
    pub fn barred(&self) -> Option<String> {
        let (_, first) = self.answer.barred.first()?;
        let (same, others) = self
            .answer
            .barred
            .iter()
            .partition::<Vec<_>, _>(|(_, bar)| discriminant(bar) == discriminant(first));
        let ids: Vec<ContenderId> = same.iter().map(|(id, _)| *id).collect();
        let doubt = doubt(first);
        if others.is_empty() && self.compared() <= ids.len() + 1 {
            return Some(format!(
                "No difference is certain here, because {doubt}.{}",
                self.lowest()
            ));
        }
        let names = named(self.summary, &ids);
        let others = match others.len() {
            0 => String::new(),
            count => format!(" Without a verdict for another reason: {count} more."),
        };
        Some(format!("No verdict, because {doubt}: {names}.{others}"))
    }

    /// The best medians, without a word.
    fn lowest(&self) -> String {
        let mut all: Vec<ContenderId> = self.answer.barred.iter().map(|(id, _)| *id).collect();
        all.extend(&self.answer.same);
        let sign = if self.metric.more_is_better() {
            -1.0
        } else {
            1.0
        };
        let value = |id: &ContenderId| {
            let median = self.summary.median(*id, self.load, self.metric);
            median.map_or(f64::INFINITY, |median| sign * median)
        };
        all.sort_by(|a, b| value(a).total_cmp(&value(b)));
        all.truncate(NAMED);
        let written = |&id: &ContenderId| {
            let name = &self.summary.contenders[id].name;
            let value = bare(self.summary, id, self.load, self.metric)?;
            Some(format!("{name} {value}"))
        };
        let all: Vec<String> = all.iter().filter_map(written).collect();
        let end = unit(self.metric);
        format!(" The best medians: {}{end}.", all.join(", "))
    }
}
