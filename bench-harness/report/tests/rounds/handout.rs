//! The sheet on paper: on one page the answer, the costs, a picture, the machine, and questions with their answers.

use std::fs;

use analysis::Summary;

use crate::made_up::Script;

/// The sheet of a made-up run.
fn sheet() -> String {
    let folder = tempfile::tempdir().unwrap();
    let run = Script::default().run(folder.path());
    let page = report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
    let page = fs::read_to_string(page).unwrap();
    let (_, sheet) = page.split_once("<aside class=handout").unwrap();
    sheet.split("</aside>").next().unwrap().to_owned()
}

#[test]
fn the_sheet_has_answer_costs_picture_machine_and_command() {
    let sheet = sheet();
    for part in [
        "Which way to write a server?",
        "A made-up processor",
        "<table class=few>",
        "<svg role=img",
        "echolab compare",
    ] {
        assert!(sheet.contains(part), "{part}\n{sheet}");
    }
}

#[test]
fn a_class_gets_three_questions_and_their_answers_upside_down() {
    let sheet = sheet();
    let (questions, answers) = sheet.split_once("<ol class=upside-down>").unwrap();
    let questions = questions.split_once("<ol>").unwrap().1;
    for list in [questions, answers] {
        assert_eq!(list.matches("<li>").count(), 3, "{list}");
    }
}

#[test]
fn an_answer_has_the_figures_of_the_table() {
    let sheet = sheet();
    let answers = sheet.split_once("<ol class=upside-down>").unwrap().1;
    let first = answers.split("<li>").nth(1).unwrap();
    let ratio = first.split('×').nth(1).unwrap().trim_end();
    let ratio = ratio.split(".<").next().unwrap().trim_end_matches('.');
    let table = sheet.split_once("<table class=few>").unwrap().1;
    let table = table.split("</table>").next().unwrap();
    assert!(
        table.contains(&format!("×{ratio}\u{a0}▲")),
        "{first}\n{table}"
    );
}

#[test]
fn a_run_without_figures_has_no_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Script::default().run(folder.path());
    run.samples.clear();
    run.slices.clear();
    let page = report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
    assert!(
        !fs::read_to_string(page)
            .unwrap()
            .contains("<aside class=handout")
    );
}
