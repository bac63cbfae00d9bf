//! The names of files and folders in the folder of a run.

pub(super) const ENVIRONMENT: &str = "environment.json";
pub(super) const PLAN: &str = "plan.json";
pub(super) const LESSONS: &str = "lessons.json";
pub(super) const TRIALS: &str = "trials.jsonl";
pub(super) const SLICES: &str = "slices.jsonl";
pub(super) const HISTOGRAMS: &str = "histograms";
pub(super) const OUTCOMES: &str = "outcomes";
