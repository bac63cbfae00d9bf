//! The text of a calibration for people.

use std::fmt::Write as _;

use loadgen::Latency;
use record::number::{grouped, nanoseconds, percent, significant};
use record::prices::Prices;

use super::Calibration;
use super::floor::Floor;
use super::truth::{Truth, Verdict};

/// The whole text, with a line break at its end.
pub fn words(calibration: &Calibration) -> String {
    let mut text = prices(&calibration.prices);
    text.push('\n');
    text.push_str(&floor(&calibration.floor));
    text.push('\n');
    text.push_str(&table(&calibration.truths));
    text.push('\n');
    text.push_str(&verdict(&calibration.truths));
    text
}

/// The prices that `compare` explains differences by.
fn prices(prices: &Prices) -> String {
    let mut text = "What a server pays in CPU time:\n".to_owned();
    for (name, words) in report::prices::lines(prices) {
        let _ = writeln!(text, "{name:<14}{words}");
    }
    text
}

fn floor(floor: &Floor) -> String {
    let lag = |lag: &Latency| {
        let times = [lag.p50_ns, lag.p99_ns, lag.max_ns].map(|ns| nanoseconds(ns as f64));
        format!("p50 {}, p99 {}, at most {}", times[0], times[1], times[2])
    };
    let wake_up = floor.wake_up_ns() as f64;
    let asleep = floor.asleep.p50_ns as f64;
    let lines = [
        (
            "clock",
            format!(
                "steps of {}, {} to read it",
                nanoseconds(floor.clock_step_ns as f64),
                nanoseconds(floor.clock_look_ns)
            ),
        ),
        (
            "cost",
            format!(
                "{} us of CPU per request (closed loop, 100 connections, 64 bytes, every reply verified)",
                significant(floor.cpu_per_request_us)
            ),
        ),
        (
            "wake-up",
            format!(
                "median response of one connection: {} asleep, {} spinning; {} ({}) is the generator's own wake-up",
                nanoseconds(asleep),
                nanoseconds(floor.spinning.p50_ns as f64),
                nanoseconds(wake_up),
                percent(wake_up / asleep.max(1.0))
            ),
        ),
        ("lag asleep", lag(&floor.lag_asleep)),
        ("lag spinning", lag(&floor.lag_spinning)),
        (
            "rate",
            format!(
                "{} requests per second is the highest open-loop rate at which all checks hold (closed loop: {})",
                grouped(floor.highest_rate.round() as u64),
                grouped(floor.closed_loop_rate.round() as u64)
            ),
        ),
    ];
    let mut text = String::new();
    for (name, words) in lines {
        let _ = writeln!(text, "{name:<14}{words}");
    }
    text
}

fn table(truths: &[Truth]) -> String {
    let widest = truths.iter().map(|truth| truth.name.len()).max();
    let width = widest.unwrap_or(0).max("known answer".len());
    let mut text = format!(
        "{:<width$}  {:>10}{:>10}{:>10}{:>10}{:>10}\n",
        "known answer", "expected", "measured", "+-", "overhead", "error"
    );
    for truth in truths {
        let [expected, measured, uncertainty, overhead] = [
            truth.expected_s,
            truth.measured_s,
            truth.uncertainty_s,
            truth.overhead_s,
        ]
        .map(|seconds| nanoseconds(seconds * 1e9));
        let mark = match truth.verdict {
            Verdict::Found => "",
            Verdict::Missed => "  MISSED",
            Verdict::Unsure => "  unsure",
        };
        let error = percent(truth.error());
        let _ = writeln!(
            text,
            "{:<width$}  {expected:>10}{measured:>10}{uncertainty:>10}{overhead:>10}{error:>10}{mark}",
            truth.name
        );
    }
    text
}

fn verdict(truths: &[Truth]) -> String {
    let count = |verdict| {
        truths
            .iter()
            .filter(|truth| truth.verdict == verdict)
            .count()
    };
    let (all, missed, unsure) = (truths.len(), count(Verdict::Missed), count(Verdict::Unsure));
    if missed + unsure == 0 {
        return format!(
            "All {all} known answers were found, within the uncertainty of the runs and the overhead.\n"
        );
    }
    format!(
        "Of {all} known answers, {missed} were missed; for {unsure}, the runs differ too much to tell. Close other programs and calibrate again, with a longer --time or --busy.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration(verdict: Verdict) -> Calibration {
        let latency = |p50_ns, p99_ns, max_ns| Latency {
            count: 1,
            p50_ns,
            p99_ns,
            max_ns,
            ..Latency::default()
        };
        Calibration {
            prices: Prices {
                wake_up_us: Some(13.6),
                ..Prices::default()
            },
            floor: Floor {
                clock_step_ns: 20,
                clock_look_ns: 24.9,
                cpu_per_request_us: 5.43,
                closed_loop_rate: 184_321.4,
                asleep: latency(59_000, 80_000, 1_000_000),
                spinning: latency(26_000, 30_000, 1_000_000),
                lag_asleep: latency(55_000, 90_000, 300_000),
                lag_spinning: latency(100, 900, 20_000),
                highest_rate: 150_000.0,
            },
            truths: vec![Truth {
                name: "M/D/1 at 80 %, mean".to_owned(),
                expected_s: 600e-6,
                measured_s: 630e-6,
                uncertainty_s: 20e-6,
                overhead_s: 40e-6,
                verdict,
            }],
        }
    }

    #[test]
    fn the_text_of_a_calibration_has_aligned_lines() {
        let expected = "\
What a server pays in CPU time:
sleep         13.6 us for a sleep on an idle CPU, with the wake-up by another CPU

clock         steps of 20 ns, 24.9 ns to read it
cost          5.43 us of CPU per request (closed loop, 100 connections, 64 bytes, every reply verified)
wake-up       median response of one connection: 59 us asleep, 26 us spinning; 33 us (55.9 %) is the generator's own wake-up
lag asleep    p50 55 us, p99 90 us, at most 300 us
lag spinning  p50 100 ns, p99 900 ns, at most 20 us
rate          150,000 requests per second is the highest open-loop rate at which all checks hold (closed loop: 184,321)

known answer           expected  measured        +-  overhead     error
M/D/1 at 80 %, mean      600 us    630 us     20 us     40 us       5 %

All 1 known answers were found, within the uncertainty of the runs and the overhead.
";
        assert_eq!(words(&calibration(Verdict::Found)), expected);
    }

    #[test]
    fn a_missed_answer_is_marked_with_a_remedy() {
        let text = words(&calibration(Verdict::Missed));
        assert!(text.contains("5 %  MISSED\n"), "{text}");
        assert!(
            text.contains("Of 1 known answers, 1 were missed; for 0"),
            "{text}"
        );
        assert!(text.contains("Close other programs"), "{text}");
        let text = words(&calibration(Verdict::Unsure));
        assert!(text.contains("5 %  unsure\n"), "{text}");
        assert!(text.contains("0 were missed; for 1"), "{text}");
    }
}
