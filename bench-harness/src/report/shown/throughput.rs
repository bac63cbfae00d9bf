//! Figure: how many requests a second, the more clients there are.

use super::super::figure::{Axis, AxisKind, Company, Lines, Series, Spot};
use super::super::svg::Panel;
use super::{Figure, by_load, families, longest_name, most_members, who, without_line, written};
use crate::analysis::{Metric, Summary};
use crate::number::{counted, short};

const METRIC: Metric = Metric::Throughput;

/// `None` where nothing was measured.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let most = highest(summary)?;
    Some(Figure {
        id: "throughput".to_owned(),
        short: "Throughput".to_owned(),
        question: "How many requests a second, the more clients are busy?".to_owned(),
        read: format!(
            "One panel for each way of waiting; the other families' lines are grey. Mark: median of {}. Band: from the lowest \
             to the highest trial. A hollow mark means that some clients were never served or were refused.",
            counted(summary.blocks, "trial")
        ),
        not: "Capacity. Every client waits for its reply before it asks again (closed loop), so that a slow server is \
              asked less. All clients are busy: what idle ones cost is not seen."
            .to_owned(),
        panels: panels(summary, most),
        table: by_load(summary, "Requests a second: median [lowest – highest trial]", |contender, load| {
            let ring = if summary.cell(contender, load).left_out() { " ○" } else { "" };
            written(summary, contender, load, METRIC) + ring
        }),
    })
}

fn highest(summary: &Summary) -> Option<f64> {
    let cells =
        (0..summary.contenders.len()).flat_map(|c| (0..summary.loads.len()).map(move |l| (c, l)));
    let highs = cells.filter_map(|(c, l)| Some(summary.cell(c, l).estimates.get(&METRIC)?.high));
    highs.max_by(f64::total_cmp)
}

fn panels(summary: &Summary, most: f64) -> Vec<Panel> {
    let families = families(summary);
    let panel = |(index, (family, members)): (usize, &(&str, Vec<usize>))| {
        let company = Company::of(index, "all-throughput", || {
            (0..summary.contenders.len())
                .map(|contender| medians(summary, contender))
                .collect()
        });
        panel(summary, family, members, most, company)
    };
    families.iter().enumerate().map(panel).collect()
}

fn panel(summary: &Summary, family: &str, members: &[usize], most: f64, company: Company) -> Panel {
    let connections = summary.loads.iter().map(|load| load.connections as f64);
    let has_line = |c: usize| !spots(summary, c).is_empty();
    Lines {
        title: family.to_owned(),
        description: describe(summary, members),
        x: Axis {
            title: "connections".to_owned(),
            kind: AxisKind::Log,
            values: connections.collect(),
            write: short,
            ticks: None,
        },
        y: Axis {
            title: "requests a second".to_owned(),
            kind: AxisKind::Linear,
            values: vec![most],
            write: short,
            ticks: None,
        },
        series: members
            .iter()
            .map(|&contender| series(summary, contender))
            .collect(),
        notes: without_line(summary, members, has_line, summary.loads.len() - 1),
        company,
        most_names: most_members(summary),
        objective: None,
        longest_name: longest_name(summary),
    }
    .panel()
}

fn series(summary: &Summary, contender: usize) -> Series {
    Series {
        who: who(summary, contender),
        points: spots(summary, contender),
        beneath: Vec::new(),
        knee: None,
    }
}

fn spots(summary: &Summary, contender: usize) -> Vec<Spot> {
    let name = &summary.contenders[contender].name;
    let spot = |load: usize| {
        let found = summary.cell(contender, load).estimates.get(&METRIC)?;
        Some(Spot {
            x: summary.loads[load].connections as f64,
            y: found.median,
            range: Some((found.low, found.high)),
            mark: true,
            ring: summary.cell(contender, load).left_out(),
            says: format!(
                "{name}, {}: {}",
                summary.loads[load].label(),
                written(summary, contender, load, METRIC)
            ),
        })
    };
    let mut points: Vec<_> = (0..summary.loads.len()).filter_map(spot).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    points
}

fn medians(summary: &Summary, contender: usize) -> Vec<(f64, f64)> {
    let spots = spots(summary, contender);
    spots.iter().map(|spot| (spot.x, spot.y)).collect()
}

fn describe(summary: &Summary, members: &[usize]) -> String {
    let last = summary.loads.len() - 1;
    let one = |&contender: &usize| {
        let name = &summary.contenders[contender].name;
        format!("{name} {}", written(summary, contender, last, METRIC))
    };
    let all: Vec<_> = members.iter().map(one).collect();
    format!(
        "Requests a second at {}: {}.",
        summary.loads[last].label(),
        all.join(", ")
    )
}
