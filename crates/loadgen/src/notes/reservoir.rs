//! A random sample of bounded size from a stream of unknown length (algorithm R: Vitter, ACM TOMS 11, 1985).

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The sample. Each item of the stream is in it with the same probability.
pub struct Reservoir<T> {
    size: usize,
    items: Vec<T>,
    total: u64,
    rng: ChaCha8Rng,
}

impl<T> Reservoir<T> {
    /// Creates an empty sample of at most `size` items.
    pub fn new(size: usize, seed: u64) -> Self {
        Self {
            size,
            items: Vec::with_capacity(size),
            total: 0,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Offers the next item of the stream.
    pub fn add(&mut self, item: T) {
        self.total += 1;
        if self.items.len() < self.size {
            self.items.push(item);
            return;
        }
        let place = self.rng.random_range(0..self.total);
        if let Some(old) = self.items.get_mut(place as usize) {
            *old = item;
        }
    }

    /// Empties the sample.
    pub fn clear(&mut self) {
        self.items.clear();
        self.total = 0;
    }

    /// The sample.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Number of items offered so far.
    pub const fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_stream_is_kept_whole() {
        let mut reservoir = Reservoir::new(5, 1);
        (0..4).for_each(|i| reservoir.add(i));
        assert_eq!(
            (reservoir.items(), reservoir.total()),
            (&[0, 1, 2, 3][..], 4)
        );
    }

    #[test]
    fn a_long_stream_is_sampled_evenly() {
        let mut reservoir = Reservoir::new(1000, 1);
        (0..100_000).for_each(|i| reservoir.add(i));
        let early = reservoir.items().iter().filter(|i| **i < 50_000).count();
        assert_eq!(reservoir.items().len(), 1000);
        assert!((430..570).contains(&early), "{early}");
        reservoir.clear();
        assert_eq!((reservoir.items().len(), reservoir.total()), (0, 0));
    }
}
