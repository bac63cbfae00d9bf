//! Table: the claims of the models and their results.

use analysis::{Checked, ClaimResult, Summary, check};

use super::section::Section;
use crate::detail::Detail;
use crate::explain::claims_sentence;
use crate::table::Table;

/// The claims; `None` if no model makes any.
pub fn section(summary: &Summary) -> Option<Section> {
    let claims = check(summary);
    if claims.is_empty() {
        return None;
    }
    let detail = Detail::of(summary);
    let counts = claims_sentence(summary, &claims).unwrap_or_default();
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
        question: "Are the claims of the models true here?".to_owned(),
        how_to_read: format!(
            "Each claim is in the README of its model. It holds or fails if the whole 95 % interval is on one side of its bound. {counts}"
        ),
        tables: Some(table)
            .filter(|table| !table.rows.is_empty())
            .into_iter()
            .collect(),
    })
}

const fn is_broken(claim: &Checked) -> bool {
    matches!(claim.result, ClaimResult::DoesNotHold { .. })
}

fn row(claim: Checked) -> Vec<String> {
    let (word, figures) = (claim.result.words(), claim.result.figures());
    let (word, figures) = (word.to_owned(), figures.to_owned());
    vec![claim.contender, claim.says, claim.scenario, word, figures]
}
