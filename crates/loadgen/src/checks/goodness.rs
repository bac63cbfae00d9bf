//! The Kolmogorov-Smirnov test of one sample: does it come from a distribution?
//!
//! The statistic is the largest vertical distance of the sample's step function from the distribution function. The p-value
//! is the asymptotic series of Kolmogorov (1933) with the correction of Stephens (Use of the Kolmogorov-Smirnov, Cramér-von
//! Mises and related statistics without extensive tables, JRSS B 32, 1970). It is accurate to 1 % from a dozen values on.

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Size of the sample.
    pub n: usize,
    /// Largest distance of the two distribution functions, from 0 to 1.
    pub distance: f64,
    /// Probability of this distance or a larger one if the sample is from the distribution.
    pub p_value: f64,
}

/// Tests a sample against a distribution function. `None` for an empty sample.
pub fn kolmogorov_smirnov(sample: &[f64], cdf: impl Fn(f64) -> f64) -> Option<Fit> {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let steps = sorted.iter().enumerate();
    let distance = steps
        .map(|(i, &x)| {
            let expected = cdf(x);
            (expected - i as f64 / n).max((i + 1) as f64 / n - expected)
        })
        .reduce(f64::max)?;
    Some(Fit {
        n: sorted.len(),
        distance,
        p_value: p_value(distance, n),
    })
}

/// The distribution function of the time between Poisson arrivals.
pub fn exponential(mean: f64) -> impl Fn(f64) -> f64 {
    move |x| 1.0 - (-x.max(0.0) / mean).exp()
}

/// P(D > distance) for a sample of `n`.
fn p_value(distance: f64, n: f64) -> f64 {
    let x = (n.sqrt() + 0.12 + 0.11 / n.sqrt()) * distance;
    // Below this, the alternating series converges slowly, and its sum is 1 to nine digits.
    if x < 0.27 {
        return 1.0;
    }
    let term = |k: i32| {
        let sign = if k % 2 == 1 { 2.0 } else { -2.0 };
        sign * (-2.0 * f64::from(k * k) * x * x).exp()
    };
    (1..=100).map(term).sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.expon(scale=2).rvs(12, random_state=5)`, to four digits.
    const EXPONENTIAL: [f64; 12] = [
        0.502, 4.0917, 0.4632, 5.017, 1.3405, 1.8922, 2.9041, 1.4614, 0.7042, 0.4158, 0.1684,
        2.6822,
    ];

    /// Mean, statistic and p-value of `scipy.stats.kstest(x, expon(scale=mean).cdf, method="exact")`, scipy 1.17.
    const SCIPY: [(f64, f64, f64); 3] = [
        (2.0, 0.119_876_464_147_093_3, 0.986_977),
        (1.0, 0.321_618_554_862_043_3, 0.132_578),
        (6.0, 0.449_636_263_444_523, 0.009_858),
    ];

    /// Statistic and `scipy.stats.kstwo.sf(statistic, 10_000)`.
    const LARGE: [(f64, f64); 5] = [
        (0.005, 0.962_878),
        (0.008, 0.541_443),
        (0.012, 0.111_353),
        (0.016, 0.011_823),
        (0.020, 0.000_662),
    ];

    #[test]
    fn agrees_with_scipy() {
        for (mean, distance, p_value) in SCIPY {
            let fit = kolmogorov_smirnov(&EXPONENTIAL, exponential(mean)).unwrap();
            assert!((fit.distance - distance).abs() < 1e-9, "{fit:?}");
            assert!((fit.p_value - p_value).abs() < 0.015, "{fit:?}");
        }
    }

    #[test]
    fn large_samples_agree_with_scipy() {
        for (distance, expected) in LARGE {
            let found = p_value(distance, 10_000.0);
            assert!((found - expected).abs() < 0.002, "{found} {expected}");
        }
    }

    #[test]
    fn equal_gaps_are_not_poisson() {
        let fit = kolmogorov_smirnov(&[1.0; 1000], exponential(1.0)).unwrap();
        assert!((fit.distance - (1.0 - (-1.0_f64).exp())).abs() < 1e-12);
        assert!(fit.p_value < 1e-6);
    }

    #[test]
    fn an_empty_sample_has_no_fit() {
        assert_eq!(kolmogorov_smirnov(&[], exponential(1.0)), None);
    }
}
