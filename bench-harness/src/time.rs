//! Reads times as people write them on a command line.

use std::time::Duration;

use jiff::SignedDuration;

/// Reads a time such as `250us`, `10s` or `1m 30s`.
///
/// # Errors
/// It is no time; the error shows some.
pub fn parse(text: &str) -> Result<Duration, String> {
    let time: Option<SignedDuration> = text.parse().ok();
    time.and_then(|time| Duration::try_from(time).ok())
        .ok_or_else(|| format!("`{text}` is no time; write for example 250us, 10ms or 30s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(parse("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(parse("-1s").unwrap_err().contains("250us, 10ms or 30s"));
        assert!(parse("soon").is_err());
    }
}
