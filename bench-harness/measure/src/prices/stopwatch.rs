//! Takes the CPU time of a call that is repeated many times.

use std::io;
use std::time::Duration;

use crate::cost::thread_cpu_time;

/// Independent repetitions. The price is their median, so that three disturbed ones do no harm.
pub(super) const REPEATS: usize = 7;
/// CPU time of one repetition.
const LONG_ENOUGH: Duration = Duration::from_micros(400);
/// Batches of one repetition at most.
const MOST_BATCHES: u32 = 64;

/// The price of a call in microseconds. A batch is `calls` calls, each given its number in the batch; `prepare` runs before each batch and
/// is not counted.
///
/// # Errors
/// A call fails.
pub(super) fn price(
    calls: usize,
    mut prepare: impl FnMut() -> io::Result<()>,
    mut call: impl FnMut(usize) -> io::Result<()>,
) -> io::Result<f64> {
    let mut prices = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        let (mut spent, mut batches) = (Duration::ZERO, 0);
        while spent < LONG_ENOUGH && batches < MOST_BATCHES {
            prepare()?;
            let begin = thread_cpu_time();
            (0..calls).try_for_each(&mut call)?;
            spent += thread_cpu_time().saturating_sub(begin);
            batches += 1;
        }
        prices.push(spent.as_secs_f64() * 1e6 / (f64::from(batches) * calls as f64));
    }
    Ok(median(prices))
}

/// The median; 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_a_call_is_the_median_of_its_repetitions() {
        assert!(median(vec![9.0, 1.0, 2.0]).to_bits() == 2.0_f64.to_bits());
        let (mut prepared, mut called) = (0, 0);
        let count = |n: &mut usize| {
            *n += 1;
            Ok(())
        };
        price(10, || count(&mut prepared), |_| count(&mut called)).unwrap();
        assert!(prepared >= REPEATS && called == 10 * prepared);
    }

    #[test]
    fn a_call_that_fails_has_no_price() {
        let fails = |_| Err(io::Error::other("no such call"));
        assert!(price(1, || Ok(()), fails).is_err());
    }
}
