//! The figures of a site: how a value of some models changed from run to run on one machine, at one load.

use record::number::counted;
use record::plan::ContenderId;

use super::{METRIC, SiteRun};
use crate::figure::{History, Spread};
use crate::questions::figure::Figure;
use crate::svg::{Identity, Panel};
use crate::table::Table;

/// The fewest runs that have a history.
const FEWEST: usize = 2;

/// The figure of the models at a load. `names` are those of all models of the site. `None` if fewer than two of these runs measured it.
pub fn figure(
    runs: &[&SiteRun],
    models: &[String],
    load: &str,
    id: &str,
    names: &[&str],
) -> Option<Figure> {
    let has = |run: &&SiteRun| models.iter().any(|model| run.value(model, load).is_some());
    let runs: Vec<&SiteRun> = runs.iter().copied().filter(has).collect();
    if runs.len() < FEWEST {
        return None;
    }
    let label = label(runs[runs.len() - 1], load);
    Some(Figure {
        id: id.to_owned(),
        short: label.to_owned(),
        question: format!("How did the CPU time of a request change from run to run, at {label}?"),
        how_to_read: "One drawing a model. Mark: the median of a run. Bar: its lowest and its highest sitting. The runs stand at even distances, the oldest \
             on the left. Each drawing has its own axis, which begins at 0."
            .to_owned(),
        not_shown: "Whether a change is more than chance: `echolab diff BEFORE AFTER` says so for two runs. Changes of kernel, compiler and offered rate: \
             the list of runs has them."
            .to_owned(),
        panels: models.iter().map(|model| panel(&runs, model, load, names)).collect(),
        table: table(&runs, models, load),
    })
}

fn label<'a>(run: &'a SiteRun, load: &'a str) -> &'a str {
    let known = run.loads.iter().find(|(key, _)| key == load);
    known.map_or(load, |(_, label)| label)
}

fn panel(runs: &[&SiteRun], model: &str, load: &str, names: &[&str]) -> Panel {
    let values: Vec<Option<Spread>> = runs.iter().map(|run| run.value(model, load)).collect();
    let known: Vec<f64> = values
        .iter()
        .flatten()
        .map(|spread| spread.median)
        .collect();
    let ends = known.first().zip(known.last());
    let described = ends.map_or(String::new(), |(first, last)| {
        let [first, last] = [first, last].map(|value| METRIC.unit().write(*value));
        format!(
            "{model}: {first} in the oldest of {}, {last} in the newest.",
            counted(known.len(), "run")
        )
    });
    History {
        identity: identity(runs, model, names),
        description: described,
        axis: format!("{} (µs)", METRIC.heading()),
        runs: runs.iter().map(|run| date(run)).collect(),
        values,
    }
    .panel()
}

/// The look of a model: that of the newest run which has it.
fn identity(runs: &[&SiteRun], model: &str, names: &[&str]) -> Identity {
    let mut all = runs.iter().rev().flat_map(|run| &run.contenders);
    let contender = all.find(|contender| contender.name == model);
    let contender = contender.expect("a model that is shown was measured by a run");
    let number = names.iter().position(|name| *name == model);
    Identity::of(ContenderId(number.unwrap_or(names.len())), contender)
}

/// The day on which a run began, without the year.
fn date(run: &SiteRun) -> String {
    run.overview.started.strftime("%m-%d %H:%M").to_string()
}

fn table(runs: &[&SiteRun], models: &[String], load: &str) -> Table {
    let mut columns = vec!["run", "load"];
    columns.extend(models.iter().map(String::as_str));
    let mut table = Table::new(format!("{} of a request", METRIC.heading()), &columns);
    for run in runs {
        let value = |model: &String| {
            run.value(model, load).map_or("–".to_owned(), |spread| {
                METRIC.unit().write(spread.median)
            })
        };
        let mut row = vec![run.overview.name.clone(), label(run, load).to_owned()];
        row.extend(models.iter().map(value));
        table.rows.push(row);
    }
    table
}
