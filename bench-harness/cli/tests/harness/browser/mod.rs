//! The page in a real browser: every width, light and dark, on paper, without scripts, and by keyboard.
//!
//! These need Chromium, and one of them the script of axe-core: `scripts/test` gets both where it can, and says what was
//! left out where it cannot.

mod chrome;
mod drawn;
mod fonts;
mod pages;

use std::fs;

use chrome::Chrome;
use pages::pages;
use report::svg::panel::WIDTH;
use serde_json::json;

const CHECKS: &str = include_str!("checks.js");
/// Phone, tablet, wide screen; and the sheet of paper of the page style, in pixels.
const SCREENS: [u32; 3] = [390, 1024, 1920];
const PAPER: u32 = 688;
/// Where the script of axe-core is.
const AXE: &str = "ECHOLAB_AXE";

fn look(chrome: &mut Chrome, width: u32, scheme: &str, media: &str) {
    let screen = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    chrome.call("Emulation.setDeviceMetricsOverride", &screen);
    let scheme = json!([{"name": "prefers-color-scheme", "value": scheme}]);
    chrome.call(
        "Emulation.setEmulatedMedia",
        &json!({"media": media, "features": scheme}),
    );
}

/// Opens everything that a reader can unfold.
fn unfold(chrome: &mut Chrome) {
    chrome
        .evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })");
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
        <svg role="img" width="200" height="50"><text x="5" y="20">one</text><text x="8" y="22">two</text><text x="190" y="40">three</text></svg>
        <svg role="img" width="900" height="50"><g transform="translate(24 0)"><desc>A panel.</desc><text x="410" y="20">four</text></g></svg>"#;
    assert!(CHECKS.contains(&format!("PANEL = {WIDTH};")));
    fs::write(&page, text).unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&page);
    let found = chrome.evaluate(CHECKS).to_string();
    for wrong in [
        "pixels wide",
        r#"\"three\" leaves its figure"#,
        r#"\"four\" leaves its figure"#,
        r#"\"one\" overlaps \"two\""#,
    ] {
        assert!(found.contains(wrong), "{found}");
    }
    assert_eq!(chrome.errors().len(), 1);
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
        unfold(&mut chrome);
        chrome.evaluate(&axe);
        let found = chrome.evaluate(
            "axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 120)).slice(0, 3).join(' | ')}`))",
        );
        assert_eq!(found, json!([]), "{} {width} {scheme}", page.display());
    }
}
