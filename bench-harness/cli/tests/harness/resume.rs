//! A run that was interrupted at any point continues there: no trial is lost, and none runs twice.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use echo_server::MODELS;
use echolab::{contenders, lessons};
use measure::comparison::{AsPlanned, Comparison, End, Rows};
use measure::cpus;
use measure::resume::{self, ResumeError};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::environment::Environment;
use record::pinning::Pinning;
use record::plan::{Plan, PlanOptions, Timing};
use record::prices::Prices;
use record::store::{Run, Store, StoreError};
use record::warning::RunWarning;

use crate::scripted::{NoObserver, Script, carry_out, choice, environment, ladder, plan, run};

/// Resumes a scripted run, and runs it to the end.
fn resume_to_the_end(folder: &Path) {
    let (mut store, run) = Store::resume(folder).unwrap();
    let mut script = Script::to_the_end();
    let stop = script.stop.clone();
    let comparison = Comparison {
        plan: run.plan,
        rows: Rows {
            samples: run.samples,
            slices: run.slices,
        },
        judge: &AsPlanned,
        runner: &mut script,
        store: &mut store,
        observer: &mut NoObserver,
        stop: &stop,
    };
    assert_eq!(comparison.run().unwrap(), End::Complete);
}

#[test]
fn a_run_stopped_anywhere_ends_with_the_same_rows() {
    let parent = tempfile::tempdir().unwrap();
    let whole = run(parent.path());
    for stop_after in 0..=whole.samples.len() {
        let folder = parent.path().join(format!("stopped-{stop_after}"));
        let mut script = Script {
            stop_after,
            ..Script::to_the_end()
        };
        carry_out(&plan(), &mut script, &folder);
        resume_to_the_end(&folder);
        let resumed = Run::read(&folder).unwrap();
        assert_eq!(resumed.samples, whole.samples, "stopped after {stop_after}");
    }
}

#[test]
fn a_torn_last_line_is_cut_off_and_its_trial_runs_again() {
    let parent = tempfile::tempdir().unwrap();
    let whole = run(parent.path());
    let folder = parent.path().join(&whole.name);
    let path = folder.join("trials.jsonl");
    let text = fs::read(&path).unwrap();
    for cut in [1, 10, text.len() / 2, text.len() - 3, text.len()] {
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        resume_to_the_end(&folder);
        let resumed = Run::read(&folder).unwrap();
        assert_eq!(resumed.samples, whole.samples, "{cut} bytes were lost");
        assert!(resumed.warnings.is_empty(), "{:?}", resumed.warnings);
    }
}

#[test]
fn the_texts_about_the_models_stay_with_the_run() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let store = Store::create(&folder, &environment(), &plan()).unwrap();
    let mut run = Run::read(&folder).unwrap();
    assert!(run.lessons.models.is_empty(), "no text is no error");
    let contenders = contenders::contenders(&["core".to_owned()], &Pinning::Off).unwrap();
    let stored = lessons::lessons(&contenders);
    assert!(stored.models.values().all(|lesson| lesson.core));
    store.write_lessons(&stored).unwrap();
    run = Run::read(&folder).unwrap();
    lessons::fill_in(&mut run);
    assert_eq!(run.lessons, stored, "stored texts are not replaced");
}

#[test]
fn only_one_process_writes_a_run() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let store = Store::create(&folder, &environment(), &plan()).unwrap();
    let error = Store::resume(&folder).unwrap_err();
    assert!(matches!(error, StoreError::InUse(_)), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("choose another folder with --out")
    );
    drop(store);
    assert!(Store::resume(&folder).is_ok());
}

#[test]
fn a_run_resumes_on_another_machine_only_by_force() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let first = Some(Prices {
        wake_up_us: Some(13.6),
        ..Prices::default()
    });
    let then = Environment {
        pinning: Pinning::Off,
        prices: first.clone(),
        ..environment()
    };
    drop(Store::create(&folder, &then, &plan()).unwrap());
    let look = |pinning| Environment {
        pinning,
        version: "0.0.1".to_owned(),
        cpus: 4,
        ..environment()
    };
    let error = resume::open(&folder, false, look).unwrap_err();
    assert!(matches!(error, ResumeError::Differs { .. }));
    let text = error.to_string();
    assert!(
        text.contains("cpus: 2, then 4; version: 0.0.0, then 0.0.1"),
        "{text}"
    );
    drop(resume::open(&folder, true, look).unwrap());
    let run = Run::read(&folder).unwrap();
    assert_eq!(run.environment.prices, first);
    let warnings = run.environment.warnings(1);
    assert!(
        matches!(&warnings[0], RunWarning::Resumed { differences } if differences.contains("cpus: 2, then 4"))
    );
}

#[test]
fn a_run_does_not_resume_without_its_cpus() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let then = Environment {
        pinning: Pinning::halves(&[900, 901]),
        ..environment()
    };
    drop(Store::create(&folder, &then, &plan()).unwrap());
    let error = resume::open(&folder, true, |_| environment()).unwrap_err();
    assert!(error.to_string().contains("the CPUs 900, 901"), "{error}");
}

#[test]
fn a_run_of_a_newer_schema_is_not_touched() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(run(parent.path()).name);
    fs::write(folder.join("plan.json"), "{\"schema\": 99}").unwrap();
    let path = folder.join("trials.jsonl");
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"half").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        Store::resume(&folder),
        Err(StoreError::Newer { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Stores a real plan of a few short trials, of which none has run.
fn begin(folder: &Path, blocks: usize) -> Plan {
    let last = MODELS
        .iter()
        .rfind(|model| !model.about().is_reference_line());
    let names: Vec<_> = [MODELS[0], *last.expect("not all are reference lines")]
        .iter()
        .map(|model| model.about().name.to_owned())
        .collect();
    let pinning = Pinning::halves(&cpus::allowed());
    let timing = Timing {
        gate_s: 0.0,
        gate_limit_s: 0.0,
        warm_up_s: 0.0,
        duration_s: 0.02,
        slice_s: 0.01,
    };
    let choice = PlanOptions {
        scenarios: vec![ladder(&[1, 2])],
        blocks,
        timing,
        ..choice()
    };
    let plan = Plan::new(contenders::contenders(&names, &pinning).unwrap(), &choice).unwrap();
    // The program writes its own environment first, so that the run resumes without --force.
    let look = Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(["compare", "--models", &names[0], "--connections", "1"])
        .args(["--blocks", "1", "--duration", "1ms", "--quiet", "--out"])
        .arg(folder)
        .env("XDG_RUNTIME_DIR", lock_of(folder))
        .output()
        .unwrap();
    assert!(look.status.success(), "{look:?}");
    let mut environment = Run::read(folder).unwrap().environment;
    environment.completed = None;
    fs::remove_dir_all(folder).unwrap();
    drop(Store::create(folder, &environment, &plan).unwrap());
    plan
}

/// The folder of the lock. Each run has its own lock, because these tests do not need accurate figures.
fn lock_of(folder: &Path) -> &Path {
    folder.parent().expect("a folder within a temporary one")
}

fn resumed(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.env("XDG_RUNTIME_DIR", lock_of(folder));
    command.arg("compare").arg("--resume").arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Kills the process after a pause. True if it had ended by itself.
fn kill_after(child: &mut Child, pause: Duration) -> bool {
    thread::sleep(pause);
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    ended
}

#[test]
fn a_comparison_killed_again_and_again_has_every_trial_once() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let plan = begin(&folder, 2);
    let mut random = ChaCha12Rng::seed_from_u64(9);
    let mut kept = Vec::new();
    for _ in 0..8 {
        let mut child = resumed(&folder).spawn().unwrap();
        let pause = Duration::from_millis(random.random_range(1..500));
        let ended = kill_after(&mut child, pause);
        let text = fs::read(folder.join("trials.jsonl")).unwrap();
        assert!(text.starts_with(&kept), "a finished trial was lost");
        let whole = text
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        kept = text[..whole].to_vec();
        if ended {
            break;
        }
    }
    let last = resumed(&folder).output().unwrap();
    assert!(
        last.status.success(),
        "{}",
        String::from_utf8_lossy(&last.stderr)
    );
    assert!(
        fs::read(folder.join("trials.jsonl"))
            .unwrap()
            .starts_with(&kept)
    );
    let run = Run::read(&folder).unwrap();
    assert!(run.warnings.is_empty(), "{:?}", run.warnings);
    assert!(run.environment.completed.is_some());
    let rows = run.samples.iter().map(|row| (row.trial, row.attempt));
    let each: BTreeSet<_> = rows.clone().collect();
    assert_eq!(rows.count(), each.len(), "a trial was run twice");
    let first = each.iter().filter(|(_, attempt)| *attempt == 0);
    let planned = plan.trials().map(|trial| trial.number);
    assert!(first.map(|(trial, _)| *trial).eq(planned));
    for row in run.samples.iter().filter(|row| row.outcome.is_some()) {
        let log = format!("histograms/{:05}-{}.hlog", row.trial, row.attempt);
        assert!(folder.join(&log).exists(), "{log}");
    }
}

/// Runs a shell command in which `$0` is the program and `$1` the folder.
fn shell(script: &str, folder: &Path) -> Output {
    let mut command = Command::new("sh");
    command.env("XDG_RUNTIME_DIR", lock_of(folder));
    command.args(["-c", script, env!("CARGO_BIN_EXE_echolab")]);
    command.arg(folder).output().unwrap()
}

#[test]
fn a_file_that_cannot_grow_ends_the_run_and_keeps_finished_trials() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let planned = begin(&folder, 3).trials().count();
    // A limit on the size of files acts like a full disk: writes fail, and the last one is cut in the middle.
    let output = shell(
        "trap '' XFSZ; ulimit -f 100; exec \"$0\" compare --resume \"$1\"",
        &folder,
    );
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("there is no space for") && error.contains("compare --resume"),
        "{error}"
    );
    let finished = Run::read(&folder).unwrap().samples.len();
    assert!((1..planned).contains(&finished), "{finished}");
    assert!(resumed(&folder).output().unwrap().status.success());
    let run = Run::read(&folder).unwrap();
    assert!(run.samples.len() >= planned && run.warnings.is_empty());
}

#[test]
fn a_full_disk_and_a_read_only_disk_are_named() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("disk");
    fs::create_dir(&folder).unwrap();
    // A temporary disk in a new name space; most systems allow this without privilege.
    let disk = |options: &str, then: &str| {
        let mount = format!("mount -t tmpfs -o {options} none \"$1\" && {then}");
        let inside = "exec unshare --user --map-root-user --mount sh -c \"$SCRIPT\" \"$0\" \"$1\"";
        let mut command = Command::new("sh");
        command.args(["-c", inside, env!("CARGO_BIN_EXE_echolab")]);
        command.env("XDG_RUNTIME_DIR", parent.path());
        command.arg(&folder).env("SCRIPT", mount).output().unwrap()
    };
    if !disk("size=64k", "true").status.success() {
        eprintln!("left out: no disk can be mounted here; allow user name spaces for it");
        return;
    }
    let model = MODELS[0].about().name;
    let compare = format!("\"$0\" compare --models {model} --connections 1 --out \"$1/run\"");
    let full = disk("size=4k", &compare);
    let error = String::from_utf8_lossy(&full.stderr);
    assert!(error.contains("(No space left on device"), "{error}");
    let closed = disk("ro", &compare);
    let error = String::from_utf8_lossy(&closed.stderr);
    assert_eq!(closed.status.code(), Some(1));
    assert!(
        error.contains("cannot create") && error.contains("check the permissions of the folder"),
        "{error}"
    );
}

#[test]
fn a_resumed_run_accepts_no_other_plan() {
    let output = Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(["compare", "--resume", "somewhere", "--blocks", "3"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("--resume") && error.contains("--blocks"),
        "{error}"
    );
}
