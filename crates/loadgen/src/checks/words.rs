//! Writes the numbers in sentences: three significant digits, grouped thousands, suitable units.

use std::time::Duration;

/// Writes a time given in nanoseconds: `65.2µs`.
pub fn time(ns: f64) -> String {
    let ns = ns.max(0.0);
    let digits = if ns >= 1.0 { ns.log10().floor() } else { 0.0 };
    let unit = 10_f64.powf((digits - 2.0).max(0.0));
    let rounded = (ns / unit).round() * unit;
    format!("{:?}", Duration::from_nanos(rounded as u64))
}

/// Writes a share: `4.2 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent.abs() >= 10.0 { 0 } else { 2 };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

/// Writes a count: `20,000`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a rate without its unit: `20,000`, `12.5`, `0.5`.
pub fn per_second(rate: f64) -> String {
    if rate >= 99.5 {
        return count(rate.round() as u64);
    }
    let magnitude = if rate > 0.0 {
        rate.log10().floor() as i32
    } else {
        2
    };
    let decimals = (2 - magnitude).clamp(0, 9) as usize;
    let text = format!("{rate:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Writes a number of requests: `1 request`, `20,000 requests`.
pub fn requests(n: u64) -> String {
    number(n, "request", "requests")
}

/// Writes a number with the words that follow it for one, or for several.
pub fn number(n: u64, one: &str, several: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.0, 7.4, 65_234.0, 1_234_567.0, 2e9].map(time),
            ["0ns", "7ns", "65.2µs", "1.23ms", "2s"]
        );
        assert_eq!(
            [0.0, 0.000_2, 0.042, 0.5, 1.0].map(percent),
            ["0 %", "0.02 %", "4.2 %", "50 %", "100 %"]
        );
        assert_eq!([7, 1000, 1_234_567].map(count), ["7", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, 0.001, 0.5, 4.999, 12.5, 99.7, 20_000.4].map(per_second),
            ["0", "0.001", "0.5", "5", "12.5", "100", "20,000"]
        );
        assert_eq!([1, 2000].map(requests), ["1 request", "2,000 requests"]);
    }
}
