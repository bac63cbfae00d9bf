//! Which models and loads the figures of a site show.

use record::plan::{Load, Plan};

use super::{SiteError, SiteRun};

/// The most models that are shown if the user chooses none.
const MODELS: usize = 12;

/// The models and loads that the user chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Names of models; empty for those that most runs have measured.
    pub models: Vec<String>,
    /// Loads: a scenario, or a scenario and a step, such as `ladder:100`. Empty for the load that most runs are mainly about.
    pub loads: Vec<String>,
}

/// A load as the user names it: `ladder:100`.
pub fn key(load: &Load) -> String {
    format!("{}:{}", load.scenario, load.step)
}

fn is_meant(chosen: &str, key: &str) -> bool {
    key == chosen
        || key
            .split_once(':')
            .is_some_and(|(scenario, _)| scenario == chosen)
}

impl Chosen {
    pub(super) fn check(&self, plans: &[Plan]) -> Result<(), SiteError> {
        let contenders = plans.iter().flat_map(|plan| &plan.contenders);
        let contenders = contenders.filter(|contender| contender.twin_of.is_none());
        let models = unique(contenders.map(|contender| contender.name.clone()));
        if let Some(name) = self.models.iter().find(|name| !models.contains(name)) {
            return Err(SiteError::UnknownModel {
                name: name.clone(),
                known: models.join(", "),
            });
        }
        let loads = plans.iter().flat_map(|plan| &plan.loads);
        let loads = unique(loads.filter(|load| !load.is_probe()).map(key));
        let is_unknown = |name: &&String| !loads.iter().any(|load| is_meant(name, load));
        match self.loads.iter().find(is_unknown) {
            Some(name) => Err(SiteError::UnknownLoad {
                name: name.clone(),
                known: loads.join(", "),
            }),
            None => Ok(()),
        }
    }

    /// The keys of the loads to show of these runs, each once.
    pub(super) fn loads_of(&self, runs: &[&SiteRun]) -> Vec<String> {
        if self.loads.is_empty() {
            let mains = unique(runs.iter().rev().map(|run| run.main_load.clone()));
            let frequency =
                |load: &&String| runs.iter().filter(|run| run.main_load == **load).count();
            // The first one of several equal ones is that of the newest run.
            return mains
                .iter()
                .rev()
                .max_by_key(frequency)
                .cloned()
                .into_iter()
                .collect();
        }
        let all = unique(
            runs.iter()
                .flat_map(|run| run.loads.iter().map(|(key, _)| key.clone())),
        );
        let chosen = |load: &String| self.loads.iter().any(|name| is_meant(name, load));
        all.into_iter().filter(chosen).collect()
    }

    /// The names of the models to show of these runs under a load, in the order of the newest run that has them.
    pub(super) fn models_of(&self, runs: &[&SiteRun], load: &str) -> Vec<String> {
        let newest_first = runs.iter().rev().flat_map(|run| &run.contenders);
        let all = unique(newest_first.map(|contender| contender.name.clone()));
        let count = |name: &String| {
            runs.iter()
                .filter(|run| run.value(name, load).is_some())
                .count()
        };
        let mut shown: Vec<String> = all.into_iter().filter(|name| count(name) > 0).collect();
        if self.models.is_empty() {
            let mut by_count = shown.clone();
            by_count.sort_by_key(|name| std::cmp::Reverse(count(name)));
            by_count.truncate(MODELS);
            shown.retain(|name| by_count.contains(name));
        } else {
            shown.retain(|name| self.models.contains(name));
        }
        shown
    }
}

/// Each of these texts once, in the order in which they come first.
fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for text in texts {
        if !unique.contains(&text) {
            unique.push(text);
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_meant_by_its_scenario_or_by_its_step() {
        assert!(is_meant("ladder", "ladder:100") && is_meant("ladder:100", "ladder:100"));
        assert!(!is_meant("ladder:1", "ladder:100") && !is_meant("lad", "ladder:100"));
    }
}
