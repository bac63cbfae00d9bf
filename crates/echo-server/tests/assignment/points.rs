//! The points of each step: they name cases that exist, and the text for students has the same.

use std::collections::BTreeMap;

use conformance::{CASES, Subject};
use echo_server::Transport;

use crate::{STEPS, expectation, folder, read};

/// What a step has in total.
const TOTAL: u32 = 100;
/// Part of the reason of a case that this machine is too small for. The points count it: other machines can try it.
const TOO_SMALL: &str = "too low here; raise it";

/// The keys of a points file with their points.
pub fn points(step: u8) -> BTreeMap<String, String> {
    let text = read(&folder().join(format!("points/step-{step}.toml")));
    let (head, table) = text.split_once("\n[points]\n").expect("it has a table");
    assert!(head.contains("\ntitle = \"Step "), "{head}");
    let pairs = table.lines().filter_map(|line| line.split_once(" = "));
    let points: BTreeMap<_, _> = pairs
        .map(|(key, number)| (key.to_owned(), number.to_owned()))
        .collect();
    assert_eq!(points.len(), table.lines().count(), "{table}");
    points
}

#[test]
fn the_points_name_cases_and_groups_that_exist() {
    for step in STEPS {
        for (key, number) in points(step) {
            let exists = CASES
                .iter()
                .any(|case| case.name == key || case.group.name() == key);
            assert!(exists, "step {step}: there is no case or group `{key}`");
            let number: u32 = number.parse().expect("points are whole numbers");
            assert!(number > 0, "step {step}: `{key}` has no points");
        }
    }
}

/// The server of a student, who declares what the step asks for.
fn server(step: u8) -> Subject {
    let expect = expectation(step).parse();
    let expect = expect.expect("the script names an expectation");
    let words = |_: &str, _| unreachable!("no case starts it");
    Subject::command(
        "./server {port}".to_owned(),
        Transport::Stream,
        expect,
        words,
    )
}

#[test]
fn the_points_of_each_step_are_a_hundred() {
    for step in STEPS {
        let (server, points) = (server(step), points(step));
        let counts = CASES.iter().filter(|case| {
            let left_out = case.not_applicable(&server);
            left_out.is_none_or(|reason| reason.contains(TOO_SMALL))
        });
        let of_case = counts.filter_map(|case| {
            let own = points.get(case.name);
            own.or_else(|| points.get(case.group.name()))
        });
        let numbers = of_case.map(|number| number.parse::<u32>());
        let sum: u32 = numbers.map(|number| number.expect("it is whole")).sum();
        assert_eq!(sum, TOTAL, "step {step}");
    }
}

/// The rows of a step's table in the text for students, as the points file has them.
fn table(step: u8) -> BTreeMap<String, String> {
    let text = read(&folder().join("README.md"));
    let section = text.split(&format!("\n## Step {step}: ")).nth(1);
    let section = section.and_then(|rest| rest.split("\n## ").next());
    let section = section.unwrap_or_else(|| panic!("the text has no step {step}"));
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let rows = rows.skip(1).map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let key = cells[1].trim_start_matches("all of ").trim_matches('`');
        let each = cells[1].starts_with("all of ");
        let number = cells[2].strip_suffix(" each");
        assert_eq!(number.is_some(), each, "{row}");
        (key.to_owned(), number.unwrap_or(cells[2]).to_owned())
    });
    rows.collect()
}

#[test]
fn the_text_for_students_has_the_points_of_the_files() {
    for step in STEPS {
        assert_eq!(table(step), points(step), "step {step}");
    }
}
