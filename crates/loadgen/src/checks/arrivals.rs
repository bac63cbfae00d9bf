//! Checks that the times between requests fit a Poisson schedule, by a goodness-of-fit test.

use super::goodness::{Fit, exponential, kolmogorov_smirnov};
use super::words::{count, percent};
use crate::outcome::check::{Check, Weight};
use crate::outcome::generator::Arrivals;
use crate::timing::schedule::Spacing;

/// Smallest number of arrivals to test.
const ENOUGH: usize = 100;

/// A distance of the distributions that no open-loop result depends on. With many arrivals, any test finds the few
/// microseconds by which a sleeping thread wakes up late.
const NEGLIGIBLE: f64 = 0.05;

/// Significance level: Poisson arrivals exceed the limit once in a thousand runs.
const UNLIKELY: f64 = 0.001;

/// Tests the times between requests against the exponential distribution of their rate (Kolmogorov-Smirnov). `None` for
/// other schedules and for too few arrivals.
///
/// There are two checks. `schedule` tests the intended times; if it fails, the run is not what it claims to be. `arrivals`
/// tests the real times. A sleeping thread wakes up tens of microseconds late and then finds several requests due. Waits
/// count from the intended time, so they stay correct, but the server sees small bursts. This check therefore only warns.
///
/// Value: the largest distance of the two distribution functions. Limit: the distance that chance explains.
pub fn poisson(arrivals: &Arrivals) -> [Option<Check>; 2] {
    let intended = fit(&arrivals.intended_gaps_ns, arrivals).map(|fit| {
        Check::at_most("schedule", Weight::Invalidates, fit.distance, limit(fit.n))
            .says(format!("the intended times between requests are {}", words(&fit)))
            .remedy("choose another --seed; if that does not help, please report a bug of the generator")
    });
    let seen = fit(&arrivals.gaps_ns, arrivals).map(|fit| {
        Check::at_most("arrivals", Weight::Warns, fit.distance, limit(fit.n))
            .says(format!("the real times between requests are {}", words(&fit)))
            .remedy("add --busy or more --threads so that requests leave when they are due, or use a lower --rate")
    });
    [intended, seen]
}

/// Tests a sample of gaps, if they should be Poisson arrivals and there are enough of them.
fn fit(gaps_ns: &[u64], arrivals: &Arrivals) -> Option<Fit> {
    let rate = arrivals.rate_a_worker?;
    if arrivals.kind != Some(Spacing::Poisson) || gaps_ns.len() < ENOUGH {
        return None;
    }
    let seconds: Vec<_> = gaps_ns.iter().map(|&ns| ns as f64 / 1e9).collect();
    kolmogorov_smirnov(&seconds, exponential(1.0 / rate))
}

fn words(fit: &Fit) -> String {
    format!(
        "at most {} from those of Poisson arrivals (Kolmogorov-Smirnov, n = {}, p = {:.3})",
        percent(fit.distance),
        count(fit.n as u64),
        fit.p_value
    )
}

fn limit(n: usize) -> f64 {
    chance(n).max(NEGLIGIBLE)
}

/// The distance that a sample of size `n` exceeds by chance once in a thousand: sqrt(-ln(0.0005) / 2n), Smirnov's bound.
fn chance(n: usize) -> f64 {
    (-(UNLIKELY / 2.0).ln() / (2.0 * n as f64)).sqrt()
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Gaps of Poisson arrivals at 1000 per second, each changed by a function.
    fn arrivals(n: usize, change: impl Fn(f64) -> f64) -> Arrivals {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let gap = |_| -(1.0 - random.random::<f64>()).ln() / 1000.0;
        Arrivals {
            kind: Some(Spacing::Poisson),
            gaps_ns: (0..n)
                .map(gap)
                .map(|gap| (change(gap) * 1e9) as u64)
                .collect(),
            sampled_from: n as u64,
            rate_a_worker: Some(1000.0),
            ..Arrivals::default()
        }
    }

    fn seen(arrivals: &Arrivals) -> Option<Check> {
        let [intended, seen] = poisson(arrivals);
        assert_eq!(intended, None);
        seen
    }

    #[test]
    fn poisson_arrivals_pass() {
        for n in [100, 4096] {
            let check = seen(&arrivals(n, |gap| gap)).unwrap();
            assert!(check.ok, "{check:?}");
        }
    }

    #[test]
    fn other_arrivals_fail() {
        type Change = fn(f64) -> f64;
        let others: [(&str, Change); 3] = [
            ("constant", |_| 0.001),
            ("at twice the rate", |gap| gap / 2.0),
            ("ticks of a coarse timer", |gap| {
                (gap * 1000.0).floor() / 1000.0
            }),
        ];
        for (what, change) in others {
            let check = seen(&arrivals(4096, change)).unwrap();
            assert!(!check.ok && !check.invalidates, "{what}: {check:?}");
            assert!(check.remedy.contains("--busy"));
        }
        let check = seen(&arrivals(1000, |_| 0.001)).unwrap();
        assert!(check.sentence.contains("63 %"), "{}", check.sentence);
    }

    #[test]
    fn a_schedule_that_is_not_poisson_invalidates_and_late_departures_do_not() {
        let mut bunched = arrivals(1000, |gap| gap);
        bunched.intended_gaps_ns = std::mem::replace(&mut bunched.gaps_ns, vec![0; 1000]);
        let [intended, seen] = poisson(&bunched).map(Option::unwrap);
        assert!(intended.ok && intended.invalidates);
        assert!(!seen.ok && !seen.invalidates);
        bunched.intended_gaps_ns = vec![1_000_000; 1000];
        assert!(poisson(&bunched)[0].as_ref().unwrap().fails());
    }

    #[test]
    fn other_schedules_and_few_arrivals_are_not_tested() {
        assert_eq!(seen(&arrivals(99, |gap| gap)), None);
        let mut constant = arrivals(1000, |_| 0.001);
        constant.kind = Some(Spacing::Constant);
        assert_eq!(seen(&constant), None);
        assert_eq!(seen(&Arrivals::default()), None);
    }

    #[test]
    fn the_bound_is_that_of_the_tables() {
        assert!((chance(1000) - 1.9495 / 1000_f64.sqrt()).abs() < 1e-4);
    }
}
