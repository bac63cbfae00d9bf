//! How sure the first screen is: two equal servers compared, the smallest difference that the run finds, and what it does not see.

use analysis::{Bar, Metric, Summary, Verdict};
use record::number::percent;
use record::plan::{Load, LoadId};
use record::store::Run;

use super::figures::times;
use super::situation::heading;
use crate::words::zone;

/// How two equal servers compare in this run, and the smallest difference that it finds.
pub fn how_sure(summary: &Summary) -> String {
    let loads = summary.headline_loads();
    let sentences = [control(summary, &loads), smallest(summary, &loads)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    sentences.join(" ")
}

fn control(summary: &Summary, loads: &[LoadId]) -> Option<String> {
    if summary.models().count() < 2 || loads.is_empty() {
        return None;
    }
    let Some((first, twin)) = summary.control() else {
        return Some(
            "No server was measured twice, so no difference is certain; remove `--no-twin`."
                .to_owned(),
        );
    };
    let name = &summary.contenders[first].name;
    let failed = |load: &&LoadId| {
        let bar = summary.untrusted(**load, summary.deciding(**load));
        matches!(bar, Some(Bar::Control { .. }))
    };
    let interval = |load: LoadId| {
        let compared = &summary.cell(twin, load).compared;
        compared.get(&summary.deciding(load))?.ratio.interval
    };
    let failed: Vec<LoadId> = loads.iter().filter(failed).copied().collect();
    let (of, is_failed) = if failed.is_empty() {
        (loads, false)
    } else {
        (&failed[..], true)
    };
    let distance = |(low, high): (f64, f64)| low.ln().abs().max(high.ln().abs());
    let found = of.iter().filter_map(|&load| Some((load, interval(load)?)));
    let (load, (low, high)) = found.max_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
    let came = format!(
        "{name} measured twice came to {} to {} of itself",
        times(low),
        times(high)
    );
    Some(if is_failed {
        let heading = heading(summary, load);
        format!("{came} ({heading}); no other difference is certain there.")
    } else {
        format!("{came}.")
    })
}

/// The smallest difference that this run could find: the zone of indifference, and beyond it the usual half-width of an interval.
fn smallest(summary: &Summary, loads: &[LoadId]) -> Option<String> {
    let compared: Vec<_> = loads
        .iter()
        .flat_map(|&load| {
            let metric = summary.deciding(load);
            let cells = summary.models().map(move |id| summary.cell(id, load));
            cells.filter_map(move |cell| cell.compared.get(&metric))
        })
        .collect();
    if compared.is_empty() {
        return None;
    }
    let has_word = |verdict: &Verdict| !matches!(verdict, Verdict::Barred(_));
    let mut widths: Vec<f64> = compared
        .iter()
        .filter(|compared| has_word(&compared.verdict))
        .filter_map(|compared| compared.ratio.half_width())
        .collect();
    widths.sort_by(f64::total_cmp);
    let Some(usual) = widths.get(widths.len() / 2) else {
        let has_any = compared.iter().any(|compared| has_word(&compared.verdict));
        return has_any.then(|| "This run is too short to show any difference.".to_owned());
    };
    let least = summary.zone() * (1.0 + usual) - 1.0;
    let least = percent((least * 100.0).ceil() / 100.0).replace(' ', "\u{a0}");
    let zone = zone(summary.zone()).replace(' ', "\u{a0}");
    Some(format!(
        "Differences within {zone} count as none. This run can show a difference of about {least} or more."
    ))
}

/// What the run does not see, as the end of a sentence.
pub fn not_seen(run: &Run, summary: &Summary) -> String {
    let has = |is_kind: fn(&Load) -> bool| {
        let mut loads = summary.measured_loads();
        loads.any(|load| is_kind(&summary.loads[load]))
    };
    let server = run.environment.pinning.server().map(<[usize]>::len);
    let one_cpu = server.unwrap_or(run.environment.cpus) == 1;
    let missing = [
        (one_cpu, "several CPUs for the server"),
        (!has(|load| load.rate.is_some()), "equal request rates"),
        (!has(|load| load.silent() > 0), "silent clients"),
        (!has(Load::has_work), "requests with real work"),
        (true, "a network"),
        (
            !knows_the_slowest(summary),
            "the slowest 1\u{a0}% of the replies",
        ),
    ];
    let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
    let missing: Vec<&str> = missing.map(|(_, what)| what).collect();
    missing.join(", ")
}

/// True if half of the comparisons of the slowest 1 % have a word.
fn knows_the_slowest(summary: &Summary) -> bool {
    let loads = summary.headline_loads();
    let cells = loads
        .iter()
        .flat_map(|&load| summary.models().map(move |id| summary.cell(id, load)));
    let words = cells.filter_map(|cell| cell.compared.get(&Metric::P99));
    let (clear, unclear): (Vec<_>, Vec<_>) = words.partition(|compared| {
        matches!(
            compared.verdict,
            Verdict::Better | Verdict::Worse | Verdict::Equivalent
        )
    });
    clear.len() > unclear.len()
}
