//! The file of points: what each case is worth, and the grade that follows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use conformance::{CASES, DATAGRAM_CASES};
use record::check::{Case, Check, Outcome, Points, Verdict};
use serde::Deserialize;

use super::choice::check_name;
use crate::failure::Failure;

/// Most bytes of a file of points.
const LONGEST: u64 = 1 << 20;
/// Most points of a case.
const MOST: f64 = 1_000_000.0;

/// The long help of `--points`.
pub const HELP: &str = "Give points for the cases that pass, as this TOML file says

A case has the points of its own name, or else those of its group; a case without either has none:

  title = \"Assignment 1: an echo server\"
  [points]
  endings = 1                  # for each case of the group
  two_clients_at_once = 2.5    # for this case

A case that is left out, because it does not apply to the server or this machine cannot run it, counts neither for nor
against it. A case that is not tried gets 0 points. An unclear case makes the grade preliminary, and the exit code 3.";

/// What each case is worth.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointsFile {
    title: Option<String>,
    points: BTreeMap<String, f64>,
}

impl PointsFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, is no such file, or names a case that does not exist.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
            .map_err(|error| {
                Failure::wrong_use(format!(
                    "cannot read the points in {} ({error}); check the path given to --points",
                    path.display()
                ))
            })?;
        Self::parse(&text)
            .map_err(|error| Failure::wrong_use(format!("--points {}: {error}", path.display())))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// It is no file of points, in a sentence that says what to do.
    fn parse(text: &str) -> Result<Self, String> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start.min(text.len())].matches('\n').count()
            });
            format!(
                "line {line}: {}; `echolab check --help` shows an example",
                error.message().replace('\n', " ")
            )
        })?;
        if file.points.is_empty() {
            return Err(
                "no case has points; write some below [points], as `echolab check --help` shows"
                    .to_owned(),
            );
        }
        for (name, points) in &file.points {
            check_name(name)?;
            if !(0.0..=MOST).contains(points) {
                return Err(format!(
                    "`{name}` has {points} points; write a number from 0 to {MOST}"
                ));
            }
        }
        Ok(file)
    }

    /// A file with this text.
    #[cfg(test)]
    pub fn for_tests(text: &str) -> Self {
        Self::parse(text).unwrap()
    }

    /// The points of a case; `None` if the file gives it none.
    fn of(&self, name: &str, group: &str) -> Option<f64> {
        let own = self.points.get(name);
        own.or_else(|| self.points.get(group)).copied()
    }

    /// The document with its grade.
    pub fn grade(&self, mut check: Check) -> Check {
        for case in &mut check.cases {
            case.points = self.of(&case.name, &case.group);
        }
        let sum = |of: fn(&Case) -> bool| {
            let counted = check.cases.iter().filter(|case| of(case));
            rounded(counted.filter_map(|case| case.points).sum())
        };
        let has_points = |case: &&Case| case.points.is_some_and(|points| points > 0.0);
        let left_out = check.cases.iter().filter(has_points);
        let left_out = left_out.filter(|case| case.outcome == Outcome::LeftOut);
        let is_open = |case: &Case| case.outcome == Outcome::Unclear;
        check.points = Some(Points {
            title: self.title.clone(),
            reached: sum(|case| case.outcome == Outcome::Passed),
            possible: sum(|case| case.outcome != Outcome::LeftOut),
            preliminary: check.cases.iter().any(is_open) || check.verdict == Verdict::Stopped,
            left_out: left_out.map(|case| case.name.clone()).collect(),
            not_chosen: self.not_chosen(&check),
        });
        check
    }

    /// The cases for the same kind of server that have points, and that this check did not choose.
    fn not_chosen(&self, check: &Check) -> Vec<String> {
        let is_chosen = |name: &str| check.cases.iter().any(|case| case.name == name);
        let suites = [CASES, DATAGRAM_CASES].into_iter();
        let suite = suites.filter(|suite| suite.iter().any(|case| is_chosen(case.name)));
        let has_points = |points: Option<f64>| points.is_some_and(|points| points > 0.0);
        let missing = suite.flatten().filter(|case| {
            !is_chosen(case.name) && has_points(self.of(case.name, case.group.name()))
        });
        missing.map(|case| case.name.to_owned()).collect()
    }
}

/// A sum without the errors of binary fractions: 0.1 and 0.2 are 0.3. The sum of no numbers is -0.0, and becomes 0.0.
fn rounded(points: f64) -> f64 {
    (points * 1e6).round() / 1e6 + 0.0
}

/// A number of points: `12`, `2.5`.
pub fn amount(points: f64) -> String {
    let text = format!("{points:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::{case, check};
    use super::*;

    fn grade(text: &str, cases: Vec<Case>) -> Points {
        let file = PointsFile::parse(text).unwrap();
        file.grade(check(cases)).points.unwrap()
    }

    #[test]
    fn the_points_of_a_case_win_over_those_of_its_group() {
        let text = "title = \"T\"\n[points]\nbytes = 1\none_byte = 2.5\n";
        let cases = vec![
            case("one_byte", "bytes", Outcome::Passed),
            case("many_messages_one_after_another", "bytes", Outcome::Failed),
            case("the_next_client_is_served", "endings", Outcome::Passed),
        ];
        let points = grade(text, cases);
        assert_eq!((points.reached, points.possible), (2.5, 3.5));
        assert_eq!(points.title.as_deref(), Some("T"));
        assert!(!points.preliminary);
    }

    #[test]
    fn what_is_left_out_does_not_count_and_what_is_not_tried_gets_nothing() {
        let text = "[points]\nbytes = 1\nendings = 0.1\ncrowds = 0.2";
        let cases = vec![
            case("one_byte", "bytes", Outcome::LeftOut),
            case("the_next_client_is_served", "endings", Outcome::Passed),
            case("two_clients_at_once", "crowds", Outcome::NotTried),
        ];
        let points = grade(text, cases);
        assert_eq!((points.reached, points.possible), (0.1, 0.3));
        assert_eq!(points.left_out, ["one_byte"]);
        let others = &points.not_chosen;
        assert!(others.contains(&"many_messages_one_after_another".to_owned()));
        assert!(!others.contains(&"one_byte".to_owned()), "{others:?}");
    }

    #[test]
    fn an_unclear_case_makes_the_grade_preliminary() {
        let cases = vec![case("one_byte", "bytes", Outcome::Unclear)];
        let points = grade("[points]\nbytes = 1", cases);
        assert_eq!(
            (amount(points.reached).as_str(), points.possible),
            ("0", 1.0)
        );
        assert!(points.preliminary);
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line_or_its_name() {
        let error = |text| PointsFile::parse(text).unwrap_err();
        let of = error("[points]\none_bite = 1");
        assert!(of.contains("did you mean `one_byte`?"), "{of}");
        let of = error("[points]\none_byte = -1");
        assert!(of.ends_with("write a number from 0 to 1000000"), "{of}");
        let of = error("[points]\none_byte = nan");
        assert!(of.contains("NaN points; write"), "{of}");
        let of = error("\n[points]\none_byte = \"many\"");
        assert!(of.starts_with("line 3: ") && of.contains("--help"), "{of}");
        let of = error("[point]\none_byte = 1");
        assert!(of.contains("unknown field `point`"), "{of}");
        assert!(error("[points]").contains("no case has points"));
        assert!(error("").contains("missing field `points`"));
    }

    #[test]
    fn the_example_of_the_help_is_a_file_of_points() {
        let example = HELP.lines().filter_map(|line| line.strip_prefix("  "));
        let example = example.collect::<Vec<_>>().join("\n");
        let file = PointsFile::parse(&example).unwrap();
        assert_eq!(file.of("two_clients_at_once", "crowds"), Some(2.5));
    }

    #[test]
    fn amounts_have_no_trailing_zeros() {
        assert_eq!(
            [12.0, 2.5, 0.0, 10.25].map(amount),
            ["12", "2.5", "0", "10.25"]
        );
    }
}
