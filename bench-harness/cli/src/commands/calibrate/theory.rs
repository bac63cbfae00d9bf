//! What must come out: the formulas of queueing theory and of stopped servers, and how sure a mean of few runs is.
//!
//! Means are those of [`queueing`](analysis::queueing). M/D/1 and M/M/1 are queues with Poisson arrivals and one server that serves in the order of arrival; each service takes
//! always the same time (D), or an exponentially distributed one (M). Load is the share of time that the server is busy.

/// Quantile of the response time of M/M/1, which is exponentially distributed (the same book, section 3.2).
pub fn mm1_quantile(service_s: f64, load: f64, quantile: f64) -> f64 {
    -(1.0 - quantile).ln() * service_s / (1.0 - load)
}

/// Quantile of the uniform distribution.
pub fn uniform_quantile(from: f64, to: f64, quantile: f64) -> f64 {
    from + (to - from) * quantile
}

/// Quantile of the response time where the server answers at once, but stopped once for a while in a window, and requests
/// came evenly: who came just after the stop waits for all of it, who came just before its end for nothing.
pub fn stopped_quantile(stop_s: f64, window_s: f64, quantile: f64) -> f64 {
    (stop_s - (1.0 - quantile) * window_s).max(0.0)
}

/// A mean, and how far the truth may be from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The mean of the repetitions.
    pub mean: f64,
    /// Half the width of its confidence interval.
    pub half_width: f64,
}

/// Student's t for a confidence of 99.75 %, by degrees of freedom from 1: about twenty statements are made at a time, and all
/// of them shall hold with 95 % (Bonferroni).
const STUDENT: [f64; 19] = [
    254.647, 19.962, 9.465, 6.758, 5.604, 4.981, 4.595, 4.334, 4.146, 4.005, 3.895, 3.807, 3.735,
    3.675, 3.624, 3.581, 3.543, 3.510, 3.481,
];

/// The mean of independent repetitions with its confidence interval. A single one says nothing about how sure it is.
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

    fn near(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }

    #[test]
    fn quantiles_of_mm1_are_those_of_the_exponential_distribution() {
        near(mm1_quantile(1.0, 0.0, 0.5), std::f64::consts::LN_2);
        near(mm1_quantile(200e-6, 0.8, 0.99), 4.605_170_186e-3);
    }

    #[test]
    fn a_stop_of_a_second_in_ten_is_seen_by_every_tenth_request() {
        for (quantile, seconds) in [(0.95, 0.5), (0.99, 0.9), (0.999, 0.99), (1.0, 1.0)] {
            near(stopped_quantile(1.0, 10.0, quantile), seconds);
        }
        near(stopped_quantile(0.5, 3.0, 0.99), 0.47);
        assert!(stopped_quantile(1.0, 10.0, 0.5) == 0.0);
    }

    #[test]
    fn a_uniform_delay_is_known_at_every_quantile() {
        near(uniform_quantile(1.0, 3.0, 0.5), 2.0);
        near(uniform_quantile(1.0, 3.0, 0.99), 2.98);
    }

    #[test]
    fn an_estimate_is_as_sure_as_its_repetitions_agree() {
        assert_eq!(estimate(&[]), Estimate::default());
        assert!(estimate(&[7.0]).half_width.is_infinite());
        let same = estimate(&[7.0; 10]);
        assert_eq!((same.mean, same.half_width), (7.0, 0.0));
        // Standard error of 1, 2, 3, 4, 5 is sqrt(0.5).
        let spread = estimate(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        near(spread.mean, 3.0);
        near(spread.half_width, 6.758 * 0.5_f64.sqrt());
    }
}
