//! Chooses cases by their names and by the names of their groups.

use conformance::{CASES, Case, DATAGRAM_CASES, Group, Subject};
use record::nearest::nearest;

use crate::failure::Failure;

/// The cases that the options choose, in the order of the suite. Without `only`, these are all.
///
/// # Errors
/// A name is unknown or belongs to servers of the other transport, or no case is left.
pub fn choose(
    cases: &'static [Case],
    only: &[String],
    skip: &[String],
) -> Result<Vec<&'static Case>, Failure> {
    for name in only.iter().chain(skip) {
        check_name(name).map_err(Failure::wrong_use)?;
    }
    for name in only {
        if !cases.iter().any(|case| is_named(case, name)) {
            return Err(Failure::wrong_use(format!(
                "`{name}` is not among the cases for this kind of server; choose from those that `echolab check --list` shows for it"
            )));
        }
    }
    let has = |names: &[String], case: &Case| names.iter().any(|name| is_named(case, name));
    let chosen = cases
        .iter()
        .filter(|case| (only.is_empty() || has(only, case)) && !has(skip, case));
    let chosen: Vec<&'static Case> = chosen.collect();
    if chosen.is_empty() {
        return Err(Failure::wrong_use(
            "--only and --skip leave no case; remove one of them, or choose other names from `echolab check --list`",
        ));
    }
    Ok(chosen)
}

/// Refuses a choice that this server cannot be checked by.
///
/// # Errors
/// None of the cases applies to the server.
pub fn refuse_if_none_applies(cases: &[&'static Case], subject: &Subject) -> Result<(), Failure> {
    let reasons: Option<Vec<String>> = cases
        .iter()
        .map(|case| case.not_applicable(subject))
        .collect();
    match reasons.as_deref() {
        Some([reason, ..]) => Err(Failure::wrong_use(format!(
            "no chosen case applies to this server: `{}` is left out ({reason}); choose others with --only, or remove it",
            cases[0].name
        ))),
        Some([]) | None => Ok(()),
    }
}

/// Makes sure that a case or a group has this name.
///
/// # Errors
/// None has, in a sentence with the most similar name.
pub fn check_name(name: &str) -> Result<(), String> {
    let all = || CASES.iter().chain(DATAGRAM_CASES).map(|case| case.name);
    let names = || all().chain(Group::ALL.iter().map(|group| group.name()));
    if names().any(|other| other == name) {
        return Ok(());
    }
    let near = nearest(name, names()).map(|near| format!(" (did you mean `{near}`?)"));
    Err(format!(
        "there is no case and no group `{name}`{}; `echolab check --list` lists them",
        near.unwrap_or_default()
    ))
}

/// True if this is the name of the case or of its group.
fn is_named(case: &Case, name: &str) -> bool {
    case.name == name || case.group.name() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>, String> {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let chosen = choose(CASES, &owned(only), &owned(skip));
        let chosen = chosen.map_err(|error| error.to_string())?;
        Ok(chosen.iter().map(|case| case.name).collect())
    }

    #[test]
    fn a_name_chooses_a_case_and_a_group_all_of_its_cases() {
        assert_eq!(names(&["one_byte"], &[]), Ok(vec!["one_byte"]));
        let endings = names(&["endings"], &[]).unwrap();
        assert!(endings.contains(&"the_next_client_is_served"));
        assert!(!endings.contains(&"one_byte"));
        let without = names(&["endings"], &["the_next_client_is_served"]).unwrap();
        assert_eq!(without.len() + 1, endings.len());
        assert_eq!(names(&[], &[]).unwrap().len(), CASES.len());
    }

    #[test]
    fn the_order_is_that_of_the_suite() {
        let chosen = names(&["endings", "bytes"], &[]).unwrap();
        let suite = names(&[], &[]).unwrap();
        let kept = suite.into_iter().filter(|name| chosen.contains(name));
        assert_eq!(chosen, kept.collect::<Vec<_>>());
    }

    #[test]
    fn a_typing_error_is_refused_with_the_right_name() {
        let error = names(&["one_bite"], &[]).unwrap_err();
        assert!(error.contains("did you mean `one_byte`?"), "{error}");
        assert!(names(&[], &["qqqq"]).is_err());
    }

    #[test]
    fn a_choice_without_any_case_is_refused() {
        let error = names(&["bytes"], &["bytes"]).unwrap_err();
        assert!(error.contains("leave no case"), "{error}");
        let error = names(&["one_datagram"], &[]).unwrap_err();
        assert!(error.contains("is not among the cases"), "{error}");
    }

    #[test]
    fn no_case_has_the_name_of_a_group() {
        let mut cases = CASES.iter().chain(DATAGRAM_CASES);
        assert!(cases.all(|case| Group::ALL.iter().all(|group| group.name() != case.name)));
    }
}
