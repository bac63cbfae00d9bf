//! What a reader can do with the cost table: sort, filter, compare with another baseline, link and copy.

use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::chrome::Chrome;
use super::look;
use super::pages::pages;

/// The names of the rows that are shown, from the top.
const ROWS: &str = "[...document.querySelectorAll('.load:not(.away) tbody.ranked tr:not(.gone) th')].map((name) => name.textContent)";
/// Waits until the address is handled.
const SETTLED: &str = "new Promise((done) => setTimeout(() => done(null)))";

/// A page with a cost table in a browser.
struct Reader {
    chrome: Chrome,
    page: PathBuf,
    _folder: TempDir,
}

impl Reader {
    fn at(width: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let page = pages(folder.path()).remove(0);
        let mut chrome = Chrome::start();
        look(&mut chrome, width, "light", "screen");
        chrome.visit(&page);
        Self {
            chrome,
            page,
            _folder: folder,
        }
    }

    fn does(&mut self, script: &str) -> Value {
        let seen = self.chrome.evaluate(script);
        self.chrome.evaluate(SETTLED);
        assert_eq!(self.chrome.errors(), [""; 0], "{script}");
        seen
    }

    /// Opens the page again at this address of a view.
    fn follows(&mut self, hash: &str) {
        self.chrome.visit(std::path::Path::new("/dev/null"));
        let address = format!("{}{hash}", self.page.display());
        self.chrome.visit(std::path::Path::new(&address));
    }

    fn rows(&mut self) -> Vec<String> {
        serde_json::from_value(self.does(ROWS)).unwrap()
    }

    /// Chooses in the control with this label.
    fn chooses(&mut self, label: &str, value: &str) {
        self.does(&format!(
            "(() => {{
                const label = [...document.querySelectorAll('#controls label')].find((label) => label.textContent.startsWith({label:?}));
                const control = label.querySelector('select, input');
                const option = [...(control.options ?? [])].find((option) => option.textContent === {value:?});
                control.value = option ? option.value : {value:?};
                control.dispatchEvent(new Event(option ? 'change' : 'input'));
            }})()"
        ));
    }

    fn presses(&mut self, button: &str) {
        self.does(&format!(
            "[...document.querySelectorAll('#controls button, #controls a')].find((one) => one.textContent.startsWith({button:?})).click()"
        ));
        self.does("new Promise((done) => setTimeout(() => done(null), 50))");
    }

    fn status(&mut self) -> String {
        let text = self.does("document.querySelector('#controls [role=status]').textContent");
        text.as_str().unwrap().to_owned()
    }
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_column_sorts_by_keyboard_and_says_so() {
    let mut reader = Reader::at(1440);
    let before = reader.rows();
    reader.does("document.querySelector('.load:not(.away) th[data-m=name] button').focus()");
    reader.chrome.press("Enter", 13, "\r");
    reader.does("null");
    let mut sorted = before.clone();
    sorted.sort();
    assert_eq!(reader.rows(), sorted);
    let order =
        "document.querySelector('.load:not(.away) th[data-m=name]').getAttribute('aria-sort')";
    assert_eq!(reader.does(order), json!("ascending"));
    assert!(reader.status().contains("by design from A to Z"));
    reader.chrome.press("Enter", 13, "\r");
    sorted.reverse();
    assert_eq!(reader.rows(), sorted);
    assert_eq!(reader.does(order), json!("descending"));
    reader.does("history.back()");
    reader.does("new Promise((done) => setTimeout(() => done(null), 100))");
    assert_eq!(reader.does(order), json!("ascending"));
    reader.does("history.go(-1)");
    reader.does("new Promise((done) => setTimeout(() => done(null), 100))");
    assert_eq!(reader.rows(), before, "the back button leads to the start");
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_filter_by_family_leaves_the_baseline() {
    let mut reader = Reader::at(1440);
    reader.chooses("Find", "blocking");
    let families = "echolab.data.models.filter((_, id) => echolab.data.families[echolab.data.family[id]] === 'blocking' || id === echolab.state.baseline)";
    let expected: Vec<String> = serde_json::from_value(reader.does(families)).unwrap();
    let rows = reader.rows();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| expected.contains(row)),
        "{rows:?}"
    );
    assert!(reader.status().contains("hidden"));
    reader.presses("Show all");
    assert!(reader.rows().len() > rows.len());
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn another_baseline_changes_ratios_and_words_and_leaves_no_trace() {
    let mut reader = Reader::at(1440);
    let tables = "document.querySelector('#costs').innerHTML.replace(/<div id=.controls.[^]*?<.div>/, '').replace(/ class=\"\"/g, '')";
    let before = reader.does(tables);
    let baseline = reader.does("echolab.data.models[echolab.data.baseline]");
    let other = reader
        .rows()
        .into_iter()
        .find(|name| json!(name) != baseline);
    let other = other.expect("there are two");
    reader.chooses("Compare with", &other);
    let marked = "document.querySelector('.load:not(.away) tr.ref').textContent";
    let row = reader.does(marked);
    assert!(
        row.as_str().unwrap().contains(&format!("{other}baseline")),
        "{row}"
    );
    assert!(row.as_str().unwrap().contains("×1.00"), "{row}");
    let about = reader.does("document.querySelector('#costs .legend').textContent");
    assert!(
        about
            .as_str()
            .unwrap()
            .contains(&format!("less than {other}"))
    );
    reader.chooses("Compare with", baseline.as_str().unwrap());
    assert_eq!(reader.does(tables), before);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_link_leads_to_the_same_view() {
    let mut reader = Reader::at(1440);
    let names = reader.rows();
    reader.chooses("Compare with", &names[1]);
    reader.does("[...document.querySelectorAll('.load:not(.away) tbody.ranked input')].slice(0, 2).forEach((box) => box.click())");
    reader.presses("Only these 2");
    let view = "[echolab.state, document.querySelector('#costs').innerText]";
    let (rows, seen) = (reader.rows(), reader.does(view));
    assert_eq!(rows.len(), 2);
    let link =
        reader.does("new URL([...document.querySelectorAll('#controls a')].pop().href).hash");
    reader.follows(link.as_str().unwrap());
    assert_eq!(reader.rows(), rows);
    assert_eq!(reader.does(view), seen);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn an_address_that_means_nothing_is_ignored() {
    let mut reader = Reader::at(1440);
    let rows = reader.rows();
    for hash in [
        "#load=999&by=nonsense&against=nobody&only=nobody",
        "#%",
        "#=",
        "#costs",
        "#__proto__=1&load=",
    ] {
        reader.follows(hash);
        assert_eq!(reader.rows(), rows, "{hash}");
        assert_eq!(
            reader.does("echolab.state.baseline === echolab.data.baseline"),
            json!(true)
        );
    }
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_table_is_copied_or_stands_selected_in_a_box() {
    let mut reader = Reader::at(1440);
    reader.does("Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })");
    reader.presses("Copy as Markdown");
    let text = reader.does("copied");
    for part in reader.rows() {
        assert!(
            text.as_str().unwrap().contains(&format!("\n| {part} |")),
            "{text}"
        );
    }
    reader.presses("Copy as CSV");
    let text = reader.does("copied");
    let lines: Vec<&str> = text.as_str().unwrap().lines().collect();
    assert!(
        lines[0].starts_with("model,family,load,baseline,word,"),
        "{text}"
    );
    assert_eq!(
        lines.len(),
        1 + reader
            .does("document.querySelectorAll('.load:not(.away) tbody tr').length")
            .as_u64()
            .unwrap() as usize
    );
    assert_eq!(reader.status(), "CSV copied.");
    reader.does("navigator.clipboard.writeText = () => Promise.reject(new Error('no')); document.execCommand = () => false");
    reader.presses("Copy as CSV");
    assert!(reader.status().contains("Ctrl+C"));
    let selected = "(() => { const box = document.querySelector('#controls textarea'); return box.value.slice(box.selectionStart, box.selectionEnd); })()";
    assert_eq!(reader.does(selected), text);
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn a_narrow_screen_shows_one_column_that_is_chosen() {
    let mut reader = Reader::at(390);
    let heads = "[...document.querySelectorAll('.load:not(.away) th[data-m]')].filter((head) => head.offsetParent).map((head) => head.dataset.m)";
    let deciding = reader.does("echolab.tables[0].load.deciding");
    assert_eq!(reader.does(heads), json!(["name", "word", deciding]));
    let last = reader
        .does("[...document.querySelectorAll('.load:not(.away) th[data-m]')].pop().textContent");
    reader.chooses("Show", last.as_str().unwrap());
    assert_eq!(reader.does(heads).as_array().unwrap().len(), 3);
    assert_eq!(
        reader.does("document.documentElement.scrollWidth <= innerWidth"),
        json!(true)
    );
}
