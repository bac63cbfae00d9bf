//! The report of a scripted run, compared with golden files, and reports of runs that failed in part.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::{Summary, diff};
use record::store::Run;
use serde_json::Value;

use crate::large;
use crate::scripted::{Script, carry_out, plan, plan_with_twin, run};

/// Compares a text with a file in `tests/golden`. With `ECHOLAB_BLESS=1` in the environment it writes the file instead:
/// look at the difference before you commit it.
pub fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if std::env::var_os("ECHOLAB_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    let differs = golden.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        golden == text,
        "{name} differs from line {differs:?}; if that is meant: ECHOLAB_BLESS=1 cargo test -p echolab"
    );
}

pub fn written(run: &Run, folder: &Path) -> PathBuf {
    report::write(folder, run, &Summary::of(run)).unwrap()
}

#[test]
fn a_scripted_run_becomes_the_same_report_every_time() {
    let parent = tempfile::tempdir().unwrap();
    let mut run = run(parent.path());
    // A fixed digest, because new fields of rows change the real one.
    run.digest = "0".repeat(64).into();
    let page = written(&run, parent.path());
    assert_golden("report.html", &fs::read_to_string(page).unwrap());
    assert_golden(
        "report.md",
        &fs::read_to_string(parent.path().join("report.md")).unwrap(),
    );
    assert_golden(
        "throughput.svg",
        &fs::read_to_string(parent.path().join("figures/throughput.svg")).unwrap(),
    );
    assert_golden("terminal.txt", &report::terminal(&Summary::of(&run)));
}

#[test]
fn the_page_loads_nothing_and_escapes_names() {
    let parent = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(written(&run(parent.path()), parent.path())).unwrap();
    assert!(
        page.contains("default-src 'none'; style-src 'sha256-")
            && page.contains("; script-src 'sha256-"),
        "it has a strict policy"
    );
    // Addresses are links of the reader, or the name of SVG in a script.
    let page_without_names = page.replace("http://www.w3.org/2000/svg", "");
    for scheme in ["http://", "https://"] {
        let mut places = page_without_names.match_indices(scheme);
        let is_link = |(at, _): (usize, &str)| page_without_names[..at].ends_with("<a href=\"");
        assert!(places.all(is_link), "{scheme} is no link");
    }
    assert!(
        !page.contains(" src=") && !page.contains("<link") && !page.contains("@import"),
        "it asks for nothing"
    );
    assert!(!page.contains("ready-<scan>") && page.contains("ready-&lt;scan&gt;"));
    assert!(
        !page.contains(" style=\""),
        "the policy forbids style attributes"
    );
}

#[test]
fn the_page_has_little_script_and_its_data_as_json() {
    let parent = tempfile::tempdir().unwrap();
    let page = fs::read_to_string(written(&run(parent.path()), parent.path())).unwrap();
    let script = page.rsplit("<script>").next().unwrap();
    let script = script.split("</script>").next().unwrap();
    assert!(script.len() <= 64 * 1024, "{} bytes", script.len());
    let (_, data) = page.split_once("type=\"application/json\">").unwrap();
    let data: Value = serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    assert_eq!(data["models"][3], "ready-<scan>");
    let cells = data["loads"][0]["cells"].as_array().unwrap();
    assert_eq!(cells.len(), data["models"].as_array().unwrap().len());
    let metrics = data["loads"][0]["metrics"].as_array().unwrap();
    assert_eq!(cells[0]["v"].as_array().unwrap().len(), metrics.len());
}

#[test]
fn the_terminal_table_fits_80_columns() {
    let parent = tempfile::tempdir().unwrap();
    let table = report::terminal(&Summary::of(&run(parent.path())));
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
}

#[test]
fn failures_are_rows_of_the_report() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    written(&run, parent.path());
    let text = fs::read_to_string(parent.path().join("report.md")).unwrap();
    assert!(
        text.contains("1 trial failed: the server was killed by SIGSEGV"),
        "{text}"
    );
    assert!(
        text.contains("cannot run here: this kernel lacks it; use a newer one"),
        "{text}"
    );
}

#[test]
fn a_run_without_any_finished_trial_has_a_report() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    carry_out(
        &plan(),
        &mut Script {
            stop_after: 0,
            ..Script::to_the_end()
        },
        &folder,
    );
    let page = fs::read_to_string(written(&Run::read(&folder).unwrap(), &folder)).unwrap();
    assert!(page.contains("Only 0 of 40 planned trials are finished"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn a_run_of_one_trial_has_figures() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    carry_out(
        &plan(),
        &mut Script {
            stop_after: 1,
            ..Script::to_the_end()
        },
        &folder,
    );
    let page = fs::read_to_string(written(&Run::read(&folder).unwrap(), &folder)).unwrap();
    assert!(page.contains("id=throughput ") && !page.contains("NaN"));
}

/// Two scripted runs: in the second, one model takes twice as long, and one is missing.
pub fn two_runs(parent: &Path) -> [Run; 2] {
    let run = |name: &str| {
        let folder = parent.join(name);
        carry_out(&plan_with_twin(), &mut Script::to_the_end(), &folder);
        let mut run = Run::read(&folder).unwrap();
        run.digest = "0".repeat(64).into();
        run
    };
    let (mut before, mut after) = (run("before"), run("after"));
    before.environment.commit = Some("one".to_owned());
    after.environment.commit = Some("another".to_owned());
    for row in &mut after.samples {
        if let Some(outcome) = row
            .outcome
            .as_mut()
            .filter(|_| row.contender == "ready-list")
        {
            outcome.rate *= 0.5;
        }
    }
    after.samples.retain(|row| row.contender != "one-by-one");
    [before, after]
}

pub fn written_diff([before, after]: &[Run; 2], folder: &Path) -> PathBuf {
    report::write_diff(folder, before, after, &diff(before, after)).unwrap()
}

#[test]
fn two_runs_become_the_same_page_every_time() {
    let parent = tempfile::tempdir().unwrap();
    let page = written_diff(&two_runs(parent.path()), parent.path());
    let read = |name: &str| fs::read_to_string(parent.path().join(name)).unwrap();
    assert_golden("diff.html", &fs::read_to_string(&page).unwrap());
    assert_golden("diff.md", &read("diff.md"));
    let text = read("diff.md");
    assert!(
        text.contains("ready-list at 100 connections (ladder) is slower: 0.50"),
        "{text}"
    );
    assert!(
        text.contains("| program | commit | one | another |"),
        "{text}"
    );
    assert!(
        !read("diff.html").contains("ready-<scan>"),
        "names are escaped"
    );
}

/// Most bytes of a page: a phone still opens it at once. The first 30 models of the registry and all scenarios are on it, so a
/// new model or scenario may make it larger; there is room for some.
const MOST: u64 = 620_000;

#[test]
fn thirty_models_under_forty_loads_fit_on_a_page_of_620_kilobytes() {
    let parent = tempfile::tempdir().unwrap();
    let page = written(&large::run(&parent.path().join("large")), parent.path());
    let bytes = fs::metadata(&page).unwrap().len();
    assert!(
        bytes <= MOST,
        "the page has {bytes} bytes of at most {MOST}; shorten what it repeats, or raise the limit with a reason"
    );
}
