//! The page computes the words of comparisons with any baseline itself: they are those of `analysis`.

use std::path::Path;

use analysis::{Compared, Summary, Verdict};
use measure::comparison::AsPlanned;
use record::plan::LoadId;
use record::store::Run;
use serde_json::{Value, json};

use super::chrome::Chrome;
use crate::report::written;
use crate::sitter;
use crate::verdicts::run_with_twin;

/// All comparisons of the page with one baseline, in the figures that decide.
const COMPARED: &str =
    "echolab.data.loads.map((load) => [load.id, echolab.compare(load, load.deciding, BASELINE)])";
/// Functions of a page and of this program differ in the last digits.
const ROUNDING: f64 = 1e-8;

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_words_of_the_page_are_those_of_the_analysis_in_the_sample() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/sample");
    assert_the_same_words(&Run::read(&sample).unwrap());
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_words_of_the_page_are_those_of_the_analysis_in_rounds() {
    assert_the_same_words(&sitter::whole(&sitter::plan(), &AsPlanned));
}

#[test]
#[ignore = "needs Chromium; scripts/test runs it"]
fn the_words_of_the_page_are_those_of_the_analysis_in_trials() {
    assert_the_same_words(&run_with_twin());
}

fn assert_the_same_words(run: &Run) {
    let folder = tempfile::tempdir().unwrap();
    let mut chrome = Chrome::start();
    chrome.visit(&written(run, folder.path()));
    let summary = Summary::of(run);
    let mut words = 0;
    for baseline in summary.models() {
        let asked = COMPARED.replace("BASELINE", &baseline.0.to_string());
        let page = chrome.evaluate(&asked);
        for of_load in page.as_array().unwrap() {
            let load = LoadId(of_load[0].as_u64().unwrap() as usize);
            let expected = summary.against(baseline, &[load]);
            for contender in summary.contender_ids() {
                let what = format!(
                    "{} against {} at {}",
                    summary.contenders[contender].name,
                    summary.contenders[baseline].name,
                    summary.loads[load].label()
                );
                let compared = expected
                    .cell(contender, load)
                    .compared
                    .get(&summary.deciding(load));
                assert_same(&of_load[1][contender.0], compared, &what);
                words += usize::from(compared.is_some());
            }
        }
    }
    assert!(words > 20, "{words}");
}

fn assert_same(page: &Value, expected: Option<&Compared>, what: &str) {
    let Some(expected) = expected else {
        assert!(page.is_null(), "{what}: {page}");
        return;
    };
    let (word, kind) = named(&expected.verdict);
    assert_eq!(page["word"], word, "{what}: {page} {expected:?}");
    if expected.verdict != Verdict::Control {
        assert_eq!(page["kind"].as_str(), kind.as_deref(), "{what}: {page}");
        assert_near(&page["adjusted"], expected.adjusted, what);
    }
    assert_near(&page["p"], expected.p, what);
    assert_near(&page["ratio"], expected.ratio.estimate, what);
    match expected.ratio.interval {
        Some((low, high)) => {
            assert_near(&page["interval"][0], low, what);
            assert_near(&page["interval"][1], high, what);
        }
        None => assert!(page["interval"].is_null(), "{what}: {page}"),
    }
}

fn assert_near(page: &Value, expected: f64, what: &str) {
    let value = page.as_f64().unwrap();
    assert!(
        (value - expected).abs() <= ROUNDING * expected.abs().max(1e-3),
        "{what}: {value} {expected}"
    );
}

/// The word of a verdict, and the kind of its reason.
fn named(verdict: &Verdict) -> (Value, Option<String>) {
    let mut document = json!(verdict);
    let because = document["because"].take();
    let kind = match because {
        Value::String(kind) => Some(kind),
        Value::Object(kinds) => kinds.keys().next().cloned(),
        _ => None,
    };
    (document["word"].take(), kind)
}
