//! Parsers of option values that several commands share. Their errors show an example.

use std::str::FromStr;

/// Reads a number of any numeric type.
///
/// # Errors
/// The text is not such a number.
pub fn number<N: FromStr>(text: &str) -> Result<N, String> {
    let refused = |_| format!("`{text}` is not a number that fits here; write for example 100");
    text.trim().parse().map_err(refused)
}

/// Reads a number of a type that excludes 0, such as `NonZero<usize>`.
///
/// # Errors
/// The text is not such a number.
pub fn positive<N: FromStr>(text: &str) -> Result<N, String> {
    let refused = |_| format!("`{text}` is not a whole number above 0; write for example 4");
    text.trim().parse().map_err(refused)
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
    fn what_is_not_a_number_is_refused_with_an_example() {
        assert_eq!(number::<usize>(" 7"), Ok(7));
        assert!(number::<u8>("256").unwrap_err().contains("example 100"));
        assert!(number::<f64>("often").unwrap_err().contains("`often`"));
        assert_eq!([on_or_off("on"), on_or_off(" off")], [Ok(true), Ok(false)]);
        let error = on_or_off("1").unwrap_err();
        assert!(error.ends_with("write on or off"), "{error}");
        assert_eq!(positive(" 7"), Ok(NonZero::<u64>::new(7).unwrap()));
        for text in ["0", "-1", "many"] {
            let error = positive::<NonZero<usize>>(text).unwrap_err();
            assert!(error.contains("above 0; write for example 4"), "{error}");
        }
    }
}
