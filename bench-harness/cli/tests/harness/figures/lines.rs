//! Lines and percentiles with small synthetic data and with extreme data.

use report::figure::{Axis, AxisKind, Beneath, Curve, GreyLines, Lines, Percentiles, Series, Spot};
use report::svg::Who;

use super::{cast, holds};

pub fn axis(title: &str, kind: AxisKind, values: &[f64]) -> Axis {
    Axis {
        title: title.to_owned(),
        kind,
        values: values.to_vec(),
        write: record::number::short,
        ticks: None,
    }
}

pub fn series(who: &Who, points: &[(f64, f64)]) -> Series {
    let spot = |&(x, y): &(f64, f64)| Spot {
        x,
        y,
        range: Some((y * 0.9, y * 1.1)),
        mark: true,
        ring: y < 5_000.0,
        tooltip: format!("{}: {y}", who.name),
    };
    Series {
        who: who.clone(),
        points: points.iter().map(spot).collect(),
        beneath: Vec::new(),
        knee: None,
    }
}

const STEPS: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

pub fn lines(title: &str, series: Vec<Series>) -> Lines {
    let values = || series.iter().flat_map(|one| &one.points);
    let x: Vec<f64> = values().map(|spot| spot.x).collect();
    let y: Vec<f64> = values().map(|spot| spot.y * 1.1).collect();
    let names = series.iter().map(|one| one.who.name.clone());
    Lines {
        title: title.to_owned(),
        description: "Lines.".to_owned(),
        x: axis("connections", AxisKind::Log, &x),
        y: axis("requests a second", AxisKind::Linear, &y),
        longest_name: names.max_by_key(String::len).unwrap_or_default(),
        most_names: series.len(),
        series,
        grey_lines: GreyLines::None,
        objective: None,
        notes: Vec::new(),
    }
}

fn rising(who: &[Who]) -> Vec<Series> {
    let line = |(index, who): (usize, &Who)| {
        let points = STEPS.map(|x| (x, 2_000.0 * (index + 1) as f64 * (1.0 + x.log10())));
        series(who, &points)
    };
    who.iter().enumerate().map(line).collect()
}

#[test]
fn lines_have_bands_rings_and_grey_lines() {
    let cast = cast();
    let all = || {
        let lines = rising(&cast[..20]);
        let line = |one: &Series| one.points.iter().map(|spot| (spot.x, spot.y)).collect();
        lines.iter().map(line).collect()
    };
    let most = axis("requests a second", AxisKind::Linear, &[160_000.0]);
    let drawn = Lines {
        grey_lines: GreyLines::of(0, "all", all),
        most_names: 12,
        longest_name: "boss-and-workers".to_owned(),
        y: most.clone(),
        notes: vec![
            "ring: cannot run here".to_owned(),
            "green: failed".to_owned(),
        ],
        ..lines("blocking", rising(&cast[..4]))
    };
    let second = Lines {
        grey_lines: GreyLines::of(1, "all", all),
        y: most,
        ..lines("readiness", rising(&cast[8..20]))
    };
    holds("lines", &[drawn.panel(), second.panel()]);
}

#[test]
fn lines_show_objective_knee_and_theory() {
    let cast = cast();
    let mut drawn = lines("latency", rising(&cast[..2]));
    let theory = STEPS.map(|x| (x, 3_000.0 + 8.0 * x));
    drawn.series[0]
        .beneath
        .push(Beneath::Theory(theory.to_vec()));
    drawn.series[1].beneath.push(Beneath::Measured(
        STEPS.map(|x| (x, 1_000.0 + 2.0 * x)).to_vec(),
    ));
    drawn.series[1].knee = Some((100.0, 12_000.0, "holds up to 100".to_owned()));
    drawn.objective = Some((10_000.0, "objective: p99 within 10 ms".to_owned()));
    drawn.y = axis("p99", AxisKind::Decades, &[100.0, 20_000.0]);
    holds("lines-with-objective", &[drawn.panel()]);
}

#[test]
fn extreme_lines_are_drawn() {
    let who = cast();
    let none = Lines {
        notes: vec!["one-by-one: failed".to_owned()],
        ..lines("nobody was served", Vec::new())
    };
    let six = STEPS.map(|x| (x, x * x));
    let logarithmic = Lines {
        y: axis("nanoseconds", AxisKind::Decades, &[1.0, 1e6]),
        ..lines("six orders of magnitude", vec![series(&who[0], &six)])
    };
    let panels = [
        lines("one point", vec![series(&who[0], &[(100.0, 9_000.0)])]).panel(),
        lines(
            "only zeros",
            vec![series(&who[0], &STEPS.map(|x| (x, 0.0)))],
        )
        .panel(),
        logarithmic.panel(),
        none.panel(),
        lines(
            "from zero on",
            vec![series(&who[0], &[(0.0, 9e4), (10.0, 8e4), (10_000.0, 7e4)])],
        )
        .panel(),
        lines("thirty at once", rising(&who)).panel(),
    ];
    holds("lines-extreme", &panels);
}

#[test]
fn percentiles_show_response_and_service_time() {
    let cast = cast();
    let curve = |(index, who): (usize, &Who)| {
        let at = |step: i32, slow: f64| {
            let one_in = 2.0 * 10_f64.powf(f64::from(step) / 8.0);
            (
                one_in,
                50_000.0 * (index + 1) as f64 * (1.0 + one_in / slow),
            )
        };
        Curve {
            who: who.clone(),
            response: (0..30).map(|step| at(step, 100.0)).collect(),
            service: (0..30).map(|step| at(step, 10_000.0)).collect(),
        }
    };
    let drawn = Percentiles {
        title: "blocking".to_owned(),
        description: "Waits.".to_owned(),
        curves: cast[..3].iter().enumerate().map(curve).collect(),
        grey_lines: GreyLines::None,
        most_names: 3,
        times: (40_000.0, 2e7),
        rarest: 1e4,
        notes: vec!["pool: too few samples".to_owned()],
        longest_name: "thread-each".to_owned(),
    };
    let nothing = Percentiles {
        curves: Vec::new(),
        times: (1.0, 1.0),
        rarest: 2.0,
        ..drawn.clone()
    };
    holds("percentiles", &[drawn.panel(), nothing.panel()]);
}
