//! Figure: how each model's throughput compares with the baseline's, and how sure that is.

use maud::{Markup, html};

use super::super::svg::axis::{horizontal, ticks};
use super::super::svg::{Area, Panel, Scale, Style, n};
use super::rows::Layout;
use super::{Figure, absent, by_load};
use crate::analysis::{INDIFFERENT, Metric, Ratio, Summary};
use crate::number::{counted, significant};

const METRIC: Metric = Metric::Throughput;

/// `None` where there is nothing to compare.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let bounds = bounds(summary)?;
    let baseline = &summary.contenders[summary.baseline].name;
    Some(Figure {
        id: "ratio".to_owned(),
        question: format!("Who answers more requests than {baseline}, and how sure is that?"),
        read: format!(
            "Right of 1: more requests a second than {baseline} under the same load. Line: the interval that covers the true \
             ratio with 95 % (Hodges-Lehmann estimate, exact Mann-Whitney interval, {} each). Grey zone: less than \
             5 % apart. A hollow mark means that some clients were never served or were refused.",
            counted(summary.blocks, "trial")
        ),
        not: "A ranking: models whose intervals overlap may be equally fast. A word is said only where it holds for all \
              models at once: see the verdicts."
            .to_owned(),
        panels: (0..summary.loads.len()).map(|load| panel(summary, load, bounds)).collect(),
        table: by_load(summary, &format!("Throughput divided by that of {baseline}: estimate [95 % interval]"), |c, l| {
            cell(summary, c, l)
        }),
    })
}

/// The lowest and the highest value of all panels; `None` where there is no ratio at all.
fn bounds(summary: &Summary) -> Option<(f64, f64)> {
    let cells =
        (0..summary.contenders.len()).flat_map(|c| (0..summary.loads.len()).map(move |l| (c, l)));
    let ratios: Vec<Ratio> = cells
        .filter_map(|(c, l)| {
            summary
                .cell(c, l)
                .compared
                .get(&METRIC)
                .map(|found| found.ratio)
        })
        .collect();
    let ends = ratios
        .iter()
        .map(|ratio| ratio.interval.unwrap_or((ratio.estimate, ratio.estimate)));
    ends.fold(None, |bounds, (low, high)| {
        let (least, most) = bounds.unwrap_or((0.5_f64, 2.0_f64));
        // A starved cell may be a thousand times slower; the mark at the edge says enough.
        Some((least.min(low).max(0.05), most.max(high).min(20.0)))
    })
}

fn panel(summary: &Summary, load: usize, bounds: (f64, f64)) -> Panel {
    let layout = Layout::of(summary, 106.0);
    let area = layout.area;
    let scale = Scale::log(bounds.0 / 1.1, bounds.1 * 1.1, (area.left, area.right));
    let baseline = &summary.contenders[summary.baseline].name;
    let body = html! {
        (zone(area, &scale))
        (horizontal(area, &scale, &ticks(&scale, significant), &format!("times the throughput of {baseline}")))
        line.one x1=(n(scale.at(1.0))) x2=(n(scale.at(1.0))) y1=(n(area.top)) y2=(n(area.bottom)) {}
        (layout.names())
        @for (contender, y) in &layout.rows { (row(summary, *contender, load, *y, area, &scale)) }
    };
    let describe = |c: usize| format!("{} {}", summary.contenders[c].name, cell(summary, c, load));
    let all: Vec<_> = (0..summary.contenders.len()).map(describe).collect();
    let description = format!(
        "Throughput divided by that of {baseline}: {}.",
        all.join(", ")
    );
    Panel {
        title: summary.loads[load].label(),
        description,
        height: layout.height,
        body,
    }
}

fn zone(area: Area, scale: &Scale) -> Markup {
    let (left, right) = (scale.at(1.0 / INDIFFERENT), scale.at(INDIFFERENT));
    html! { rect.zone x=(n(left)) width=(n(right - left)) y=(n(area.top)) height=(n(area.bottom - area.top)) {} }
}

fn row(
    summary: &Summary,
    contender: usize,
    load: usize,
    y: f64,
    area: Area,
    scale: &Scale,
) -> Markup {
    let style = Style::of(&summary.contenders[contender]);
    let ring = summary.left_out(contender, load);
    let beside = |class: &str, text: &str| {
        html! { text class=(class) x=(n(area.right + 6.0)) y=(n(y + 4.0)) { (text) } }
    };
    if contender == summary.baseline {
        return html! { (style.mark(scale.at(1.0), y, ring)) (beside("absent", "the baseline")) };
    }
    let Some(found) = summary.cell(contender, load).compared.get(&METRIC) else {
        return beside("absent", absent(summary, contender, load));
    };
    let ratio = &found.ratio;
    html! {
        @if let Some((low, high)) = ratio.interval {
            line class={ "interval " (style.class()) } x1=(n(scale.at(low))) x2=(n(scale.at(high))) y1=(n(y)) y2=(n(y)) {}
        }
        (style.mark(scale.at(ratio.estimate), y, ring))
        (beside("value", &written(ratio)))
    }
}

fn cell(summary: &Summary, contender: usize, load: usize) -> String {
    if contender == summary.baseline {
        return "1".to_owned();
    }
    let ring = if summary.left_out(contender, load) {
        " ○"
    } else {
        ""
    };
    match summary.cell(contender, load).compared.get(&METRIC) {
        Some(found) => written(&found.ratio) + ring,
        None => absent(summary, contender, load).to_owned(),
    }
}

/// `1.55 [1.50, 1.60]`.
pub fn written(ratio: &Ratio) -> String {
    let two = |x: f64| {
        if x < 10.0 {
            format!("{x:.2}")
        } else {
            significant(x)
        }
    };
    match ratio.interval {
        Some((low, high)) => format!("{} [{}, {}]", two(ratio.estimate), two(low), two(high)),
        None => two(ratio.estimate),
    }
}
