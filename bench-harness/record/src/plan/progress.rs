//! How far a run is: which blocks are the probe's, when a run may end, how many trials a complete run has.

use std::collections::BTreeSet;

use super::Plan;

impl Plan {
    /// The first block that is not the probe's.
    pub fn first_block(&self) -> usize {
        let only_probe = |block: &&Vec<usize>| {
            let mut cells = block.iter();
            !block.is_empty() && cells.all(|&cell| self.is_probe(self.load_of(cell)))
        };
        self.blocks.iter().take_while(only_probe).count()
    }

    /// How often every cell is measured, at most; the probe does not count.
    pub fn rounds(&self) -> usize {
        self.blocks.len() - self.first_block()
    }

    /// Whether the run may end after this block, if it is precise enough.
    pub fn may_end_after(&self, block: usize) -> bool {
        let done = (block + 1).saturating_sub(self.first_block());
        self.least_blocks.is_some_and(|least| done >= least)
    }

    /// How many trials had to be finished, given the numbers of those that are: all, unless the run ended because it was precise
    /// enough, which it does only behind a whole block.
    pub fn due(&self, finished: &BTreeSet<usize>) -> usize {
        let last = finished.last().copied().unwrap_or(0);
        let through = |block: usize| self.blocks[..=block].iter().map(Vec::len).sum::<usize>();
        let all = (0..self.blocks.len()).map(|block| (block, through(block)));
        let whole = |&(block, end): &(usize, usize)| last + 1 == end && self.may_end_after(block);
        let mut ends = all.filter(whole).map(|(_, end)| end);
        let precise = ends.find(|&end| finished.len() == end);
        precise.unwrap_or_else(|| self.blocks.iter().map(Vec::len).sum())
    }
}
