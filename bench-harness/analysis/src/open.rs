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
    /// Those that have no word for another reason; the cost tables say which.
    pub barred: usize,
    /// Number of comparisons, at most three, that need the least time, and the sum of their times in seconds.
    pub nearest: (usize, f64),
}

impl Summary {
    /// What this run has not decided.
    pub fn open(&self) -> Open {
        let verdicts: Vec<(LoadId, &Verdict)> = self.deciding_verdicts().collect();
        let number = |has: fn(&Verdict) -> bool| {
            let words = verdicts.iter().map(|(_, word)| word);
            words.filter(|word| has(word)).count()
        };
        let times = verdicts.iter();
        let times = times.filter_map(|(load, word)| seconds(word, self.round_s[load.0]));
        let mut times: Vec<f64> = times.collect();
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
    fn deciding_verdicts(&self) -> impl Iterator<Item = (LoadId, &Verdict)> {
        let loads = self.measured_loads();
        let of_load = move |load: LoadId| {
            let metric = self.deciding(load);
            let verdict = move |contender: ContenderId| {
                let compared = self.cell(contender, load).compared.get(&metric)?;
                Some((load, &compared.verdict))
            };
            self.models().filter_map(verdict)
        };
        loads.flat_map(of_load)
    }
}

/// The time that would decide it, or that would allow to decide it, in seconds; `None` if it is not known.
fn seconds(verdict: &Verdict, round_s: f64) -> Option<f64> {
    let Verdict::Inconclusive(unsure) = verdict else {
        return None;
    };
    match *unsure {
        Unsure::Wide { needs, .. } => match needs? {
            Needs::Rounds { seconds, .. } | Needs::Sittings { seconds, .. } => Some(seconds),
            Needs::TooClose => None,
        },
        Unsure::TooFewRounds { rounds, needed }
        | Unsure::TooFewRoundsForFamily { rounds, needed, .. } => {
            Some(needed.saturating_sub(rounds) as f64 * round_s)
        }
        Unsure::TooFew { .. } | Unsure::TooFewForFamily { .. } | Unsure::OneOfMany { .. } => None,
    }
}
