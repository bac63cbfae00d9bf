//! *Break it*: every README breaks its model with a small patch, and names the case that fails then. These tests do so.
//!
//! One copy of the workspace gets the patches of all models and is built once, with this suite in it. Then each test
//! runs the case that a README names with the broken model. The case must fail. The server must not panic or end by
//! itself meanwhile, unless the README says so: a server that crashes fails any case, and shows nothing.

mod copy;
mod lesson;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use echo_server::MODELS;
use libtest_mimic::{Failed, Trial};

use crate::case::{CASES, Case, DATAGRAM_CASES};
use crate::not_applicable::NotApplicable;
use crate::server::{ENDED, PANICKED};
use crate::subject::Subject;
use lesson::{Crash, Lesson};

/// The suite in the copy of the workspace in which every model is broken; or why it could not be built.
static BROKEN_SUITE: LazyLock<Result<PathBuf, String>> = LazyLock::new(build);

/// One test for each model that can run on this machine, `break-it/MODEL`, and the models that cannot.
pub fn trials() -> (Vec<Trial>, Vec<NotApplicable>) {
    let mut trials = Vec::new();
    let mut not_applicable = Vec::new();
    for model in MODELS {
        let subject = Subject::new(*model);
        let name = format!("break-it/{}", subject.name());
        match subject.unsupported() {
            Some(reason) => not_applicable.push(NotApplicable { name, reason }),
            None => trials.push(Trial::test(name, move || fails_as_described(subject))),
        }
    }
    (trials, not_applicable)
}

/// Passes if the broken model fails the case that its README names, in the way that the README describes.
fn fails_as_described(subject: Subject) -> Result<(), Failed> {
    let lesson = Lesson::of(&workspace(), subject.name())?;
    let case = named_case(&lesson.case, subject)?;
    let test = format!("/{}/{}", subject.name(), case.name);
    let suite = BROKEN_SUITE.as_ref()?;
    let output = Command::new(suite).args(["--exact", &test]).output()?;
    judge(&lesson, &test, &output).map_err(Failed::from)
}

fn named_case(name: &str, subject: Subject) -> Result<&'static Case, String> {
    let mut cases = CASES.iter().chain(DATAGRAM_CASES);
    let case = cases.find(|case| case.name == name);
    let case = case.ok_or_else(|| format!("no case is called `{name}`; see case.rs"))?;
    match case.not_applicable(&subject) {
        None => Ok(case),
        Some(reason) => Err(format!("`{name}` does not apply to the model: {reason}")),
    }
}

fn judge(lesson: &Lesson, test: &str, output: &Output) -> Result<(), String> {
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let report = format!("{stdout}\n{stderr}");
    // Both are needed: a test that does not exist fails nothing, and a suite that crashes shows nothing.
    let one_failed = stdout.contains("running 1 test\n") && stdout.contains(" 0 passed; 1 failed;");
    if output.status.code() != Some(101) || !one_failed {
        return Err(format!(
            "`{test}` does not fail with the broken model: {}\n{report}",
            output.status
        ));
    }
    let crash = if stderr.contains(PANICKED) {
        Crash::Panics
    } else if stderr.contains(ENDED) {
        Crash::Ends
    } else {
        Crash::None
    };
    if crash == lesson.crash {
        return Ok(());
    }
    Err(format!(
        "in `{test}` {}, but the README {}; correct the patch or the README\n{report}",
        crash.observed(),
        lesson.crash.announced()
    ))
}

/// Patches all models whose README has a valid patch. The tests of the others fail with the reason.
fn build() -> Result<PathBuf, String> {
    let original = workspace();
    let lessons = MODELS
        .iter()
        .map(|model| Lesson::of(&original, model.about().name));
    let patched = lessons
        .flatten()
        .map(|lesson| (lesson.source, lesson.broken));
    copy::build(&original, &patched.collect())
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
