//! Figure: how long the slowest requests wait, by percentile on a 1/(1-p) axis.

use analysis::{Point, Summary};
use record::number::nanoseconds;

use super::super::figure::{Company, Curve, MARKED, Percentiles, nearest};
use super::super::svg::Panel;
use super::{Figure, absent, families, listed, longest_name, most_members, who, without_line};
use crate::table::Table;

/// Times that differ by less are one line.
const VISIBLE: f64 = 1.1;

/// `None` where nothing was measured under the load that is shown.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let load = summary.middle_load(&summary.loads.first()?.scenario)?;
    let bounds = Bounds::of(summary, load)?;
    let families = families(summary);
    let panels = families
        .iter()
        .enumerate()
        .map(|(index, (family, members))| bounds.panel(summary, index, family, members));
    Some(Figure {
        id: "latency".to_owned(),
        short: "Latency".to_owned(),
        question: format!("How long do the slowest requests wait, at {}?", summary.loads[load].label()),
        read: format!(
            "Follow a line to the right: at 99 % one request in a hundred waits longer than the line says. Each step \
             to the right leaves a tenth of the requests. Response times of all trials together, from the time at which a \
             request was due. {}",
            dotted(summary, load)
        ),
        not: "How long unanswered requests would have waited: they count as at least until the end of the run. How latency grows \
              with offered load: a closed loop asks a slow server less. Lines end where fewer than 100 requests are left."
            .to_owned(),
        panels: panels.collect(),
        table: table(summary, load),
    })
}

/// What the dotted lines are, or why there are none.
fn dotted(summary: &Summary, load: usize) -> &'static str {
    let contenders = 0..summary.contenders.len();
    let known = |c: usize| {
        summary
            .cell(c, load)
            .curve
            .iter()
            .any(|point| point.service_ns.is_some())
    };
    if contenders
        .clone()
        .any(|c| !service(summary, c, load).is_empty())
    {
        "Dotted: service times, from the time at which it was sent, where they differ by a tenth or more: the distance is \
         the wait for a free connection."
    } else if summary.loads[load].rate.is_none() {
        "In a closed loop a request is due when it is sent, so that service times are the same."
    } else if contenders.clone().any(known) {
        "Service times, from the time at which it was sent, differ by less than a tenth."
    } else {
        "Service times were not kept."
    }
}

/// What the axes of all panels have in common.
struct Bounds {
    load: usize,
    times: (f64, f64),
    rarest: f64,
}

impl Bounds {
    fn of(summary: &Summary, load: usize) -> Option<Self> {
        let points: Vec<_> = (0..summary.contenders.len())
            .flat_map(|c| {
                curve(summary, c, load)
                    .into_iter()
                    .chain(service(summary, c, load))
            })
            .collect();
        let low = points.iter().map(|point| point.1).min_by(f64::total_cmp)?;
        let high = points.iter().map(|point| point.1).fold(low, f64::max);
        let rarest = points.iter().map(|point| point.0).fold(2.0, f64::max);
        Some(Self {
            load,
            times: (low.max(1.0), high.max(1.0)),
            rarest,
        })
    }

    fn panel(&self, summary: &Summary, index: usize, family: &str, members: &[usize]) -> Panel {
        let all =
            || (0..summary.contenders.len()).map(|contender| curve(summary, contender, self.load));
        let of = |&contender: &usize| Curve {
            who: who(summary, contender),
            response: curve(summary, contender, self.load),
            service: service(summary, contender, self.load),
        };
        let has_line = |c: usize| !summary.cell(c, self.load).curve.is_empty();
        Percentiles {
            title: family.to_owned(),
            description: describe(summary, members, self.load),
            curves: members.iter().map(of).collect(),
            company: Company::of(
                index,
                &format!("all-latency-{}", summary.loads[self.load].scenario),
                || all().collect(),
            ),
            most_names: most_members(summary),
            times: self.times,
            rarest: self.rarest,
            notes: without_line(summary, members, has_line, self.load),
            longest_name: longest_name(summary),
        }
        .panel()
    }
}

/// Response times as (one request in so many takes longer, nanoseconds).
fn curve(summary: &Summary, contender: usize, load: usize) -> Vec<(f64, f64)> {
    let points = &summary.cell(contender, load).curve;
    let place = points
        .iter()
        .map(|point| (1.0 / (1.0 - point.quantile), point.response_ns));
    place.collect()
}

/// Times from sent to answered, where they differ from the response times visibly: by a tenth at some percentile.
fn service(summary: &Summary, contender: usize, load: usize) -> Vec<(f64, f64)> {
    let points = &summary.cell(contender, load).curve;
    let place = |point: &Point| Some((1.0 / (1.0 - point.quantile), point.service_ns?));
    let apart = |point: &Point| {
        point
            .service_ns
            .is_some_and(|ns| ns * VISIBLE < point.response_ns)
    };
    let visible = points.iter().any(apart);
    points
        .iter()
        .filter(|_| visible)
        .filter_map(place)
        .collect()
}

fn table(summary: &Summary, load: usize) -> Table {
    let caption = format!(
        "Response time at {}: so long waits at most",
        summary.loads[load].label()
    );
    let mut table = Table::new(caption, &["model"]);
    let reached = |(rarity, _): &&(f64, &str)| {
        (0..summary.contenders.len()).any(|c| nearest(&curve(summary, c, load), *rarity).is_some())
    };
    let marked: Vec<_> = MARKED.iter().filter(reached).collect();
    table
        .columns
        .extend(marked.iter().map(|(_, label)| (*label).to_owned()));
    for (contender, who) in summary.contenders.iter().enumerate() {
        let curve = curve(summary, contender, load);
        let cell = |(rarity, _): &&(f64, &str)| match nearest(&curve, *rarity) {
            Some(index) => nanoseconds(curve[index].1),
            None => absent(summary, contender, load).to_owned(),
        };
        let mut row = vec![who.name.clone()];
        row.extend(marked.iter().map(cell));
        table.rows.push(row);
    }
    table
}

fn describe(summary: &Summary, members: &[usize], load: usize) -> String {
    let one = |&contender: &usize| {
        let curve = curve(summary, contender, load);
        let (one_in, longest) = *curve.last()?;
        Some(format!(
            "{}: median {}, at most {} for all but one in {one_in:.0}",
            summary.contenders[contender].name,
            nanoseconds(curve[0].1),
            nanoseconds(longest),
        ))
    };
    let all: Vec<_> = members.iter().filter_map(one).collect();
    format!("Response times. {}.", listed(&all))
}
