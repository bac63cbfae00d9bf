//! The command `lesson` as a reader uses it: list, predict, run, page, Ctrl-C.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use course::catalogue::{self, Lesson};
use course::lesson::LESSONS;
use course::outcome::Outcome;
use course::predict::Prediction;
use course::store;
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

const PUBLISHED: &str = include_str!("../../../course/schema/result.schema.json");

/// A folder of its own for results, temporary files and the lock.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn command(folder: &TempDir, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command
        .arg("lesson")
        .args(options)
        .current_dir(folder)
        .env("XDG_RUNTIME_DIR", folder.path())
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null());
    command
}

pub fn run(folder: &TempDir, options: &[&str]) -> Output {
    command(folder, options).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Runs the command with wrong options, and gives what it writes to stderr.
fn refused(folder: &TempDir, options: &[&str]) -> String {
    let output = run(folder, options);
    assert_eq!(output.status.code(), Some(2), "{options:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn first() -> Lesson {
    let lessons = catalogue::all().unwrap();
    lessons.into_iter().next().expect("the course has lessons")
}

/// Fails unless the exit code says whether the lesson is shown.
pub fn assert_ran(output: &Output) {
    let code = output.status.code();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(code, Some(0 | 4)), "{code:?} {errors}");
}

#[test]
fn the_course_lists_every_lesson_and_names_the_next() {
    let folder = folder();
    let output = run(&folder, &[]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("Chapter "), "{text}");
    for (name, ..) in LESSONS {
        assert!(text.contains(&format!(" {name} ")), "{name} in\n{text}");
    }
    let next = format!("next: echolab lesson {}\n", first().name);
    assert!(text.ends_with(&next), "{text}");
}

#[test]
fn a_lesson_keeps_prediction_result_and_page_and_the_list_shows_it_as_done() {
    let folder = folder();
    let lesson = first();
    let name = lesson.name.as_str();
    let prediction = if lesson.document.prediction.choices.is_empty() {
        "1"
    } else {
        "a"
    };
    let options = [name, "--short", "--json", "--predict", prediction];
    let output = run(&folder, &options);
    assert_ran(&output);
    let printed: Outcome = serde_json::from_str(&stdout(&output)).unwrap();
    let results = folder.path().join(store::FOLDER);
    let kept = store::read(&results, name).unwrap().unwrap();
    assert_eq!(kept, printed);
    assert!(kept.prediction.is_some() && kept.short);
    assert_eq!(kept.shown, output.status.success());
    let page = fs::read_to_string(results.join(name).join(store::PAGE)).unwrap();
    assert!(
        page.contains("<svg") && page.contains("you predicted"),
        "{page}"
    );
    let picture = results.join(name).join(store::PICTURE);
    assert!(fs::read_to_string(picture).unwrap().starts_with("<svg"));
    let list = stdout(&run(&folder, &["--json"]));
    let line = list.lines().next().unwrap();
    let state = if kept.right == Some(true) {
        "predicted-right"
    } else {
        "predicted-other"
    };
    let state = if kept.shown { state } else { "not-shown" };
    assert!(line.contains(&format!("\"state\":\"{state}\"")), "{line}");
    let only_results: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "echolab-compare.lock")
        .collect();
    assert_eq!(only_results, ["results"], "temporary files are left");
    again_without_measuring(&folder, name, &kept);
}

/// `--page` shows the same result, and writes the page elsewhere.
fn again_without_measuring(folder: &TempDir, name: &str, kept: &Outcome) {
    let options = [
        name,
        "--page",
        "--json",
        "--from",
        store::FOLDER,
        "--out",
        "pages",
    ];
    let output = run(folder, &options);
    assert_ran(&output);
    let shown: Outcome = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(&shown, kept);
    assert!(
        folder
            .path()
            .join("pages")
            .join(name)
            .join(store::PAGE)
            .exists()
    );
    let output = run(folder, &["--all", "--page", "--out", store::FOLDER]);
    assert_ran(&output);
    let course = folder.path().join(store::FOLDER).join(store::COURSE);
    let course = fs::read_to_string(course).unwrap();
    assert!(course.contains(name) && course.contains("<svg"), "{course}");
}

#[test]
fn without_a_terminal_a_lesson_asks_for_an_option() {
    let folder = folder();
    let error = refused(&folder, &[&first().name]);
    assert!(error.contains("give one with --predict"), "{error}");
    assert!(error.trim_end().ends_with("or add --skip"), "{error}");
    let error = refused(&folder, &["--all"]);
    assert!(error.trim_end().ends_with("add --yes"), "{error}");
}

#[test]
fn on_a_terminal_a_lesson_asks_until_there_is_a_prediction() {
    let folder = folder();
    let lesson = first();
    let is_number = lesson.document.prediction.choices.is_empty();
    let terminal = openpty(None, None).unwrap();
    let child = command(&folder, &[&lesson.name, "--short"])
        .stdin(terminal.slave)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let answer = if is_number { "1" } else { "b" };
    let typed = format!("what?\n{answer}\n");
    File::from(terminal.master.try_clone().unwrap())
        .write_all(typed.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_ran(&output);
    let text = stdout(&output);
    assert_eq!(text.matches("your prediction (").count(), 2, "{text}");
    assert!(text.contains("`what?` is "), "{text}");
    let results = folder.path().join(store::FOLDER);
    let kept = store::read(&results, &lesson.name).unwrap().unwrap();
    let wanted = if is_number {
        Prediction::Number(1.0)
    } else {
        Prediction::Choice(1)
    };
    assert_eq!(kept.prediction, Some(wanted));
}

#[test]
fn wrong_use_ends_with_advice() {
    let folder = folder();
    let lesson = first();
    let name = lesson.name.as_str();
    let mut wrong = name.to_owned();
    wrong.push('x');
    let error = refused(&folder, &[&wrong]);
    assert!(
        error.contains(&format!("did you mean `{name}`?")),
        "{error}"
    );
    assert!(
        error
            .trim_end()
            .ends_with("`echolab lesson` lists all lessons"),
        "{error}"
    );
    let error = refused(&folder, &[name, "--skip", "--set", "nonsense=1"]);
    assert!(
        error.contains("no step has `nonsense`; choose one of"),
        "{error}"
    );
    let error = refused(&folder, &[name, "--skip", "--set", "nonsense"]);
    assert!(
        error.contains("write for example connections=1000"),
        "{error}"
    );
    let error = refused(&folder, &[name, "--predict", "zz"]);
    assert!(
        error.contains("write a letter from a to") || error.contains("write for example 2.5"),
        "{error}"
    );
    let error = refused(&folder, &[name, "--page"]);
    assert!(
        error
            .trim_end()
            .ends_with(&format!("run `echolab lesson {name}` first")),
        "{error}"
    );
    let error = refused(&folder, &["--page"]);
    assert!(
        error.trim_end().ends_with("give its name, or --all"),
        "{error}"
    );
}

#[test]
fn ctrl_c_ends_a_lesson_keeps_the_earlier_result_and_leaves_nothing_behind() {
    let folder = folder();
    let lesson = first();
    let name = lesson.name.as_str();
    assert_ran(&run(&folder, &[name, "--skip", "--short", "--json"]));
    let results = folder.path().join(store::FOLDER);
    let before = store::read(&results, name).unwrap();
    let child = command(&folder, &[name, "--skip"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("the experiment begins", || {
        !temporary(folder.path()).is_empty()
    });
    let pid = i32::try_from(child.id()).unwrap();
    kill(Pid::from_raw(pid), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error
            .trim_end()
            .ends_with(&format!("`echolab lesson {name}` begins again")),
        "{error}"
    );
    assert_eq!(store::read(&results, name).unwrap(), before);
    assert_eq!(temporary(folder.path()), Vec::<String>::new());
    wait_until("all processes have ended", || {
        processes_in(folder.path()) == 0
    });
}

/// The folders of running experiments.
fn temporary(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.starts_with("echolab-lesson-"))
        .collect()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Number of processes that work in this folder.
fn processes_in(folder: &Path) -> usize {
    let inode = fs::metadata(folder).unwrap().ino();
    let works_there = |entry: &fs::DirEntry| {
        let place = fs::metadata(entry.path().join("cwd"));
        place.is_ok_and(|place| place.ino() == inode)
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter(works_there).count()
}

#[test]
fn the_published_schema_of_a_result_is_current() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    assert!(
        published == Outcome::json_schema(),
        "the types have changed; run `cargo run -p course --example schema > bench-harness/course/schema/result.schema.json`"
    );
}
