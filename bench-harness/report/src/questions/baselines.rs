//! The comparison once more, with other baselines.

use analysis::Summary;
use record::plan::ContenderId;

use super::drawn::{all_compared_loads, loads_of_other_baselines};
use super::figure::Figure;
use super::ratios;

/// The comparison with another baseline.
pub struct OtherBaseline {
    /// The name of the baseline.
    pub name: String,
    /// The comparison.
    pub figure: Figure,
}

/// The comparison with other baselines than the plan's. Two questions are answered: what each design gains over the simplest one,
/// which serves one client at a time; and what a reader gives up without the one that is recommended most often. For other
/// questions `echolab report` takes a baseline.
pub fn other_baselines(summary: &Summary) -> Vec<OtherBaseline> {
    let loads = loads_of_other_baselines(summary);
    let simplest = summary.find_contender(|contender| contender.capacity == Some(1));
    let recommended = summary.most_recommended(&all_compared_loads(summary));
    let mut others: Vec<ContenderId> = simplest.into_iter().chain(recommended).collect();
    others.retain(|&contender| contender != summary.baseline);
    others.dedup();
    let comparison = |baseline: ContenderId| {
        let other = summary.against(baseline, &loads);
        Some(OtherBaseline {
            name: other.contenders[baseline].name.clone(),
            figure: ratios::figure_of(&other, &loads)?,
        })
    };
    others.into_iter().filter_map(comparison).collect()
}
