//! The figures of a run as JSON, for programs: inside the page.

use serde_json::{Value, json};

use crate::analysis::{Metric, Summary};
use crate::store::Run;

/// The version of this document.
const SCHEMA: u32 = 1;

/// Models, loads, and of every metric median, lowest and highest trial, one row a model and one column a load.
pub fn summary(run: &Run, summary: &Summary) -> Value {
    let loads: Vec<_> = summary.loads.iter().map(crate::plan::Load::label).collect();
    let names: Vec<_> = summary
        .contenders
        .iter()
        .map(|contender| &contender.name)
        .collect();
    let metrics = Metric::ALL.map(|metric| (metric.heading().to_owned(), table(summary, metric)));
    let metrics: serde_json::Map<String, Value> = metrics.into_iter().collect();
    json!({
        "schema": SCHEMA,
        "run": run.name,
        "raw_sha256": run.digest,
        "models": names,
        "loads": loads,
        "baseline": summary.contenders[summary.baseline].name,
        "metrics": metrics,
    })
}

/// The same on one line, without anything that ends a script element.
pub fn inline(run: &Run, of: &Summary) -> String {
    summary(run, of).to_string().replace('<', "\\u003c")
}

fn table(summary: &Summary, metric: Metric) -> Value {
    let cell = |contender: usize, load: usize| match summary
        .cell(contender, load)
        .estimates
        .get(&metric)
    {
        Some(found) => json!([found.median, found.low, found.high].map(short)),
        None => Value::Null,
    };
    let row = |contender: usize| -> Value {
        (0..summary.loads.len())
            .map(|load| cell(contender, load))
            .collect()
    };
    (0..summary.contenders.len()).map(row).collect()
}

/// Four significant digits: more than the differences between trials leave, and short.
fn short(value: f64) -> Value {
    if value == 0.0 {
        return json!(0);
    }
    let magnitude = value.abs().log10().floor() as i32;
    if magnitude >= 3 {
        return json!(value.round() as i64);
    }
    let factor = 10_f64.powi(3 - magnitude);
    json!((value * factor).round() / factor)
}
