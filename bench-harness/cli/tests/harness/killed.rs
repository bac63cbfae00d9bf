//! A comparison in rounds that is killed again and again: no finished round is lost or measured twice, and no process stays.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::store::Run;

use crate::rounds::{finished, measured_again, planned};

/// Time in which all processes of a killed run must have ended.
const LINGER: Duration = Duration::from_secs(5);

/// Starts or resumes a run. One of the models computes although no client asks, so it is stopped between its slices.
fn run(folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.arg("compare");
    if folder.join("plan.json").exists() {
        command.arg("--resume").arg(folder);
    } else {
        command.args(["--models", "busy-poll,epoll-level", "--connections", "10"]);
        command.args(["--blocks", "2", "--rounds", "12", "--slice", "20ms"]);
        command.arg("--out").arg(folder);
    }
    command.env("XDG_RUNTIME_DIR", marker(folder));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The folder of the lock. Its path is in the environment of all processes of the run.
fn marker(folder: &Path) -> &Path {
    folder.parent().expect("a folder within a temporary one")
}

/// The processes of the run, each with its command line and the state of its main thread.
fn processes(folder: &Path) -> Vec<String> {
    let marker = marker(folder).to_str().unwrap();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let read = |file: &str| fs::read(process.path().join(file)).unwrap_or_default();
        let environment = String::from_utf8_lossy(&read("environ")).into_owned();
        if environment.contains(marker) {
            let command = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
            let status = String::from_utf8_lossy(&read("status")).into_owned();
            let state = status.lines().find(|line| line.starts_with("State:"));
            found.push(format!("{command}: {}", state.unwrap_or_default()));
        }
    }
    found
}

/// Waits until no process of the run is left.
fn expect_nothing_left(folder: &Path, what: &str) {
    let deadline = Instant::now() + LINGER;
    loop {
        let left = processes(folder);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: {left:#?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Kills a run this number of times at random moments, then lets it end.
fn drill(kills: usize) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut random = ChaCha12Rng::seed_from_u64(13);
    let mut before: Option<Run> = None;
    for kill in 0..kills {
        let mut child = run(&folder);
        thread::sleep(Duration::from_millis(random.random_range(50..1000)));
        child.kill().unwrap();
        child.wait().unwrap();
        expect_nothing_left(&folder, &format!("after kill {kill}"));
        if folder.join("plan.json").exists() {
            let now = Run::read(&folder).unwrap();
            if let Some(before) = &before {
                assert_kept(before, &now);
            }
            before = Some(now);
        }
    }
    assert!(run(&folder).wait().unwrap().success());
    expect_nothing_left(&folder, "at the end");
    let end = Run::read(&folder).unwrap();
    if let Some(before) = &before {
        assert_kept(before, &end);
    }
    assert!(end.warnings.is_empty(), "{:?}", end.warnings);
    assert!(end.environment.completed.is_some());
    let trials: BTreeSet<usize> = end.samples.iter().map(|row| row.trial).collect();
    assert_eq!(trials.len(), end.plan.trials().count());
    assert!(end.samples.iter().all(|row| row.failure.is_none()));
    let places: BTreeSet<_> = end.slices.iter().map(|slice| slice.place).collect();
    assert_eq!(places.len(), end.slices.len(), "each place has one slice");
    // Slices that stay disturbed after all repeats have no ratio, but they were measured.
    let measured = end.slices.iter().map(|slice| {
        let place = slice.place;
        (place.sitting, place.round, slice.contender.clone())
    });
    let measured: BTreeSet<_> = measured.collect();
    assert!(
        planned(&end.plan).is_subset(&measured),
        "a round is missing"
    );
    println!(
        "{} starts, {} rounds with a ratio",
        end.slices.iter().map(|s| s.place.start).max().unwrap_or(0) + 1,
        finished(&end).len()
    );
}

/// All finished rows are kept, and no finished round is measured again.
fn assert_kept(before: &Run, after: &Run) {
    assert!(after.slices.starts_with(&before.slices), "a slice was lost");
    assert!(after.samples.starts_with(&before.samples), "a row was lost");
    assert_eq!(before.plan.sittings, after.plan.sittings);
    let again = measured_again(before, after);
    assert!(again.is_empty(), "measured twice: {again:?}");
}

#[test]
fn a_run_that_is_killed_loses_no_round_and_leaves_no_process() {
    drill(5);
}

#[test]
#[ignore = "takes half a minute: cargo test -p echolab --test harness -- --ignored killed"]
fn twenty_kills_lose_no_round_and_leave_no_process() {
    drill(20);
}
