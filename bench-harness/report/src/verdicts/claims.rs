//! Table: the claims of the models and their results.

use analysis::{Checked, ClaimResult, Summary, check};

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
    let mut table = Table::new("Claims", &["model", "says", "scenario", "here", "figures"]);
    table.ends_in_words = true;
    let shown = claims
        .into_iter()
        .filter(|claim| detail == Detail::Full || is_broken(claim));
    table.rows.extend(shown.map(row));
    Some(Section {
        id: "claims",
        short: "Claims",
        question: "Is it true what the models say about themselves?".to_owned(),
        how_to_read: format!(
            "Each sentence stands in the model's README. It holds, or does not, where the whole 95 % interval of what was measured \
             is on one side of its bound.{counts}"
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
    let others = if claims.iter().any(is_broken) {
        "here are the others"
    } else {
        "there are no others"
    };
    format!(
        " Of {} claims {holds} hold and {unknown} were not measured: those stand on the pages of their models; {others}.",
        claims.len()
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
