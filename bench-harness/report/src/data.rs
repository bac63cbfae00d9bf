//! The results of a run for programs: `summary.json` and `summary.csv`.

use std::collections::BTreeMap;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};
use record::store::Run;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

/// The version of `summary.json`.
const SCHEMA: u32 = 1;

/// The results of a run, cell by cell.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// The version of this document.
    pub schema: u32,
    /// The name of the run.
    pub run: String,
    /// SHA-256 of its raw rows.
    pub raw_sha256: String,
    /// The model that the others are compared with.
    pub baseline: String,
    /// The models, in the order of the plan.
    pub models: Vec<String>,
    /// The loads, in the order of the plan.
    pub loads: Vec<LoadRow>,
    /// The unit of each metric.
    pub units: BTreeMap<&'static str, &'static str>,
    /// One per model and load, ordered by model.
    pub cells: Vec<CellRow>,
}

/// A load.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoadRow {
    /// Its scenario.
    pub scenario: String,
    /// Its step on the axis of the scenario.
    pub step: f64,
    /// The name in reports.
    pub label: String,
    /// The metric that decides.
    pub deciding: &'static str,
}

/// A model under a load.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CellRow {
    /// Index of the model.
    pub model: usize,
    /// Index of the load.
    pub load: usize,
    /// Number of trials that count.
    pub trials: usize,
    /// Number of failed trials.
    pub failed: usize,
    /// Number of trials that count although other programs disturbed them.
    pub disturbed: usize,
    /// Number of trials that do not count because other programs disturbed them.
    pub set_aside: usize,
    /// Number of trials that count in which the generator was saturated.
    pub limited: usize,
    /// True if some clients were never served or were refused.
    pub left_out: bool,
    /// Median, lowest trial and highest trial of each metric.
    pub metrics: BTreeMap<&'static str, [f64; 3]>,
    /// The judged metrics, compared with the baseline.
    pub compared: BTreeMap<&'static str, ComparedRow>,
}

/// A ratio to the baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComparedRow {
    /// The best estimate.
    pub ratio: f64,
    /// The 95 % interval of the ratio.
    pub interval: Option<(f64, f64)>,
    /// The verdict.
    pub verdict: &'static str,
    /// The reason if there is no clear verdict.
    pub because: Option<String>,
}

impl Document {
    /// The JSON schema (draft 2020-12) of `summary.json`, which is published in `schema/summary.schema.json`.
    pub fn json_schema() -> Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Self>();
        schema.insert(
            "title".to_owned(),
            format!("summary.json, version {SCHEMA}").into(),
        );
        schema.to_value()
    }

    /// The document of a run.
    pub fn of(run: &Run, summary: &Summary) -> Self {
        let names = summary.contenders.iter().map(|who| who.name.clone());
        let cells = summary.cell_ids();
        Self {
            schema: SCHEMA,
            run: run.name.clone(),
            raw_sha256: run.digest.to_string(),
            baseline: summary.contenders[summary.baseline].name.clone(),
            models: names.collect(),
            loads: summary
                .load_ids()
                .map(|load| load_row(summary, load))
                .collect(),
            units: Metric::ALL
                .map(|metric| (metric.name(), metric.unit().name()))
                .into(),
            cells: cells
                .map(|(contender, load)| cell_row(summary, contender, load))
                .collect(),
        }
    }

    /// As `summary.json`.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers and names are JSON") + "\n"
    }

    /// As `summary.csv` (RFC 4180): one row per model, load and metric.
    pub fn csv(&self) -> String {
        let mut table = csv::Writer::from_writer(Vec::new());
        let head = [
            "model",
            "scenario",
            "step",
            "metric",
            "unit",
            "median",
            "lowest",
            "highest",
            "trials",
            "ratio",
            "ratio_low",
            "ratio_high",
            "verdict",
        ];
        table.write_record(head).expect("memory takes all rows");
        for cell in &self.cells {
            for (metric, values) in &cell.metrics {
                table
                    .write_record(self.record(cell, metric, values))
                    .expect("all rows are as long");
            }
        }
        let bytes = table.into_inner().expect("memory takes all rows");
        String::from_utf8(bytes).expect("names and numbers are text")
    }

    fn record(&self, cell: &CellRow, metric: &str, values: &[f64; 3]) -> [String; 13] {
        let load = &self.loads[cell.load];
        let [median, low, high] = values.map(|value| value.to_string());
        let compared = cell.compared.get(metric);
        let interval = compared.and_then(|compared| compared.interval);
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        [
            self.models[cell.model].clone(),
            load.scenario.clone(),
            load.step.to_string(),
            metric.to_owned(),
            self.units[metric].to_owned(),
            median,
            low,
            high,
            cell.trials.to_string(),
            number(compared.map(|compared| compared.ratio)),
            number(interval.map(|interval| interval.0)),
            number(interval.map(|interval| interval.1)),
            compared.map_or_else(String::new, |compared| compared.verdict.to_owned()),
        ]
    }
}

fn load_row(summary: &Summary, id: LoadId) -> LoadRow {
    let load = &summary.loads[id];
    LoadRow {
        scenario: load.scenario.clone(),
        step: load.step,
        label: load.label(),
        deciding: summary.deciding(id).name(),
    }
}

fn cell_row(summary: &Summary, contender: ContenderId, load: LoadId) -> CellRow {
    let cell = summary.cell(contender, load);
    let estimates = cell.estimates.iter().map(|(metric, estimate)| {
        let values = [estimate.median, estimate.low, estimate.high];
        (metric.name(), values)
    });
    let compared = cell.compared.iter().map(|(metric, compared)| {
        let row = ComparedRow {
            ratio: compared.ratio.estimate,
            interval: compared.ratio.interval,
            verdict: compared.verdict.word(*metric),
            because: compared.verdict.because(),
        };
        (metric.name(), row)
    });
    CellRow {
        model: contender.0,
        load: load.0,
        trials: cell.trials,
        failed: cell.failed,
        disturbed: cell.disturbed,
        set_aside: cell.set_aside,
        limited: cell.limited,
        left_out: cell.left_out(),
        metrics: estimates.collect(),
        compared: compared.collect(),
    }
}
