//! Table: the claims of the models and their results.

use analysis::{Checked, ClaimResult, Summary, check};

use record::number::counted;

use super::section::Section;
use crate::detail::Detail;
use crate::table::Table;

/// The claims; `None` if no model makes any.
pub fn section(summary: &Summary) -> Option<Section> {
    let claims = check(summary);
    if claims.is_empty() {
        return None;
    }
    let detail = Detail::of(summary);
    let counts = match detail {
        Detail::Full => String::new(),
        Detail::Reduced => counts(&claims),
    };
    let mut table = Table::new(
        "Claims",
        &["model", "claim", "scenario", "result", "figures"],
    );
    table.ends_in_words = true;
    let shown = claims
        .into_iter()
        .filter(|claim| detail == Detail::Full || is_broken(claim));
    table.rows.extend(shown.map(row));
    Some(Section {
        id: "claims",
        short: "Claims",
        question: "Are the claims of the models true here?".to_owned(),
        how_to_read: format!(
            "Each claim is in the README of its model. It holds or fails if the whole 95 % interval is on one side of its bound.{counts}"
        ),
        tables: Some(table)
            .filter(|table| !table.rows.is_empty())
            .into_iter()
            .collect(),
    })
}

/// How many claims hold, and how many this run did not test.
fn counts(claims: &[Checked]) -> String {
    let count = |is_kind: fn(&ClaimResult) -> bool| {
        let results = claims.iter().map(|claim| &claim.result);
        results.filter(|result| is_kind(result)).count()
    };
    let holds = count(|result| matches!(result, ClaimResult::Holds { .. }));
    let unknown = count(|result| matches!(result, ClaimResult::NotMeasured { .. }));
    let failed = match claims.iter().filter(|claim| is_broken(claim)).count() {
        0 => "none failed".to_owned(),
        failed => format!("{failed} failed (below)"),
    };
    format!(
        " {holds} of {} hold, {unknown} were not tested, {failed}; details are on the page of each model.",
        counted(claims.len(), "claim")
    )
}

const fn is_broken(claim: &Checked) -> bool {
    matches!(claim.result, ClaimResult::DoesNotHold { .. })
}

fn row(claim: Checked) -> Vec<String> {
    let (word, figures) = (claim.result.words(), claim.result.figures());
    let (word, figures) = (word.to_owned(), figures.to_owned());
    vec![claim.contender, claim.says, claim.scenario, word, figures]
}
