//! The known answers: formulas of queueing theory and of stopped servers, and the confidence interval of a mean.
//!
//! Means come from [`queueing`](analysis::queueing). M/D/1 and M/M/1 are queues with Poisson arrivals and one server
//! that serves in the order of arrival. A service takes always the same time (D), or an exponentially distributed time
//! (M). Load is the share of time in which the server is busy.

/// Quantile of the response time of M/M/1, which is exponentially distributed (the same book, section 3.2).
pub fn mm1_quantile(service_s: f64, load: f64, quantile: f64) -> f64 {
    -(1.0 - quantile).ln() * service_s / (1.0 - load)
}

/// Quantile of the uniform distribution.
pub fn uniform_quantile(from: f64, to: f64, quantile: f64) -> f64 {
    from + (to - from) * quantile
}

/// Quantile of the response time of a server that answers at once, but was stopped once in the window, for evenly
/// spaced requests. A request just after the stop began waits for all of it; a request just before its end hardly
/// waits.
pub fn stopped_quantile(stop_s: f64, window_s: f64, quantile: f64) -> f64 {
    (stop_s - (1.0 - quantile) * window_s).max(0.0)
}

/// A mean with its confidence interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The mean of the repetitions.
    pub mean: f64,
    /// Half the width of its confidence interval.
    pub half_width: f64,
}

/// Student's t for a confidence of 99.75 %, by degrees of freedom from 1. A calibration makes about twenty statements,
/// which shall all hold with 95 % (Bonferroni).
const STUDENT: [f64; 19] = [
    254.647, 19.962, 9.465, 6.758, 5.604, 4.981, 4.595, 4.334, 4.146, 4.005, 3.895, 3.807, 3.735,
    3.675, 3.624, 3.581, 3.543, 3.510, 3.481,
];

/// The mean of independent repetitions with its confidence interval, which is infinite for a single repetition.
pub fn estimate(repetitions: &[f64]) -> Estimate {
    let n = repetitions.len() as f64;
    if repetitions.is_empty() {
        return Estimate::default();
    }
    let mean = repetitions.iter().sum::<f64>() / n;
    let Some(degrees) = repetitions.len().checked_sub(2) else {
        return Estimate {
            mean,
            half_width: f64::INFINITY,
        };
    };
    let squares: f64 = repetitions.iter().map(|x| (x - mean).powi(2)).sum();
    let student = STUDENT[degrees.min(STUDENT.len() - 1)];
    let half_width = student * (squares / (n - 1.0) / n).sqrt();
    Estimate { mean, half_width }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(value: f64, expected: f64) {
        assert!((value / expected - 1.0).abs() < 1e-6, "{value} {expected}");
    }

    #[test]
    fn quantiles_of_mm1_are_those_of_the_exponential_distribution() {
        assert_near(mm1_quantile(1.0, 0.0, 0.5), std::f64::consts::LN_2);
        assert_near(mm1_quantile(200e-6, 0.8, 0.99), 4.605_170_186e-3);
    }

    #[test]
    fn a_stop_of_one_second_in_ten_delays_every_tenth_request() {
        for (quantile, seconds) in [(0.95, 0.5), (0.99, 0.9), (0.999, 0.99), (1.0, 1.0)] {
            assert_near(stopped_quantile(1.0, 10.0, quantile), seconds);
        }
        assert_near(stopped_quantile(0.5, 3.0, 0.99), 0.47);
        assert!(stopped_quantile(1.0, 10.0, 0.5) == 0.0);
    }

    #[test]
    fn quantiles_of_a_uniform_delay_lie_on_a_line() {
        assert_near(uniform_quantile(1.0, 3.0, 0.5), 2.0);
        assert_near(uniform_quantile(1.0, 3.0, 0.99), 2.98);
    }

    #[test]
    fn an_estimate_is_narrow_if_its_repetitions_agree() {
        assert_eq!(estimate(&[]), Estimate::default());
        assert!(estimate(&[7.0]).half_width.is_infinite());
        let same = estimate(&[7.0; 10]);
        assert_eq!((same.mean, same.half_width), (7.0, 0.0));
        // Standard error of 1, 2, 3, 4, 5 is sqrt(0.5).
        let spread = estimate(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_near(spread.mean, 3.0);
        assert_near(spread.half_width, 6.758 * 0.5_f64.sqrt());
    }
}
