//! Parts of a summary: one scenario, or some contenders.

use record::plan::{ContenderId, LoadId};

use crate::summary::Summary;

impl Summary {
    /// The part that one scenario measured.
    #[must_use]
    pub fn only(&self, scenario: &str) -> Self {
        let loads: Vec<LoadId> = self.loads_of(scenario).collect();
        let contenders: Vec<ContenderId> = self.contender_ids().collect();
        Self {
            loads: loads.iter().map(|&load| self.loads[load].clone()).collect(),
            ..self.part(&contenders, &loads)
        }
    }

    /// The part with these contenders, the baseline and the control. Verdicts stay those of the whole run.
    #[must_use]
    pub fn with_models(&self, names: &[String]) -> Self {
        let control = self.control();
        let is_kept = |&contender: &ContenderId| {
            let is_named = names.contains(&self.contenders[contender].name);
            let is_control =
                control.is_some_and(|(first, twin)| [first, twin].contains(&contender));
            is_named || is_control || contender == self.baseline
        };
        let kept: Vec<ContenderId> = self.contender_ids().filter(is_kept).collect();
        let baseline = kept.iter().position(|&c| c == self.baseline);
        let loads: Vec<LoadId> = self.load_ids().collect();
        Self {
            contenders: kept.iter().map(|&c| self.contenders[c].clone()).collect(),
            baseline: ContenderId(baseline.unwrap_or_default()),
            ..self.part(&kept, &loads)
        }
    }

    /// A copy with these cells only. Cells are most of a summary, and copying all of them takes longer than all the rest.
    fn part(&self, contenders: &[ContenderId], loads: &[LoadId]) -> Self {
        let cells = contenders
            .iter()
            .flat_map(|&contender| loads.iter().map(move |&load| (contender, load)));
        Self {
            contenders: self.contenders.clone(),
            loads: self.loads.clone(),
            scenarios: self.scenarios.clone(),
            warnings: self.warnings.clone(),
            round_s: loads.iter().map(|load| self.round_s[load.0]).collect(),
            cells: cells
                .map(|(contender, load)| self.cell(contender, load).clone())
                .collect(),
            prices: self.prices.clone(),
            ..*self
        }
    }
}
