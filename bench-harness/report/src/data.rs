//! The figures of a run as documents for programs: `summary.json`, `summary.csv`, and what the page itself holds.

use std::collections::BTreeMap;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};
use record::store::Run;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Number, Value, json};

use crate::detail::Detail;
use crate::questions::drawn::compared_loads;

/// The version of `summary.json`.
const SCHEMA: u32 = 1;
/// The version of the data inside the page.
const INLINE_SCHEMA: u32 = 3;

/// What a run found out, cell by cell.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Document {
    /// The version of this document.
    pub schema: u32,
    /// The name of the run.
    pub run: String,
    /// SHA-256 of its raw rows.
    pub raw_sha256: String,
    /// Whom the others are compared with.
    pub baseline: String,
    /// Who took part, in the order of the plan.
    pub models: Vec<String>,
    /// The loads, in the order of the plan.
    pub loads: Vec<LoadRow>,
    /// The unit of each metric.
    pub units: BTreeMap<&'static str, &'static str>,
    /// One a model and load, models first.
    pub cells: Vec<CellRow>,
}

/// A load.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoadRow {
    /// Its scenario.
    pub scenario: String,
    /// Its place on the axis of the scenario.
    pub step: f64,
    /// What reports call it.
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
    /// Trials that count.
    pub trials: usize,
    /// Trials that failed.
    pub failed: usize,
    /// Trials among those that count which other programs disturbed.
    pub disturbed: usize,
    /// Trials that do not count because other programs disturbed them and enough others are left.
    pub set_aside: usize,
    /// Trials among them in which the generator was at its limit.
    pub limited: usize,
    /// Whether clients were never served or were refused.
    pub left_out: bool,
    /// Median, lowest and highest trial of each metric.
    pub metrics: BTreeMap<&'static str, [f64; 3]>,
    /// What is judged, held against the baseline.
    pub compared: BTreeMap<&'static str, ComparedRow>,
}

/// A ratio to the baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComparedRow {
    /// The best estimate.
    pub ratio: f64,
    /// The interval that covers the true ratio with 95 %.
    pub interval: Option<(f64, f64)>,
    /// What may be said.
    pub verdict: &'static str,
    /// Why there is no clear word.
    pub because: Option<String>,
}

impl Document {
    /// The JSON schema (draft 2020-12) of `summary.json`. It stands in `schema/summary.schema.json`.
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

    /// As `summary.csv` (RFC 4180): one row a model, load and metric.
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

/// The data inside the page, on one line and without anything that ends a script element: for each load the medians of all models
/// with three digits, and the interval of the ratio in what decides. With reduced detail the medians are those of what decides, and
/// the intervals those of the comparison's loads.
pub fn inline(run: &Run, summary: &Summary) -> String {
    let detail = Detail::of(summary);
    let compared = compared_loads(summary);
    let loads = summary.measured_loads().map(|load| {
        let mut object = json!({
            "scenario": summary.loads[load].scenario,
            "label": summary.loads[load].label(),
            "deciding": summary.deciding(load).name(),
            "medians": inline_medians(summary, load, detail),
        });
        if detail == Detail::Full || compared.contains(&load) {
            object["ratio_intervals"] = json!(inline_intervals(summary, load));
        }
        object
    });
    let names = summary.contenders.iter().map(|who| &who.name);
    let document = json!({
        "schema": INLINE_SCHEMA,
        "run": run.name,
        "raw_sha256": run.digest.as_str(),
        "baseline": summary.contenders[summary.baseline].name,
        "models": names.collect::<Vec<_>>(),
        "loads": loads.collect::<Vec<_>>(),
    });
    document.to_string().replace('<', "\\u003c")
}

/// The medians of all contenders under a load, by metric.
fn inline_medians(
    summary: &Summary,
    load: LoadId,
    detail: Detail,
) -> BTreeMap<&'static str, Vec<Option<Number>>> {
    let deciding = summary.deciding(load);
    let is_shown = |metric: &Metric| detail == Detail::Full || *metric == deciding;
    let medians = |metric: Metric| {
        let contenders = summary.contender_ids();
        let medians = contenders.map(|id| summary.median(id, load, metric).map(digits));
        (metric.name(), medians.collect())
    };
    Metric::judged().filter(is_shown).map(medians).collect()
}

/// The intervals of the ratios of all contenders under a load, in what decides.
fn inline_intervals(summary: &Summary, load: LoadId) -> Vec<Option<[Number; 2]>> {
    let deciding = summary.deciding(load);
    let interval = |contender: ContenderId| {
        let compared = &summary.cell(contender, load).compared;
        let (low, high) = compared.get(&deciding)?.ratio.interval?;
        Some([low, high].map(digits))
    };
    summary.contender_ids().map(interval).collect()
}

/// Three significant digits: about what the differences between trials leave.
fn digits(value: f64) -> Number {
    if value == 0.0 || !value.is_finite() {
        return Number::from(0);
    }
    let factor = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    let round = (value * factor).round() / factor;
    let is_whole = round.fract() == 0.0 && round.abs() < 1e15;
    let whole = is_whole.then(|| Number::from(round as i64));
    whole
        .or_else(|| Number::from_f64(round))
        .expect("it is finite")
}
