//! The comparisons of a run that have no word yet, and what the nearest of them need.

use record::plan::{ContenderId, LoadId};

use crate::summary::Summary;
use crate::verdict::{Needs, Unsure, Verdict};

/// Comparisons whose time is added up.
const NEAREST: usize = 3;

/// What a run has not decided, in the figure that decides under each load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Open {
    /// Number of comparisons of models with the baseline.
    pub comparisons: usize,
    /// Those that more rounds or more trials may decide.
    pub undecided: usize,
    /// Those that have no word for another reason; the tables of verdicts say which.
    pub barred: usize,
    /// Number of comparisons, at most three, that need the least time, and the sum of their times in seconds.
    pub nearest: (usize, f64),
}

impl Summary {
    /// What this run has not decided.
    pub fn open(&self) -> Open {
        let verdicts: Vec<&Verdict> = self.deciding_verdicts().collect();
        let number = |has: fn(&Verdict) -> bool| verdicts.iter().filter(|word| has(word)).count();
        let mut times: Vec<f64> = verdicts.iter().filter_map(|word| seconds(word)).collect();
        times.sort_by(f64::total_cmp);
        times.truncate(NEAREST);
        Open {
            comparisons: verdicts.len(),
            undecided: number(|word| matches!(word, Verdict::Inconclusive(_))),
            barred: number(|word| matches!(word, Verdict::Barred(_))),
            nearest: (times.len(), times.iter().sum()),
        }
    }

    /// The verdicts of all models against the baseline, in the figure that decides under each load.
    fn deciding_verdicts(&self) -> impl Iterator<Item = &Verdict> {
        let loads = self.measured_loads();
        let of_load = move |load: LoadId| {
            let metric = self.deciding(load);
            let verdict = move |contender: ContenderId| {
                let compared = self.cell(contender, load).compared.get(&metric)?;
                Some(&compared.verdict)
            };
            self.models().filter_map(verdict)
        };
        loads.flat_map(of_load)
    }
}

/// The time that would decide it, in seconds, if it is known.
const fn seconds(verdict: &Verdict) -> Option<f64> {
    let Verdict::Inconclusive(Unsure::Wide { needs, .. }) = verdict else {
        return None;
    };
    match needs {
        Some(Needs::Rounds { seconds, .. } | Needs::Sittings { seconds, .. }) => Some(*seconds),
        Some(Needs::TooClose) | None => None,
    }
}
