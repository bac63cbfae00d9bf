//! Lists the cases by group: what each of them checks and needs, and whether it applies to a server.

use conformance::{CASES, Case, DATAGRAM_CASES, Group, Needs, Subject};
use report::paragraph::{hanging, wrapped};

use super::choice::choose;
use super::target::Target;
use crate::failure::Failure;

/// What the letters behind the names mean.
const NEEDS: [Needs; 3] = [Needs::Address, Needs::Process, Needs::Contract];

/// The cases of this server, or those of all kinds of servers.
///
/// # Errors
/// A name is unknown, or no case is left.
pub fn text(target: Option<&Target>, only: &[String], skip: &[String]) -> Result<String, Failure> {
    if let Some(target) = target {
        let cases = choose(target.subject.cases(), only, skip)?;
        return Ok(of_suite(&cases, Some(&target.subject)));
    }
    let suites = [("streams", CASES), ("datagrams", DATAGRAM_CASES)];
    let suites = suites.map(|(kind, suite)| (kind, choose(suite, only, skip)));
    // A name may belong to one of the two.
    let found = suites
        .iter()
        .filter_map(|(kind, cases)| Some((kind, cases.as_ref().ok()?)))
        .map(|(kind, cases)| ["\nServers of ", kind, "\n", &of_suite(cases, None)].concat());
    let found = found.collect::<Vec<_>>().concat();
    let [(_, streams), _] = suites;
    if found.is_empty() {
        streams?;
    }
    Ok(legend() + &found)
}

fn legend() -> String {
    let needs = NEEDS.map(|needs| format!("{}: {}", letter(needs), needs.sentence()));
    wrapped(&needs.join("; "))
}

/// The groups of one kind of server.
fn of_suite(cases: &[&'static Case], subject: Option<&Subject>) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let of_group = cases.iter().filter(|case| case.group == group);
        let entries: String = of_group.map(|case| entry(case, subject)).collect();
        if !entries.is_empty() {
            text += "\n";
            text += &wrapped(&format!("{}: {}", group.name(), group.sentence()));
            text += &entries;
        }
    }
    text
}

fn entry(case: &Case, subject: Option<&Subject>) -> String {
    let name = format!("  {} ({})\n", case.name, letter(case.needs));
    let reason = subject.and_then(|subject| case.not_applicable(subject));
    let reason = reason.map(|reason| hanging("      ", &format!("left out, because {reason}")));
    name + &hanging("      ", &case.text().sentence) + &reason.unwrap_or_default()
}

const fn letter(needs: Needs) -> char {
    match needs {
        Needs::Address => 'A',
        Needs::Process => 'P',
        Needs::Contract => 'C',
    }
}

#[cfg(test)]
mod tests {
    use conformance::Expect;
    use echo_server::Listen;
    use report::paragraph::{WIDTH, columns};

    use super::*;

    fn all(only: &[&str]) -> Result<String, Failure> {
        let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
        text(None, &only, &[])
    }

    #[test]
    fn every_case_is_listed_with_what_it_needs_in_lines_that_fit() {
        let text = all(&[]).unwrap();
        for case in CASES.iter().chain(DATAGRAM_CASES) {
            let name = format!("  {} ({})\n", case.name, letter(case.needs));
            assert_eq!(text.matches(&name).count(), 1, "{name}\n{text}");
        }
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
    }

    #[test]
    fn a_choice_is_looked_for_among_both_kinds_of_servers() {
        let text = all(&["one_datagram"]).unwrap();
        assert!(
            text.contains("one_datagram") && !text.contains("one_byte"),
            "{text}"
        );
        let error = all(&["one_bite"]).unwrap_err().to_string();
        assert!(error.contains("did you mean `one_byte`?"), "{error}");
    }

    #[test]
    fn a_list_for_a_server_says_why_a_case_does_not_apply() {
        let address: Listen = "127.0.0.1:7007".parse().unwrap();
        let subject = Subject::address(address, Expect::default());
        let cases: Vec<&'static Case> = CASES.iter().collect();
        let text = of_suite(&cases, Some(&subject));
        let count = text.matches("left out, because").count();
        let beyond = cases
            .iter()
            .filter(|case| case.needs != Needs::Address)
            .count();
        assert!(count >= beyond && count < cases.len(), "{text}");
    }
}
