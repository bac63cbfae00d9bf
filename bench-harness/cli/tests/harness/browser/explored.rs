//! What a reader does with the figures: points, touches, moves by keyboard, hides models, picks models.

use serde_json::{Value, json};

use super::chrome::Chrome;
use super::pages::{of_thirty_models, pages};
use super::{assert_sound, look};

/// Shows only these contenders, as the controls of the page do.
fn show_only(chrome: &mut Chrome, contenders: &str) {
    chrome.evaluate(&format!(
        "(echolab.state ??= {{}}).only = {contenders}; document.dispatchEvent(new CustomEvent('echolab:state'))"
    ));
}

/// Moves the pointer to the middle of an element.
fn point_at(chrome: &mut Chrome, selector: &str) {
    let place = chrome.evaluate(&format!(
        "(() => {{ const part = document.querySelector({}); part.scrollIntoView({{block: 'center'}}); const box = part.getBoundingClientRect(); return [(box.left + box.right) / 2, (box.top + box.bottom) / 2]; }})()",
        json!(selector)
    ));
    // The page reports the end of the scrolling before it draws the next frame.
    chrome.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
    let event = json!({"type": "mouseMoved", "x": place[0], "y": place[1]});
    chrome.call("Input.dispatchMouseEvent", &event);
}

fn tip(chrome: &mut Chrome) -> String {
    let text = chrome.evaluate("document.querySelector('[role=status].tip').textContent");
    text.as_str().unwrap().to_owned()
}

fn page(chrome: &mut Chrome, folder: &std::path::Path) {
    look(chrome, 1024, "light", "screen");
    chrome.visit(&pages(folder)[0]);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_mark_that_is_pointed_at_says_name_value_unit_and_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    page(&mut chrome, folder.path());
    point_at(&mut chrome, "#throughput .panels g.m1 use[data-v]");
    let said = tip(&mut chrome);
    assert!(
        said.contains("requests/s") && said.contains("trials"),
        "{said}"
    );
    assert!(said.contains(": "), "it names the model: {said}");
    point_at(&mut chrome, "#cpu g.r.m1");
    let said = tip(&mut chrome);
    assert!(
        said.contains("CPU per request") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_tip_goes_with_escape_with_scrolling_and_with_the_pointer() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    page(&mut chrome, folder.path());
    point_at(&mut chrome, "#cpu g.r.m1");
    assert!(!tip(&mut chrome).is_empty());
    chrome.press("Escape", 27, "");
    assert_eq!(tip(&mut chrome), "");
    point_at(&mut chrome, "#cpu g.r.m2");
    assert!(!tip(&mut chrome).is_empty());
    chrome.evaluate("scrollBy(0, 40); new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    assert_eq!(tip(&mut chrome), "");
    point_at(&mut chrome, "#cpu g.r.m1");
    point_at(&mut chrome, "#cpu h2");
    assert_eq!(tip(&mut chrome), "");
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_touched_mark_says_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    page(&mut chrome, folder.path());
    let said = chrome.evaluate(
        "(() => { const row = document.querySelector('#cpu g.r.m1'); row.scrollIntoView({block: 'center'}); const box = row.getBoundingClientRect();
           const touch = new PointerEvent('pointerdown', {bubbles: true, pointerType: 'touch', clientX: box.left + 9, clientY: (box.top + box.bottom) / 2});
           row.dispatchEvent(touch); return document.querySelector('.tip').textContent; })()",
    );
    assert!(said.as_str().unwrap().contains("CPU per request"), "{said}");
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_figure_is_one_stop_and_arrow_keys_move_inside() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    page(&mut chrome, folder.path());
    let stops = chrome.evaluate(
        "[...document.querySelectorAll('#cpu .panels')].every((part) => part.querySelectorAll('[tabindex]').length === part.querySelectorAll('svg[role=img]').length)",
    );
    assert_eq!(stops, json!(true));
    chrome.evaluate("document.querySelector('#cpu .panel').focus({focusVisible: true})");
    let first = tip(&mut chrome);
    chrome.press("ArrowDown", 40, "");
    let second = tip(&mut chrome);
    assert!(
        !first.is_empty() && !second.is_empty() && first != second,
        "{first} {second}"
    );
    chrome.press("End", 35, "");
    chrome.press("Home", 36, "");
    assert_eq!(tip(&mut chrome), first);
    chrome.press("Tab", 9, "");
    let inside =
        chrome.evaluate("document.querySelector('#cpu .panel').contains(document.activeElement)");
    assert_eq!(inside, json!(false), "Tab leaves the figure");
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_table_is_one_stop_and_its_cells_say_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    page(&mut chrome, folder.path());
    let stops =
        "document.querySelector('table.cost').querySelectorAll('td[tabindex=\"0\"]').length";
    assert_eq!(chrome.evaluate(stops), json!(1));
    chrome.evaluate("document.querySelector('table.cost td[tabindex=\"0\"]').focus()");
    chrome.press("ArrowRight", 39, "");
    assert_eq!(chrome.evaluate(stops), json!(1));
    let said = tip(&mut chrome);
    assert!(said.contains(": "), "{said}");
    let described = chrome.evaluate("document.activeElement.getAttribute('aria-describedby')");
    assert_eq!(described, json!("tip"));
}

/// Heights of the panels of a figure, as drawn.
fn heights(chrome: &mut Chrome, figure: &str) -> Vec<f64> {
    let heights = chrome.evaluate(&format!(
        "[...document.querySelectorAll('{figure} .panels svg')].map((svg) => svg.getBoundingClientRect().height)"
    ));
    let heights = heights.as_array().unwrap().iter();
    heights.map(|height| height.as_f64().unwrap()).collect()
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn hidden_models_leave_no_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&of_thirty_models(folder.path()));
    let whole = heights(&mut chrome, "#cpu");
    show_only(&mut chrome, "[1, 2, 9]");
    let few = heights(&mut chrome, "#cpu");
    assert!(
        few.iter()
            .zip(&whole)
            .all(|(few, whole)| few * 3.0 < *whole),
        "{few:?} {whole:?}"
    );
    let gaps = chrome.evaluate(
        "[...document.querySelectorAll('#cpu .panels svg')].flatMap((svg) => {
            const boxes = [...svg.querySelectorAll('g.r')].filter((row) => !row.classList.contains('off')).map((row) => row.getBoundingClientRect());
            return boxes.slice(1).map((box, index) => box.top - boxes[index].bottom);
        }).filter((gap) => gap > 14)",
    );
    assert_eq!(gaps, json!([]));
    assert_sound(&mut chrome, "three models");
    let families = "[...document.querySelectorAll('#throughput .panels svg')].filter((svg) => svg.getBoundingClientRect().height > 0).length";
    let seen = chrome.evaluate(families).as_u64().unwrap();
    assert!(
        (1..5).contains(&seen),
        "a family without a shown model has no panel: {seen}"
    );
    show_only(&mut chrome, "null");
    assert_eq!(heights(&mut chrome, "#cpu"), whole);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_reader_picks_the_models_of_the_large_panel() {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    look(&mut chrome, 1024, "light", "screen");
    chrome.visit(&of_thirty_models(folder.path()));
    let names = |chrome: &mut Chrome| {
        let names = chrome.evaluate(
            "[...document.querySelectorAll('.drawing .who')].map((part) => part.textContent)",
        );
        names.as_array().unwrap().clone()
    };
    assert_eq!(names(&mut chrome).len(), 5, "the best of each family");
    chrome.evaluate("document.querySelector('.pick').open = true; [...document.querySelectorAll('.pick input')].find((box) => box.parentElement.textContent.trim() === 'poll').click()");
    assert!(names(&mut chrome).contains(&json!("poll")));
    assert_sound(&mut chrome, "with poll");
    chrome.evaluate("[...document.querySelectorAll('.pick button')].find((part) => part.textContent === 'None').click()");
    assert_eq!(names(&mut chrome), [Value::Null; 0]);
    chrome.evaluate("[...document.querySelectorAll('.pick button')].find((part) => part.textContent === 'All').click()");
    assert_eq!(names(&mut chrome).len(), 30);
    assert_sound(&mut chrome, "all models");
    let inside = chrome.evaluate(
        "(() => { const svg = document.querySelector('.drawing svg').getBoundingClientRect(); return [...document.querySelectorAll('.drawing text')].every((part) => { const box = part.getBoundingClientRect(); return box.left >= svg.left - 1 && box.right <= svg.right + 1; }); })()",
    );
    assert_eq!(inside, json!(true));
}
