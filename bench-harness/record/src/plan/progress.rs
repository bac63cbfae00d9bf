//! The progress of a run: the blocks of the probe, the blocks after which a run may end, the trials of a complete run.

use std::collections::BTreeSet;

use super::document::Plan;

impl Plan {
    /// The number of the first block that does not belong to the probe.
    pub fn first_block(&self) -> usize {
        let is_probe = |block: &&Vec<usize>| {
            let mut cells = block.iter();
            !block.is_empty() && cells.all(|&cell| self.is_probe(self.load_of(cell)))
        };
        self.blocks.iter().take_while(is_probe).count()
    }

    /// Maximum number of times that every cell is measured, without the probe.
    pub fn most_blocks(&self) -> usize {
        self.blocks.len() - self.first_block()
    }

    /// True if the run may end after this block because it is precise enough.
    pub fn may_end_after(&self, block: usize) -> bool {
        let done = (block + 1).saturating_sub(self.first_block());
        self.least_blocks.is_some_and(|least| done >= least)
    }

    /// Number of trials that a complete run has, given the numbers of its finished trials.
    ///
    /// That is all of them, or those up to the block after which the run ended because it was precise enough.
    pub fn due(&self, finished: &BTreeSet<usize>) -> usize {
        let ends_early = |block: usize| {
            if !self.may_end_after(block) {
                return None;
            }
            let numbers = self.trials().filter(|trial| trial.block <= block);
            let numbers: BTreeSet<usize> = numbers.map(|trial| trial.number).collect();
            (numbers == *finished).then_some(numbers.len())
        };
        let early = (0..self.blocks.len()).find_map(ends_early);
        early.unwrap_or_else(|| self.trials().count())
    }
}
