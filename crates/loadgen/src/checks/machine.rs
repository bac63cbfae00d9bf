//! Whether the machine left the generator alone: CPU time, the run queue, descriptors, ports, memory and the clock.

use std::collections::BTreeMap;

use super::words::{count, percent, time};
use crate::outcome::check::{Check, Weight};
use crate::outcome::generator::Bounds;

/// CPU share of a worker from which it has nothing left.
const BUSY: f64 = 0.98;

/// Share of the window that workers may wait for a CPU: quiet runs stay well below, disturbed ones do not.
const DELAY: f64 = 0.04;

/// Share of the median response that one step of the clock may be.
const STEP: f64 = 0.01;

/// Errors that say that this machine, not the server, set the limit; each with a remedy.
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

/// CPU share of every worker: one that has nothing left is the bottleneck. A worker that spins on purpose always uses all of
/// its CPU; what it has left shows in its lag instead, so there is no check then.
///
/// Value: CPU time of the busiest worker as a share of the window.
pub fn cpu(shares: &[f64], spins: bool) -> Option<Check> {
    if spins {
        return None;
    }
    let busiest = shares.iter().copied().reduce(f64::max)?;
    let all: Vec<_> = shares.iter().map(|&share| percent(share)).collect();
    let check = Check::at_most("cpu", Weight::Invalidates, busiest, BUSY)
        .says(format!(
            "the generator's workers used {} of a CPU each",
            all.join(", ")
        ))
        .remedy(
            "the server may be faster than this: give the generator more --threads and CPUs, or ask for less than it can take (--rate)",
        );
    Some(check)
}

/// Run-queue delay: time in which workers wanted a CPU and did not get one.
///
/// Value: that time as a share of the window, on average over the workers.
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
        .remedy("close other programs, or give generator and server CPUs of their own, and measure again");
    Some(check)
}

/// Limits of this machine: descriptors, ports and memory that were needed and allowed, and connects that failed for want of
/// them.
///
/// Value: how often a limit was met.
pub fn limits(errors: &BTreeMap<String, u64>, bounds: &Bounds) -> Check {
    let met = LIMITS.iter().find_map(|&(words, remedy)| {
        let kinds = errors.iter().filter(|(kind, _)| kind.contains(words));
        let times: u64 = kinds.map(|(_, count)| count).sum();
        (times > 0).then_some((words, remedy, times))
    });
    let times = met.map_or(0, |(_, _, times)| times);
    let check = Check::at_most("limits", Weight::Invalidates, times as f64, 0.0);
    match met {
        None => check.says(headroom(bounds)).remedy("stay below these limits"),
        Some((words, remedy, _)) => check
            .says(format!(
                "a limit of this machine was met {} times ({words}): fewer clients took part than were asked for",
                count(times)
            ))
            .remedy(remedy),
    }
}

/// What was needed of what is allowed.
fn headroom(bounds: &Bounds) -> String {
    let of = |needed: u64, allowed: Option<u64>, what: &str| {
        let allowed = allowed.map_or_else(String::new, |allowed| format!(" of {}", count(allowed)));
        format!("{}{allowed} {what}", count(needed))
    };
    format!(
        "no limit of this machine was met: {}, {}, {}",
        of(
            bounds.descriptors_needed,
            bounds.descriptors_allowed,
            "descriptors"
        ),
        of(bounds.ports_needed, bounds.ports_allowed, "ports"),
        of(
            bounds.peak_memory_kib,
            bounds.available_memory_kib,
            "KiB of memory"
        )
    )
}

/// Clock resolution: the clock must tell apart what is measured.
///
/// Value: one step of the clock as a share of the median response.
pub fn clock(step_ns: u64, median_ns: u64) -> Option<Check> {
    if median_ns == 0 {
        return None;
    }
    let share = step_ns as f64 / median_ns as f64;
    let check = Check::at_most("clock", Weight::Invalidates, share, STEP)
        .says(format!(
            "the clock goes in steps of {}, and the median response is {}",
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
    fn a_disturbed_run_is_found_out_by_its_run_queue() {
        assert!(run_queue(0.02, 1.3, 1).unwrap().ok);
        let check = run_queue(0.2, 1.3, 1).unwrap();
        assert!(!check.ok && check.sentence.contains("15 %"), "{check:?}");
        assert!(run_queue(0.1, 1.3, 2).unwrap().ok);
        assert_eq!(run_queue(0.0, 0.0, 1), None);
    }

    #[test]
    fn limits_of_this_machine_have_a_remedy_each() {
        let met = |kind: &str| {
            let errors = BTreeMap::from([(kind.to_owned(), 1000)]);
            limits(&errors, &Bounds::default())
        };
        assert!(met("reset").ok);
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
            let check = met(kind);
            assert!(!check.ok && check.invalidates);
            assert!(check.sentence.contains("1,000 times"), "{check:?}");
            assert!(check.remedy.contains(remedy), "{check:?}");
        }
    }

    #[test]
    fn what_was_needed_is_told_with_what_is_allowed() {
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
