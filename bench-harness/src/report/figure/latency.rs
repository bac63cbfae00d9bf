//! Figure: how long the slowest requests wait, by percentile on a 1/(1-p) axis.

use super::super::svg::axis::ticks;
use super::super::svg::{Panel, Scale, Style};
use super::lines::{Axis, Lines, Series, Spot};
use super::{Figure, absent, without_line};
use crate::analysis::{Point, Summary};
use crate::number::nanoseconds;
use crate::report::table::Table;

/// The percentiles that have marks, a tick and a column: one in so many requests takes longer.
const MARKED: [(f64, &str); 5] = [
    (2.0, "50 %"),
    (10.0, "90 %"),
    (100.0, "99 %"),
    (1e3, "99.9 %"),
    (1e4, "99.99 %"),
];

/// `None` where nothing was measured under the load that is shown.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let load = summary.middle_load(&summary.loads.first()?.scenario)?;
    let bounds = Bounds::of(summary, load)?;
    let families = summary.families();
    let panels = families
        .iter()
        .map(|(family, members)| bounds.panel(summary, family, members));
    Some(Figure {
        id: "latency".to_owned(),
        question: format!("How long do the slowest requests wait, at {}?", summary.loads[load].label()),
        read: "Follow a line to the right: at 99 % one request in a hundred waits longer than the line says. Each step \
               to the right leaves a tenth of the requests. Response times of all trials together."
            .to_owned(),
        not: "How long unanswered requests would have waited: they count as at least until the end of the run. How latency grows \
              with offered load: a closed loop asks a slow server less. Lines end where fewer than 100 requests are left in one of the trials."
            .to_owned(),
        panels: panels.collect(),
        table: table(summary, load),
    })
}

/// What the axes of all panels have in common.
struct Bounds {
    load: usize,
    time: (f64, f64),
    rarest: f64,
}

impl Bounds {
    fn of(summary: &Summary, load: usize) -> Option<Self> {
        let points = || (0..summary.contenders.len()).flat_map(|c| &summary.cell(c, load).curve);
        let low = points()
            .map(|point| point.response_ns)
            .min_by(f64::total_cmp)?;
        let high = points().map(|point| point.response_ns).fold(low, f64::max);
        let rarest = points().map(one_in).fold(2.0, f64::max);
        Some(Self {
            load,
            time: (low.max(1.0), high.max(1.0)),
            rarest,
        })
    }

    fn panel(&self, summary: &Summary, family: &str, members: &[usize]) -> Panel {
        let others = (0..summary.contenders.len()).filter(|contender| !members.contains(contender));
        Lines {
            title: family.to_owned(),
            description: describe(summary, members, self.load),
            x: Axis {
                title: "requests that wait at most so long".to_owned(),
                scale: Scale::log,
                domain: (2.0, self.rarest),
                ticks: |_, (_, rarest)| {
                    let reached = MARKED.iter().filter(|(one_in, _)| *one_in <= rarest * 1.01);
                    reached
                        .map(|&(one_in, label)| (one_in, label.to_owned()))
                        .collect()
                },
            },
            y: Axis {
                title: "response time".to_owned(),
                scale: Scale::decades,
                domain: self.time,
                ticks: |scale, _| ticks(scale, nanoseconds),
            },
            series: members
                .iter()
                .map(|&contender| series(summary, contender, self.load))
                .collect(),
            notes: without_line(
                summary,
                members,
                |c| !summary.cell(c, self.load).curve.is_empty(),
                self.load,
            ),
            context: others
                .map(|other| line(&summary.cell(other, self.load).curve))
                .collect(),
            letters: summary
                .contenders
                .iter()
                .map(|c| c.name.chars().count())
                .max()
                .unwrap_or(0),
        }
        .panel()
    }
}

fn series(summary: &Summary, contender: usize, load: usize) -> Series {
    let curve = &summary.cell(contender, load).curve;
    let marked: Vec<usize> = MARKED
        .iter()
        .filter_map(|&(rarity, _)| nearest(curve, rarity))
        .collect();
    let spot = |(index, point): (usize, &Point)| Spot {
        x: one_in(point),
        y: point.response_ns,
        range: None,
        values: Vec::new(),
        mark: marked.contains(&index).then_some(false),
    };
    let who = &summary.contenders[contender];
    Series {
        name: who.name.clone(),
        style: Style::of(who),
        points: curve.iter().enumerate().map(spot).collect(),
    }
}

fn line(curve: &[Point]) -> Vec<(f64, f64)> {
    curve
        .iter()
        .map(|point| (one_in(point), point.response_ns))
        .collect()
}

/// One request in so many takes longer.
fn one_in(point: &Point) -> f64 {
    1.0 / (1.0 - point.quantile)
}

/// The point of the curve at this rarity, if the curve reaches it.
fn nearest(curve: &[Point], rarity: f64) -> Option<usize> {
    let off = |point: &Point| (one_in(point) / rarity).ln().abs();
    let best = (0..curve.len()).min_by(|&a, &b| off(&curve[a]).total_cmp(&off(&curve[b])))?;
    (off(&curve[best]) < 0.2).then_some(best)
}

fn table(summary: &Summary, load: usize) -> Table {
    let caption = format!(
        "Response time at {}, all trials together",
        summary.loads[load].label()
    );
    let mut table = Table::new(caption, &["model"]);
    table
        .columns
        .extend(MARKED.iter().map(|(_, label)| (*label).to_owned()));
    for (contender, who) in summary.contenders.iter().enumerate() {
        let curve = &summary.cell(contender, load).curve;
        let cell = |&(rarity, _): &(f64, &str)| match nearest(curve, rarity) {
            Some(index) => nanoseconds(curve[index].response_ns),
            None => absent(summary, contender, load).to_owned(),
        };
        let mut row = vec![who.name.clone()];
        row.extend(MARKED.iter().map(cell));
        table.rows.push(row);
    }
    table
}

fn describe(summary: &Summary, members: &[usize], load: usize) -> String {
    let one = |&contender: &usize| {
        let curve = &summary.cell(contender, load).curve;
        let last = curve.last()?;
        let rarest = nanoseconds(last.response_ns);
        Some(format!(
            "{}: median {}, at most {rarest} for all but one in {:.0}",
            summary.contenders[contender].name,
            nanoseconds(curve[0].response_ns),
            one_in(last)
        ))
    };
    let all: Vec<_> = members.iter().filter_map(one).collect();
    format!("Response times. {}.", all.join("; "))
}
