//! Formats numbers for people: `12,300`, `1.2k`, `340 us`, `1.5 GiB`, `5 min 12 s`.

use std::time::Duration;

/// `1234567` as `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things: `1 trial`, `1,000 connections`. The plural gets an `s`.
pub fn counted(n: usize, thing: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {thing}{ending}", grouped(n as u64))
}

/// A number of times: `once`, `twice`, `5 times`.
pub fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{} times", grouped(n as u64)),
    }
}

/// Three significant digits with a letter for thousands: `999`, `1.23k`, `12.3k`, `123k`, `1.23M`.
pub fn short(x: f64) -> String {
    let steps = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    // 999.5 rounds to 1000, which is 1k.
    let step = steps.into_iter().find(|(size, _)| x.abs() >= size * 0.9995);
    let (size, letter) = step.unwrap_or((1.0, ""));
    format!("{}{letter}", significant(x / size))
}

/// Three significant digits, without trailing zeros: `0.0123`, `1.5`, `42`, `150`.
pub fn significant(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x.is_finite() {
            "0".to_owned()
        } else {
            "–".to_owned()
        };
    }
    let magnitude = x.abs().log10().floor() as i32;
    let decimals = (2 - magnitude).clamp(0, 6) as usize;
    let text = format!("{x:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A time in nanoseconds, in the unit that fits: `870 ns`, `65.2 us`, `1.3 ms`, `2 s`.
pub fn nanoseconds(ns: f64) -> String {
    let steps = [(1e9, "s"), (1e6, "ms"), (1e3, "us")];
    let step = steps
        .into_iter()
        .find(|(size, _)| ns.abs() >= size * 0.9995);
    let (size, unit) = step.unwrap_or((1.0, "ns"));
    format!("{} {unit}", significant(ns / size))
}

/// Memory in KiB, in the unit that fits: `640 KiB`, `1.5 MiB`.
pub fn kibibytes(kib: f64) -> String {
    let steps = [(1024.0 * 1024.0, "GiB"), (1024.0, "MiB")];
    let step = steps.into_iter().find(|(size, _)| kib.abs() >= *size);
    let (size, unit) = step.unwrap_or((1.0, "KiB"));
    format!("{} {unit}", significant(kib / size))
}

/// A share as per cent: `4.2 %`.
pub fn percent(share: f64) -> String {
    format!("{} %", significant(share * 100.0))
}

/// A measured share as per cent, at most 100 %: the counters behind it disagree by a tick now and then.
pub fn share(share: f64) -> String {
    percent(share.min(1.0))
}

/// A long time, rounded to what matters to a person who waits: `12 s`, `5 min 12 s`, `1 h 05 min`.
pub fn waiting(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) => format!("{h} h {m:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_no_trailing_zeros() {
        let written = [
            0.0,
            0.012_34,
            1.5,
            42.0,
            149.6,
            999.6,
            12_340.0,
            1_234_567.0,
        ]
        .map(short);
        assert_eq!(
            written,
            ["0", "0.0123", "1.5", "42", "150", "1k", "12.3k", "1.23M"]
        );
    }

    #[test]
    fn units_fit_the_size() {
        assert_eq!(
            [870.0, 65_200.0, 1.3e6, 2e9].map(nanoseconds),
            ["870 ns", "65.2 us", "1.3 ms", "2 s"]
        );
        assert_eq!([640.0, 1536.0].map(kibibytes), ["640 KiB", "1.5 MiB"]);
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
        assert_eq!(
            [counted(1, "trial"), counted(1000, "trial")],
            ["1 trial", "1,000 trials"]
        );
        assert_eq!([1, 2, 5].map(times), ["once", "twice", "5 times"]);
        assert_eq!(percent(0.0421), "4.21 %");
        assert_eq!([0.0421, 1.004].map(share), ["4.21 %", "100 %"]);
    }

    #[test]
    fn long_times_are_rounded_for_people() {
        let written = [12, 312, 3_900].map(|s| waiting(Duration::from_secs(s)));
        assert_eq!(written, ["12 s", "5 min 12 s", "1 h 05 min"]);
    }
}
