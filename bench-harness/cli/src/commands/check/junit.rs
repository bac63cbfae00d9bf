//! Writes a check as JUnit XML: a suite a group, a test a case.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use record::check::{Case, Check, Outcome};
use record::foreign::visible;

use super::failed::block;

/// The document, with a line break at its end.
pub fn xml(check: &Check) -> String {
    let mut report = Report::new("echolab check");
    report.timestamp = check.began.to_string().parse().ok();
    report.set_time(seconds(check.seconds));
    for group in groups(&check.cases) {
        let cases = check.cases.iter().filter(|case| case.group == group);
        let mut suite = TestSuite::new(group);
        suite.set_time(seconds(cases.clone().map(|case| case.seconds).sum()));
        suite.add_test_cases(cases.map(test_case));
        report.add_test_suite(suite);
    }
    let text = report.to_string();
    text.expect("the document is plain text, and a string takes all of it")
}

/// The names of the groups in the order of the cases.
fn groups(cases: &[Case]) -> Vec<&str> {
    let mut groups: Vec<&str> = Vec::new();
    for case in cases {
        if groups.last() != Some(&case.group.as_str()) {
            groups.push(&case.group);
        }
    }
    groups
}

fn test_case(case: &Case) -> TestCase {
    let mut status = match case.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Unclear => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::NotTried | Outcome::LeftOut => TestCaseStatus::skipped(),
    };
    let message = match (&case.finding, &case.because) {
        (Some(finding), _) => Some(finding.what.clone()),
        (None, Some(because)) => Some(format!("{}: {because}", case.outcome.name())),
        (None, None) => None,
    };
    if let Some(message) = message {
        status.set_message(visible(&message).as_ref());
    }
    if let Some(finding) = &case.finding {
        status.set_type(finding.symptom.as_deref().unwrap_or("finding"));
        status.set_description(visible(block(case).trim_start()).as_ref());
    }
    let mut test = TestCase::new(case.name.as_str(), status);
    test.set_classname(format!("echolab.{}", case.group));
    test.set_time(seconds(case.seconds));
    if let Some(points) = case.points {
        test.add_property(("points", points.to_string().as_str()));
    }
    if let Some(text) = case
        .finding
        .as_ref()
        .and_then(|found| found.server.as_deref())
    {
        test.set_system_err(visible(text).as_ref());
    }
    test
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::with_every_outcome;
    use super::*;

    /// The same document by hand.
    const GOLDEN: &str = include_str!("golden.xml");

    #[test]
    fn every_outcome_has_its_element_and_control_characters_are_visible() {
        let mut check = with_every_outcome();
        check.cases[0].points = Some(2.5);
        let xml = xml(&check);
        assert_eq!(xml, GOLDEN);
        assert!(!xml.contains(|c: char| c.is_control() && c != '\n'));
    }
}
