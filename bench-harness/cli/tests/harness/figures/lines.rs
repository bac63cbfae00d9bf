//! Lines with small synthetic data and with extreme data.

use report::figure::{Axis, AxisKind, Beneath, GreyLines, Lines, Series, Spot};
use report::svg::Identity;

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

pub fn series(identity: &Identity, points: &[(f64, f64)]) -> Series {
    let spot = |&(x, y): &(f64, f64)| Spot {
        x,
        y,
        range: Some((y * 0.9, y * 1.1)),
        mark: true,
        ring: y < 5_000.0,
        is_bound: y > 8_000.0,
        tooltip: format!("{}: {y}", identity.name),
    };
    Series {
        identity: identity.clone(),
        words: points.last().map_or(String::new(), |(_, y)| {
            format!("≥ {}", record::number::short(*y))
        }),
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
    let names = series.iter().map(|one| one.identity.name.clone());
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

fn rising(identity: &[Identity]) -> Vec<Series> {
    let line = |(index, identity): (usize, &Identity)| {
        let points = STEPS.map(|x| (x, 2_000.0 * (index + 1) as f64 * (1.0 + x.log10())));
        series(identity, &points)
    };
    identity.iter().enumerate().map(line).collect()
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
    let identity = cast();
    let none = Lines {
        notes: vec!["one-by-one: failed".to_owned()],
        ..lines("nobody was served", Vec::new())
    };
    let six = STEPS.map(|x| (x, x * x));
    let logarithmic = Lines {
        y: axis("nanoseconds", AxisKind::Decades, &[1.0, 1e6]),
        ..lines("six orders of magnitude", vec![series(&identity[0], &six)])
    };
    let panels = [
        lines("one point", vec![series(&identity[0], &[(100.0, 9_000.0)])]).panel(),
        lines(
            "only zeros",
            vec![series(&identity[0], &STEPS.map(|x| (x, 0.0)))],
        )
        .panel(),
        logarithmic.panel(),
        none.panel(),
        lines(
            "from zero on",
            vec![series(
                &identity[0],
                &[(0.0, 9e4), (10.0, 8e4), (10_000.0, 7e4)],
            )],
        )
        .panel(),
        lines("thirty at once", rising(&identity)).panel(),
    ];
    holds("lines-extreme", &panels);
}

#[test]
fn more_than_four_lines_have_no_bands() {
    let cast = cast();
    let bands = |members| {
        let panel = lines("requests", rising(&cast[..members])).panel();
        panel.body.0.matches("class=\"band\"").count()
    };
    assert_eq!([bands(4), bands(5)], [4, 0]);
}

#[test]
fn ticks_stand_at_measured_steps_only() {
    let mut drawn = lines("requests", rising(&cast()[..2]));
    drawn.x.ticks = Some(vec![(1.0, "1".to_owned()), (1000.0, "1k".to_owned())]);
    let text = drawn.panel().body.0;
    let (_, ticks) = text.split_once("class=\"tick m\"").unwrap();
    let ticks = ticks.split_once("</g>").unwrap().0;
    assert_eq!(ticks.matches("<text").count(), 2, "{ticks}");
}

#[test]
fn a_lower_bound_has_a_hat_and_a_mark_beside_the_name() {
    let bounds = lines(
        "requests",
        vec![series(&cast()[0], &[(1.0, 9e3), (10.0, 4e3)])],
    );
    let text = bounds.panel().body.0;
    assert_eq!(text.matches("class=\"hat\"").count(), 1);
    assert!(text.contains("≥ 4k"), "{text}");
}
