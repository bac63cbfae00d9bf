//! A comparison in rounds that is killed again and again: no finished round is lost or measured twice, and no process stays.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::slice::Slice;
use record::store::Run;

use crate::rounds::{Round, planned};

/// Time in which the processes of a killed run must end.
const LINGER: Duration = Duration::from_secs(5);
/// Time in which a run must end by itself.
const WHOLE: Duration = Duration::from_mins(2);

/// A run, and the shell that adopts its processes when it is killed.
///
/// The shell is a subreaper in the session of the run. So the groups of the run's servers do not become orphans, and the
/// kernel does not wake the stopped ones.
struct Started {
    shell: Child,
    run: Pid,
}

impl Started {
    /// Starts or resumes a run. One of the models computes although no client asks, so it is stopped between its slices.
    fn new(folder: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "\"$@\" >/dev/null 2>&1 & echo $!; wait; read -r end"]);
        shell.args(["sh", env!("CARGO_BIN_EXE_echolab"), "compare"]);
        if folder.join("plan.json").exists() {
            shell.arg("--resume").arg(folder);
        } else {
            shell.args(["--models", "busy-poll,epoll-level", "--connections", "10"]);
            shell.args(["--blocks", "2", "--rounds", "12", "--slice", "20ms"]);
            shell.arg("--out").arg(folder);
        }
        shell.env("XDG_RUNTIME_DIR", marker(folder));
        shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        // SAFETY: between fork and exec the closure makes one system call; it takes no lock and allocates nothing.
        unsafe {
            shell.pre_exec(|| Ok(set_child_subreaper(true)?));
        }
        let mut shell = shell.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(shell.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let run = Pid::from_raw(line.trim().parse().unwrap());
        Self { shell, run }
    }

    fn kill(&self) {
        // It may have ended by itself.
        let _ = kill(self.run, Signal::SIGKILL);
    }

    /// Waits for the end of the run, and of all that it left behind.
    fn expect_nothing_left(mut self, folder: &Path, within: Duration, what: &str) {
        let deadline = Instant::now() + within;
        let own = self.shell.id();
        loop {
            let mut left = processes(folder);
            left.retain(|(pid, _)| *pid != own);
            if left.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "{what}: {left:#?}");
            thread::sleep(Duration::from_millis(5));
        }
        drop(self.shell.stdin.take());
        self.shell.wait().unwrap();
    }
}

/// The folder of the lock. Its path is in the environment of all processes of the run.
pub fn marker(folder: &Path) -> &Path {
    folder.parent().expect("a folder within a temporary one")
}

/// The processes with the marker, each with its command line and the state of its main thread.
pub fn processes(folder: &Path) -> Vec<(u32, String)> {
    let marker = marker(folder).to_str().unwrap();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let read = |file: &str| fs::read(process.path().join(file)).unwrap_or_default();
        let text = |file: &str| String::from_utf8_lossy(&read(file)).replace('\0', " ");
        let Ok(pid) = process.file_name().to_string_lossy().parse() else {
            continue;
        };
        if text("environ").contains(marker) {
            let status = text("status");
            let state = status.lines().find(|line| line.starts_with("State:"));
            let state = state.unwrap_or_default();
            found.push((pid, format!("{}: {state}", text("cmdline"))));
        }
    }
    found
}

/// Kills a run up to this number of times at random moments, then lets it end. Returns the number of kills: a run that is
/// complete is not killed again.
fn drill(kills: usize, seed: u64) -> usize {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let mut before: Option<Run> = None;
    let mut killed = 0;
    while killed < kills && !is_complete(&folder) {
        killed += 1;
        let started = Started::new(&folder);
        thread::sleep(Duration::from_millis(random.random_range(50..1000)));
        started.kill();
        started.expect_nothing_left(&folder, LINGER, &format!("after kill {killed}"));
        if folder.join("plan.json").exists() {
            let now = Run::read(&folder).unwrap();
            if let Some(before) = &before {
                assert_kept(before, &now);
            }
            before = Some(now);
        }
    }
    if !is_complete(&folder) {
        let started = Started::new(&folder);
        started.expect_nothing_left(&folder, WHOLE, "at the end");
    }
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
    // A slice that stays disturbed after all repeats has no ratio, but it was measured.
    let measured: BTreeSet<Round> = end.slices.iter().map(round).collect();
    assert!(
        planned(&end.plan).is_subset(&measured),
        "a round is missing"
    );
    killed
}

fn is_complete(folder: &Path) -> bool {
    Run::read(folder).is_ok_and(|run| run.environment.completed.is_some())
}

fn round(slice: &Slice) -> Round {
    let place = slice.place;
    (place.sitting, place.round, slice.contender.clone())
}

/// All finished rows are kept, and no finished round is measured again.
fn assert_kept(before: &Run, after: &Run) {
    assert!(after.slices.starts_with(&before.slices), "a slice was lost");
    assert!(after.samples.starts_with(&before.samples), "a row was lost");
    assert_eq!(before.plan.sittings, after.plan.sittings);
    let finished = before_the_last_round(&before.slices);
    let new = &after.slices[before.slices.len()..];
    let again = new.iter().find(|slice| finished.contains(&round(slice)));
    assert_eq!(again, None, "measured twice");
}

/// The rounds that were finished for certain: a later round of the same start follows.
fn before_the_last_round(slices: &[Slice]) -> BTreeSet<Round> {
    let start = |slice: &Slice| (slice.place.sitting, slice.place.start);
    let starts = slices.chunk_by(|a, b| start(a) == start(b));
    let whole = starts.flat_map(|slices| {
        let last = slices.last().map(|slice| slice.place.round);
        slices
            .iter()
            .filter(move |slice| Some(slice.place.round) != last)
    });
    whole.map(round).collect()
}

#[test]
fn a_run_that_is_killed_loses_no_round_and_leaves_no_process() {
    assert!(drill(5, 13) > 0);
}

#[test]
#[ignore = "takes minutes: scripts/drills --kills 100"]
fn the_chosen_number_of_kills_loses_nothing() {
    let kills = std::env::var("ECHOLAB_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let (mut killed, mut runs) = (0, 0);
    while killed < kills {
        killed += drill((kills - killed).min(10), 13 + runs);
        runs += 1;
    }
    println!(
        "{killed} kills of {runs} comparisons: nothing lost, nothing measured twice, no process left"
    );
}
