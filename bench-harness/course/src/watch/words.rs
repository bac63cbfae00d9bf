//! Numbers and bytes as words of a line.

/// Longest text that is shown as it is.
const LONGEST_TEXT: usize = 24;

/// Bytes as a quoted text, if they are a short one, or else their number.
pub fn quoted(bytes: &[u8]) -> String {
    let printable = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
    if printable && bytes.len() <= LONGEST_TEXT {
        return format!("\"{}\"", String::from_utf8_lossy(bytes));
    }
    match bytes.len() {
        1 => "1 byte".to_owned(),
        n => format!("{} bytes", count(n)),
    }
}

/// A number with a comma between thousands.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in seconds; in milliseconds if it is short.
pub fn seconds(time: f64) -> String {
    if time < 0.1 {
        format!("{:.1} ms", time * 1e3)
    } else {
        format!("{time:.3} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_shown_and_long_ones_counted() {
        assert_eq!(quoted(b"hello"), "\"hello\"");
        assert_eq!(quoted(&[0]), "1 byte");
        assert_eq!(quoted(&vec![b'.'; 50_000]), "50,000 bytes");
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        assert_eq!(seconds(0.000_31), "0.3 ms");
        assert_eq!(seconds(2.9996), "3.000 s");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
