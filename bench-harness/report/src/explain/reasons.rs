//! Why a model costs what it costs, at the loads that the first screen is about.

use analysis::{Metric, Summary, Verdict};
use maud::{Markup, html};
use record::plan::{ContenderId, LoadId};

use crate::answer::heading;
use crate::causes::because;

/// The reasons; nothing where there is no cost that needs one.
pub fn reasons(summary: &Summary, model: ContenderId) -> Markup {
    let loads = summary.headline_loads().into_iter();
    let sentences: Vec<String> = loads
        .filter_map(|load| sentence(summary, model, load))
        .collect();
    html! {
        @if !sentences.is_empty() {
            h3 { "Why it costs that" }
            ul { @for sentence in sentences { li { (sentence) } } }
        }
    }
}

/// `None` if no difference is shown, or the run has no prices of switches and calls and so knows no cause.
fn sentence(summary: &Summary, model: ContenderId, load: LoadId) -> Option<String> {
    let compared = summary.cell(model, load).compared.get(&Metric::Cpu);
    let shown =
        compared.filter(|compared| matches!(compared.verdict, Verdict::Better | Verdict::Worse));
    let baseline = &summary.contenders[summary.baseline].name;
    let situation = heading(summary, load);
    let ratio = shown.map(|compared| {
        format!(
            "CPU per request ×{:.2} against {baseline}",
            compared.ratio.estimate
        )
    });
    match (because(summary, model, load), ratio) {
        (Some(cause), Some(ratio)) => Some(format!("{situation}: {ratio}. Cause: {cause}.")),
        (Some(cause), None) => Some(format!("{situation}: {cause}.")),
        (None, Some(ratio)) if summary.prices.is_some() => Some(format!(
            "{situation}: {ratio}. The run does not explain why."
        )),
        (None, _) => None,
    }
}
