//! `echolab break`, `repair` and `exercise`, as a student uses them: each builds a copy of the source tree.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::tidy;

/// The model of these tests: its cases take the least time.
const MODEL: &str = "udp-iterative";

/// A target directory whose copies are its own, so that a copy on which a developer works stays as it is. What is built
/// in the copies is shared with the target directory of this test.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shared = target().join("workshop/target");
        fs::create_dir_all(&shared).unwrap();
        fs::create_dir(folder.path().join("workshop")).unwrap();
        symlink(shared, folder.path().join("workshop/target")).unwrap();
        Self(folder)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
        command
            .args(words)
            .current_dir(tidy::root())
            .env("CARGO_TARGET_DIR", self.0.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Runs a command that must end with this exit code. Returns what it says: stdout, and then stderr.
    fn said(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
        text
    }

    fn copy(&self, name: &str) -> PathBuf {
        self.0.path().join("workshop").join(name)
    }
}

/// The target directory that holds this test: its program lies in `target/PROFILE/deps`.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().to_path_buf()
}

/// The text on one line, as if no line were broken.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_broken_model_shows_its_patch_its_case_and_what_the_case_says() {
    let bench = Bench::new();
    let source = tidy::root().join(format!("crates/models/{MODEL}/src/lib.rs"));
    let before = tidy::read(&source);
    let text = one_line(&bench.said(&["break", MODEL, "--quiet"], 0));
    for part in [
        "the patch crates/models/udp-iterative/src/lib.rs:",
        " case ",
        " it checks ",
        " it says ",
        " it means ",
        "echolab repair udp-iterative",
    ] {
        assert!(text.contains(part), "`{part}` is missing in {text}");
    }
    assert_eq!(tidy::read(&source), before);
    assert!(!bench.copy("broken").exists());
}

#[test]
fn a_mended_model_passes_all_its_cases_and_a_broken_one_does_not() {
    let bench = Bench::new();
    let text = bench.said(&["repair", MODEL, "--check", "--quiet"], 1);
    assert!(text.contains("not yet"), "{text}");
    for number in 1..=2 {
        let hint = bench.said(&["repair", MODEL, "--hint"], 0);
        assert!(hint.contains(&format!("hint {number} of 4")), "{hint}");
    }
    let file = format!("crates/models/{MODEL}/src/lib.rs");
    let copy = bench.copy("repair").join(&file);
    fs::copy(tidy::root().join(&file), &copy).unwrap();
    let text = bench.said(&["repair", MODEL, "--check", "--quiet"], 0);
    assert!(text.contains("cases of `udp-iterative` pass"), "{text}");
    fs::write(&copy, "this does not compile").unwrap();
    let text = bench.said(&["repair", MODEL, "--check", "--quiet"], 1);
    assert!(text.contains("The file does not compile."), "{text}");
    let text = bench.said(&["repair", MODEL, "--check", "--again", "--quiet"], 1);
    assert!(text.contains("it checks"), "{text}");
}

#[test]
fn a_skeleton_compiles_and_fails_its_first_case() {
    let bench = Bench::new();
    let text = bench.said(&["exercise", "--new", MODEL, "--check", "--quiet"], 1);
    assert!(text.contains("Write `udp-iterative` yourself"), "{text}");
    assert!(text.contains("cases pass"), "{text}");
}

#[test]
fn an_answer_is_checked_by_the_suite() {
    let bench = Bench::new();
    let texts = ["a", "b", "c", "d"]
        .map(|answer| bench.said(&["exercise", MODEL, "--answer", answer, "--quiet"], 0));
    let right = |text: &&String| text.contains("Your answer is right.");
    assert_eq!(texts.iter().filter(right).count(), 1, "{texts:?}");
    let wrong = |text: &&String| text.contains("Your answer is not right: it is ");
    assert_eq!(texts.iter().filter(wrong).count(), 3, "{texts:?}");
}

#[test]
fn a_wrong_use_of_the_workbench_says_what_to_do() {
    let bench = Bench::new();
    let cases: [(&[&str], &str); 5] = [
        (&["break", "no-model"], "`echolab list` shows all models"),
        (
            &["exercise", MODEL, "--answer", "z"],
            "answer with a letter from a to ",
        ),
        (
            &["exercise", MODEL, "--number", "99"],
            "choose --number 1 to ",
        ),
        (&["exercise", MODEL], "give one with --answer LETTER"),
        (&["repair", MODEL, "--hint", "--check"], "--hint"),
    ];
    for (words, advice) in cases {
        let text = one_line(&bench.said(words, 2));
        assert!(text.contains(advice), "{words:?}: {text}");
    }
}

#[test]
fn without_cargo_the_workbench_says_how_to_install_it() {
    let bench = Bench::new();
    for command in ["break", "repair", "exercise"] {
        let mut command = bench.command(&[command, MODEL]);
        let output = command.env("CARGO", "/nonexistent/cargo").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("https://rustup.rs"), "{text}");
    }
}

#[test]
fn an_interrupt_throws_the_copy_away() {
    let bench = Bench::new();
    let mut command = bench.command(&["break", MODEL]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    assert!(line.contains("building a copy"), "{line}");
    let pid = Pid::from_raw(child.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!bench.copy("broken").exists());
}
