//! The page, the Markdown and the data of a run in rounds.

use std::fs;

use analysis::Summary;
use record::number::grouped;

use crate::made_up::Script;

struct Written {
    page: String,
    markdown: String,
    json: String,
    csv: String,
}

fn written(script: &Script) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let run = script.run(folder.path());
    report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    Written {
        page: read("report.html"),
        markdown: read("report.md"),
        json: read("summary.json"),
        csv: read("summary.csv"),
    }
}

#[test]
fn the_report_says_what_was_done_in_rounds() {
    let folder = tempfile::tempdir().unwrap();
    let run = Script::default().run(folder.path());
    let (sittings, slices) = (run.plan.sittings.len(), run.slices.len());
    let text = written(&Script::default()).markdown;
    let done = [
        format!("It had {sittings} sittings of 6 rounds each."),
        format!(
            "A slice took 50 ms; 1 of {} slices were disturbed and repeated.",
            grouped(slices as u64)
        ),
        "between two slices of the baseline".to_owned(),
    ];
    for sentence in done {
        assert!(text.contains(&sentence), "{sentence}\n{text}");
    }
    assert!(!text.contains("Mann-Whitney interval of"), "{text}");
}

#[test]
fn the_zone_of_the_run_stands_wherever_a_word_is() {
    let Written { page, markdown, .. } = written(&Script::default());
    for text in [&page.replace('\u{a0}', " "), &markdown] {
        assert!(text.contains("a zone of 10 % around 1"), "the verdicts");
        assert!(text.contains("within 10 % count as none"), "the tables");
        assert!(text.contains("a 10 % zone of indifference"), "the answer");
        assert!(!text.contains("5 % zone") && !text.contains("less than 5 %"));
    }
}

#[test]
fn the_answer_comes_before_the_costs_and_these_before_the_figures() {
    let page = written(&Script::default()).page;
    let place = |id: &str| {
        page.find(&format!("id={id} "))
            .unwrap_or_else(|| panic!("{id}"))
    };
    let places = ["answer", "costs", "cpu", "throughput"].map(place);
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn lower_bounds_are_marked_and_explained_on_the_page_and_in_markdown() {
    let Written { page, markdown, .. } = written(&Script::default());
    for text in [&page, &markdown] {
        assert!(text.contains("≥ 12"));
        assert!(text.contains("the server can do at least that"));
        assert!(text.contains("differ by up to 3 %"));
    }
}

#[test]
fn a_predicted_peak_is_marked_as_a_prediction() {
    let Written { page, markdown, .. } = written(&Script::default());
    for text in [&page, &markdown] {
        assert!(text.contains("How many requests per second would the CPU allow?"));
        assert!(text.contains("Predicted, not measured"));
        assert!(text.contains("about 5"));
    }
}

#[test]
fn a_design_that_differs_from_start_to_start_is_a_finding() {
    let text = written(&Script::default()).markdown;
    let mut lines = text.lines();
    let finding = lines
        .find_map(|line| line.strip_prefix("- Differs from start to start: stages ×"))
        .expect("the sittings of one server differ");
    assert!(finding.contains(" to "), "{finding}");
    assert!(
        finding.contains(" in 5 sittings, so the sitting is the unit"),
        "{finding}"
    );
}

#[test]
fn no_share_above_a_hundred_per_cent_is_printed() {
    let Written { page, markdown, .. } = written(&Script::default());
    for text in [&page, &markdown] {
        for (place, _) in text.match_indices(" %") {
            let digits: Vec<char> = text[..place]
                .chars()
                .rev()
                .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
                .collect();
            let number: String = digits.into_iter().rev().collect();
            let share: f64 = number.trim_start_matches('.').parse().unwrap_or(0.0);
            let line = text[..place].lines().next_back().unwrap_or_default();
            assert!(share <= 100.0, "{number} %: {line}");
        }
    }
}

#[test]
fn the_data_have_zone_rounds_bounds_and_needs() {
    let Written { json, csv, .. } = written(&Script {
        noise: 0.5,
        ..Script::default()
    });
    let keys = [
        "\"zone\": 1.1",
        "\"rounds\": 30",
        "\"sittings\": 5",
        "\"bound\": true",
        "\"spins\": true",
        "\"behind\": 0.8",
        "\"predicted_peak\": ",
        "\"unit\": \"round\"",
        "\"needs_rounds\": ",
        "\"per_sitting\": [",
    ];
    for key in keys {
        assert!(json.contains(key), "{key}");
    }
    let head = csv.lines().next().unwrap();
    assert!(
        head.ends_with("bound,rounds,sittings,unit,p,adjusted,needs_rounds,needs_seconds,differs"),
        "{head}"
    );
    let needs = csv.lines().filter(|line| line.contains(",inconclusive,"));
    assert!(needs.count() > 0, "{csv}");
}
