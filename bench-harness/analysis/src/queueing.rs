//! Mean response times by queueing theory, for requests that arrive at random (Poisson) and wait only for each other.

/// Mean response time of one server that serves in the order of arrival, by Pollaczek and Khinchine (Kleinrock,
/// Queueing Systems, volume 1, 1975, section 5.6). `load` is the utilisation, below 1. `scv` is the squared coefficient
/// of variation of the service time: 0 for a fixed service time (M/D/1), 1 for an exponential one (M/M/1).
pub fn pollaczek_khinchine(service_s: f64, load: f64, scv: f64) -> f64 {
    service_s * (1.0 + load * (1.0 + scv) / (2.0 * (1.0 - load)))
}

/// Mean response time if all present requests share the server evenly (processor sharing, M/G/1-PS). It does not depend
/// on the distribution of service times (Kleinrock, Queueing Systems, volume 2, 1976, section 4.4).
pub fn processor_sharing(service_s: f64, load: f64) -> f64 {
    service_s / (1.0 - load)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(time: f64, expected: f64) {
        assert!((time / expected - 1.0).abs() < 1e-6, "{time} {expected}");
    }

    #[test]
    fn a_queue_with_fixed_service_waits_half_as_long_as_one_with_exponential_service() {
        // At a utilisation of 0.8 a request waits for 2 service times in M/D/1 and 4 in M/M/1; its own service is one
        // more.
        near(pollaczek_khinchine(1.0, 0.8, 0.0), 3.0);
        near(pollaczek_khinchine(1.0, 0.8, 1.0), 5.0);
        near(pollaczek_khinchine(200e-6, 0.5, 0.0), 300e-6);
        near(pollaczek_khinchine(200e-6, 0.3, 0.0), 242.857_143e-6);
        near(pollaczek_khinchine(1.0, 0.0, 0.0), 1.0);
    }

    #[test]
    fn the_mean_of_mm1_is_service_over_idle_share() {
        for load in [0.3, 0.5, 0.7, 0.8] {
            near(pollaczek_khinchine(1.0, load, 1.0), 1.0 / (1.0 - load));
        }
    }

    #[test]
    fn processor_sharing_takes_as_long_as_mm1_for_any_service_time() {
        for (load, times) in [(0.0, 1.0), (0.5, 2.0), (0.8, 5.0), (0.9, 10.0)] {
            near(processor_sharing(1.0, load), times);
            near(
                processor_sharing(3e-6, load),
                pollaczek_khinchine(3e-6, load, 1.0),
            );
        }
    }
}
