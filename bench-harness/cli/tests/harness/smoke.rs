//! Small comparisons with real processes and real sockets.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use analysis::{Metric, Summary};
use echo_server::MODELS;
use measure::stop::Stop;
use measure::trial::{Processes, Runner as _};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use record::pinning::Pinning;
use record::plan::{ContenderId, LoadId, Plan, Timing};
use record::sample::Sample;
use record::store::Run;

use crate::scripted;

fn compare(folder: &Path) -> Command {
    let last = MODELS
        .iter()
        .rfind(|model| !model.about().is_reference_line());
    let models = [MODELS[0], *last.expect("not all are reference lines")]
        .map(|model| model.about().name)
        .join(",");
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.args([
        "compare",
        "--models",
        &models,
        "--connections",
        "1,3",
        "--duration",
        "400ms",
        "--out",
    ]);
    command.arg(folder);
    // Each run has its own lock, because these tests do not need accurate figures.
    let lock = folder.parent().expect("a folder within a temporary one");
    command.env("XDG_RUNTIME_DIR", lock);
    command
}

#[test]
fn a_small_comparison_measures_and_writes_a_report() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let output = compare(&folder).args(["--blocks", "1"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        text.contains("req/s") && text.contains(&format!("echolab report {}", folder.display())),
        "{text}"
    );
    let run = Run::read(&folder).unwrap();
    let summary = Summary::of(&run);
    for (model, load) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let cell = summary.cell(ContenderId(model), LoadId(load));
        assert_eq!((cell.trials, &cell.reasons), (1, &vec![]));
        assert!(cell.estimates[&Metric::Throughput].median > 0.0);
        assert!(cell.estimates[&Metric::Memory].median > 0.0);
    }
    for sample in &run.samples {
        let stats = run.whole(sample).stats.unwrap();
        match stats.get("datagrams") {
            None => assert_eq!(stats["opened"], sample.load.connections),
            Some(datagrams) => {
                assert_eq!(stats["opened"], 0, "datagrams make no connections");
                assert!(datagrams["received"].as_u64() > Some(0), "{stats}");
            }
        }
        let cost = sample.server.unwrap();
        let in_window = sample.outcome.as_ref().unwrap().requests;
        assert!(cost.life_requests > in_window, "the warm-up counts too");
        assert!(
            cost.threads >= 1 && cost.life_user_s + cost.life_system_s > 0.0,
            "{cost:?}"
        );
        assert!(
            cost.sampler_cpu_s > 0.0 && cost.page_tables_bytes > 0.0 && cost.descriptors > 3.0,
            "{cost:?}"
        );
        assert!(sample.kernel.is_some());
        match (&sample.system_calls, &sample.system_calls_missing) {
            (Some(calls), None) => assert!(calls.requests > 0 && calls.total() > 0, "{calls:?}"),
            (None, Some(reason)) => println!("no system calls counted here: {reason}"),
            both => panic!("either counted or not: {both:?}"),
        }
    }
    for file in [
        "environment.json",
        "report.md",
        "report.html",
        "figures/throughput.svg",
    ] {
        assert!(folder.join(file).exists(), "{file}");
    }
    assert!(
        !folder.join("stderr").exists(),
        "no process wrote to stderr"
    );
}

/// Scenarios that need a file: several classes, a rate that is a share of the peak, and a search.
const SCENARIOS: &str = r#"
[[scenario]]
name = "mixed"
question = "What do two kinds of clients come to?"
axis = "silent clients"
steps = [2]
[[scenario.class]]
name = "busy"
connections = 4
rate = "0.2 of peak"
[[scenario.class]]
name = "silent"
behaviour = "idle"
connections = "{step}"

[[scenario]]
name = "knee"
question = "How far does it go?"
axis = "connections"
steps = [4]
objective = "p90<1s"
[[scenario.class]]
connections = "{step}"
rate = "searched"
"#;

#[test]
fn the_first_sitting_of_each_cell_records_the_first_requests_of_its_clients() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    let options = "compare --models iterative,epoll-level --scenarios ladder --connections 8 --blocks 2 --slice 10ms --quiet --out";
    let output = command
        .args(options.split(' '))
        .arg(&folder)
        .env("XDG_RUNTIME_DIR", parent.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let run = Run::read(&folder).unwrap();
    let first = run.plan.first_block();
    for row in &run.samples {
        let timelines = &row.outcome.as_ref().unwrap().timelines;
        let answered: Vec<bool> = timelines
            .iter()
            .map(|one| !one.took_us.is_empty())
            .collect();
        match (row.block == first, row.contender.as_str()) {
            (false, _) => assert!(answered.is_empty(), "{}", row.contender),
            (true, "iterative") => assert_eq!(answered.iter().filter(|had| **had).count(), 1),
            (true, _) => assert_eq!(answered, [true; 8], "{}", row.contender),
        }
    }
    assert!(folder.join("figures/lanes.svg").exists());
}

#[test]
fn scenarios_of_a_file_are_measured_at_shares_of_a_peak_and_searched() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let file = parent.path().join("own.toml");
    fs::write(&file, SCENARIOS).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.args([
        "compare",
        "--no-twin",
        "--blocks",
        "1",
        "--duration",
        "300ms",
    ]);
    command.args(["--models", MODELS[1].about().name, "--scenarios"]);
    command.arg(&file).arg("--out").arg(&folder);
    let output = command
        .env("XDG_RUNTIME_DIR", parent.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rows = Run::read(&folder).unwrap().samples;
    let rows_of = |name: &str| {
        rows.iter()
            .filter(|row| row.load.scenario == name)
            .collect::<Vec<_>>()
    };
    assert!(rows_of("probe").len() >= 3);
    let mixed = rows_of("mixed")[0];
    let outcome = mixed.outcome.as_ref().unwrap();
    assert_eq!(outcome.classes.len(), 2);
    assert_eq!(
        outcome.offered_rate.map(f64::round),
        mixed.offered.map(f64::round)
    );
    let search = rows_of("knee")[0].capacity.as_ref().unwrap();
    assert!((8..=16).contains(&search.steps.len()));
    assert!(!folder.join("stderr").exists(), "no load file is left");
}

#[test]
fn ctrl_c_keeps_finished_trials_and_writes_the_report() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut command = compare(&folder);
    let command = command
        .args(["--blocks", "100"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("block 1 of 100")));
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("sittings are finished and kept") && text.contains("echolab report"),
        "{text}"
    );
    assert!(Run::read(&folder).unwrap().samples.len() >= 4);
    assert!(folder.join("report.html").exists());
}

/// Runs one trial with another program in the place of `echolab`.
fn trial_of(program: PathBuf) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let timing = Timing {
        gate_s: 0.0,
        gate_limit_s: 0.0,
        warm_up_s: 0.0,
        duration_s: 0.1,
        slice_s: 0.05,
    };
    let plan = Plan {
        timing,
        ..scripted::plan()
    };
    let trial = plan
        .trials()
        .find(|trial| plan.contenders[trial.contender].unsupported.is_none())
        .unwrap();
    let stderr = folder.path().to_owned();
    let mut runner = Processes {
        program,
        pinning: Pinning::Off,
        stderr,
        stop: Stop::manual(),
    };
    runner.run(&plan, trial, None).unwrap()
}

/// Writes a program that is a shell script.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Runs one trial with a shell script as the program, and gives the reason of its failure.
fn reason(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    trial_of(script(folder.path(), text))
        .failure
        .unwrap()
        .reason
}

#[test]
fn a_missing_program_is_a_failed_trial() {
    let reason = trial_of("/nowhere/echolab".into()).failure.unwrap().reason;
    assert!(
        reason.starts_with("the server process could not be started"),
        "{reason}"
    );
}

#[test]
fn a_server_that_dies_is_a_failed_trial_with_its_last_words() {
    let reason = reason("echo no memory left >&2; exit 3");
    assert!(
        reason.starts_with(
            "the server exited with code 3 before it was ready, with the message `no memory left`"
        ),
        "{reason}"
    );
}

#[test]
fn a_server_that_breaks_the_contract_is_a_failed_trial() {
    let reason = reason("echo hello; exec cat");
    assert!(
        reason.starts_with("the first line of the server is `hello` instead of `ready ADDRESS`"),
        "{reason}"
    );
}

#[test]
fn a_generator_without_outcome_is_a_failed_trial() {
    let reason = reason(
        "if [ $1 = load ]; then echo lost >&2; exit 5; fi; echo ready 127.0.0.1:1; echo 'stats {}'",
    );
    assert!(
        reason.starts_with(
            "the generator exited with code 5 without an outcome, with the message `lost`"
        ),
        "{reason}"
    );
}

#[test]
fn a_server_that_dies_under_load_is_a_failed_trial() {
    let outcome = r#"{"requests":9,"elapsed_s":1,"connections":{"established":1}}"#;
    let reason = reason(&format!(
        "if [ $1 = load ]; then echo measuring; echo '{outcome}'; exit; fi; echo ready 127.0.0.1:1; kill -SEGV $$"
    ));
    assert!(
        reason.starts_with("the server was killed by SIGSEGV instead of stopping when asked"),
        "{reason}"
    );
}
