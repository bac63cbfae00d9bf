//! A sitting: the life of one set of processes, in which a few contenders are measured in turn under one load.

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use super::document::{Plan, Trial};
use super::index::{ContenderId, LoadId};

/// Maximum number of contenders beside the baseline. With ten other servers alive the caches are colder, and designs that
/// touch much memory look up to 8 % dearer; with two there is no such bias (METHODOLOGY.md).
const MOST_BESIDE: usize = 3;
/// Number of seeds apart, so that two sittings share no order. A prime number.
const APART: u64 = 1_000_003;

/// The servers of the baseline and of at most three other contenders. They are alive at the same time, and one of them is
/// asked at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitting {
    /// The block that it belongs to.
    pub block: usize,
    /// The load.
    pub load: LoadId,
    /// The contenders, the baseline first.
    pub contenders: Vec<ContenderId>,
    /// Number of rounds.
    pub rounds: usize,
    /// True if it was added during the run, because cells were not precise enough.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extra: bool,
}

impl Sitting {
    /// The contenders without the baseline.
    pub fn others(&self) -> &[ContenderId] {
        &self.contenders[1..]
    }

    /// Number of slices without repeats. In each round every other contender is measured between two slices of the baseline;
    /// neighbours share them, but for rounds of a single contender.
    pub fn slices(&self) -> usize {
        match self.others().len() {
            1 => 3 * self.rounds,
            others => 2 * others * self.rounds + 1,
        }
    }
}

/// Divides contenders into groups that are measured together, in random order. A group is smaller if its servers might need
/// more than this number of processes and threads at the same time: one for each connection.
pub(super) fn groups(
    mut others: Vec<ContenderId>,
    connections: usize,
    tasks: usize,
    random: &mut ChaCha12Rng,
) -> Vec<Vec<ContenderId>> {
    others.shuffle(random);
    let servers = tasks / connections.max(1);
    let most = servers.saturating_sub(1).clamp(1, MOST_BESIDE);
    let mut groups = vec![Vec::new(); others.len().div_ceil(most)];
    // Dealt out in turn, the groups differ in size by at most one.
    let count = groups.len();
    for (place, contender) in others.into_iter().enumerate() {
        groups[place % count].push(contender);
    }
    groups
}

/// The trials of a sitting, of which the first has this number.
pub(super) fn sitting_trials(sitting: &Sitting, first: usize) -> impl Iterator<Item = Trial> + '_ {
    let contenders = sitting.contenders.iter().enumerate();
    contenders.map(move |(place, &contender)| Trial {
        number: first + place,
        block: sitting.block,
        attempt: 0,
        contender,
        load: sitting.load,
    })
}

impl Plan {
    /// True if this load is measured in sittings.
    pub fn is_paired(&self, load: LoadId) -> bool {
        self.sittings.iter().any(|sitting| sitting.load == load)
    }

    /// Number of planned rounds of a contender under a load, in all sittings together.
    pub fn rounds_of(&self, contender: ContenderId, load: LoadId) -> usize {
        let sittings = self.sittings.iter();
        let own = sittings
            .filter(|sitting| sitting.load == load && sitting.contenders.contains(&contender));
        own.map(|sitting| sitting.rounds).sum()
    }

    /// The sittings of a block with their numbers, in the order in which they run.
    pub fn sittings_of(&self, block: usize) -> impl Iterator<Item = (usize, &Sitting)> {
        let all = self.sittings.iter().enumerate();
        all.filter(move |(_, sitting)| sitting.block == block)
    }

    /// The trials of a sitting: one for the life of each server. Their numbers follow those of all other trials.
    pub fn trials_of_sitting(&self, sitting: usize) -> impl Iterator<Item = Trial> + '_ {
        let members = |sitting: &Sitting| sitting.contenders.len();
        let before: usize = self.sittings[..sitting].iter().map(members).sum();
        let first = self.blocks.iter().map(Vec::len).sum::<usize>() + before;
        sitting_trials(&self.sittings[sitting], first)
    }

    /// The order of the contenders beside the baseline in a round.
    pub fn round_order(&self, sitting: usize, round: usize) -> Vec<ContenderId> {
        let number = (sitting as u64).wrapping_mul(APART) + round as u64 + 1;
        let mut random = ChaCha12Rng::seed_from_u64(self.seed.wrapping_add(number));
        let mut order = self.sittings[sitting].others().to_vec();
        order.shuffle(&mut random);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(others: usize, connections: usize) -> Vec<usize> {
        let others = (1..=others).map(ContenderId).collect();
        let mut random = ChaCha12Rng::seed_from_u64(7);
        let groups = groups(others, connections, 16_000, &mut random);
        groups.iter().map(Vec::len).collect()
    }

    #[test]
    fn at_most_three_contenders_are_measured_beside_the_baseline() {
        assert_eq!(grouped(0, 100), [0; 0]);
        assert_eq!(grouped(3, 100), [3]);
        assert_eq!(grouped(4, 100), [2, 2]);
        assert_eq!(grouped(13, 100), [3, 3, 3, 2, 2]);
    }

    #[test]
    fn groups_are_smaller_if_the_machine_lacks_processes() {
        assert_eq!(grouped(3, 4000), [3]);
        assert_eq!(grouped(3, 8000), [1, 1, 1]);
        assert_eq!(grouped(3, 50_000), [1, 1, 1]);
    }

    #[test]
    fn a_round_has_two_slices_for_each_contender_and_the_sitting_one_more() {
        let sitting = Sitting {
            block: 0,
            load: LoadId(0),
            contenders: vec![ContenderId(0), ContenderId(1), ContenderId(2)],
            rounds: 5,
            extra: false,
        };
        assert_eq!(sitting.slices(), 21);
    }
}
