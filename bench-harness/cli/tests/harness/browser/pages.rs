//! The pages that the browser shows, each made once for all tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::large;
use crate::made_up;
use crate::questions;
use crate::report::{two_runs, written, written_diff};
use crate::scripted::run;
use crate::site;

static SCRIPTED: LazyLock<String> =
    LazyLock::new(|| text_of(|folder| written(&run(folder), folder)));
static DIFFERENCE: LazyLock<String> =
    LazyLock::new(|| text_of(|folder| written_diff(&two_runs(folder), folder)));
static WITH_LANES: LazyLock<String> =
    LazyLock::new(|| text_of(|folder| written(&questions::run(&["blocking"], folder), folder)));
static SITE: LazyLock<String> = LazyLock::new(|| text_of(site::written));
static COURSE: LazyLock<String> = LazyLock::new(made_up::course);
static OF_THIRTY_MODELS: LazyLock<String> =
    LazyLock::new(|| text_of(|folder| written(&large::run(&folder.join("large")), folder)));

/// The pages of a scripted run, of the committed one, of two runs, and of the course, as files.
pub fn pages(folder: &Path) -> Vec<PathBuf> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/sample/report.html");
    vec![
        file(folder, "report.html", &SCRIPTED),
        sample,
        file(folder, "diff.html", &DIFFERENCE),
        with_lanes(folder),
        of_a_site(folder),
        file(folder, "course.html", &COURSE),
    ]
}

/// The index of a site of three runs, as a file.
pub fn of_a_site(folder: &Path) -> PathBuf {
    file(folder, "index.html", &SITE)
}

/// The page of a run that recorded single clients, as a file.
pub fn with_lanes(folder: &Path) -> PathBuf {
    file(folder, "lanes.html", &WITH_LANES)
}

/// The page of the largest run, as a file.
pub fn of_thirty_models(folder: &Path) -> PathBuf {
    file(folder, "thirty.html", &OF_THIRTY_MODELS)
}

/// The golden figures, on small made-up data and on extreme data.
pub fn figures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/figures");
    let entries = fs::read_dir(folder).unwrap();
    let mut figures: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    figures.sort();
    assert!(!figures.is_empty());
    figures
}

/// The text of a page that is written into a folder.
fn text_of(write: impl FnOnce(&Path) -> PathBuf) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::read_to_string(write(folder.path())).unwrap()
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}
