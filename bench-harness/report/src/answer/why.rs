//! Because of what the clearly worse contenders of a load cost more.

use analysis::{Answer, Metric, Summary};
use record::plan::ContenderId;

use super::names::NAMED;
use crate::causes::{because, sentence};

/// The end of the answer where no cause explains most of a difference.
const UNEXPLAINED: &str = "this run does not explain it.";
/// The same for a run without prices.
const WITHOUT_PRICES: &str = "this run did not measure the causes.";

/// The causes of the largest differences, the largest first; `None` if none is shown.
pub fn why(summary: &Summary, answer: &Answer) -> Option<String> {
    let mut worse = answer.worse.iter().rev().map(|(id, _)| *id);
    let last = worse.clone().next()?;
    if answer.metric != Metric::Cpu {
        return Some(UNEXPLAINED.to_owned());
    }
    if summary.prices.is_none() {
        return Some(WITHOUT_PRICES.to_owned());
    }
    let is_explained = |id: &ContenderId| because(summary, *id, answer.load).is_some();
    let explained: Vec<ContenderId> = worse.by_ref().filter(is_explained).take(NAMED).collect();
    let Some(causes) = sentence(summary, &explained, answer.load) else {
        return Some(UNEXPLAINED.to_owned());
    };
    if explained.contains(&last) {
        return Some(causes);
    }
    let name = &summary.contenders[last].name;
    Some(format!("{causes} The run does not explain {name}."))
}
