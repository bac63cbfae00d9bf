//! Ratios in words.

use record::number::significant;

/// A ratio with its interval: `1.52 [1.41, 1.63]`.
pub fn ratio_in_words(estimate: f64, interval: Option<(f64, f64)>) -> String {
    let estimate = factor(estimate);
    match interval {
        Some((low, high)) => format!("{estimate} [{}, {}]", factor(low), factor(high)),
        None => estimate,
    }
}

/// A ratio with two decimals, or three digits from 10 on.
pub fn factor(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 0.005 => "< 0.01".to_owned(),
        ratio if ratio < 9.995 => format!("{ratio:.2}"),
        ratio => significant(ratio),
    }
}

/// Ticks for an axis of ratios between these ends: few, and at values that a reader would name.
pub fn ratio_ticks((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let wanted: &[f64] = match high / low {
        range if range < 2.0 => &[0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5],
        range if range < 3.0 => &[0.5, 0.7, 1.0, 1.5, 2.0],
        range if range < 8.0 => &[0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0],
        _ => &[0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0],
    };
    let ticks = wanted.iter().map(|tick| (*tick, format!("×{tick}")));
    ticks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_two_decimals_or_three_digits() {
        assert_eq!(
            ratio_in_words(1.518, Some((0.004, 12.34))),
            "1.52 [< 0.01, 12.3]"
        );
        assert_eq!(ratio_in_words(2.0, None), "2.00");
    }

    #[test]
    fn an_axis_of_ratios_has_a_tick_at_one() {
        for ends in [(0.9, 1.2), (0.8, 4.0), (0.1, 10.0)] {
            let ticks = ratio_ticks(ends);
            assert!(ticks.iter().any(|(_, label)| label == "×1"), "{ticks:?}");
        }
    }
}
