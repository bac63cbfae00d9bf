//! Finds what disturbed a slice in its row.

use record::plan::Slicing;
use record::slice::Slice;
use record::warning::TrialWarning;

/// Maximum wait of the generator for its CPU, as a share of the window.
const DELAY: f64 = 0.04;
/// The same of a server with one thread. The kernel's own work on its CPU is more: 6 % beside a server that never sleeps.
const SERVER_DELAY: f64 = 0.1;
/// Maximum share of the server's CPUs that other programs use, in a slice of any length.
const FOREIGN_SHARE: f64 = 0.2;
/// The least foreign time that means something, in seconds: the kernel counts in ticks of 10 ms, and a tick is charged whole
/// to whoever runs when it ends.
const LEAST_FOREIGN_S: f64 = 0.015;
/// Maximum delay of the begin of a slice, as a share of the time that it has to settle.
const LATE: f64 = 0.5;
/// Minimum length of the window as a share of the planned length.
const WINDOW_SHARE: f64 = 0.9;

/// The warnings of a slice.
pub(super) fn slice_warnings(slice: &Slice, slicing: Slicing) -> Vec<TrialWarning> {
    let found = [
        generator_delayed(slice).or_else(|| late(slice, slicing)),
        server_delayed(slice).or_else(|| foreign(slice)),
        steal(slice),
        short_window(slice, slicing),
    ];
    found.into_iter().flatten().collect()
}

fn generator_delayed(slice: &Slice) -> Option<TrialWarning> {
    let delay = slice.clients.run_queue_delay_s? / slice.clients.window_s;
    // An empty window makes the share infinite, which JSON cannot store.
    (delay > DELAY && delay.is_finite()).then_some(TrialWarning::Disturbed { delay })
}

/// A generator that begins late offers in the window what was due before it.
fn late(slice: &Slice, slicing: Slicing) -> Option<TrialWarning> {
    let delay = slice.clients.late_s / slicing.window.as_secs_f64();
    let is_late = slice.clients.late_s > slicing.settle.as_secs_f64() * LATE;
    is_late.then_some(TrialWarning::Disturbed { delay })
}

/// The threads of a server with several threads wait for each other, so only that of a server with one thread tells.
fn server_delayed(slice: &Slice) -> Option<TrialWarning> {
    let server = &slice.server;
    let share = server.run_queue_s.filter(|_| server.threads == 1)? / server.whole_s;
    (share > SERVER_DELAY && share.is_finite()).then_some(TrialWarning::ServerDisturbed { share })
}

fn foreign(slice: &Slice) -> Option<TrialWarning> {
    let server = &slice.server;
    let foreign = server.foreign_s.filter(|time| *time > LEAST_FOREIGN_S)?;
    let share = foreign / (server.whole_s * server.cpus as f64);
    (share > FOREIGN_SHARE && share.is_finite()).then_some(TrialWarning::ServerDisturbed { share })
}

fn steal(slice: &Slice) -> Option<TrialWarning> {
    let share = slice.server.steal_s / slice.server.whole_s;
    (share > 0.0 && share.is_finite()).then_some(TrialWarning::Steal { share })
}

fn short_window(slice: &Slice, slicing: Slicing) -> Option<TrialWarning> {
    let share = slice.clients.window_s / slicing.window.as_secs_f64();
    (share < WINDOW_SHARE).then_some(TrialWarning::ShortWindow { share })
}

#[cfg(test)]
mod tests {
    use super::super::usual_slicing;
    use super::*;

    /// A slice in which nothing happened.
    fn quiet() -> Slice {
        let row = r#"{"schema":1,"sitting":0,"position":1,"round":0,"contender":"a","scenario":"ladder","step":1,
            "started":"2026-01-01T00:00:00Z","took_s":0.06,"clients":{"window_s":0.05,"run_queue_delay_s":0.001},
            "server":{"whole_s":0.06,"run_queue_s":0.001,"cpus":1,"threads":1,"foreign_s":0.01}}"#;
        serde_json::from_str(row).unwrap()
    }

    fn disturbs(slice: &Slice) -> bool {
        let warnings = slice_warnings(slice, usual_slicing());
        warnings.iter().any(TrialWarning::disturbs)
    }

    #[test]
    fn a_quiet_slice_has_no_warnings() {
        assert_eq!(slice_warnings(&quiet(), usual_slicing()), []);
    }

    #[test]
    fn a_generator_or_a_single_thread_that_waits_for_its_cpu_is_disturbed() {
        let mut slice = quiet();
        slice.clients.run_queue_delay_s = Some(0.01);
        assert!(disturbs(&slice));
        let mut slice = quiet();
        slice.server.run_queue_s = Some(0.01);
        assert!(disturbs(&slice));
        slice.server.threads = 100;
        assert!(!disturbs(&slice));
    }

    #[test]
    fn other_programs_on_the_servers_cpus_disturb() {
        let mut slice = quiet();
        (slice.server.threads, slice.server.foreign_s) = (100, Some(0.03));
        assert!(disturbs(&slice));
    }

    #[test]
    fn time_that_the_host_took_disturbs() {
        let mut slice = quiet();
        slice.server.steal_s = 0.01;
        assert!(disturbs(&slice));
    }

    #[test]
    fn a_slice_that_begins_late_is_disturbed() {
        let mut slice = quiet();
        slice.clients.late_s = 0.001;
        assert!(!disturbs(&slice));
        slice.clients.late_s = 0.004;
        assert!(disturbs(&slice));
    }

    #[test]
    fn a_short_window_disturbs() {
        let mut slice = quiet();
        slice.clients.window_s = 0.02;
        assert!(disturbs(&slice));
    }
}
