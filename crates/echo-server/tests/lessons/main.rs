//! The models as lessons: what their pages must say, in which order they lead on, and how far neighbours differ.
//!
//! `cargo test -p echo-server --test lessons -- --nocapture` also prints the table of neighbours.
#![cfg(feature = "runtimes")] // the course runs through all models, the optional ones too

mod neighbours;
mod page;

use std::collections::BTreeSet;

use conformance::{CASES, DATAGRAM_CASES};
use echo_server::MODELS;
use model::{About, Family, Transport};

use page::{Page, read};

/// Returns the models in the order of the course.
fn course() -> impl Iterator<Item = &'static About> {
    MODELS.iter().map(|model| model.about())
}

/// Fails with all complaints at once, so that a writer need not run the test once for each.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn every_page_says_what_a_student_asks_for() {
    let mut complaints = Vec::new();
    for about in course() {
        let page = Page::of(about.name);
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{}: {what}", about.name));
            }
        };
        demand(
            costs_are_stated(&page),
            "*Where it ends* has no paragraph that begins \"A silent client costs \" and names `scripts/silent-client MODEL`",
        );
        demand(
            page.has_paragraph("Where it ends", "At `ulimit -n` "),
            "*Where it ends* has no paragraph that begins \"At `ulimit -n` \"",
        );
        let last = page.paragraphs("Read the code").pop();
        demand(
            last.is_some_and(|text| text.starts_with("A stop: ")),
            "the last paragraph of *Read the code* does not begin with \"A stop: \"",
        );
        demand(
            !page.section("Break it").trim().starts_with("Do not"),
            "*Break it* begins like advice; describe the change instead",
        );
        let converses = about.family == Family::Blocking && about.transport == Transport::Stream;
        demand(
            !converses || page.section("Read the code").contains("`Conn::converse`"),
            "*Read the code* does not mention `Conn::converse`, which does the waiting",
        );
    }
    assert_none(&complaints);
}

fn costs_are_stated(page: &Page) -> bool {
    let command = format!("`scripts/silent-client {}`", page.model);
    let paragraphs = page.paragraphs("Where it ends");
    let mut stated = paragraphs
        .iter()
        .filter(|text| text.starts_with("A silent client costs "));
    stated.any(|text| text.contains(&command))
}

#[test]
fn every_command_to_watch_shows_its_output() {
    let mut complaints = Vec::new();
    for about in course() {
        let page = Page::of(about.name);
        let watch = page.section("Watch");
        let blocks = watch.split("```console\n").skip(1);
        let blocks: Vec<_> = blocks.filter_map(|text| text.split("```").next()).collect();
        let lines: Vec<_> = blocks.iter().flat_map(|block| block.lines()).collect();
        let commands = lines.iter().filter(|line| line.starts_with("$ "));
        let starts_server = |line: &&&str| line.starts_with("$ echolab serve");
        let serves = commands.clone().any(|line| starts_server(&line));
        if serves && commands.count() > 1 && !watch.contains("terminal") {
            complaints.push(format!(
                "{}: a server runs until it is stopped; say which command belongs into a second terminal",
                about.name
            ));
        }
        for block in blocks {
            let mut lines = block.lines().peekable();
            while let Some(line) = lines.next() {
                let silent = lines.peek().is_none_or(|next| next.starts_with("$ "));
                if line.starts_with("$ ") && silent {
                    complaints.push(format!("{}: no output under `{line}`", about.name));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_page_lists_the_claims_of_its_model() {
    let mut complaints = Vec::new();
    for about in course() {
        let page = Page::of(about.name);
        let text = page.paragraphs("Where it ends").join(" ");
        for claim in about.claims {
            let line = format!("- {} (`{}`)", claim.says, claim.scenario);
            if !text.contains(&line) {
                complaints.push(format!("{}: *Where it ends* lacks {line:?}", about.name));
            }
        }
    }
    assert_none(&complaints);
}

/// A page may name cases outside *Break it* as well, where no other test reads the name.
#[test]
fn every_case_that_a_page_names_exists() {
    let cases: BTreeSet<&str> = CASES
        .iter()
        .chain(DATAGRAM_CASES)
        .map(|case| case.name)
        .collect();
    let mut complaints = Vec::new();
    for about in course() {
        let text = Page::of(about.name).on_one_line();
        for named in text.split("conformance case `").skip(1) {
            let case = named.split('`').next().unwrap_or_default();
            if !cases.contains(case) {
                complaints.push(format!("{}: there is no case `{case}`", about.name));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn next_leads_through_all_models() {
    let order: Vec<_> = course().map(|about| about.name).collect();
    let mut complaints = Vec::new();
    for (at, model) in order.iter().enumerate() {
        let page = Page::of(model);
        let (linked, unlinked) = names_in(page.section("Next"));
        for name in linked.iter().filter(|name| !order.contains(name)) {
            complaints.push(format!(
                "{model}: *Next* links to `{name}`, which is no model"
            ));
        }
        for name in unlinked.iter().filter(|name| order.contains(name)) {
            complaints.push(format!(
                "{model}: *Next* names `{name}` without a link: write [`{name}`](../{name})"
            ));
        }
        if let Some(next) = order
            .get(at + 1)
            .filter(|next| linked.first() != Some(next))
        {
            complaints.push(format!(
                "{model}: the first link of *Next* must be [`{next}`](../{next})"
            ));
        }
    }
    assert_none(&complaints);
}

/// Returns the names in backticks that are links to a neighbouring folder, and those that are not.
fn names_in(section: &str) -> (Vec<&str>, Vec<&str>) {
    let mut parts = section.split('`');
    let mut before = parts.next().unwrap_or_default();
    let (mut linked, mut unlinked) = (Vec::new(), Vec::new());
    while let (Some(name), Some(after)) = (parts.next(), parts.next()) {
        let is_link = before.ends_with('[') && after.starts_with(&format!("](../{name})"));
        if is_link { &mut linked } else { &mut unlinked }.push(name);
        before = after;
    }
    (linked, unlinked)
}

#[test]
fn links_are_told_from_mere_names() {
    let text = "[`a`](../a) is like `b`; [`c`](../d) is wrong, and so is [`e`] (../e).";
    assert_eq!(names_in(text), (vec!["a"], vec!["b", "c", "e"]));
}

#[test]
fn the_page_of_iterative_quotes_the_whole_conversation() {
    let flat = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let page = Page::of("iterative");
    let block = page
        .section("Read the code")
        .split("```rust,ignore\n")
        .nth(1);
    let quoted = flat(
        block
            .unwrap_or_default()
            .split("```")
            .next()
            .unwrap_or_default(),
    );
    let braces = |brace| quoted.matches(brace).count();
    assert!(
        quoted.starts_with("pub fn converse("),
        "the quotation begins at its signature"
    );
    assert_eq!(
        braces('{'),
        braces('}'),
        "the quotation ends with the function"
    );
    assert!(
        flat(&read("crates/model/src/conn.rs")).contains(&quoted),
        "renew the quotation: it is not the code of `Conn::converse`"
    );
}
