//! Neighbours among the models: how many lines of code change from one to the next.

use std::fmt::Write as _;

use crate::assert_none;
use crate::page::{Page, read};

/// Models of which each is best read as a change of the one before it.
const NEIGHBOURS: [&[&str]; 4] = [
    &["iterative", "thread-per-connection", "fork-per-connection"],
    &[
        "busy-poll",
        "select",
        "poll",
        "epoll-level",
        "epoll-edge",
        "mio",
    ],
    &["prefork", "prethreaded"],
    &["tokio-current-thread", "tokio-multi-thread"],
];

/// Most changed lines of code between neighbours; a page may give the reason for more.
const MOST_CHANGED: usize = 40;

#[test]
fn neighbours_differ_by_their_lesson() {
    let mut table = String::from("changed lines of code between neighbours\n");
    let mut complaints = Vec::new();
    for pair in NEIGHBOURS.iter().flat_map(|models| models.windows(2)) {
        let (earlier, later) = (pair[0], pair[1]);
        let (gone, come) = changed(&code(earlier), &code(later));
        let all = gone + come;
        writeln!(table, "{all:5}  (-{gone} +{come})  {earlier} to {later}").expect("a string");
        let reason =
            format!("The diff to `{earlier}` is longer than {MOST_CHANGED} lines because ");
        let excused = Page::of(later).has_paragraph("Read the code", &reason);
        if all > MOST_CHANGED && !excused {
            complaints.push(format!(
                "{later}: {all} lines differ from `{earlier}`: make both alike where they do the same, or begin a paragraph \
                 of *Read the code* with: {reason}…"
            ));
        } else if all <= MOST_CHANGED && excused {
            complaints.push(format!(
                "{later}: {all} lines differ from `{earlier}`: *Read the code* need not excuse that"
            ));
        }
    }
    print!("{table}");
    assert_none(&complaints);
}

/// Returns a model's lines of code: no comments, no blank lines, no `use`, no description.
fn code(model: &str) -> Vec<String> {
    let text = read(&format!("crates/models/{model}/src/lib.rs"));
    let mut code = Vec::new();
    let mut skipped_to = None;
    for line in text.lines() {
        let begun = skipped_to.or_else(|| {
            let end = [("use ", ";"), ("const ABOUT", "};")];
            let item = end.iter().find(|(start, _)| line.starts_with(start));
            item.map(|(_, end)| *end)
        });
        skipped_to = begun.filter(|end| !line.ends_with(end));
        let line = line.split("//").next().unwrap_or(line).trim_end();
        if begun.is_none() && !line.is_empty() && !line.starts_with("#![") {
            code.push(line.to_string());
        }
    }
    code
}

/// Returns how many lines go and how many come from one text to another: what is not in their longest common subsequence.
fn changed(earlier: &[String], later: &[String]) -> (usize, usize) {
    let mut common = vec![0; later.len() + 1];
    for line in earlier {
        let mut row = vec![0];
        for (at, other) in later.iter().enumerate() {
            row.push(if line == other {
                common[at] + 1
            } else {
                common[at + 1].max(row[at])
            });
        }
        common = row;
    }
    let kept = common[later.len()];
    (earlier.len() - kept, later.len() - kept)
}

#[test]
fn a_line_that_is_moved_or_changed_counts_twice() {
    let lines = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
    assert_eq!(changed(&lines("a b c"), &lines("a b c")), (0, 0));
    assert_eq!(changed(&lines("a b c"), &lines("b c a")), (1, 1));
    assert_eq!(changed(&lines("a b c"), &lines("a x c d")), (1, 2));
}
