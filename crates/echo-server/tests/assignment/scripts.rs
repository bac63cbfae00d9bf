//! The script that checks a step, the summary of a report, and the workflows that call both.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::points::points;
use crate::{STEPS, assert_silent, copy, done_with, expectation, folder, has, read};

/// Runs the script with a program in place of `echolab` that prints its arguments.
fn check(copy: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let stand_in = copy.join("bin/echolab");
    fs::create_dir_all(copy.join("bin")).expect("the copy is writable");
    fs::write(&stand_in, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").expect("the copy is writable");
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", copy.join("bin").display());
    let mut command = Command::new(copy.join("check"));
    let output = done_with(command.args(arguments).env("PATH", path));
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn the_script_checks_the_cases_that_have_points() {
    let copy = copy();
    for step in STEPS {
        let (code, said) = check(copy.path(), &["python", &step.to_string(), "--json"]);
        let words: Vec<&str> = said.lines().collect();
        let value = |option: &str| {
            let at = words.iter().position(|word| *word == option);
            words[at.unwrap_or_else(|| panic!("{option} is missing: {said}")) + 1]
        };
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(words[0], "check");
        assert_eq!(value("--external"), "python3 python/server.py {port}");
        assert_eq!(value("--points"), format!("points/step-{step}.toml"));
        assert_eq!(value("--expect"), expectation(step));
        let only = value("--only").split(',').map(str::to_owned);
        let mut only: Vec<String> = only.collect();
        only.sort();
        assert_eq!(only, points(step).into_keys().collect::<Vec<_>>());
        assert_eq!(words.last(), Some(&"--json"), "{said}");
    }
}

#[test]
fn a_choice_of_cases_replaces_that_of_the_script() {
    let copy = copy();
    let (_, said) = check(copy.path(), &["python", "2", "--only", "one_byte"]);
    assert_eq!(said.matches("--only\n").count(), 1, "{said}");
    assert!(said.ends_with("--only\none_byte\n"), "{said}");
}

#[test]
fn the_script_refuses_what_it_does_not_know_and_explains_itself() {
    let copy = copy();
    for (arguments, advice) in [
        (&["python"][..], "a language and a step are needed"),
        (&["python", "4"], "there is no step 4"),
        (&["cobol", "1"], "there is no language cobol"),
    ] {
        let (code, said) = check(copy.path(), arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(advice), "{said}");
        assert!(said.contains("./check LANGUAGE STEP"), "{said}");
    }
    let (code, said) = check(copy.path(), &["--help"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Exit codes: 0 all cases passed"), "{said}");
    assert!(!said.contains("set -e"), "{said}");
}

#[test]
fn a_server_that_does_not_build_fails() {
    if !has("cc") || !has("make") {
        return;
    }
    let copy = copy();
    fs::write(copy.path().join("c/server.c"), "no C\n").expect("the copy is writable");
    let (code, said) = check(copy.path(), &["c", "1"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("server.c:1"), "{said}");
}

/// What a check prints with `--json`, as far as a summary needs it.
const REPORT: &str = r#"{
  "verdict": "failed",
  "points": {"title": "Step 1", "reached": 82.5, "possible": 100.0, "preliminary": true},
  "cases": [
    {"name": "one_byte", "outcome": "passed"},
    {"name": "one_mebibyte", "outcome": "failed",
     "finding": {"what": "It saw.", "server": "Traceback\nboom", "means": "It means.", "by_hand": "nc\nps"}},
    {"name": "pipelined_frames", "outcome": "left-out", "because": "it speaks no frames"},
    {"name": "connect_and_leave", "outcome": "not-tried", "because": "one_mebibyte failed"}
  ]
}"#;

#[test]
fn a_summary_has_the_points_and_what_did_not_pass() {
    if !has("python3") {
        return;
    }
    let copy = copy();
    let summary = |report: &str| {
        let file = copy.path().join("report.json");
        fs::write(&file, report).expect("the copy is writable");
        let script = copy.path().join("summary.py");
        let output = done_with(Command::new("python3").arg(script).arg(file));
        assert_silent(&output);
        String::from_utf8(output.stdout).expect("it prints text")
    };
    let expected = "## 82.5 of 100 points (preliminary: run it again): Step 1

- `one_mebibyte`: failed
  - it saw: It saw.
  - the server:

    ```
    Traceback
    boom
    ```

  - it means: It means.
  - by hand:

    ```
    nc
    ps
    ```

- `connect_and_leave`: not tried, because one_mebibyte failed
";
    assert_eq!(summary(REPORT), expected);
    assert!(summary("").contains("is empty: the server does not build"));
}

#[test]
fn both_workflows_write_both_reports_and_repeat_a_disturbed_check() {
    let call = "./check \"$SERVER\" \"$STEP\" --json --junit report.xml >report.json";
    for (file, again) in [
        (
            ".github/workflows/check.yml",
            "[ \"$code\" -eq 3 ] || break",
        ),
        (".gitlab-ci.yml", "exit_codes: [3]"),
    ] {
        let text = read(&folder().join(file));
        assert!(text.contains(call), "{file}");
        assert!(text.contains(again), "{file}");
        assert!(text.contains("python3 summary.py report.json"), "{file}");
    }
}
