//! Parsers of option values that several commands share. Their errors show a range or an example.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use loadgen::Rate;

/// A parser of whole numbers in a range. The help of an option that uses it names the same range; a test compares both.
pub fn whole<N>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.trim().parse().ok();
        let (least, most) = (range.start(), range.end());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("write a whole number from {least} to {most}"))
    }
}

/// Reads a number of events a second, which may be a fraction.
///
/// # Errors
/// The text is no number, or it is not above 0 or more than a billion.
pub fn rate(text: &str) -> Result<f64, String> {
    let rate: Option<f64> = text.trim().parse().ok();
    rate.filter(|&rate| rate > 0.0 && rate <= Rate::HIGHEST)
        .ok_or_else(|| "write a number above 0 and up to 1000000000, for example 100".to_owned())
}

/// Reads a switch.
///
/// # Errors
/// The text is neither `on` nor `off`.
pub fn on_or_off(text: &str) -> Result<bool, String> {
    match text.trim() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{text}` is not a switch; write on or off")),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use super::*;

    #[test]
    fn a_number_out_of_its_range_is_refused_with_the_range() {
        let few = whole(1..=64_usize);
        assert_eq!([few(" 1"), few("64")], [Ok(1), Ok(64)]);
        for text in ["0", "65", "-1", "1.5", "", "many", "18446744073709551616"] {
            let error = few(text).unwrap_err();
            assert_eq!(error, "write a whole number from 1 to 64", "{text}");
        }
        let workers = whole(NonZero::<u64>::MIN..=NonZero::<u64>::MAX);
        assert_eq!(workers("7"), Ok(NonZero::new(7).unwrap()));
        assert!(workers("0").unwrap_err().contains("from 1 to"));
    }

    #[test]
    fn a_rate_is_a_number_above_0() {
        assert_eq!(rate("0.5"), Ok(0.5));
        for text in ["0", "-1", "NaN", "inf", "1e10", "often"] {
            let error = rate(text).unwrap_err();
            assert!(error.ends_with("for example 100"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_not_a_switch_is_refused_with_both_words() {
        assert_eq!([on_or_off("on"), on_or_off(" off")], [Ok(true), Ok(false)]);
        let error = on_or_off("1").unwrap_err();
        assert!(error.ends_with("write on or off"), "{error}");
    }
}
