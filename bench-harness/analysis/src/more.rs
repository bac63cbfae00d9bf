//! How many more rounds would decide a comparison: the half-width of an interval shrinks with the square root of their number.

use crate::shift::Ratio;

/// A comparison that needs more than this many times its rounds is too close to the border of the zone to be decided.
const MOST_TIMES: f64 = 50.0;

/// About how many more rounds bring the interval wholly inside or wholly outside of the zone of indifference (a factor, 1.05 for
/// ±5 %), if the estimate stays. `rounds` is the number of rounds behind the ratio, or of sittings where these are the unit.
/// Zero if the interval decides already. `None` if there is no interval yet, or if the estimate is so close to the border that
/// 50 times the rounds would not do.
pub fn rounds_to_decide(ratio: &Ratio, rounds: usize, zone: f64) -> Option<usize> {
    let (low, high) = ratio.interval?;
    let (estimate, border) = (ratio.estimate.ln(), zone.ln());
    let (below, above) = (estimate - low.ln(), high.ln() - estimate);
    // The share of its present length that each arm of the interval may have.
    let inside = ((border - estimate) / above).min((border + estimate) / below);
    let outside = ((estimate - border) / below).max((-border - estimate) / above);
    let share = inside.max(outside);
    if share >= 1.0 || below + above == 0.0 {
        return Some(0);
    }
    let times = 1.0 / share.max(0.0).powi(2);
    (times <= MOST_TIMES).then(|| ((times - 1.0) * rounds as f64).ceil() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: f64 = 1.05;

    /// A ratio whose interval reaches this far to each side, in logarithms.
    fn ratio(estimate: f64, half_width: f64) -> Ratio {
        let at = |log: f64| (estimate.ln() + log).exp();
        Ratio {
            estimate,
            interval: Some((at(-half_width), at(half_width))),
        }
    }

    /// At half the distance to the border, an interval must become half as wide, which takes four times the rounds.
    #[test]
    fn half_the_width_takes_three_times_more_rounds() {
        let border = ZONE.ln();
        let more = |estimate: f64, half_width: f64| {
            // Just below a whole number, so that rounding up does not add a round.
            rounds_to_decide(&ratio(estimate, half_width * 0.9999), 10, ZONE)
        };
        assert_eq!(more(1.0, 2.0 * border), Some(30));
        assert_eq!(more((2.0 * border).exp(), 2.0 * border), Some(30));
        assert_eq!(more((-2.0 * border).exp(), 2.0 * border), Some(30));
        assert_eq!(more((border / 2.0).exp(), border), Some(30));
        assert_eq!(more((3.0 * border).exp(), 2.4 * border), Some(5));
    }

    #[test]
    fn a_decided_comparison_needs_no_more() {
        assert_eq!(rounds_to_decide(&ratio(1.0, 0.02), 10, ZONE), Some(0));
        assert_eq!(rounds_to_decide(&ratio(1.3, 0.1), 10, ZONE), Some(0));
        assert_eq!(rounds_to_decide(&ratio(0.8, 0.1), 10, ZONE), Some(0));
        assert_eq!(rounds_to_decide(&ratio(1.0, 0.0), 10, ZONE), Some(0));
    }

    #[test]
    fn a_narrower_zone_needs_more_rounds() {
        let near = ratio(1.0, 0.06);
        let more = [1.10, 1.05, 1.03].map(|zone| rounds_to_decide(&near, 30, zone));
        assert_eq!(more, [Some(0), Some(16), Some(94)]);
    }

    #[test]
    fn the_longer_arm_of_the_interval_counts_only_where_it_crosses() {
        let skewed = Ratio {
            estimate: 1.2,
            interval: Some((1.15, 2.0)),
        };
        assert_eq!(rounds_to_decide(&skewed, 10, ZONE), Some(0));
    }

    #[test]
    fn at_the_border_no_number_of_rounds_is_enough() {
        assert_eq!(rounds_to_decide(&ratio(1.05, 0.05), 10, ZONE), None);
        assert_eq!(rounds_to_decide(&ratio(1.051, 0.05), 10, ZONE), None);
        let without = Ratio {
            estimate: 1.5,
            interval: None,
        };
        assert_eq!(rounds_to_decide(&without, 3, ZONE), None);
    }
}
