//! Many comparisons at once: Holm's correction, and how many blocks or rounds a family of comparisons needs.

use crate::ranks::smallest_p;
use crate::signed_ranks;

/// Fewer blocks, or trials of one side, have no 95 % interval.
pub const FEWEST_BLOCKS: usize = 4;
/// Fewer paired rounds have no 95 % interval.
pub const FEWEST_ROUNDS: usize = 6;
/// The accepted chance of a false word in a family of comparisons.
pub const LEVEL: f64 = 0.05;
/// Blocks that decide more comparisons than any run has.
const MOST_BLOCKS: usize = 30;

/// p-values after Holm's correction, in the order given, as R's `p.adjust(p, "holm")` computes them.
pub fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut adjusted = vec![1.0; ps.len()];
    let mut least = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        least = least.max(ps[index] * (ps.len() - place) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// The smallest difference, as a share, that a run of this many blocks and comparisons is expected to find on a machine with
/// neighbours; `None` if it can find none. Observed in trials of which 15 % were disturbed: 40 % with 5 blocks, 20 % with 10.
/// The precision that a run really reached is in its intervals.
pub fn detects(blocks: usize, comparisons: usize) -> Option<f64> {
    let decides = blocks >= fewest_blocks(comparisons, true);
    decides.then_some(if blocks < 10 { 0.4 } else { 0.2 })
}

/// The fewest blocks with which this many comparisons at once can yield `faster` or `slower` at all. With a twin, which doubles
/// the baseline's trials: 4 for up to 12, 5 for up to 75. Without: 4 for one, 5 for up to 6, 6 for up to 23.
pub fn fewest_blocks(comparisons: usize, twin: bool) -> usize {
    let baseline = |blocks: usize| if twin { 2 * blocks } else { blocks };
    let can_decide =
        |&blocks: &usize| can_be_significant(blocks, baseline(blocks), comparisons.max(1));
    (FEWEST_BLOCKS..MOST_BLOCKS)
        .find(can_decide)
        .unwrap_or(MOST_BLOCKS)
}

/// True if the clearest result of this many trials on each side is significant among this many comparisons.
pub fn can_be_significant(contender: usize, baseline: usize, comparisons: usize) -> bool {
    smallest_p(contender, baseline) * comparisons as f64 <= LEVEL
}

/// The fewest paired rounds with which this many comparisons at once can yield `faster` or `slower` at all: 6 for one, 9 for up to
/// 12, 12 for up to 102. One round more decides twice as many.
pub fn fewest_rounds(comparisons: usize) -> usize {
    let comparisons = comparisons.max(1) as f64;
    let mut rounds = FEWEST_ROUNDS;
    while signed_ranks::smallest_p(rounds) * comparisons > LEVEL {
        rounds += 1;
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with R: `p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.9), "holm")`, and with
    /// `statsmodels.stats.multitest.multipletests([…], method="holm")[1]`.
    #[test]
    fn holm_is_that_of_r() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005, 0.9]);
        for (adjusted, expected) in adjusted.iter().zip([0.04, 0.09, 0.09, 0.025, 0.9]) {
            assert!((adjusted - expected).abs() < 1e-12, "{adjusted} {expected}");
        }
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn the_number_of_blocks_that_a_family_needs_is_known_before_the_run() {
        let detectable = |comparisons| [3, 5, 6, 10].map(|blocks| detects(blocks, comparisons));
        assert_eq!(detectable(1), [None, Some(0.4), Some(0.4), Some(0.2)]);
        assert_eq!(detectable(76), [None, None, Some(0.4), Some(0.2)]);
        let needed = |twin| [0, 1, 6, 7, 23, 24, 75].map(|n| fewest_blocks(n, twin));
        assert_eq!(needed(false), [4, 4, 5, 6, 6, 7, 7]);
        assert_eq!(needed(true), [4, 4, 4, 4, 5, 5, 5]);
    }

    #[test]
    fn the_number_of_rounds_that_a_family_needs_is_known_before_the_run() {
        let needed = [0, 1, 2, 3, 6, 7, 12, 13, 102, 103].map(fewest_rounds);
        assert_eq!(needed, [6, 6, 7, 7, 8, 9, 9, 10, 12, 13]);
        assert_eq!(signed_ranks::left_out(FEWEST_ROUNDS - 1), None);
        assert_eq!(signed_ranks::left_out(FEWEST_ROUNDS), Some(0));
    }
}
