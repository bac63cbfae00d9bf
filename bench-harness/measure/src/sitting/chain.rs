//! The order of slices in a sitting: every contender between two slices of the baseline, and disturbed slices once more.
//!
//! ```text
//! B C1 B C2 B C3 B            a round; its last slice is the first of the next round
//! B C1 B C2* B C2 B C3 B      C2 was disturbed: it is repeated, with a neighbour of its own
//! B C1 B* B C2 B              a slice of the baseline was disturbed: it is repeated at once
//! B C1 B | B C1 B             a single contender: rounds share no slice
//! ```
//!
//! With a single contender every round would share a slice of the baseline with the next one. Their values would be
//! correlated by 1/6, and a 95 % interval would cover only 91 %.

use std::collections::VecDeque;

use record::plan::ContenderId;

/// Maximum number of repeats of one slice.
const REPEATS: u32 = 2;
/// Share of the slices of a sitting that may be repeated, because a run must end even if the machine is never quiet.
const SHARE: f64 = 0.25;

/// The slice to measure next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The contender, which may be the baseline.
    pub contender: ContenderId,
    /// The round.
    pub round: usize,
    /// 0 for the first attempt, 1, 2, … for repeats.
    pub attempt: u32,
}

/// The slices that are still to be measured.
#[derive(Clone, Debug)]
pub struct Chain {
    baseline: ContenderId,
    /// The rounds after the current one, each with its number and its order.
    rounds: VecDeque<(usize, Vec<ContenderId>)>,
    round: usize,
    /// The contenders of the current round that are still to be measured, with their attempts.
    pending: VecDeque<(ContenderId, u32)>,
    /// The attempt of the baseline's slice, if it is next.
    baseline_attempt: Option<u32>,
    /// Number of repeats that are left.
    repeats: usize,
}

impl Chain {
    /// The slices of these rounds, each with its number and the order of its contenders.
    pub fn new(baseline: ContenderId, rounds: Vec<(usize, Vec<ContenderId>)>) -> Self {
        let contenders: usize = rounds.iter().map(|(_, order)| order.len()).sum();
        let repeats = (2.0 * contenders as f64 * SHARE).ceil() as usize;
        let mut chain = Self {
            baseline,
            rounds: rounds.into(),
            round: 0,
            pending: VecDeque::new(),
            baseline_attempt: Some(0),
            repeats,
        };
        chain.begin_round();
        chain
    }

    /// The slice to measure next; `None` if all are measured.
    pub fn next(&self) -> Option<Step> {
        let round = self.round;
        let of_contender = |&(contender, attempt): &(ContenderId, u32)| Step {
            contender,
            round,
            attempt,
        };
        match self.baseline_attempt {
            Some(attempt) => Some(of_contender(&(self.baseline, attempt))),
            None => self.pending.front().map(of_contender),
        }
    }

    /// Reports that the next slice is measured. Returns true if this ends a round.
    pub fn measured(&mut self, disturbed: bool) -> bool {
        let repeat = |attempt: u32, repeats: &mut usize| {
            let may = disturbed && attempt < REPEATS && *repeats > 0;
            *repeats -= usize::from(may);
            may.then_some(attempt + 1)
        };
        if let Some(attempt) = self.baseline_attempt {
            self.baseline_attempt = repeat(attempt, &mut self.repeats);
            let ends = self.baseline_attempt.is_none() && self.pending.is_empty();
            if ends {
                self.begin_round();
            }
            return ends;
        }
        if let Some((contender, attempt)) = self.pending.pop_front() {
            let again = repeat(attempt, &mut self.repeats);
            if let Some(attempt) = again {
                self.pending.push_front((contender, attempt));
            }
        }
        self.baseline_attempt = Some(0);
        false
    }

    /// Leaves out a contender from now on, because it has failed.
    pub fn leave_out(&mut self, contender: ContenderId) {
        self.pending.retain(|(other, _)| *other != contender);
        for (_, order) in &mut self.rounds {
            order.retain(|other| *other != contender);
        }
        while self.pending.is_empty() && !self.rounds.is_empty() {
            self.begin_round();
        }
    }

    fn begin_round(&mut self) {
        if let Some((round, order)) = self.rounds.pop_front() {
            self.round = round;
            if order.len() == 1 {
                self.baseline_attempt = Some(0);
            }
            self.pending = order.into_iter().map(|contender| (contender, 0)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: ContenderId = ContenderId(0);

    /// The slices as text, `B0` for the baseline in round 0, with a star for each slice that is disturbed.
    fn played(rounds: Vec<(usize, Vec<usize>)>, disturbed: &[usize]) -> String {
        let ids = |order: Vec<usize>| order.into_iter().map(ContenderId).collect();
        let rounds = rounds.into_iter().map(|(round, order)| (round, ids(order)));
        let mut chain = Chain::new(B, rounds.collect());
        let mut words = Vec::new();
        while let Some(step) = chain.next() {
            let is_disturbed = disturbed.contains(&words.len());
            let name = match step.contender {
                B => "B".to_owned(),
                ContenderId(number) => format!("C{number}"),
            };
            let star = if is_disturbed { "*" } else { "" };
            let ends = chain.measured(is_disturbed);
            words.push(format!("{name}{star}{}", if ends { "|" } else { "" }));
            assert!(words.len() < 100, "{words:?}");
        }
        words.join(" ")
    }

    #[test]
    fn every_contender_stands_between_two_slices_of_the_baseline() {
        let rounds = vec![(0, vec![1, 2]), (1, vec![2, 1])];
        assert_eq!(played(rounds, &[]), "B C1 B C2 B| C2 B C1 B|");
    }

    #[test]
    fn rounds_of_a_single_contender_share_no_slice() {
        let rounds = vec![(0, vec![1]), (1, vec![1])];
        assert_eq!(played(rounds, &[]), "B C1 B| B C1 B|");
    }

    #[test]
    fn a_disturbed_contender_is_repeated_with_a_neighbour_of_its_own() {
        assert_eq!(played(vec![(0, vec![1, 2])], &[1]), "B C1* B C1 B C2 B|");
    }

    #[test]
    fn a_disturbed_baseline_is_repeated_at_once() {
        assert_eq!(played(vec![(0, vec![1, 2])], &[2]), "B C1 B* B C2 B|");
        assert_eq!(played(vec![(0, vec![1])], &[0]), "B* B C1 B|");
    }

    #[test]
    fn repeats_have_a_bound() {
        let always: Vec<usize> = (0..100).collect();
        assert_eq!(played(vec![(0, vec![1])], &always), "B* B* C1* B*|");
    }

    #[test]
    fn a_contender_that_failed_is_left_out() {
        let mut chain = Chain::new(
            B,
            vec![(0, vec![ContenderId(1)]), (1, vec![ContenderId(1)])],
        );
        chain.measured(false);
        chain.leave_out(ContenderId(1));
        assert_eq!(chain.next(), None);
    }
}
