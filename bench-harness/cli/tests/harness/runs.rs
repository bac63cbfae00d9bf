//! Lists of runs, runs of the first schema, and comparisons of two runs.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use analysis::{Metric, Summary};
use record::sample::Sample;
use record::store::{Run, Store};
use serde_json::Value;

use crate::scripted::{Script, carry_out, environment, plan, run};

fn echolab(args: &[&str], folders: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(args)
        .args(folders)
        .output()
        .unwrap()
}

/// What the program wrote to stdout and stderr.
fn output_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn first_schema() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schema-1")
}

#[test]
fn a_run_of_the_first_schema_stays_readable() {
    let run = Run::read(&first_schema()).unwrap();
    assert!(run.warnings.is_empty(), "{:?}", run.warnings);
    assert_eq!((run.plan.schema, run.samples.len()), (1, 5));
    assert!(run.samples.iter().all(|sample| sample.schema == 1));
    let summary = Summary::of(&run);
    assert_eq!((summary.finished, summary.planned), (5, 260));
    for sample in &run.samples {
        let throughput = Metric::Throughput.value_in(sample).unwrap();
        assert!(throughput > 1000.0, "{throughput}");
        assert!(Metric::Cpu.value_in(sample).unwrap() > 0.0);
    }
    let folder = tempfile::tempdir().unwrap();
    report::write(folder.path(), &run, &summary).unwrap();
    assert!(folder.path().join("report.md").exists());
}

fn with_all_curves(run: &Run) -> Summary {
    let mut summary = Summary::of(run);
    let loads: Vec<_> = summary.load_ids().collect();
    summary.add_curves(run, &loads);
    summary
}

#[test]
fn a_lean_row_has_the_same_figures() {
    let old = Run::read(&first_schema()).unwrap();
    let mut lean = old.clone();
    lean.samples = old.samples.iter().map(Sample::lean).collect();
    let row = serde_json::to_string(&lean.samples).unwrap();
    let again: Vec<Sample> = serde_json::from_str(&row).unwrap();
    assert_eq!(again, lean.samples);
    assert!(row.len() < lean.samples.len() * 6000, "{}", row.len());
    let [old, lean] = [old, lean].map(|run| with_all_curves(&run));
    let all = old
        .contender_ids()
        .flat_map(|c| old.load_ids().map(move |l| (c, l)));
    for (contender, load) in all {
        let [mut old, mut lean] =
            [&old, &lean].map(|summary| summary.cell(contender, load).clone());
        let curves = mem::take(&mut old.curve).into_iter();
        for (fine, coarse) in curves.zip(mem::take(&mut lean.curve)) {
            let off = coarse.response_ns / fine.response_ns - 1.0;
            assert!((0.0..0.01).contains(&off), "{fine:?} {coarse:?}");
        }
        assert_eq!(old, lean);
    }
}

#[test]
fn runs_are_listed_by_time() {
    let parent = tempfile::tempdir().unwrap();
    run(parent.path());
    let mut script = Script {
        stop_after: 3,
        ..Script::to_the_end()
    };
    carry_out(&plan(), &mut script, &parent.path().join("broken-off"));
    fs::create_dir(parent.path().join("something-else")).unwrap();
    let newer = parent.path().join("newer");
    drop(Store::create(&newer, &environment(), &plan()).unwrap());
    fs::write(newer.join("plan.json"), "{\"schema\": 99}").unwrap();

    let output = echolab(&["runs"], &[parent.path()]);
    assert!(output.status.success());
    let text = output_text(&output);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("run "), "{text}");
    assert!(
        lines[1].starts_with("20260314-150926  2026-03-14"),
        "{text}"
    );
    assert!(lines[1].contains("  complete "), "{text}");
    assert!(
        lines[1].contains(" 32/32  quick") && lines[1].ends_with("A made-up processor, 2 CPUs"),
        "{text}"
    );
    assert!(lines[2].contains("  incomplete "), "{text}");
    assert!(lines[3].contains("has schema 99"), "{text}");

    let output = echolab(&["runs", "--json"], &[parent.path()]);
    let runs: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&runs[1]["name"], &runs[1]["complete"]),
        (&"broken-off".into(), &false.into())
    );
}

#[test]
fn an_empty_or_missing_folder_is_reported() {
    let parent = tempfile::tempdir().unwrap();
    let output = echolab(&["runs"], &[parent.path()]);
    assert!(output_text(&output).ends_with("`echolab compare` makes one\n"));
    let nowhere = parent.path().join("nowhere");
    let output = echolab(&["runs"], &[&nowhere]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output_text(&output).contains("give the folder that holds your runs"));
}

/// Two scripted runs, the second one in a changed environment.
fn two_runs(parent: &Path, change: impl Fn(&mut Value)) -> [PathBuf; 2] {
    let folders = ["before", "after"].map(|name| {
        let folder = parent.join(name);
        carry_out(&plan(), &mut Script::to_the_end(), &folder);
        folder
    });
    for (folder, is_second) in folders.iter().zip([false, true]) {
        let path = folder.join("environment.json");
        let mut environment: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        environment["commit"] = "one".into();
        if is_second {
            change(&mut environment);
        }
        fs::write(&path, environment.to_string()).unwrap();
    }
    folders
}

#[test]
fn runs_of_two_versions_on_one_machine_are_compared() {
    let parent = tempfile::tempdir().unwrap();
    let [before, after] = two_runs(parent.path(), |environment| {
        environment["commit"] = "another".into();
    });
    let output = echolab(&["diff"], &[&before, &after]);
    let text = output_text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("after against before"), "{text}");
    assert!(
        text.contains("not the same: commit: one, then another"),
        "{text}"
    );
    assert!(text.contains(" figures: "), "{text}");
    let all = output_text(&echolab(&["diff", "--all"], &[&before, &after]));
    assert!(all.contains("ladder, 100 connections\n"), "{all}");
    let line = all.lines().find(|line| line.contains("ready-list"));
    assert!(line.unwrap().contains("1.00 [0.9"), "{all}");
    let json = echolab(&["diff", "--json"], &[&before, &after]).stdout;
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["program"][0]["what"], "commit");
    let out = parent.path().join("what-changed");
    let output = echolab(
        &["diff", "--out", out.to_str().unwrap()],
        &[&before, &after],
    );
    assert!(
        output_text(&output).contains("diff.html"),
        "{}",
        output_text(&output)
    );
    assert!(out.join("diff.md").exists() && out.join("figures/change.svg").exists());
}

#[test]
fn runs_of_two_machines_are_compared_only_by_force() {
    let parent = tempfile::tempdir().unwrap();
    let [before, after] = two_runs(parent.path(), |environment| {
        environment["kernel"] = "Linux 9.9".into();
    });
    let output = echolab(&["diff"], &[&before, &after]);
    assert_eq!(output.status.code(), Some(2));
    let text = output_text(&output);
    assert!(
        text.contains("kernel: Linux 6.18, then Linux 9.9"),
        "{text}"
    );
    assert!(text.contains("with --force"), "{text}");
    let output = echolab(&["diff", "--force"], &[&before, &after]);
    let text = output_text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("not the same: kernel: Linux 6.18"), "{text}");
}

#[test]
fn runs_of_two_plans_are_compared_only_by_force() {
    let parent = tempfile::tempdir().unwrap();
    let [before, after] = two_runs(parent.path(), |_| {});
    let mut other = plan();
    other.timing.duration_s = 9.0;
    other.contenders[1].name = "newcomer".to_owned();
    fs::write(
        after.join("plan.json"),
        serde_json::to_string(&other).unwrap(),
    )
    .unwrap();
    let text = output_text(&echolab(&["diff"], &[&before, &after]));
    assert!(text.contains("then 9 s after 0.2 s"), "{text}");
    assert!(
        text.contains("models: many-threads, then newcomer"),
        "{text}"
    );
}
