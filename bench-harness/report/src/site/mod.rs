//! A static web site of several runs: an index by machine and date, and how chosen figures changed from run to run. The report of each
//! run stands in a folder of its own beside the index.
//!
//! ```text
//! chosen    which models and loads the figures show
//! history   the figures: one value of one model over all runs of a machine
//! index     the page
//! ```

mod chosen;
mod history;
mod index;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use analysis::{Metric, Summary};
use record::environment::Environment;
use record::plan::{Contender, Plan};
use record::store::{Overview, Run};
use thiserror::Error;

use crate::ReportError;
use crate::figure::Spread;
use crate::phrases::label;

pub use chosen::Chosen;

/// The figure whose change is drawn.
const METRIC: Metric = Metric::Cpu;

/// A choice that no run of the site can fulfil.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SiteError {
    /// No run has a model of this name.
    #[error("no run measured the model `{name}`; choose one of {known}")]
    UnknownModel {
        /// The name.
        name: String,
        /// The names of all models.
        known: String,
    },
    /// No run has such a load.
    #[error(
        "no run measured the load `{name}`; choose a scenario such as `ladder`, or one of {known}"
    )]
    UnknownLoad {
        /// What was chosen.
        name: String,
        /// All loads.
        known: String,
    },
}

/// What the site shows of one run.
#[derive(Clone, Debug)]
pub struct SiteRun {
    overview: Overview,
    environment: Environment,
    /// The models, without twins.
    contenders: Vec<Contender>,
    /// The key and the label of each load, in the order of the plan.
    loads: Vec<(String, String)>,
    /// The key of the load that the shortest report shows.
    main_load: String,
    /// The values by the name of the model and the key of the load.
    values: BTreeMap<(String, String), Spread>,
}

impl SiteRun {
    /// What the site shows of this run.
    pub fn of(run: &Run, summary: &Summary, overview: Overview) -> Self {
        let key = |load| chosen::key(&summary.loads[load]);
        let loads = summary.measured_loads();
        let models = || summary.models();
        let cells = loads
            .clone()
            .flat_map(|load| models().map(move |id| (id, load)));
        let value = |(id, load)| {
            let estimate = summary.cell(id, load).estimates.get(&METRIC)?;
            let spread = Spread {
                median: estimate.median,
                low: estimate.low,
                high: estimate.high,
            };
            Some(((summary.contenders[id].name.clone(), key(load)), spread))
        };
        Self {
            overview,
            environment: run.environment.clone(),
            contenders: models().map(|id| summary.contenders[id].clone()).collect(),
            loads: loads
                .map(|load| (key(load), label(summary, load)))
                .collect(),
            main_load: key(summary.shown_load()),
            values: cells.filter_map(value).collect(),
        }
    }

    fn value(&self, model: &str, load: &str) -> Option<Spread> {
        self.values
            .get(&(model.to_owned(), load.to_owned()))
            .copied()
    }

    /// The machine: runs on the same one are compared.
    fn machine(&self) -> &str {
        &self.overview.machine
    }
}

/// Checks a choice before the runs are read.
///
/// # Errors
/// A model or a load is in none of these plans.
pub fn check(chosen: &Chosen, plans: &[Plan]) -> Result<(), SiteError> {
    chosen.check(plans)
}

/// The folder of the report of a run in the site.
pub fn folder_of(site: &Path, run: &str) -> PathBuf {
    site.join(run)
}

/// Writes the index of a site of these runs, whose reports have been written. Returns its path.
///
/// # Errors
/// The folder cannot be written.
pub fn write(site: &Path, runs: &[SiteRun], chosen: &Chosen) -> Result<PathBuf, ReportError> {
    super::create(site)?;
    let page = site.join("index.html");
    super::write_file(&page, &index::html(runs, chosen))?;
    Ok(page)
}
