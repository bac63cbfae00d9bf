//! The claims of the models, and what this run says about each.

use analysis::{Checked, ClaimResult, Summary};
use maud::{Markup, html};
use record::number::counted;

/// What this run says about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Confirmed,
    Refuted,
    /// The run did not measure the scenario that tests it.
    OtherScenario,
    /// The scenario was measured, but does not decide.
    Undecided,
}

impl Word {
    fn of(summary: &Summary, claim: &Checked) -> Self {
        match claim.result {
            ClaimResult::Holds { .. } => Self::Confirmed,
            ClaimResult::DoesNotHold { .. } => Self::Refuted,
            ClaimResult::NotMeasured { .. } if !is_measured(summary, claim) => Self::OtherScenario,
            ClaimResult::NotMeasured { .. } => Self::Undecided,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Confirmed => "Confirmed: ",
            Self::Refuted => "Refuted here: ",
            Self::OtherScenario => "Not measured: ",
            Self::Undecided => "Undecided: ",
        }
    }
}

fn is_measured(summary: &Summary, claim: &Checked) -> bool {
    summary.scenario_names().contains(&claim.scenario.as_str())
}

/// How many claims this run confirms, and how to test the others; `None` if no model claims anything.
pub fn sentence(summary: &Summary, claims: &[Checked]) -> Option<String> {
    if claims.is_empty() {
        return None;
    }
    let words: Vec<Word> = claims
        .iter()
        .map(|claim| Word::of(summary, claim))
        .collect();
    let count = |word| words.iter().filter(|other| **other == word).count();
    let none_or = |count: usize| match count {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    let mut sentence = format!(
        "{} of {} confirmed, {} refuted",
        count(Word::Confirmed),
        counted(claims.len(), "statement"),
        none_or(count(Word::Refuted)),
    );
    if let undecided @ 1.. = count(Word::Undecided) {
        sentence.extend([", ", &undecided.to_string(), " undecided"]);
    }
    if let others @ 1.. = count(Word::OtherScenario) {
        let scenarios = missing_scenarios(summary, claims).join(",");
        let verb = if others == 1 { "needs" } else { "need" };
        let others = format!(", {others} {verb} other scenarios: `--scenarios {scenarios}`");
        sentence.push_str(&others);
    }
    Some(sentence + ".")
}

/// The scenarios that would test the other claims, each once, in the order of the claims.
fn missing_scenarios<'a>(summary: &Summary, claims: &'a [Checked]) -> Vec<&'a str> {
    let mut scenarios = Vec::new();
    for claim in claims.iter().filter(|claim| !is_measured(summary, claim)) {
        if !scenarios.contains(&claim.scenario.as_str()) {
            scenarios.push(claim.scenario.as_str());
        }
    }
    scenarios
}

/// The claims of one model.
pub fn list(summary: &Summary, claims: &[&Checked]) -> Markup {
    html! {
        @if !claims.is_empty() {
            h3 { "What it claims" }
            ul.claims { @for claim in claims { (item(summary, claim)) } }
        }
    }
}

fn item(summary: &Summary, claim: &Checked) -> Markup {
    let word = Word::of(summary, claim);
    html! {
        li class=[(word == Word::Refuted).then_some("refuted")] {
            b { (word.text()) } (claim.says) " "
            span.muted {
                @match word {
                    Word::OtherScenario => { code { "--scenarios " (claim.scenario) } },
                    Word::Confirmed | Word::Refuted | Word::Undecided => { "(" (claim.scenario) ": " (claim.result.figures()) ")" },
                }
            }
        }
    }
}
