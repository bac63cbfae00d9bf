//! Figure: response times by percentile, on an axis on which each step to the right is ten times rarer.

use analysis::{Members, Point, Summary};
use record::number::nanoseconds;
use record::plan::{ContenderId, LoadId};

use super::drawn::middle_load;
use super::figure::Figure;
use super::rows::{families, identity, longest_name, most_members, notes_on_missing_lines};
use crate::figure::{Curve, GreyLines, MARKED, Percentiles, nearest};
use crate::phrases::{first_few, label, why_missing};
use crate::svg::Panel;
use crate::table::Table;
use crate::words::unit;

/// Service times are drawn if they differ from response times by this factor.
const VISIBLE: f64 = 1.1;

/// A curve: (one request in so many takes longer, nanoseconds).
type Times = Vec<(f64, f64)>;

/// `None` if no response times were measured under the load that is drawn.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let load = middle_load(summary, &summary.loads.first()?.scenario)?;
    let curves = Curves { summary, load };
    let bounds = curves.bounds()?;
    let families = families(summary);
    let panels = families.iter().enumerate();
    let label = label(summary, load);
    Some(Figure {
        id: "latency".to_owned(),
        short: "Latency".to_owned(),
        question: format!("How long do the slowest requests wait, at {label}?"),
        how_to_read: format!(
            "At 99 %, one request in a hundred waits longer than the line shows. Each step to the right is ten times rarer (90 %, 99 %, \
             99.9 %). A line merges the response times of all {}s, counted from the intended time of each request. {}",
            unit(summary, &[load]),
            curves.about_service_times()
        ),
        not_shown: "How long unanswered requests would have waited: each counts as a wait until the end of the run. How latency grows with the \
              offered rate: in a closed loop a slow server receives fewer requests. Lines end where fewer than 100 requests remain."
            .to_owned(),
        panels: panels
            .map(|(index, family)| curves.panel(&bounds, index, family))
            .collect(),
        table: curves.table(),
    })
}

/// The curves of all contenders under the load that is drawn.
struct Curves<'a> {
    summary: &'a Summary,
    load: LoadId,
}

/// The ends of the axes of all panels.
struct Bounds {
    times: (f64, f64),
    rarest: f64,
}

impl Curves<'_> {
    fn points(&self, contender: ContenderId) -> &[Point] {
        &self.summary.cell(contender, self.load).curve
    }

    fn response(&self, contender: ContenderId) -> Times {
        let points = self.points(contender).iter();
        points
            .map(|point| (rarity(point), point.response_ns))
            .collect()
    }

    /// Service times; empty if they differ too little from the response times at all percentiles.
    fn service(&self, contender: ContenderId) -> Times {
        let points = self.points(contender);
        let differs = |point: &Point| {
            let service = point.service_ns;
            service.is_some_and(|ns| ns * VISIBLE < point.response_ns)
        };
        if !points.iter().any(differs) {
            return Vec::new();
        }
        let time = |point: &Point| Some((rarity(point), point.service_ns?));
        points.iter().filter_map(time).collect()
    }

    /// What the dotted lines are, or why there are none.
    fn about_service_times(&self) -> &'static str {
        let mut contenders = self.summary.contender_ids();
        let is_known = |contender: ContenderId| {
            let mut points = self.points(contender).iter();
            points.any(|point| point.service_ns.is_some())
        };
        if contenders.clone().any(|id| !self.service(id).is_empty()) {
            "Dotted: service times, counted from the send, where they differ by a tenth or more. The distance is the wait for a free \
             connection."
        } else if self.summary.loads[self.load].rate.is_none() {
            "In a closed loop the intended time of a request is its send, so service times are the same."
        } else if contenders.any(is_known) {
            "Service times, counted from the send, differ by less than a tenth."
        } else {
            "Service times were not recorded."
        }
    }

    fn bounds(&self) -> Option<Bounds> {
        let contenders = self.summary.contender_ids();
        let points: Times = contenders
            .flat_map(|id| [self.response(id), self.service(id)].concat())
            .collect();
        let low = points.iter().map(|point| point.1).min_by(f64::total_cmp)?;
        let high = points.iter().map(|point| point.1).fold(low, f64::max);
        let rarest = points.iter().map(|point| point.0).fold(2.0, f64::max);
        Some(Bounds {
            times: (low.max(1.0), high.max(1.0)),
            rarest,
        })
    }

    fn panel(&self, bounds: &Bounds, index: usize, family: &Members) -> Panel {
        let summary = self.summary;
        let curve = |&contender: &ContenderId| Curve {
            identity: identity(summary, contender),
            response: self.response(contender),
            service: self.service(contender),
        };
        let has_line = |contender| !self.points(contender).is_empty();
        let id = format!("all-latency-{}", summary.loads[self.load].scenario);
        let all = || {
            summary
                .contender_ids()
                .map(|contender| self.response(contender))
        };
        Percentiles {
            title: family.family.to_owned(),
            description: self.describe(&family.members),
            curves: family.members.iter().map(curve).collect(),
            grey_lines: GreyLines::of(index, &id, || all().collect()),
            most_names: most_members(summary),
            times: bounds.times,
            rarest: bounds.rarest,
            notes: notes_on_missing_lines(summary, &family.members, self.load, has_line),
            longest_name: longest_name(summary),
        }
        .panel()
    }

    fn describe(&self, members: &[ContenderId]) -> String {
        let in_words = |&contender: &ContenderId| {
            let curve = self.response(contender);
            let (one_in, longest) = *curve.last()?;
            Some(format!(
                "{}: median {}, at most {} for all but one in {one_in:.0}",
                self.summary.contenders[contender].name,
                nanoseconds(curve[0].1),
                nanoseconds(longest),
            ))
        };
        let all: Vec<_> = members.iter().filter_map(in_words).collect();
        format!("Response times. {}.", first_few(&all))
    }

    fn table(&self) -> Table {
        let summary = self.summary;
        let label = label(summary, self.load);
        let caption = format!("Response time by percentile, at {label}");
        let mut table = Table::new(caption, &["model"]);
        let is_reached = |(rarity, _): &&(f64, &str)| {
            let mut contenders = summary.contender_ids();
            contenders.any(|contender| nearest(&self.response(contender), *rarity).is_some())
        };
        let marked: Vec<_> = MARKED.iter().filter(is_reached).collect();
        let headings = marked.iter().map(|(_, label)| (*label).to_owned());
        table.columns.extend(headings);
        for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
            let curve = self.response(id);
            let cell = |(rarity, _): &&(f64, &str)| match nearest(&curve, *rarity) {
                Some(index) => nanoseconds(curve[index].1),
                None => why_missing(summary, id, self.load).to_owned(),
            };
            let mut row = vec![contender.name.clone()];
            row.extend(marked.iter().map(cell));
            table.rows.push(row);
        }
        table
    }
}

/// One request in this many takes longer.
fn rarity(point: &Point) -> f64 {
    1.0 / (1.0 - point.quantile)
}
