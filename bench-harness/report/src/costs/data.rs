//! The data inside the page: what its script needs to sort the cost tables, and to compare with another baseline.
//!
//! ```text
//! { schema, run, raw_sha256, zone, baseline, models: [name], families: [name], family: [of each model], twins: { "12": 3 },
//!   figures: { cpu: { heading, better, worse, more } },
//!   loads: [{ id, scenario, label, deciding, metrics: [name], rounds_of: [deciding, cpu], cells: [one a model, or null] }] }
//! cell: { v: [median of each metric], n: trials, r: [rounds of each of rounds_of],
//!         p: 1 in rounds, b: 1 bound, k: [metrics that are lower bounds], l: limited, d: disturbed, a: above, f: failed,
//!         o: 1 left clients out, s: 1 spins, w: answered share }
//! ```
//!
//! The rounds of a figure are one word a sitting, with four letters a round: the log ratio to the baseline of the plan in millionths.
//! Where there are no rounds it is one word with the logarithm of the value of each trial. A letter is a digit to the base of 90, the
//! first one counts most, and zero is in the middle of the range. So 31 models under 40 loads with 30 rounds take 80 KB: only the loads
//! that have a table are here.

use analysis::{Cell, Metric, Summary, in_millionths};
use record::plan::{ContenderId, LoadId};
use record::store::Run;
use serde_json::{Map, Number, Value, json};

use super::block::metrics;
use super::loads::shown;
use crate::detail::Detail;

/// The version of this document.
const SCHEMA: u32 = 5;
/// Digits of the packed numbers.
const BASE: i64 = 90;
/// Letters of a packed number.
const LETTERS: u32 = 4;

/// The data on one line, without anything that ends a script element.
pub fn data(run: &Run, summary: &Summary) -> String {
    let families = summary.families();
    let family = |id: ContenderId| {
        families
            .iter()
            .position(|known| known.members.contains(&id))
    };
    let twins = summary.contender_ids().filter_map(|twin| {
        let name = summary.contenders[twin].twin_of.as_ref()?;
        let original = summary.find_contender(|one| one.name == *name)?;
        Some((twin.0.to_string(), json!(original.0)))
    });
    let loads = shown(summary);
    let names = summary.contenders.iter().map(|contender| &contender.name);
    let document = json!({
        "schema": SCHEMA,
        "run": run.name,
        "raw_sha256": run.digest.as_str(),
        "zone": summary.zone(),
        "baseline": summary.baseline.0,
        "models": names.collect::<Vec<_>>(),
        "families": families.iter().map(|known| known.family).collect::<Vec<_>>(),
        "family": summary.contender_ids().map(family).collect::<Vec<_>>(),
        "twins": twins.collect::<Map<String, Value>>(),
        "figures": figures(summary, &loads),
        "loads": loads.iter().map(|&id| load(summary, id)).collect::<Vec<_>>(),
    });
    document.to_string().replace('<', "\\u003c")
}

/// The figures that are compared round by round, with their words.
fn figures(summary: &Summary, loads: &[LoadId]) -> Map<String, Value> {
    let named = |metric: Metric| {
        let (better, worse) = metric.words()?;
        let about = json!({
            "heading": metric.heading(),
            "better": better,
            "worse": worse,
            "more": metric.more_is_better(),
        });
        Some((metric.name().to_owned(), about))
    };
    let all = loads.iter().flat_map(|&load| compared(summary, load));
    all.filter_map(named).collect()
}

/// The figures whose rounds the page holds: what decides, and with full detail CPU too.
fn compared(summary: &Summary, load: LoadId) -> Vec<Metric> {
    let deciding = summary.deciding(load);
    match Detail::of(summary) {
        Detail::Full if deciding != Metric::Cpu => vec![deciding, Metric::Cpu],
        Detail::Full | Detail::Reduced => vec![deciding],
    }
}

fn load(summary: &Summary, load: LoadId) -> Value {
    let is_measured = |metric: &Metric| {
        let mut contenders = summary.contender_ids();
        contenders.any(|id| summary.median(id, load, *metric).is_some())
    };
    let metrics: Vec<Metric> = metrics().filter(is_measured).collect();
    let cells = summary.contender_ids().map(|contender| {
        let cell = summary.cell(contender, load);
        let is_measured = cell.trials + cell.failed + cell.set_aside > 0;
        is_measured.then(|| of_cell(summary, contender, load, &metrics))
    });
    json!({
        "id": load.0,
        "scenario": summary.loads[load].scenario,
        "label": summary.loads[load].label(),
        "deciding": summary.deciding(load).name(),
        "metrics": metrics.iter().map(|metric| metric.name()).collect::<Vec<_>>(),
        "rounds_of": compared(summary, load).iter().map(|metric| metric.name()).collect::<Vec<_>>(),
        "cells": cells.collect::<Vec<_>>(),
    })
}

fn of_cell(summary: &Summary, contender: ContenderId, load: LoadId, metrics: &[Metric]) -> Value {
    let cell = summary.cell(contender, load);
    let medians = metrics
        .iter()
        .map(|&metric| summary.median(contender, load, metric).map(digits));
    let rounds = compared(summary, load)
        .into_iter()
        .map(|metric| packed(cell, metric));
    let bounds: Vec<&str> = metrics
        .iter()
        .filter(|&&metric| metric != Metric::Throughput && cell.is_lower_bound(metric))
        .map(|metric| metric.name())
        .collect();
    let mut object = json!({
        "v": medians.collect::<Vec<_>>(),
        "n": cell.trials,
        "r": rounds.collect::<Vec<_>>(),
    });
    let flags = [
        ("p", usize::from(cell.is_paired())),
        ("b", usize::from(cell.is_bound())),
        ("l", cell.limited),
        ("d", cell.disturbed),
        ("a", cell.above),
        ("f", cell.failed),
        ("o", usize::from(cell.left_out())),
        ("s", usize::from(cell.spins)),
    ];
    for (name, value) in flags.into_iter().filter(|(_, value)| *value > 0) {
        object[name] = json!(value);
    }
    if !bounds.is_empty() {
        object["k"] = json!(bounds);
    }
    if let Some(share) = cell.behind() {
        object["w"] = json!(digits(share));
    }
    object
}

/// The rounds of a figure, or else the values of its trials. Empty where there are none, or where a value is not above zero.
fn packed(cell: &Cell, metric: Metric) -> String {
    let number = |log: f64| letters(in_millionths(log));
    if let Some(sittings) = cell.rounds.relative.get(&metric) {
        let words = sittings
            .iter()
            .map(|logs| logs.iter().map(|&log| number(log)).collect::<String>());
        return words.collect::<Vec<_>>().join(" ");
    }
    let values = if cell.is_paired() {
        &[]
    } else {
        cell.values(metric)
    };
    let are_positive = values.iter().all(|value| *value > 0.0 && value.is_finite());
    let values = values.iter().filter(|_| are_positive);
    values.map(|value| number(value.ln())).collect()
}

/// A number in four letters: digits from 0 to 89 that count from the middle of the range.
fn letters(number: i64) -> String {
    let range = BASE.pow(LETTERS);
    let mut rest = (number + range / 2).clamp(0, range - 1);
    let mut letters = [' '; LETTERS as usize];
    for letter in letters.iter_mut().rev() {
        *letter = digit(rest % BASE);
        rest /= BASE;
    }
    letters.iter().collect()
}

/// A digit as a letter that needs no escape in JSON or HTML.
fn digit(value: i64) -> char {
    let code = u8::try_from(value).map_or(0, |value| b'#' + value);
    match char::from(code) {
        '<' => '}',
        '\\' => '~',
        letter => letter,
    }
}

/// Four significant digits: trials differ too much for more.
fn digits(value: f64) -> Number {
    if value == 0.0 || !value.is_finite() {
        return Number::from(0);
    }
    let factor = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    let round = (value * factor).round() / factor;
    let is_whole = round.fract() == 0.0 && round.abs() < 1e15;
    let whole = is_whole.then(|| Number::from(round as i64));
    whole
        .or_else(|| Number::from_f64(round))
        .expect("it is finite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_a_letter_of_its_own() {
        let all: std::collections::BTreeSet<char> = (0..BASE).map(digit).collect();
        assert_eq!(all.len(), BASE as usize);
        assert!(all.is_disjoint(&['"', '\\', '<', ' '].into()));
    }

    #[test]
    fn a_number_has_four_letters_and_zero_is_in_the_middle() {
        assert_eq!(letters(0), "P###");
        assert_eq!(letters(1), "P##$");
        assert_eq!(letters(-1).len(), 4);
        assert_eq!(letters(i64::from(i32::MAX)), letters(BASE.pow(4)));
    }
}
