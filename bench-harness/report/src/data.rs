//! The results of a run for programs: `summary.json` and `summary.csv`.

mod rows;

use std::collections::BTreeMap;

use analysis::{Metric, Summary};
use record::foreign;
use record::store::Run;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

pub use rows::{CellRow, ComparedRow, LoadRow};
use rows::{cell_row, load_row};

/// The version of `summary.json`.
const SCHEMA: u32 = 2;

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
    /// The zone of indifference: ratios within this factor of 1 count as equal.
    pub zone: f64,
    /// The models, in the order of the plan.
    pub models: Vec<String>,
    /// The loads, in the order of the plan.
    pub loads: Vec<LoadRow>,
    /// The unit of each metric.
    pub units: BTreeMap<&'static str, &'static str>,
    /// One per model and load, ordered by model.
    pub cells: Vec<CellRow>,
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
        let names = summary
            .contenders
            .iter()
            .map(|contender| contender.name.clone());
        let cells = summary.cell_ids();
        Self {
            schema: SCHEMA,
            run: run.name.clone(),
            raw_sha256: run.digest.to_string(),
            baseline: summary.contenders[summary.baseline].name.clone(),
            zone: summary.zone(),
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
            "bound",
            "rounds",
            "sittings",
            "unit",
            "p",
            "adjusted",
            "needs_rounds",
            "needs_seconds",
            "differs",
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

    fn record(&self, cell: &CellRow, metric: &str, values: &[f64; 3]) -> [String; 22] {
        let load = &self.loads[cell.load];
        let [median, low, high] = values.map(|value| value.to_string());
        let compared = cell.compared.get(metric);
        let interval = compared.and_then(|compared| compared.interval);
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let whole =
            |value: Option<usize>| value.map_or_else(String::new, |value| value.to_string());
        let of_comparison =
            |write: &dyn Fn(&ComparedRow) -> String| compared.map_or_else(String::new, write);
        [
            foreign::cell(&self.models[cell.model]).into_owned(),
            foreign::cell(&load.scenario).into_owned(),
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
            of_comparison(&|compared| compared.verdict.to_owned()),
            (cell.bound && metric == Metric::Throughput.name()).to_string(),
            cell.rounds.to_string(),
            cell.sittings.to_string(),
            of_comparison(&|compared| compared.unit.to_owned()),
            number(compared.map(|compared| compared.p)),
            number(compared.map(|compared| compared.adjusted)),
            of_comparison(&|compared| whole(compared.needs_rounds)),
            number(compared.and_then(|compared| compared.needs_seconds)),
            of_comparison(&|compared| compared.differs.to_string()),
        ]
    }
}
