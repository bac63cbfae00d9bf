//! `scripts/test` with programs that only pretend: it goes on after a failure, and its last line is complete.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::signals::heed_ctrl_c;

/// Programs of the system that the script needs.
const NEEDED: [&str; 7] = ["bash", "cat", "dirname", "env", "id", "mkdir", "realpath"];

/// A machine on which nothing is installed but a `cargo` that writes down how it is called.
struct Machine(TempDir);

impl Machine {
    fn new(cargo: &str) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        let path = std::env::var_os("PATH").unwrap_or_default();
        for name in NEEDED {
            let found = std::env::split_paths(&path)
                .map(|folder| folder.join(name))
                .find(|program| program.is_file());
            let found = found.unwrap_or_else(|| panic!("{name} is installed everywhere"));
            symlink(found, machine.path().join(name)).unwrap();
        }
        let calls = machine.calls_file();
        machine.install(
            "cargo",
            &format!("echo \"$*\" >>'{}'\n{cargo}", calls.display()),
        );
        machine
    }

    /// Adds a program that runs these commands of bash.
    fn install(&self, name: &str, commands: &str) {
        let program = self.path().join(name);
        // Writing to a link would overwrite the program of the system.
        if program.is_symlink() {
            fs::remove_file(&program).unwrap();
        }
        fs::write(&program, format!("#!/usr/bin/env bash\n{commands}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the script with only these programs, in a process group of its own.
    fn run(&self, arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/test");
        let mut command = Command::new(script);
        command.args(arguments).env("PATH", self.path());
        command.env("CARGO_TARGET_DIR", self.path().join("target"));
        heed_ctrl_c(&mut command);
        command.process_group(0).output().unwrap()
    }

    /// The arguments of each call of cargo.
    fn calls(&self) -> String {
        fs::read_to_string(self.calls_file()).unwrap_or_default()
    }

    fn calls_file(&self) -> PathBuf {
        self.path().join("calls")
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn last_line(output: &Output) -> String {
    text(output).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_failing_command_does_not_end_the_others() {
    let machine = Machine::new(r#"[ "$1" != clippy ]"#);
    machine.install("c++", "");
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(1));
    let line = last_line(&output);
    assert!(
        line.starts_with("passed 8, failed 2 (cargo clippy --workspace "),
        "{line}"
    );
    assert!(
        machine.calls().contains("check advisories"),
        "{}",
        machine.calls()
    );
    assert!(text(&output).contains("== 12/12 cargo deny --locked check advisories"));
}

#[test]
fn what_the_machine_lacks_is_named_in_the_last_line_with_its_remedy() {
    let machine = Machine::new(r#"[ "$1" != deny ]"#);
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(0));
    let line = last_line(&output);
    assert!(
        line.starts_with("passed 7, failed 0, left out 5: "),
        "{line}"
    );
    for remedy in [
        "apt-get install chromium",
        "apt-get install g++",
        "cargo install --locked mdbook",
        "cargo install --locked cargo-deny",
    ] {
        assert!(line.contains(remedy), "{line}");
    }
}

#[test]
fn a_font_that_is_missing_is_left_out_and_the_others_are_not() {
    let machine = Machine::new("");
    machine.install("chromium", "");
    machine.install(
        "fc-list",
        r#"case $1 in "DejaVu Sans" | Arimo) echo "$1" ;; esac"#,
    );
    let output = machine.run(&["browser"]);
    let line = last_line(&output);
    assert!(
        line.starts_with("passed 1, failed 0, left out 2: the report in Noto Sans"),
        "{line}"
    );
    let calls = machine.calls();
    assert!(
        calls.contains("browser:: --ignored --skip in_noto_sans --skip axe\n"),
        "{calls}"
    );
}

#[test]
fn it_says_what_it_installs_before_it_starts() {
    let machine = Machine::new("");
    machine.install("id", "echo 0");
    machine.install("fc-list", "");
    machine.install("apt-get", "exit 1");
    let output = machine.run(&["browser"]);
    let text = text(&output);
    let (before, _) = text.split_once("== 1/1").unwrap();
    assert!(
        before.contains("chromium fonts-dejavu-core fonts-liberation fonts-noto-core.\n"),
        "{before}"
    );
    assert!(
        before.contains("fonts-noto-core cannot be installed"),
        "{before}"
    );
}

#[test]
fn one_step_can_be_run_alone() {
    let machine = Machine::new("");
    let output = machine.run(&["lint"]);
    assert_eq!(last_line(&output), "passed 1, failed 0, left out 0");
    assert!(machine.calls().starts_with("clippy ") && machine.calls().lines().count() == 1);
}

#[test]
fn an_unknown_step_is_refused_with_the_names_of_all() {
    let machine = Machine::new("");
    let output = machine.run(&["lints"]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(
        error.contains("no step is called \"lints\"") && error.contains("  browser  "),
        "{error}"
    );
    assert_eq!(machine.calls(), "");
}

/// Ctrl-C reaches the whole process group, so the command that runs ends as well.
#[test]
fn an_interrupt_ends_it_at_once() {
    let machine = Machine::new("kill -INT 0");
    let output = machine.run(&[]);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(machine.calls().lines().count(), 1, "{}", machine.calls());
    assert_eq!(last_line(&output), "interrupted in 1/12");
}
