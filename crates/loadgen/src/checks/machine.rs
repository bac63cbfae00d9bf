//! Checks that the machine did not limit or disturb the generator: CPU, run queue, descriptors, ports, memory, clock.

use std::collections::BTreeMap;

use super::words::{count, percent, time};
use crate::outcome::check::{Check, Weight};
use crate::outcome::generator::Bounds;

/// CPU share from which a worker is saturated.
const BUSY: f64 = 0.98;

/// Share of the window that workers may wait for a CPU. Quiet runs stay well below it, disturbed runs exceed it.
const DELAY: f64 = 0.04;

/// Largest step of the clock as a share of the median response.
const STEP: f64 = 0.01;

/// Errors caused by a limit of this machine and not by the server, each with a remedy.
const LIMITS: [(&str, &str); 5] = [
    (
        "no-free-port",
        "spread the clients over more source addresses, or wait until the ports of earlier runs are free",
    ),
    (
        "os error 24",
        "raise the limit of open descriptors (ulimit -n), or use fewer --connections",
    ),
    (
        "os error 23",
        "raise fs.file-max, or use fewer --connections",
    ),
    (
        "os error 105",
        "raise net.ipv4.tcp_mem, or use fewer --connections",
    ),
    ("os error 12", "free memory, or use fewer --connections"),
];

/// CPU share of each worker; a saturated worker is the bottleneck. A worker that spins always uses all of its CPU, so there
/// is no check; its lag shows whether it is saturated.
///
/// Value: CPU time of the busiest worker as a share of the window.
pub fn cpu(shares: &[f64], spins: bool) -> Option<Check> {
    if spins {
        return None;
    }
    let busiest = shares.iter().copied().reduce(f64::max)?;
    let all: Vec<_> = shares.iter().map(|share| percent(share.min(1.0))).collect();
    let check = Check::at_most("cpu", Weight::Invalidates, busiest, BUSY)
        .says(format!(
            "the generator's workers used {} of a CPU each",
            all.join(", ")
        ))
        .remedy(
            "the generator may be slower than the server: set a --rate that it can keep, or use more --threads where CPUs are idle",
        );
    Some(check)
}

/// Run-queue delay: time in which workers were ready to run but waited for a CPU.
///
/// Value: that time as a share of the window, averaged over the workers.
pub fn run_queue(delay_s: f64, elapsed_s: f64, workers: usize) -> Option<Check> {
    if elapsed_s <= 0.0 || workers == 0 {
        return None;
    }
    let share = delay_s / elapsed_s / workers as f64;
    let check = Check::at_most("run-queue", Weight::Invalidates, share, DELAY)
        .says(format!(
            "the generator waited for a CPU during {} of the window",
            percent(share)
        ))
        .remedy(
            "close other programs, or give generator and server separate CPUs, and measure again",
        );
    Some(check)
}

/// Limits of this machine: descriptors, ports and memory, and connects that failed because of them.
///
/// Value: number of failures caused by a limit.
pub fn limits(errors: &BTreeMap<String, u64>, bounds: &Bounds) -> Check {
    let reached = LIMITS.iter().find_map(|&(words, remedy)| {
        let kinds = errors.iter().filter(|(kind, _)| kind.contains(words));
        let times: u64 = kinds.map(|(_, count)| count).sum();
        (times > 0).then_some((words, remedy, times))
    });
    let times = reached.map_or(0, |(_, _, times)| times);
    let check = Check::at_most("limits", Weight::Invalidates, times as f64, 0.0);
    match reached {
        None => check.says(headroom(bounds)).remedy("stay below these limits"),
        Some((words, remedy, _)) => check
            .says(format!(
                "a limit of this machine was reached {} times ({words}), so fewer clients took part than requested",
                count(times)
            ))
            .remedy(remedy),
    }
}

/// What the run needed and what the system allows.
fn headroom(bounds: &Bounds) -> String {
    let part = |needed: u64, allowed: Option<u64>, what: &str| {
        let allowed = allowed.map_or_else(String::new, |allowed| format!(" of {}", count(allowed)));
        format!("{}{allowed} {what}", count(needed))
    };
    format!(
        "no limit of this machine was reached: {}, {}, {}",
        part(
            bounds.descriptors_needed,
            bounds.descriptors_allowed,
            "descriptors"
        ),
        part(bounds.ports_needed, bounds.ports_allowed, "ports"),
        part(
            bounds.peak_memory_kib,
            bounds.available_memory_kib,
            "KiB of memory"
        )
    )
}

/// Clock resolution: the clock must resolve the measured times.
///
/// Value: one step of the clock as a share of the median response.
pub fn clock(step_ns: u64, median_ns: u64) -> Option<Check> {
    if median_ns == 0 {
        return None;
    }
    let share = step_ns as f64 / median_ns as f64;
    let check = Check::at_most("clock", Weight::Invalidates, share, STEP)
        .says(format!(
            "the clock has steps of {}, and the median response is {}",
            time(step_ns as f64),
            time(median_ns as f64)
        ))
        .remedy("choose a finer clock (/sys/devices/system/clocksource), usually tsc");
    Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_worker_is_the_bottleneck() {
        assert!(cpu(&[0.3, 0.5], false).unwrap().ok);
        let check = cpu(&[0.3, 0.995], false).unwrap();
        assert!(!check.ok && check.invalidates);
        assert!(check.sentence.contains("30 %, 100 %"), "{}", check.sentence);
        assert!(check.remedy.contains("--threads"));
        assert_eq!(cpu(&[1.0], true), None);
        assert_eq!(cpu(&[], false), None);
    }

    #[test]
    fn the_run_queue_reveals_a_disturbed_run() {
        assert!(run_queue(0.02, 1.3, 1).unwrap().ok);
        let check = run_queue(0.2, 1.3, 1).unwrap();
        assert!(!check.ok && check.sentence.contains("15 %"), "{check:?}");
        assert!(run_queue(0.1, 1.3, 2).unwrap().ok);
        assert_eq!(run_queue(0.0, 0.0, 1), None);
    }

    #[test]
    fn each_limit_of_this_machine_has_a_remedy() {
        let check_with = |kind: &str| {
            let errors = BTreeMap::from([(kind.to_owned(), 1000)]);
            limits(&errors, &Bounds::default())
        };
        assert!(check_with("reset").ok);
        let cases = [
            ("no-free-port", "source addresses"),
            ("connect: Too many open files (os error 24)", "ulimit -n"),
            (
                "connect: No buffer space available (os error 105)",
                "tcp_mem",
            ),
            (
                "connect: Cannot allocate memory (os error 12)",
                "free memory",
            ),
        ];
        for (kind, remedy) in cases {
            let check = check_with(kind);
            assert!(!check.ok && check.invalidates);
            assert!(check.sentence.contains("1,000 times"), "{check:?}");
            assert!(check.remedy.contains(remedy), "{check:?}");
        }
    }

    #[test]
    fn the_sentence_names_needs_and_limits() {
        let bounds = Bounds {
            descriptors_needed: 19_010,
            descriptors_allowed: Some(20_000),
            ports_needed: 19_000,
            ports_allowed: Some(28_232),
            peak_memory_kib: 21_000,
            ..Bounds::default()
        };
        let check = limits(&BTreeMap::new(), &bounds);
        let words = "19,010 of 20,000 descriptors, 19,000 of 28,232 ports, 21,000 KiB of memory";
        assert!(check.ok && check.sentence.ends_with(words), "{check:?}");
    }

    #[test]
    fn a_coarse_clock_cannot_measure_a_fast_server() {
        assert!(clock(1, 60_000).unwrap().ok);
        let check = clock(4_000_000, 60_000).unwrap();
        assert!(!check.ok && check.remedy.contains("clocksource"));
        assert_eq!(clock(1, 0), None);
    }
}
