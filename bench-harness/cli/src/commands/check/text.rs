//! Writes a check for a terminal of 80 columns: what is checked, each case by its group, what went wrong, and what to do next.

use std::time::Duration;

use record::check::{Case, Check, Counts, Outcome, Server, Verdict};
use record::foreign::word;
use record::number::{counted, significant, waiting};
use report::paragraph::{hanging, wrapped};

use super::document::Circumstances;
use super::failed::block;
use super::points::amount;

/// A slowness that changes how long a check takes.
const SLOW: f64 = 1.1;
/// Most names of cases in a sentence about what does not count.
const MOST_NAMES: usize = 4;

/// What is checked and how, before the first case. `applying` of `all` cases are chosen and apply.
pub fn heading(of: &Circumstances, applying: usize, all: usize) -> String {
    let mut text = row("server", &server(&of.server));
    if let Some(expect) = of.expect {
        let words = if of.is_expect_given {
            expect.to_string()
        } else {
            "to serve all clients at once; --expect says otherwise".to_owned()
        };
        text += &row("expected", &words);
    }
    text += &row(
        "cases",
        &format!("{applying} of {all}, at most {} at a time", of.jobs),
    );
    if of.slowness >= SLOW {
        let times = significant(of.slowness);
        text += &row(
            "machine",
            &format!("slow: timeouts are {times} times as long"),
        );
    }
    text
}

/// The server, and what the suite can do with it.
fn server(server: &Server) -> String {
    match server {
        Server::Model { name } => {
            format!("the model `{name}`; each case starts one of its own, and knows its contract")
        }
        Server::Address { address } => {
            format!("runs at {address}; the cases are its clients, and cannot see its processes")
        }
        Server::External { command, datagrams } => {
            let kind = if *datagrams { " (datagrams)" } else { "" };
            format!(
                "`{command}`{kind}; each case starts one of its own, stops it, and sees its processes"
            )
        }
    }
}

/// A row of the heading: its name, and words that continue below themselves.
fn row(name: &str, words: &str) -> String {
    hanging(&format!("{name:<10}"), words)
}

/// All that is known after the last case.
pub fn text(check: &Check) -> String {
    let mut text = by_group(&check.cases);
    text += &left_out(&check.cases);
    let wrong = check.cases.iter().filter(|case| case.finding.is_some());
    wrong.for_each(|case| text += &block(case));
    text.push('\n');
    text += &wrapped(&counts(check));
    text += &points(check);
    text += &next(check);
    text
}

/// One line a case, below the name of its group. The cases that are left out have lines of their own.
fn by_group(cases: &[Case]) -> String {
    let mut text = String::new();
    let mut group = "";
    for case in cases.iter().filter(|case| case.outcome != Outcome::LeftOut) {
        if group != case.group {
            group = &case.group;
            text.extend(["\n", group, "\n"]);
        }
        text += &line(case);
    }
    text
}

fn line(case: &Case) -> String {
    let because = match (case.outcome, &case.because) {
        (Outcome::NotTried, Some(because)) => format!(" (because {because})"),
        (Outcome::Unclear, Some(because)) => format!(" ({because})"),
        _ => String::new(),
    };
    let points = case.points.map_or_else(String::new, |points| {
        let reached = if case.outcome == Outcome::Passed {
            points
        } else {
            0.0
        };
        format!(", {} of {} points", amount(reached), amount(points))
    });
    let label = format!("  {:<11}", case.outcome.name());
    hanging(&label, &format!("{}{because}{points}", case.name))
}

/// The cases that are left out, once for each reason.
fn left_out(cases: &[Case]) -> String {
    let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
    for case in cases.iter().filter(|case| case.outcome == Outcome::LeftOut) {
        let reason = case.because.as_deref().unwrap_or_default();
        match by_reason.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, names)) => names.push(&case.name),
            None => by_reason.push((reason, vec![&case.name])),
        }
    }
    let lines = by_reason.iter().map(|(reason, names)| {
        let advice = " (add --list to see them)";
        hanging("  ", &format!("{reason}: {}", named(names, advice)))
    });
    let lines: String = lines.collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\nleft out\n{lines}")
    }
}

fn counts(check: &Check) -> String {
    let Counts {
        passed,
        failed,
        unclear,
        not_tried,
        left_out,
    } = check.counts;
    let others = [
        (failed, "failed"),
        (unclear, "unclear"),
        (not_tried, "not tried"),
        (left_out, "left out"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, name)| format!(", {count} {name}"));
    let others: String = others.collect();
    let time = Duration::from_secs_f64(check.seconds.max(0.0));
    format!("{passed} passed{others} in {}", waiting(time))
}

fn points(check: &Check) -> String {
    let Some(points) = &check.points else {
        return String::new();
    };
    let title = points.title.as_ref();
    let title = title.map_or_else(String::new, |title| format!("{title}: "));
    let (reached, possible) = (amount(points.reached), amount(points.possible));
    let preliminary = if points.preliminary {
        "; preliminary, because not all cases are judged"
    } else {
        ""
    };
    let mut text = wrapped(&format!(
        "{title}{reached} of {possible} points{preliminary}"
    ));
    let not_counted = [
        ("left out, so they do not count", &points.left_out),
        ("not chosen, so they do not count", &points.not_chosen),
    ];
    for (why, names) in not_counted
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
    {
        text += &hanging("  ", &format!("{why}: {}", named(names, "")));
    }
    text
}

/// The names of cases, or their number with an advice if they are many.
fn named<Name: AsRef<str>>(names: &[Name], advice: &str) -> String {
    let words: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match words.len() {
        0..=MOST_NAMES => words.join(", "),
        count => format!("{}{advice}", counted(count, "case")),
    }
}

/// The next step.
fn next(check: &Check) -> String {
    let command = &check.command;
    let of = |outcome: Outcome| {
        let cases = check
            .cases
            .iter()
            .filter(move |case| case.outcome == outcome);
        cases.map(|case| case.name.as_str()).collect::<Vec<_>>()
    };
    let failed = of(Outcome::Failed);
    match check.verdict {
        Verdict::Stopped => step("Stopped. Begin again", command),
        Verdict::NothingChecked => {
            wrapped("No case could run here. Choose others with --only, or remove it.")
        }
        Verdict::Failed | Verdict::Unclear if !failed.is_empty() => step(
            "Next: mend the first one, and check it alone",
            &format!("{command} --only {}", failed[0]),
        ),
        Verdict::Unclear | Verdict::Failed => step(
            "Exit code 3: the machine was too busy to judge the server. Run these again on a quiet one",
            &format!(
                "{command} --jobs 1 --only {}",
                of(Outcome::Unclear).join(",")
            ),
        ),
        Verdict::Passed => next_of(&check.server),
    }
}

/// The next step with a server that has passed.
fn next_of(server: &Server) -> String {
    match server {
        Server::Model { name } => step(
            "Next: break it, and see which case notices",
            &format!("echolab break {name}"),
        ),
        Server::Address { address } => step(
            "Next: see how fast it is",
            &format!("echolab load {}", word(address)),
        ),
        Server::External {
            datagrams: true, ..
        } => step(
            "Next: start it yourself, and see how fast it is",
            "echolab load udp:127.0.0.1:7007",
        ),
        Server::External { command, .. } => step(
            "Next: compare it with the models",
            &format!(
                "echolab compare --external {}",
                word(&format!("mine={command}"))
            ),
        ),
    }
}

/// A step with its command in a line of its own, which does not break, so that it can be copied.
fn step(words: &str, command: &str) -> String {
    format!("{}  {command}\n", wrapped(&format!("{words}:")))
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::{case, check, with_every_outcome};
    use super::super::points::PointsFile;
    use super::*;

    #[test]
    fn each_case_has_a_line_below_its_group_and_what_is_left_out_stands_apart() {
        let text = text(&with_every_outcome());
        for lines in [
            "\nbytes\n  pass       one_byte\n  FAIL       one_mebibyte\n\nendings\n",
            "  not tried  two_clients_at_once (because one_byte failed)\n",
            "\nleft out\n  it needs the contract: pipelined_frames\n",
            "\n1 passed, 1 failed, 1 unclear, 1 not tried, 1 left out in 2 s\n",
            "alone:\n  echolab check --external './server {port}' --only one_mebibyte\n",
        ] {
            assert!(text.contains(lines), "{lines}\n{text}");
        }
    }

    #[test]
    fn a_reason_is_written_once_for_all_its_cases_and_many_names_are_counted() {
        let left_out = |name| case(name, "bytes", Outcome::LeftOut);
        let names = ["pipelined_frames", "unix_domain_listener"];
        let few = text(&check(names.map(left_out).to_vec()));
        let line = "  it needs the contract: pipelined_frames, unix_domain_listener\n";
        assert!(few.contains(line), "{few}");
        assert!(few.ends_with("or remove it.\n"), "{few}");
        let many = text(&check(["one_byte"; 23].map(left_out).to_vec()));
        let line = "  it needs the contract: 23 cases (add --list to see them)\n";
        assert!(many.contains(line), "{many}");
    }

    #[test]
    fn a_grade_names_the_cases_that_do_not_count() {
        let file = PointsFile::for_tests("[points]\nbytes = 1\nendings = 0.5");
        let text = text(&file.grade(with_every_outcome()));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [
            "pass one_byte, 1 of 1 points",
            "FAIL one_mebibyte, 0 of 1 points",
            "1 of 2.5 points; preliminary, because",
            "left out, so they do not count: pipelined_frames",
            "not chosen, so they do not count: 16 cases",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
    }

    #[test]
    fn a_server_that_passes_is_compared_next_and_an_unclear_one_checked_again() {
        let mut one = case("one_byte", "bytes", Outcome::Passed);
        let passed = text(&check(vec![one.clone()]));
        assert!(
            passed.contains("echolab compare --external 'mine=./server {port}'"),
            "{passed}"
        );
        one.outcome = Outcome::Unclear;
        let unclear = text(&check(vec![one]));
        assert!(unclear.ends_with("--jobs 1 --only one_byte\n"), "{unclear}");
    }
}
