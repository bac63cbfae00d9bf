//! Strips with small and with extreme data: bars, predictions and spans.

use record::number::significant;
use report::figure::{Axis, AxisKind, Happening, Strip, Strips, Stroke};
use report::svg::Panel;

use super::holds;

fn strip(name: &str, what: Stroke, value: &str) -> Strip {
    Strip {
        name: name.to_owned(),
        what,
        value: value.to_owned(),
    }
}

fn bar(name: &str, at: f64, low: Option<f64>, high: Option<f64>) -> Strip {
    let value = format!("{} us", significant(at));
    strip(
        name,
        Stroke::Bar {
            at,
            ends: (low, high),
        },
        &value,
    )
}

fn drawn(title: &str, kind: AxisKind, values: &[f64], rows: Vec<Strip>) -> Panel {
    let strips = Strips {
        title: title.to_owned(),
        description: "What a lesson measured.".to_owned(),
        axis: Axis {
            title: "CPU time a request, us".to_owned(),
            kind,
            values: values.to_vec(),
            write: significant,
            ticks: None,
        },
        rows,
    };
    strips.panel()
}

#[test]
fn strips_show_bars_their_intervals_and_a_prediction() {
    let rows = vec![
        bar("exact", 17.0, Some(17.0), Some(17.0)),
        bar("an interval", 24.0, Some(22.0), Some(27.0)),
        strip(
            "you predicted a",
            Stroke::Predicted(None, Some(19.5)),
            "below 19.5",
        ),
        strip(
            "you predicted c",
            Stroke::Predicted(Some(50.0), None),
            "from 50",
        ),
        bar("at least so large", 20.0, Some(20.0), None),
    ];
    let spans = vec![
        strip(
            "c1",
            Stroke::Spans(vec![(0.0, 3.0, Happening::Idle)]),
            "3 s",
        ),
        strip(
            "c2",
            Stroke::Spans(vec![
                (0.0, 3.0, Happening::Waits),
                (3.0, 3.001, Happening::Served),
            ]),
            "3 s",
        ),
    ];
    let panels = [
        drawn("bars", AxisKind::Linear, &[27.0], rows),
        drawn("spans", AxisKind::Linear, &[3.0], spans),
    ];
    holds("strips", &panels);
}

#[test]
fn extreme_strips_are_drawn() {
    let long = "a name that is far too long for its place";
    let orders: Vec<f64> = (0..6).map(|power| 10_f64.powi(power)).collect();
    let wide = orders.iter().map(|at| bar(long, *at, Some(0.0), None));
    let panels = [
        drawn("six orders", AxisKind::Decades, &orders, wide.collect()),
        drawn(
            "zeros",
            AxisKind::Linear,
            &[0.0],
            vec![bar("zero", 0.0, Some(0.0), Some(0.0))],
        ),
        drawn(
            "a prediction far beyond the axis",
            AxisKind::Linear,
            &[1.0],
            vec![
                bar("r", 1.0, Some(0.9), Some(1.1)),
                strip(
                    "you predicted 1e9",
                    Stroke::Predicted(Some(1e9), Some(1e9)),
                    "1,000,000,000",
                ),
            ],
        ),
        drawn("no rows", AxisKind::Linear, &[], Vec::new()),
    ];
    holds("strips-extreme", &panels);
}
