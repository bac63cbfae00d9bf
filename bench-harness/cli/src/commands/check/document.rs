//! Makes the document from what the suite has found.

use std::time::Duration;

use conformance::{Expect, Finding as Found, Outcome as Ended, Tested};
use jiff::Timestamp;
use record::check::{Case, Check, Counts, Finding, Outcome, Server};

use super::by_hand;

/// The case that a server fails if it serves one client at a time.
const TWO_AT_ONCE: &str = "two_clients_at_once";

/// What is known before the first case.
pub struct Circumstances {
    /// The server.
    pub server: Server,
    /// The command that checks it.
    pub command: String,
    /// What it declares; absent for a model.
    pub expect: Option<Expect>,
    /// True if the user has said so.
    pub is_expect_given: bool,
    /// The factor of all timeouts.
    pub slowness: f64,
    /// Number of cases at a time.
    pub jobs: usize,
    /// Begin of the first case.
    pub began: Timestamp,
}

/// The document. `asked_to_stop` is true if the user wanted to end it early.
pub fn of(
    circumstances: Circumstances,
    tested: &[Tested],
    took: Duration,
    asked_to_stop: bool,
) -> Check {
    let cases = tested
        .iter()
        .map(|ended| case(&circumstances, tested, ended));
    let cases: Vec<Case> = cases.collect();
    let counts = Counts::of(&cases);
    Check {
        schema: Check::SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        began: circumstances.began,
        seconds: milliseconds(took),
        server: circumstances.server,
        command: circumstances.command,
        expect: circumstances.expect.map(|expect| expect.to_string()),
        slowness: (circumstances.slowness * 100.0).round() / 100.0,
        jobs: circumstances.jobs,
        verdict: counts.verdict(asked_to_stop && counts.not_tried > 0),
        counts,
        points: None,
        cases,
    }
}

fn case(circumstances: &Circumstances, all: &[Tested], tested: &Tested) -> Case {
    let of = |found: &Found| finding(circumstances, tested, found);
    let (outcome, because, finding) = match &tested.outcome {
        Ended::Passed => (Outcome::Passed, None, None),
        Ended::Failed(found) => (Outcome::Failed, None, Some(of(found))),
        Ended::NotTried { because } => (Outcome::NotTried, Some(not_tried(all, because)), None),
        Ended::LeftOut { reason } => (Outcome::LeftOut, Some(reason.clone()), None),
        Ended::Unclear {
            finding,
            disturbance,
        } => (
            Outcome::Unclear,
            Some(disturbance.clone()),
            Some(of(finding)),
        ),
    };
    Case {
        name: tested.case.name.to_owned(),
        group: tested.case.group.name().to_owned(),
        sentence: tested.case.text().sentence.clone(),
        outcome,
        seconds: milliseconds(tested.took),
        because,
        finding,
        points: None,
    }
}

/// Why a case is not tried: what happened to the case that it builds on, or else the words of the suite.
fn not_tried(all: &[Tested], because: &str) -> String {
    let root = all.iter().find(|tested| tested.case.name == because);
    let happened = match root.map(|root| &root.outcome) {
        Some(Ended::Failed(_)) => "failed",
        Some(Ended::Unclear { .. }) => "is unclear",
        Some(Ended::LeftOut { .. }) => "is left out",
        Some(Ended::NotTried { .. } | Ended::Passed) => "did not run to its end",
        None => return because.to_owned(),
    };
    format!("{because} {happened}")
}

fn finding(circumstances: &Circumstances, tested: &Tested, found: &Found) -> Finding {
    let text = tested.case.text();
    let serves_one = tested.case.name == TWO_AT_ONCE && !circumstances.is_expect_given;
    let advice = serves_one && circumstances.expect.is_some();
    Finding {
        what: found.what.clone(),
        symptom: found.symptom.map(|symptom| symptom.name().to_owned()),
        means: found.means(tested.case).to_owned(),
        model: text.model.clone(),
        readme: format!("crates/models/{}/README.md", text.model),
        by_hand: by_hand::commands(&circumstances.server, &text.by_hand, &text.model),
        shows: text.shows.clone(),
        server: found.server.clone(),
        advice: advice.then(|| {
            "If the server is meant to serve one client after another, add `--expect sequential`."
                .to_owned()
        }),
    }
}

/// Seconds without digits that mean nothing.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e3).round() / 1e3
}

#[cfg(test)]
pub mod tests {
    use conformance::{CASES, STOPPED};
    use record::check::Verdict;

    use super::*;

    /// A case with this outcome, and what belongs to it.
    pub fn case(name: &str, group: &str, outcome: Outcome) -> Case {
        let is_wrong = matches!(outcome, Outcome::Failed | Outcome::Unclear);
        let because = match outcome {
            Outcome::Passed | Outcome::Failed => None,
            Outcome::Unclear => Some("other processes took 60 % of the CPU time"),
            Outcome::NotTried => Some("one_byte failed"),
            Outcome::LeftOut => Some("it needs the contract"),
        };
        Case {
            name: name.to_owned(),
            group: group.to_owned(),
            sentence: format!("The sentence of {name}."),
            outcome,
            seconds: 0.25,
            because: because.map(str::to_owned),
            finding: is_wrong.then(|| Finding {
                what: "a client sent 1 byte and got \u{1b}[31m<nothing> & none".to_owned(),
                symptom: Some("silence".to_owned()),
                means: "The server does not write.".to_owned(),
                model: "iterative".to_owned(),
                readme: "crates/models/iterative/README.md".to_owned(),
                by_hand: "./server 7007    # in a second terminal\nnc 127.0.0.1 7007".to_owned(),
                shows: "A correct server echoes.".to_owned(),
                server: Some("exit code 1\nTraceback: \u{8}boom".to_owned()),
                advice: None,
            }),
            points: None,
        }
    }

    /// A document about these cases.
    pub fn check(cases: Vec<Case>) -> Check {
        let counts = Counts::of(&cases);
        Check {
            schema: Check::SCHEMA,
            version: "0.1.0".to_owned(),
            began: Timestamp::UNIX_EPOCH,
            seconds: 1.5,
            server: Server::External {
                command: "./server {port}".to_owned(),
                datagrams: false,
            },
            command: "echolab check --external './server {port}'".to_owned(),
            expect: Some("concurrent".to_owned()),
            slowness: 1.0,
            jobs: 2,
            verdict: counts.verdict(false),
            counts,
            points: None,
            cases,
        }
    }

    /// A document with every outcome.
    pub fn with_every_outcome() -> Check {
        check(vec![
            case("one_byte", "bytes", Outcome::Passed),
            case("one_mebibyte", "bytes", Outcome::Failed),
            case("pipelined_frames", "bytes", Outcome::LeftOut),
            case("connect_and_leave", "endings", Outcome::Unclear),
            case("two_clients_at_once", "crowds", Outcome::NotTried),
        ])
    }

    /// What the document of a check of `./server` says, if this case fails and the next one builds on it.
    fn with_failed(name: &str, is_expect_given: bool) -> Check {
        let circumstances = Circumstances {
            server: check(Vec::new()).server,
            command: "echolab check".to_owned(),
            expect: Some(Expect::default()),
            is_expect_given,
            slowness: 1.0,
            jobs: 1,
            began: Timestamp::UNIX_EPOCH,
        };
        let mut cases = CASES.iter().skip_while(|case| case.name != name);
        let mut tested = |outcome| Tested {
            case: cases.next().unwrap(),
            outcome,
            took: Duration::from_millis(20),
        };
        let failed = tested(Ended::Failed(Found::new("a client got nothing")));
        let because = failed.case.name;
        let next = tested(Ended::NotTried { because });
        let last = tested(Ended::NotTried { because: STOPPED });
        of(circumstances, &[failed, next, last], Duration::ZERO, true)
    }

    #[test]
    fn a_server_that_serves_no_second_client_hears_of_its_claim() {
        let advice = |name, is_given| {
            let finding = with_failed(name, is_given).cases.remove(0).finding;
            finding.unwrap().advice
        };
        assert!(
            advice(TWO_AT_ONCE, false)
                .unwrap()
                .contains("--expect sequential")
        );
        assert_eq!(advice(TWO_AT_ONCE, true), None);
        assert_eq!(advice("one_byte", false), None);
    }

    #[test]
    fn a_case_that_is_not_tried_names_the_reason() {
        let check = with_failed("one_byte", false);
        let because = |index: usize| check.cases[index].because.as_deref();
        assert_eq!(because(1), Some("one_byte failed"));
        assert_eq!(because(2), Some("the run was stopped"));
        assert_eq!(check.verdict, Verdict::Stopped);
        let by_hand = &check.cases[0].finding.as_ref().unwrap().by_hand;
        assert!(by_hand.starts_with("./server 7007"), "{by_hand}");
        assert!(!by_hand.contains('{'), "{by_hand}");
    }
}
