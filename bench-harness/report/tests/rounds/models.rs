//! The sections of the models: their texts, their neighbours, their claims, and the links that lead out of the page.

use std::fs;

use analysis::Summary;
use record::lesson::{Lesson, Origin};
use record::plan::{Claim, Expect};
use record::store::Run;

use crate::made_up::Script;

const COMMIT: &str = "0123456789ab";

/// A run in which one model has texts.
fn run() -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Script::default().run(folder.path());
    let lesson = Lesson {
        title: "the kernel keeps the list".to_owned(),
        idea: "Cost depends on [`scan`](../ready-scan), *not* on <b>clients</b>.".to_owned(),
        picture: "```text\na ──► b\n```".to_owned(),
        ends: "At one CPU. See [other](../elsewhere).".to_owned(),
        serve: "fn serve(&self) -> Vec<u8> {\n    loop {}\n}".to_owned(),
        folder: "crates/models/ready-list".to_owned(),
        core: true,
    };
    run.lessons.models.insert("ready-list".to_owned(), lesson);
    run.environment.commit = Some(format!("{COMMIT}-dirty"));
    run
}

fn page(run: &Run) -> String {
    let folder = tempfile::tempdir().unwrap();
    let page = report::write(folder.path(), run, &Summary::of(run)).unwrap();
    fs::read_to_string(page).unwrap()
}

/// The section of a model on the page.
fn section(page: &str, name: &str) -> String {
    let start = page.find(&format!("<div id=model-{name}>")).expect(name);
    let end = page[start..].find("</details>").unwrap();
    page[start..start + end].to_owned()
}

#[test]
fn a_model_has_its_idea_its_picture_its_limits_and_its_source() {
    let section = section(&page(&run()), "ready-list");
    let parts = [
        "<a href=#model-ready-scan><code>scan</code></a>, <em>not</em> on &lt;b&gt;clients&lt;/b&gt;",
        "a ──► b",
        "At one CPU.",
        "fn serve(&amp;self) -&gt; Vec&lt;u8&gt; {\n\tloop {}\n}",
        "at commit 0123456789ab with local changes",
    ];
    for part in parts {
        assert!(section.contains(part), "{part}\n{section}");
    }
}

#[test]
fn links_lead_to_the_commit_that_was_measured() {
    let section = section(&page(&run()), "ready-list");
    let repository = env!("CARGO_PKG_REPOSITORY");
    for path in ["ready-list/src/lib.rs", "ready-list/README.md", "elsewhere"] {
        let link = format!("<a href=\"{repository}/blob/{COMMIT}/crates/models/{path}\">");
        assert!(section.contains(&link), "{link}\n{section}");
    }
}

#[test]
fn texts_of_another_program_are_marked() {
    let mut run = run();
    let mark = "This run did not store its sources.";
    assert!(!page(&run).contains(mark));
    run.lessons.origin = Origin::Program;
    assert!(section(&page(&run), "ready-list").contains(mark));
}

#[test]
fn a_model_without_texts_has_its_figures() {
    let section = section(&page(&run()), "threads");
    assert!(
        section.contains("This run stored no text about the model."),
        "{section}"
    );
    assert!(section.contains("<table class=few>"), "{section}");
}

#[test]
fn a_model_stands_between_its_neighbours_in_the_course() {
    let section = section(&page(&run()), "ready-edge");
    let table = section.split("<table class=few>").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    let place = |text: &str| table.find(text).expect(text);
    let (before, after) = (
        place("<a href=#model-ready-list>"),
        place("<a href=#model-ready-scan>"),
    );
    let own = place("<th>ready-edge");
    assert!(before < own && own < after, "{table}");
    assert_eq!(table.matches("<a ").count(), 2, "{table}");
}

#[test]
fn the_claims_are_counted_and_the_missing_scenarios_named() {
    let mut run = run();
    let claim = |says: &str, scenario: &str, expect| Claim {
        says: says.to_owned(),
        scenario: scenario.to_owned(),
        metric: "throughput".to_owned(),
        expect,
    };
    run.plan.contenders[1].claims = vec![
        claim("It answers.", "equal", Expect::AtLeast(1.0)),
        claim("It answers nothing.", "equal", Expect::AtMost(1.0)),
        claim("It works.", "work", Expect::AtLeast(1.0)),
        claim("It works well.", "work", Expect::AtLeast(1.0)),
        claim("It lets clients go.", "churn", Expect::AtLeast(1.0)),
    ];
    let page = page(&run);
    let sentence = "1 of 5 statements confirmed, 1 refuted, 3 need other scenarios: <code>--scenarios work,churn</code>.";
    assert!(page.contains(sentence), "{page}");
    let name = &run.plan.contenders[1].name;
    let section = section(&page, name);
    for words in [
        "<b>Confirmed: </b>It answers.",
        "<b>Refuted here: </b>It answers nothing.",
        "<b>Not measured: </b>It works.",
    ] {
        assert!(section.contains(words), "{words}\n{section}");
    }
}
