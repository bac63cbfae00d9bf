//! *Break it*: every README breaks its model with a small patch, and names the case that fails then. These tests do so.
//!
//! One copy of the workspace gets the patches of all models and is built once, with this suite in it. Then each test
//! runs the case that a README names with the broken model. The case must fail. The server must not panic or end by
//! itself meanwhile, unless the README says so: a server that crashes fails any case, and shows nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use conformance::{ENDED, PANICKED, ROOM_CASES, Subject};
use echo_server::{MODELS, ROOMS};
use libtest_mimic::{Failed, Trial};
use workshop::{BreakIt, Build, Copy, Crash, Keep, Outcome, Suite, Tree};

use crate::not_applicable::NotApplicable;
use crate::subjects;

/// Longest run of one case. Every wait in it has a deadline of its own, so a case that takes longer hangs.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The suite in the copy of the workspace in which every model is broken; or why it could not be built.
static BROKEN_SUITE: LazyLock<Result<Suite, String>> = LazyLock::new(build);

/// One test for each model that can run on this machine, `break-it/MODEL`, and the models that cannot.
pub fn trials() -> (Vec<Trial>, Vec<NotApplicable>) {
    let mut trials = Vec::new();
    let mut not_applicable = Vec::new();
    for (model, subject) in subjects::all() {
        let name = format!("break-it/{}", subject.name());
        match subjects::unsupported(model) {
            Some(reason) => not_applicable.push(NotApplicable { name, reason }),
            None => trials.push(Trial::test(name, move || fails_as_described(&subject))),
        }
    }
    for (room, subject) in subjects::rooms() {
        let name = format!("break-it/{}", subject.name());
        match room.supported() {
            Err(reason) => not_applicable.push(NotApplicable {
                name,
                reason: reason.to_string(),
            }),
            Ok(()) => trials.push(Trial::test(name, move || fails_as_described(&subject))),
        }
    }
    (trials, not_applicable)
}

/// Passes if the broken model fails the case that its README names, in the way that the README describes.
fn fails_as_described(subject: &Subject) -> Result<(), Failed> {
    let lesson = BreakIt::of(&tree(), &subject.name()).map_err(|error| error.to_string())?;
    let case = named_case(&lesson.case, subject)?;
    let test = format!("/{}/{case}", subject.name());
    let suite = BROKEN_SUITE.as_ref()?;
    let outcome = suite.run(&["--exact", &test], None, DEADLINE, &|| false);
    let outcome = outcome.map_err(|error| error.to_string())?;
    judge(&lesson, &test, &outcome).map_err(Failed::from)
}

/// The name of the case, if it exists and applies.
fn named_case(name: &str, subject: &Subject) -> Result<&'static str, String> {
    let unknown = || format!("no case is called `{name}`; see case.rs");
    if subject.name().starts_with("room-") {
        let case = ROOM_CASES.iter().find(|case| case.name == name);
        return case.map(|case| case.name).ok_or_else(unknown);
    }
    let case = subject.cases().iter().find(|case| case.name == name);
    let case = case.ok_or_else(unknown)?;
    match case.not_applicable(subject) {
        None => Ok(case.name),
        Some(reason) => Err(format!("`{name}` does not apply to the model: {reason}")),
    }
}

fn judge(lesson: &BreakIt, test: &str, outcome: &Outcome) -> Result<(), String> {
    let report = &outcome.text;
    // A test that does not exist fails nothing.
    if outcome.failed() != [lesson.case.as_str()] {
        return Err(format!(
            "`{test}` does not fail with the broken model\n{report}"
        ));
    }
    let crash = if report.contains(PANICKED) {
        Crash::Panics
    } else if report.contains(ENDED) {
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
fn build() -> Result<Suite, String> {
    let tree = tree();
    let models = MODELS.iter().map(|model| model.about().name);
    let rooms = ROOMS.iter().map(|room| room.about().name);
    let lessons = models.chain(rooms).map(|name| BreakIt::of(&tree, name));
    let patched: BTreeMap<_, _> = lessons
        .flatten()
        .map(|lesson| (lesson.source, lesson.broken.source))
        .collect();
    let copy = Copy::of(&tree, BreakIt::COPY, &patched, Keep::No);
    let built = copy.and_then(|copy| unattended().run(&copy)?.suite());
    built.map_err(|error| error.to_string())
}

/// A build that no user watches.
pub fn unattended() -> Build<'static> {
    Build {
        profile: if cfg!(debug_assertions) {
            "dev"
        } else {
            "release"
        },
        progress: Box::new(|_| ()),
        stop: Box::new(|| false),
    }
}

/// The source tree of this suite.
pub fn tree() -> Tree {
    Tree::around(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the suite was built from it")
}
