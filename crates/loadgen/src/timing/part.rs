//! Divides a load among the workers of all threads and processes.

/// One of several workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its index, from 0.
    pub index: usize,
    /// Number of workers.
    pub count: usize,
}

impl Part {
    /// The indices below `total` that belong to this worker.
    pub fn indices(self, total: usize) -> std::iter::StepBy<std::ops::Range<usize>> {
        (self.index.min(total)..total).step_by(self.count)
    }

    /// This worker's share of a total.
    pub fn share(self, total: u64) -> u64 {
        let (index, count) = (self.index as u64, self.count as u64);
        total / count + u64::from(index < total % count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for total in [0, 1, 10, 1001] {
            let parts = (0..3).map(|id| Part {
                index: id,
                count: 3,
            });
            assert_eq!(
                parts.clone().map(|part| part.share(total)).sum::<u64>(),
                total
            );
            assert_eq!(
                parts
                    .map(|part| part.indices(total as usize).len() as u64)
                    .sum::<u64>(),
                total
            );
        }
    }
}
