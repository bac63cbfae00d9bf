//! The bytes of each payload. They follow from seed, connection and sequence number, so the generator need not store them.
//!
//! Every payload is a window into one table of random bytes. A hash of seed, connection and sequence number gives the start
//! and the length of the window. Neighbouring requests and connections therefore carry different bytes, and a server that
//! mixes them up is detected. A payload costs no memory and no copy.

use echo_protocol::Request;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::request::sizes::Sizes;
use crate::request::work::WorkTimes;

/// Number of places where a window can start. Two payloads are equal by chance once in this many pairs.
const PLACES: usize = 1 << 14;

/// Everything that the clients of one class send.
pub struct RequestSource {
    table: Vec<u8>,
    seed: u64,
    sizes: Sizes,
    reply_size: Option<u32>,
    work: Option<WorkTimes>,
}

impl RequestSource {
    /// Creates the requests of a class. The reply is as long as the payload unless `reply_size` is given.
    pub fn new(seed: u64, sizes: Sizes, reply_size: Option<u32>, work: Option<WorkTimes>) -> Self {
        let mut table = vec![0; PLACES + sizes.largest() as usize];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut table);
        Self {
            table,
            seed,
            sizes,
            reply_size,
            work,
        }
    }

    /// The request number `sequence` of a connection. The same numbers always give the same request.
    #[inline]
    pub fn request(&self, connection: u64, sequence: u64) -> Request<&[u8]> {
        let random = scramble(self.seed, connection, sequence);
        let begin = random as usize % PLACES;
        let size = self.sizes.pick((random >> 32) as u32);
        Request {
            id: connection << 32 | sequence & 0xffff_ffff,
            work: self
                .work
                .as_ref()
                .map(|work| work.pick(unit(scramble(!self.seed, connection, sequence)))),
            reply_size: self.reply_size.unwrap_or(size),
            payload: &self.table[begin..begin + size as usize],
        }
    }
}

/// Mixes three numbers into one (the finaliser of `SplitMix64`: Steele, Lea and Flood, OOPSLA 2014).
const fn scramble(seed: u64, connection: u64, sequence: u64) -> u64 {
    let mut z = seed
        .wrapping_add(connection.wrapping_mul(0xd1b5_4a32_d192_ed03))
        .wrapping_add(sequence.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// Converts random bits to a number from 0 (included) to 1 (excluded).
const fn unit(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn requests(seed: u64, sizes: &str) -> RequestSource {
        RequestSource::new(seed, sizes.parse().unwrap(), None, None)
    }

    #[test]
    fn the_same_numbers_give_the_same_request() {
        let (a, b) = (requests(7, "uniform:1..100"), requests(7, "uniform:1..100"));
        for sequence in 0..100 {
            let (a, b) = (a.request(3, sequence), b.request(3, sequence));
            assert_eq!((a.id, a.payload), (b.id, b.payload));
        }
    }

    #[test]
    fn different_numbers_give_different_requests() {
        let (a, b) = (requests(7, "32"), requests(8, "32"));
        let mut seen = HashSet::new();
        for connection in 0..10 {
            for sequence in 0..10 {
                seen.insert(a.request(connection, sequence).payload.to_vec());
                seen.insert(b.request(connection, sequence).payload.to_vec());
            }
        }
        assert_eq!(seen.len(), 200);
    }

    #[test]
    fn sizes_and_replies_are_as_requested() {
        let plain = requests(1, "uniform:5..9");
        let longer = RequestSource::new(1, Sizes::Fixed(4), Some(4096), None);
        for sequence in 0..100 {
            let request = plain.request(0, sequence);
            assert!((5..=9).contains(&request.payload.len()));
            assert_eq!(request.reply_size as usize, request.payload.len());
            let request = longer.request(0, sequence);
            assert_eq!((request.payload.len(), request.reply_size), (4, 4096));
        }
    }
}
