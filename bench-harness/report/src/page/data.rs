//! The data inside the page, for programs that have only the page.

use std::collections::BTreeMap;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};
use record::store::Run;
use serde_json::{Number, json};

use crate::detail::Detail;
use crate::questions::drawn::compared_loads;

/// The version of this document.
const SCHEMA: u32 = 4;

/// The data inside the page, on one line and without anything that ends a script element: for each load the medians of all models
/// with three digits, and the interval of the ratio in what decides. With reduced detail the medians are those of what decides, and
/// the intervals those of the comparison's loads. Lower bounds are the indices of the models whose generator was saturated.
pub fn data(run: &Run, summary: &Summary) -> String {
    let detail = Detail::of(summary);
    let compared = compared_loads(summary);
    let loads = summary.measured_loads().map(|load| {
        let mut object = json!({
            "scenario": summary.loads[load].scenario,
            "label": summary.loads[load].label(),
            "deciding": summary.deciding(load).name(),
            "medians": medians(summary, load, detail),
        });
        let bounds = bounds(summary, load);
        if !bounds.is_empty() {
            object["lower_bounds"] = json!(bounds);
        }
        if detail == Detail::Full || compared.contains(&load) {
            object["ratio_intervals"] = json!(intervals(summary, load));
        }
        object
    });
    let names = summary.contenders.iter().map(|contender| &contender.name);
    let document = json!({
        "schema": SCHEMA,
        "run": run.name,
        "raw_sha256": run.digest.as_str(),
        "baseline": summary.contenders[summary.baseline].name,
        "zone": summary.zone(),
        "models": names.collect::<Vec<_>>(),
        "loads": loads.collect::<Vec<_>>(),
    });
    document.to_string().replace('<', "\\u003c")
}

/// The medians of all contenders under a load, by metric.
fn medians(
    summary: &Summary,
    load: LoadId,
    detail: Detail,
) -> BTreeMap<&'static str, Vec<Option<Number>>> {
    let deciding = summary.deciding(load);
    let is_shown = |metric: &Metric| detail == Detail::Full || *metric == deciding;
    let of_metric = |metric: Metric| {
        let contenders = summary.contender_ids();
        let medians = contenders.map(|id| summary.median(id, load, metric).map(digits));
        (metric.name(), medians.collect())
    };
    Metric::judged().filter(is_shown).map(of_metric).collect()
}

/// The contenders whose throughput is a lower bound.
fn bounds(summary: &Summary, load: LoadId) -> Vec<usize> {
    let contenders = summary.contender_ids();
    let bound = contenders.filter(|&contender| summary.cell(contender, load).is_bound());
    bound.map(|contender| contender.0).collect()
}

/// The intervals of the ratios of all contenders under a load, in what decides.
fn intervals(summary: &Summary, load: LoadId) -> Vec<Option<[Number; 2]>> {
    let deciding = summary.deciding(load);
    let interval = |contender: ContenderId| {
        let compared = &summary.cell(contender, load).compared;
        let (low, high) = compared.get(&deciding)?.ratio.interval?;
        Some([low, high].map(digits))
    };
    summary.contender_ids().map(interval).collect()
}

/// Three significant digits: trials differ too much for more.
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
