//! The figures of a run as documents for programs: `summary.json`, `summary.csv`, and what the page itself holds.

use std::collections::BTreeMap;

use analysis::{Metric, Summary};
use record::store::Run;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Number, Value};

use super::shown::{Room, compared};

/// The version of `summary.json`.
const SCHEMA: u32 = 1;

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

    /// Everything.
    pub fn of(run: &Run, summary: &Summary) -> Self {
        let cells = (0..summary.contenders.len())
            .flat_map(|model| (0..summary.loads.len()).map(move |load| (model, load)));
        Self {
            schema: SCHEMA,
            run: run.name.clone(),
            raw_sha256: run.digest.to_string(),
            baseline: summary.contenders[summary.baseline].name.clone(),
            models: summary
                .contenders
                .iter()
                .map(|who| who.name.clone())
                .collect(),
            loads: (0..summary.loads.len())
                .map(|load| row(summary, load))
                .collect(),
            units: Metric::ALL
                .map(|metric| (metric.name(), metric.unit().name()))
                .into(),
            cells: cells
                .map(|(model, load)| cell(summary, model, load))
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
        let ends = compared.and_then(|found| found.interval);
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
            number(compared.map(|found| found.ratio)),
            number(ends.map(|ends| ends.0)),
            number(ends.map(|ends| ends.1)),
            compared.map_or_else(String::new, |found| found.verdict.to_owned()),
        ]
    }
}

fn row(summary: &Summary, load: usize) -> LoadRow {
    let of = &summary.loads[load];
    LoadRow {
        scenario: of.scenario.clone(),
        step: of.step,
        label: of.label(),
        deciding: summary.deciding(load).name(),
    }
}

fn cell(summary: &Summary, model: usize, load: usize) -> CellRow {
    let of = summary.cell(model, load);
    let values = of
        .estimates
        .iter()
        .map(|(metric, found)| (metric.name(), [found.median, found.low, found.high]));
    let compared = of.compared.iter().map(|(metric, found)| {
        let row = ComparedRow {
            ratio: found.ratio.estimate,
            interval: found.ratio.interval,
            verdict: found.verdict.word(*metric),
            because: found.verdict.because(),
        };
        (metric.name(), row)
    });
    CellRow {
        model,
        load,
        trials: of.trials,
        failed: of.failed,
        disturbed: of.disturbed,
        set_aside: of.set_aside,
        limited: of.limited,
        left_out: of.left_out(),
        metrics: values.collect(),
        compared: compared.collect(),
    }
}

/// What the page itself holds, on one line and without anything that ends a script element: of each load the medians of all
/// models, three digits each, and the interval of the ratio for what decides. Where there is little room, only of what decides, and the
/// intervals of the loads of the comparison.
pub fn inline(run: &Run, summary: &Summary) -> String {
    let models = 0..summary.contenders.len();
    let room = Room::of(summary);
    let medians = |load: usize| -> BTreeMap<&str, Vec<Option<Number>>> {
        let of = |metric: Metric| {
            let values = models
                .clone()
                .map(|c| summary.median(c, load, metric).map(digits));
            (metric.name(), values.collect::<Vec<_>>())
        };
        let shown = |metric: &Metric| room == Room::Plenty || *metric == summary.deciding(load);
        Metric::judged().filter(shown).map(of).collect()
    };
    let ratios = |load: usize| -> Vec<Option<[Number; 2]>> {
        let of = |c: usize| {
            let ratio = summary
                .cell(c, load)
                .compared
                .get(&summary.deciding(load))?
                .ratio;
            let (low, high) = ratio.interval?;
            Some([low, high].map(digits))
        };
        models.clone().map(of).collect()
    };
    let asked = (0..summary.loads.len()).filter(|&load| !summary.loads[load].is_probe());
    let compared = compared(summary);
    let loads = asked.map(|load| {
        let mut one = serde_json::json!({
            "scenario": summary.loads[load].scenario,
            "label": summary.loads[load].label(),
            "deciding": summary.deciding(load).name(),
            "medians": medians(load),
        });
        if room == Room::Plenty || compared.contains(&load) {
            one["ratio_intervals"] = serde_json::json!(ratios(load));
        }
        one
    });
    let names = summary.contenders.iter().map(|who| &who.name);
    let all = serde_json::json!({
        "schema": 3,
        "run": run.name,
        "raw_sha256": run.digest.as_str(),
        "baseline": summary.contenders[summary.baseline].name,
        "models": names.collect::<Vec<_>>(),
        "loads": loads.collect::<Vec<_>>(),
    });
    all.to_string().replace('<', "\\u003c")
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
