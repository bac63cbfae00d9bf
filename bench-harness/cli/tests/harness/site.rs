//! The static site of several runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use record::store::Store;
use serde_json::Value;

use crate::scripted::{Script, carry_out, environment, plan};

fn site(folder: &Path, out: &Path, options: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_echolab"));
    let program = program.arg("site").arg(folder).arg("--out").arg(out);
    program.args(options).output().unwrap()
}

/// What the program wrote to stdout and stderr.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A scripted run with changes of its environment.
fn run(parent: &Path, name: &str, changes: &[(&str, &str)]) -> PathBuf {
    let folder = parent.join(name);
    carry_out(&plan(), &mut Script::to_the_end(), &folder);
    let path = folder.join("environment.json");
    let mut environment: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (key, value) in changes {
        environment[*key] = (*value).into();
    }
    fs::write(&path, environment.to_string()).unwrap();
    folder
}

/// Two runs on one machine, and a third one on another.
fn three_runs(parent: &Path) {
    run(parent, "first", &[("started", "2026-03-14T10:00:00Z")]);
    run(parent, "second", &[("started", "2026-03-15T10:00:00Z")]);
    let elsewhere = [
        ("started", "2026-03-13T10:00:00Z"),
        ("cpu", "Another processor"),
    ];
    run(parent, "elsewhere", &elsewhere);
}

/// The index of a site of three runs, for a browser.
pub fn written(parent: &Path) -> PathBuf {
    let runs = parent.join("runs");
    three_runs(&runs);
    let out = parent.join("site");
    site(&runs, &out, &[]);
    out.join("index.html")
}

fn index(out: &Path) -> String {
    fs::read_to_string(out.join("index.html")).unwrap()
}

#[test]
fn a_site_has_an_index_by_machine_and_date_and_the_report_of_each_run() {
    let parent = tempfile::tempdir().unwrap();
    let runs = parent.path().join("runs");
    three_runs(&runs);
    let out = parent.path().join("a/site");
    let output = site(&runs, &out, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("index.html  (3 runs)"),
        "{}",
        said(&output)
    );
    for name in ["first", "second", "elsewhere"] {
        assert!(out.join(name).join("report.html").exists(), "{name}");
        assert!(out.join(name).join("summary.csv").exists(), "{name}");
    }
    let page = index(&out);
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    let order = [
        "A made-up processor",
        "./second/report.html",
        "./first/report.html",
    ];
    let order = order.map(place);
    assert!(order.is_sorted(), "{order:?}");
    assert!(page.rfind("Another processor") > page.find("./first/report.html"));
    assert!(page.contains("3 runs on 2 machines"));
}

#[test]
fn the_change_of_each_model_is_drawn_from_the_second_run_on() {
    let parent = tempfile::tempdir().unwrap();
    let runs = parent.path().join("runs");
    three_runs(&runs);
    let out = parent.path().join("site");
    site(&runs, &out, &[]);
    let page = index(&out);
    let panels = page.matches("<svg role=img").count();
    let models = plan()
        .contenders
        .iter()
        .filter(|one| one.unsupported.is_none())
        .count();
    assert_eq!(
        panels, models,
        "one panel a measured model, on one machine of two"
    );
    assert!(page.contains("03-14 10:00") && page.contains("One run so far"));
    let numbers: std::collections::BTreeSet<&str> = page
        .split("<g class=m")
        .skip(1)
        .filter_map(|part| part.split('>').next())
        .filter(|number| number.parse::<u32>().is_ok())
        .collect();
    assert_eq!(numbers.len(), models, "each model has a colour of its own");
    site(&runs, &out, &["--models", "ready-list", "--load", "ladder"]);
    let page = index(&out);
    let loads = plan()
        .loads
        .iter()
        .filter(|load| load.scenario == "ladder")
        .count();
    assert_eq!(page.matches("<svg role=img").count(), loads);
}

#[test]
fn the_index_of_a_site_is_self_contained_and_always_the_same() {
    let parent = tempfile::tempdir().unwrap();
    let runs = parent.path().join("runs");
    three_runs(&runs);
    let outs = ["one", "two"].map(|name| parent.path().join(name));
    let [one, two] = outs.map(|out| {
        site(&runs, &out, &[]);
        index(&out)
    });
    assert!(one == two);
    assert!(one.contains("default-src 'none'"));
    assert!(!one.contains("style=") && !one.contains("onclick=") && !one.contains("src="));
    assert!(
        !one.contains("http://")
            || one.matches("http://").count() == one.matches("http://www.w3.org/2000/svg").count()
    );
}

#[test]
fn runs_that_cannot_be_read_are_named_and_left_out() {
    let parent = tempfile::tempdir().unwrap();
    let runs = parent.path().join("runs");
    run(&runs, "good", &[]);
    let newer = runs.join("newer");
    drop(Store::create(&newer, &environment(), &plan()).unwrap());
    fs::write(newer.join("plan.json"), "{\"schema\": 99}").unwrap();
    fs::create_dir(runs.join("something-else")).unwrap();
    let out = parent.path().join("site");
    let output = site(&runs, &out, &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("note: ") && said(&output).contains("has schema 99"),
        "{}",
        said(&output)
    );
    assert!(index(&out).contains("./good/report.html"));
    assert!(!index(&out).contains("newer"));
}

#[test]
fn a_site_without_runs_is_an_error_with_a_remedy() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("site");
    let output = site(parent.path(), &out, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("no runs in")
            && said(&output).contains("`echolab compare` makes one")
    );
    assert!(!out.join("index.html").exists());
    let output = site(&parent.path().join("nowhere"), &out, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("give the folder that holds your runs"));
    let output = site(&out, &out, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("give a folder for the site"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_choice_that_no_run_can_fulfil_names_what_there_is() {
    let parent = tempfile::tempdir().unwrap();
    let runs = parent.path().join("runs");
    run(&runs, "one", &[]);
    let out = parent.path().join("site");
    let output = site(&runs, &out, &["--models", "nobody"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("`nobody`") && said(&output).contains("ready-list"),
        "{}",
        said(&output)
    );
    let output = site(&runs, &out, &["--load", "ladder:7"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("choose a scenario such as `ladder`"),
        "{}",
        said(&output)
    );
}

#[test]
fn the_workflow_publishes_the_committed_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workflow = fs::read_to_string(root.join(".github/workflows/pages.yml")).unwrap();
    assert!(workflow.contains("-- site results --out site\n"));
    assert!(workflow.contains("path: site\n"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains(".github.io/echolab/sample/report.html"));
}
