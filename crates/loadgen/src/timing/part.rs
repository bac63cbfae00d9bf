//! Which share of a load falls to one worker, counted over all threads and processes.

/// Which of several workers, counted over all threads and processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 0.
    pub id: usize,
    /// How many there are.
    pub of: usize,
}

impl Part {
    /// The numbers below `all` that fall to this one.
    pub fn numbers(self, all: usize) -> std::iter::StepBy<std::ops::Range<usize>> {
        (self.id.min(all)..all).step_by(self.of)
    }

    /// How many of so many things fall to this one.
    pub fn share(self, all: u64) -> u64 {
        let (id, of) = (self.id as u64, self.of as u64);
        all / of + u64::from(id < all % of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for all in [0, 1, 10, 1001] {
            let parts = (0..3).map(|id| Part { id, of: 3 });
            assert_eq!(parts.clone().map(|part| part.share(all)).sum::<u64>(), all);
            assert_eq!(
                parts
                    .map(|part| part.numbers(all as usize).len() as u64)
                    .sum::<u64>(),
                all
            );
        }
    }
}
