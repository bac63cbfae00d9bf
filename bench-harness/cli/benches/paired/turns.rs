//! The order of slices: that of `echolab compare`, or one with a single slice of the baseline for each round.

use std::collections::VecDeque;

use measure::sitting::{Chain, Step};
use record::plan::{ContenderId, Plan};

/// Maximum number of repeats of a disturbed slice where the baseline has one slice for each round.
const REPEATS: u32 = 2;

/// An order of slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each slice of a contender stands between two slices of the baseline: `B C1 B C2 B C3 B`.
    Adjacent,
    /// The baseline has one slice for each round: `B C1 C2 C3 B`.
    OncePerRound,
}

/// The slices that are still to be measured.
pub enum Turns {
    Adjacent(Chain),
    OncePerRound(VecDeque<Step>),
}

impl Order {
    /// The slices of the first sitting of a plan.
    pub fn turns(self, plan: &Plan, rounds: usize) -> Turns {
        let baseline = plan.sittings[0].contenders[0];
        let rounds = (0..rounds).map(|round| (round, plan.round_order(0, round)));
        match self {
            Self::Adjacent => Turns::Adjacent(Chain::new(baseline, rounds.collect())),
            Self::OncePerRound => Turns::OncePerRound(once_per_round(baseline, rounds)),
        }
    }
}

fn once_per_round(
    baseline: ContenderId,
    rounds: impl Iterator<Item = (usize, Vec<ContenderId>)>,
) -> VecDeque<Step> {
    let step = |contender, round| Step {
        contender,
        round,
        attempt: 0,
    };
    let mut steps = VecDeque::new();
    let mut last = 0;
    for (round, order) in rounds {
        let all = [baseline].into_iter().chain(order);
        steps.extend(all.map(|contender| step(contender, round)));
        last = round;
    }
    steps.push_back(step(baseline, last));
    steps
}

impl Turns {
    /// The slice to measure next; `None` if all are measured.
    pub fn next(&self) -> Option<Step> {
        match self {
            Self::Adjacent(chain) => chain.next(),
            Self::OncePerRound(steps) => steps.front().copied(),
        }
    }

    /// Reports that the next slice is measured.
    pub fn measured(&mut self, disturbed: bool) {
        match self {
            Self::Adjacent(chain) => {
                chain.measured(disturbed);
            }
            Self::OncePerRound(steps) => match steps.front_mut() {
                Some(step) if disturbed && step.attempt < REPEATS => step.attempt += 1,
                Some(_) | None => _ = steps.pop_front(),
            },
        }
    }
}
