//! *Break it*: every README shows how its model is broken and which case catches it. Here each is broken that way.
//!
//! One copy of the workspace gets all patches and is built once, with this suite in it. Then the case that a README
//! names is run in the copy for its model, and must fail there.

mod copy;
mod lesson;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use echo_server::MODELS;
use libtest_mimic::{Failed, Trial};

use crate::case::{CASES, DATAGRAM_CASES};
use crate::subject::Subject;
use lesson::Lesson;

/// This suite in the copy of the workspace where every model is broken, or why there is none.
static BROKEN: LazyLock<Result<PathBuf, String>> = LazyLock::new(build);

/// One test a model that can run here: `MODEL::break_it`.
pub fn trials() -> impl Iterator<Item = Trial> {
    let subjects = MODELS.iter().map(|model| Subject::new(*model));
    let here = subjects.filter(|subject| subject.unsupported().is_none());
    here.map(|subject| {
        let name = format!("{}::break_it", subject.name());
        Trial::test(name, move || is_caught(subject))
    })
}

fn is_caught(subject: Subject) -> Result<(), Failed> {
    let model = subject.name();
    let lesson = Lesson::of(&workspace(), model)?;
    let mut cases = CASES.iter().chain(DATAGRAM_CASES);
    let case = cases.find(|case| case.name == lesson.case);
    let case = case.ok_or_else(|| format!("there is no case `{}`", lesson.case))?;
    if let Some(why) = case.not_applicable(&subject) {
        return Err(format!("`{}` does not apply to `{model}`: {why}", case.name).into());
    }
    let broken = BROKEN.as_ref()?;
    let name = format!("{model}::{}", case.name);
    let output = Command::new(broken).args(["--exact", &name]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // A test that does not exist fails nothing, and a suite that crashes has caught nothing.
    let failed_alone = text.contains("running 1 test\n") && text.contains(" 0 passed; 1 failed;");
    match output.status.code() {
        Some(101) if failed_alone => Ok(()),
        _ => Err(format!(
            "`{name}` does not catch what the README breaks: {}\n{text}",
            output.status
        )
        .into()),
    }
}

/// Patches all models whose README can be understood; the others fail for themselves.
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
