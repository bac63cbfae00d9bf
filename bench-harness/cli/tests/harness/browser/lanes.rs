//! Who waits for whom, in a real browser: the reader picks two models and plays them.

use serde_json::{Value, json};

use super::chrome::Chrome;
use super::pages::{of_a_site, with_lanes};
use super::{PAPER, SCREENS, assert_sound, look, unfold};

/// The names of the models that are drawn, from above.
const DRAWN: &str =
    "[...document.querySelectorAll('#lanes .panels .panel-title')].map((text) => text.textContent)";

/// Chooses a model in the list with this label.
fn pick(chrome: &mut Chrome, label: &str, model: &str) {
    chrome.evaluate(&format!(
        "(() => {{
            const list = [...document.querySelectorAll('#lanes label')].find((one) => one.firstChild.data === '{label}').querySelector('select');
            list.value = [...list.options].find((one) => one.text === '{model}').value;
            list.dispatchEvent(new Event('change'));
        }})()"
    ));
}

fn click(chrome: &mut Chrome) -> Value {
    chrome.evaluate("(() => { const button = document.querySelector('#lanes button'); button.click(); return button.textContent; })()")
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_reader_picks_two_models_for_the_lanes() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&with_lanes(folder.path()));
    let parts = "[...document.querySelectorAll('#lanes .panels path.span')].map((path) => path.getAttribute('d'))";
    pick(&mut chrome, "Above", "poll");
    pick(&mut chrome, "Below", "thread-per-connection");
    assert_eq!(
        chrome.evaluate(DRAWN),
        json!(["poll", "thread-per-connection"])
    );
    let drawn = chrome.evaluate(parts);
    assert_eq!(
        drawn.as_array().map(Vec::len),
        Some(6),
        "two of the legend, and two a model: {drawn}"
    );
    assert_eq!(chrome.errors(), [""; 0]);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_script_draws_the_lanes_as_the_page_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    let page = with_lanes(folder.path());
    let paths = "[...document.querySelectorAll('#lanes .panels path.span')].map((path) => path.getAttribute('d')).sort()";
    chrome.visit(&page);
    let by_script = chrome.evaluate(paths);
    chrome.call(
        "Emulation.setScriptExecutionDisabled",
        &json!({"value": true}),
    );
    chrome.visit(&page);
    let still = chrome.evaluate(paths);
    let numbers = |paths: &Value| -> Vec<f64> {
        let text = paths.to_string();
        let parts = text.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
        parts.filter_map(|part| part.parse().ok()).collect()
    };
    let [by_script, still] = [by_script, still].map(|paths| numbers(&paths));
    assert_eq!(by_script.len(), still.len());
    let differ = by_script
        .iter()
        .zip(&still)
        .filter(|(a, b)| (*a - *b).abs() > 0.15);
    assert_eq!(differ.count(), 0);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn without_motion_the_lanes_advance_step_by_step_and_paper_shows_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    let still = json!([{"name": "prefers-reduced-motion", "value": "reduce"}]);
    chrome.call(
        "Emulation.setEmulatedMedia",
        &json!({"media": "screen", "features": still}),
    );
    chrome.visit(&with_lanes(folder.path()));
    let width = "Number(document.querySelector('#lanes-clip rect').getAttribute('width'))";
    assert_eq!(click(&mut chrome), json!("Next step"));
    let first = chrome.evaluate(width).as_f64().unwrap();
    click(&mut chrome);
    let second = chrome.evaluate(width).as_f64().unwrap();
    assert!(second > first, "{first} {second}");
    look(&mut chrome, PAPER, "light", "print");
    let shown = "[getComputedStyle(document.querySelector('#lanes [clip-path]')).clipPath, document.querySelector('#lanes .pick').offsetHeight]";
    assert_eq!(chrome.evaluate(shown), json!(["none", 0]));
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_lanes_and_a_site_fit_every_screen_and_paper() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    for page in [with_lanes(folder.path()), of_a_site(folder.path())] {
        for (width, scheme) in SCREENS.into_iter().zip(["dark", "light", "dark"]) {
            look(&mut chrome, width, scheme, "screen");
            chrome.visit(&page);
            unfold(&mut chrome);
            assert_sound(&mut chrome, &format!("{} {width} {scheme}", page.display()));
        }
        look(&mut chrome, PAPER, "light", "print");
        assert_sound(&mut chrome, &format!("{} on paper", page.display()));
    }
}
