//! The page in a real browser: every width, light and dark, on paper, without scripts, and by keyboard.
//!
//! These need Chromium, and one of them the script of axe-core: `scripts/test` gets both where it can, and says what was
//! left out where it cannot.

mod chrome;

use std::fs;
use std::path::{Path, PathBuf};

use chrome::Chrome;
use serde_json::{Value, json};

use crate::large;
use crate::report::{two_runs, written, written_diff};
use crate::scripted::run;

const CHECKS: &str = include_str!("checks.js");
/// Phone, tablet, wide screen; and the sheet of paper of the page style, in pixels.
const SCREENS: [u32; 3] = [390, 1024, 1920];
const PAPER: u32 = 688;
/// Where the script of axe-core is.
const AXE: &str = "ECHOLAB_AXE";

/// The pages that are looked at: of a scripted run, of the committed one, and of two runs.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/sample/report.html");
    let diff = written_diff(&two_runs(folder), folder);
    vec![written(&run(folder), folder), sample, diff]
}

fn look(chrome: &mut Chrome, width: u32, scheme: &str, media: &str) {
    let screen = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    chrome.call("Emulation.setDeviceMetricsOverride", &screen);
    let scheme = json!([{"name": "prefers-color-scheme", "value": scheme}]);
    chrome.call(
        "Emulation.setEmulatedMedia",
        &json!({"media": media, "features": scheme}),
    );
}

fn assert_sound(chrome: &mut Chrome, what: &str) {
    let wrong = chrome.evaluate(CHECKS);
    assert_eq!(wrong, json!([]), "{what}");
    assert_eq!(chrome.errors(), [""; 0], "{what}");
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_checks_find_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("wrong.html");
    let text = r#"<!doctype html><p style="width:9999px">wide</p><script>console.error('broken')</script>
        <svg role="img" width="200" height="50"><text x="5" y="20">one</text><text x="8" y="22">two</text><text x="190" y="40">three</text></svg>"#;
    fs::write(&page, text).unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&page);
    let found = chrome.evaluate(CHECKS).to_string();
    assert!(
        found.contains("pixels wide") && found.contains("leaves its figure"),
        "{found}"
    );
    assert!(found.contains(r#"\"one\" overlaps \"two\""#), "{found}");
    assert_eq!(chrome.errors().len(), 1);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn nothing_overlaps_or_leaves_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    let schemes = SCREENS
        .into_iter()
        .flat_map(|width| [(width, "light", "screen"), (width, "dark", "screen")]);
    let looks: Vec<_> = schemes.chain([(PAPER, "dark", "print")]).collect();
    for page in pages(folder.path()) {
        for &(width, scheme, media) in &looks {
            look(&mut chrome, width, scheme, media);
            chrome.visit(&page);
            assert_sound(
                &mut chrome,
                &format!("{}: {width} {scheme} {media}", page.display()),
            );
            chrome.evaluate(
                "document.querySelectorAll('details').forEach((part) => { part.open = true; })",
            );
            assert_sound(
                &mut chrome,
                &format!("{}: {width} {scheme} {media}, unfolded", page.display()),
            );
        }
    }
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn nothing_overlaps_with_thirty_models() {
    let folder = tempfile::tempdir().unwrap();
    let page = written(&large::run(&folder.path().join("large")), folder.path());
    let mut chrome = Chrome::start();
    for width in SCREENS {
        look(&mut chrome, width, "light", "screen");
        chrome.visit(&page);
        assert_sound(&mut chrome, &format!("{width}"));
    }
    look(&mut chrome, PAPER, "light", "print");
    chrome.visit(&page);
    assert_sound(&mut chrome, "on paper");
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_baseline_is_chosen_by_keyboard_and_without_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&pages(folder.path())[1]);
    let seen = "[...document.querySelectorAll('#ratio .alt')].map((part) => part.offsetHeight > 0)";
    let shown = |chrome: &mut Chrome| chrome.evaluate(seen);
    assert_eq!(shown(&mut chrome)[0], json!(true));
    chrome.evaluate("document.querySelector('#b0').focus()");
    chrome.press("ArrowRight", 39, "");
    let after = shown(&mut chrome);
    assert_eq!((&after[0], &after[1]), (&json!(false), &json!(true)));
    look(&mut chrome, PAPER, "light", "print");
    let printed = shown(&mut chrome);
    assert_eq!((&printed[0], &printed[1]), (&json!(true), &json!(false)));
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn no_label_overlaps_in_any_figure() {
    let figures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/figures");
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    for entry in fs::read_dir(figures).unwrap().flatten() {
        chrome.visit(&entry.path());
        let wrong = chrome.evaluate(CHECKS);
        let overlaps = wrong
            .as_array()
            .unwrap()
            .iter()
            .filter(|text| !text.to_string().contains("pixels wide"));
        assert_eq!(
            overlaps.collect::<Vec<_>>(),
            [&Value::Null; 0],
            "{}",
            entry.path().display()
        );
    }
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_page_is_complete_without_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({"value": true}),
    );
    chrome.visit(&pages(folder.path())[0]);
    assert_sound(&mut chrome, "without scripts");
    let seen = chrome.evaluate("[document.querySelectorAll('main svg[role=img]').length > 9, document.querySelector('button') === null, document.querySelector('.hint').offsetHeight]");
    assert_eq!(seen, json!([true, true, 0]));
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_legend_works_by_keyboard() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&pages(folder.path())[0]);
    for _ in 0..50 {
        chrome.press("Tab", 9, "");
        if chrome.evaluate("document.activeElement.dataset.m === '1'") == json!(true) {
            break;
        }
    }
    let state = "[document.activeElement.getAttribute('aria-pressed'), document.querySelectorAll('main .m1.off').length > 5, document.querySelectorAll('main .m0.off').length]";
    chrome.press(" ", 32, " ");
    assert_eq!(chrome.evaluate(state), json!(["false", true, 0]));
    chrome.press(" ", 32, " ");
    assert_eq!(chrome.evaluate(state), json!(["true", false, 0]));
}

#[test]
#[ignore = "needs Chromium and axe-core; scripts/test runs it"]
fn axe_finds_nothing() {
    let axe = std::env::var_os(AXE)
        .expect("ECHOLAB_AXE names axe.min.js of axe-core (npm pack axe-core)");
    let axe = fs::read_to_string(axe).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    let pages = pages(folder.path());
    let looks = [(390, "light"), (1024, "dark")];
    for (page, (width, scheme)) in pages.iter().flat_map(|page| looks.map(|look| (page, look))) {
        look(&mut chrome, width, scheme, "screen");
        chrome.visit(page);
        chrome.evaluate(
            "document.querySelectorAll('details').forEach((part) => { part.open = true; })",
        );
        chrome.evaluate(&axe);
        let found = chrome.evaluate(
            "axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(' | ')}`))",
        );
        assert_eq!(found, json!([]), "{} {width} {scheme}", page.display());
    }
}
