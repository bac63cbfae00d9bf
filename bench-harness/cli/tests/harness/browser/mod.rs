//! The page in a real browser: every width, light and dark, on paper, without scripts, and by keyboard.
//!
//! These need Chromium, and one of them the script of axe-core: `scripts/test` gets both where it can, and says what was
//! left out where it cannot.

mod chrome;
mod drawn;
mod explored;
mod fonts;
mod lanes;
mod pages;
mod table;
mod words;

use std::fs;
use std::path::Path;

use chrome::Chrome;
use pages::pages;
use report::svg::panel::WIDTH;
use serde_json::json;

const CHECKS: &str = include_str!("checks.js");
/// Phone, tablet, wide screen; and the sheet of paper of the page style, in pixels.
const SCREENS: [u32; 3] = [390, 1024, 1920];
const PAPER: u32 = 688;
/// Width of the same sheet across, less its margins: the cost tables are printed there.
const ACROSS: u32 = 1031;
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

/// Checks a page as it is printed: the cost tables on sheets that lie across, all else on upright ones.
fn assert_sound_on_paper(chrome: &mut Chrome, page: &Path, scheme: &str, what: &str) {
    look(chrome, ACROSS, scheme, "print");
    chrome.visit(page);
    assert_sound(chrome, &format!("{what}, across"));
    look(chrome, PAPER, scheme, "print");
    chrome.evaluate("document.getElementById('costs')?.remove()");
    assert_sound(chrome, what);
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
    let seen = chrome.evaluate("[document.querySelectorAll('main svg[role=img]').length >= 5, document.querySelector('button') === null, document.querySelectorAll('table.cost').length > 1]");
    assert_eq!(seen, json!([true, true, true]));
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
