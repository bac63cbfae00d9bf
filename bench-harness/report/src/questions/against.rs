//! A panel that compares one figure of all contenders with the baseline's under one load.

use analysis::{Compared, Metric, Summary, Verdict};
use record::plan::{ContenderId, LoadId};

use super::apart::{CONTROL, NOT_MEASURED, NOT_RANKED, why_absent, why_not_ranked};
use super::rows::identity;
use super::words_of::{axis_title, measured_in_words, writer};
use crate::figure::{Axis, AxisKind, Dot, Dots, Group, Row, factor, ratio_in_words, ratio_ticks};
use crate::phrases::first_few;
use crate::svg::Panel;
use crate::values::median_or_dash;
use crate::words::word;

/// Ends of the axis; ratios beyond them are drawn as arrows.
const ENDS: (f64, f64) = (0.02, 50.0);
/// Least distance of the ends from 1.
const LEAST: f64 = 1.25;

/// The contenders in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coloured {
    /// All.
    All,
    /// Those that are dearer than the baseline by a factor.
    Collapsed,
}

/// One figure of all contenders under one load.
pub struct Against<'a> {
    /// The run.
    pub summary: &'a Summary,
    /// The load.
    pub load: LoadId,
    /// The figure.
    pub metric: Metric,
    /// The contenders in colour.
    pub coloured: Coloured,
}

/// Where a contender stands.
struct Placed {
    contender: ContenderId,
    at: f64,
    line: Option<(f64, f64)>,
}

impl Against<'_> {
    /// The panel; `None` if no contender has a value.
    pub fn panel(&self, title: String) -> Option<Panel> {
        let (placed, others) = self.split();
        let (apart, absent): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|&id| why_not_ranked(self.summary, id, self.load).is_some());
        if placed.is_empty() && apart.is_empty() {
            return None;
        }
        let control = self.summary.twin().and_then(|twin| self.place(twin));
        let axis = self.axis(placed.iter().chain(&control));
        let rows = |placed: &[Placed]| placed.iter().map(|one| self.row(one)).collect();
        let dots = Dots {
            title,
            description: self.describe(&placed),
            zone: self.is_relative().then(|| {
                let zone = self.summary.zone();
                (1.0 / zone, zone)
            }),
            one: self.is_relative().then_some(1.0),
            axis,
            groups: vec![
                Group {
                    name: String::new(),
                    rows: rows(&placed),
                },
                self.without_dot(NOT_RANKED, &apart),
                self.without_dot(NOT_MEASURED, &absent),
                Group {
                    name: CONTROL.to_owned(),
                    rows: rows(control.as_slice()),
                },
            ],
        };
        Some(dots.panel())
    }

    /// True if some contender was compared with the baseline: the axis shows ratios then.
    pub fn is_relative(&self) -> bool {
        let mut models = self.summary.models();
        models.any(|id| self.compared(id).is_some())
    }

    fn compared(&self, contender: ContenderId) -> Option<&Compared> {
        let cell = self.summary.cell(contender, self.load);
        cell.compared.get(&self.metric)
    }

    /// The contenders with a rank, the best first, and all others.
    fn split(&self) -> (Vec<Placed>, Vec<ContenderId>) {
        let mut placed = Vec::new();
        let mut others = Vec::new();
        for contender in self.summary.models() {
            let is_apart = why_not_ranked(self.summary, contender, self.load).is_some();
            match self.place(contender).filter(|_| !is_apart) {
                Some(place) => placed.push(place),
                None => others.push(contender),
            }
        }
        placed.sort_by(|a, b| {
            let (a, b) = (a.at, b.at);
            if self.metric.more_is_better() {
                b.total_cmp(&a)
            } else {
                a.total_cmp(&b)
            }
        });
        (placed, others)
    }

    /// The place of a contender on the axis; `None` if it has no value.
    fn place(&self, contender: ContenderId) -> Option<Placed> {
        let cell = self.summary.cell(contender, self.load);
        let estimate = cell.estimates.get(&self.metric)?;
        let (at, line) = match (self.is_relative(), self.compared(contender)) {
            (true, Some(compared)) => (compared.ratio.estimate, compared.ratio.interval),
            (true, None) if contender == self.summary.baseline => (1.0, None),
            (true, None) => return None,
            (false, _) => (estimate.median, Some((estimate.low, estimate.high))),
        };
        Some(Placed {
            contender,
            at,
            line,
        })
    }

    fn axis<'p>(&self, placed: impl Iterator<Item = &'p Placed>) -> Axis {
        let ends = placed.flat_map(|one| {
            let (low, high) = one.line.unwrap_or((one.at, one.at));
            [low, high, one.at]
        });
        let ends: Vec<f64> = ends.collect();
        if !self.is_relative() {
            return Axis {
                title: axis_title(self.metric),
                kind: AxisKind::Linear,
                values: ends,
                write: writer(self.metric),
                ticks: None,
            };
        }
        let low = ends.iter().copied().fold(1.0 / LEAST, f64::min).max(ENDS.0);
        let high = ends.iter().copied().fold(LEAST, f64::max).min(ENDS.1);
        let baseline = self.summary.baseline;
        let name = &self.summary.contenders[baseline].name;
        let own = median_or_dash(self.summary, baseline, self.load, self.metric);
        Axis {
            title: format!("{}, times that of {name} ({own})", axis_title(self.metric)),
            kind: AxisKind::Log,
            values: vec![low, high],
            write: |_| String::new(),
            ticks: Some(ratio_ticks((low, high))),
        }
    }

    fn row(&self, placed: &Placed) -> Row<Dot> {
        let contender = placed.contender;
        let verdict = self.compared(contender).map(|compared| &compared.verdict);
        let is_clear = matches!(verdict, Some(Verdict::Better | Verdict::Worse));
        let collapsed = self.has_collapsed(contender);
        Row {
            identity: identity(self.summary, contender),
            what: Ok(Dot {
                at: placed.at,
                line: placed.line,
                ticks: Vec::new(),
                value: self.value(contender),
                words: self.ratio(placed, is_clear),
                is_clear: is_clear || self.coloured == Coloured::Collapsed && collapsed,
                is_grey: self.coloured == Coloured::Collapsed && !collapsed,
                tip: self.tip(contender),
            }),
        }
    }

    /// True if a contender is worse than the baseline by this factor, whatever else bars its verdict.
    fn has_collapsed(&self, contender: ContenderId) -> bool {
        self.compared(contender)
            .is_some_and(|compared| is_collapsed(self.metric, compared))
    }

    fn value(&self, contender: ContenderId) -> String {
        median_or_dash(self.summary, contender, self.load, self.metric)
    }

    /// `×1.26 ▲`; empty without a ratio.
    fn ratio(&self, placed: &Placed, is_clear: bool) -> String {
        if !self.is_relative() {
            return String::new();
        }
        let mark = match (is_clear, placed.at > 1.0) {
            (false, _) => "",
            (true, true) => "\u{a0}▲",
            (true, false) => "\u{a0}▼",
        };
        format!("×{}{mark}", factor(placed.at))
    }

    /// Value, interval, unit and rounds.
    fn tip(&self, contender: ContenderId) -> String {
        let (summary, load) = (self.summary, self.load);
        let value = measured_in_words(summary, contender, load, self.metric);
        let Some(compared) = self.compared(contender) else {
            return value;
        };
        let ratio = ratio_in_words(compared.ratio.estimate, compared.ratio.interval);
        let baseline = &summary.contenders[summary.baseline].name;
        let word = word(summary, contender, load, self.metric).unwrap_or("no verdict");
        format!("{value}; ×{ratio} of {baseline} (95 % interval): {word}")
    }

    fn without_dot(&self, heading: &str, contenders: &[ContenderId]) -> Group<Dot> {
        let row = |&contender: &ContenderId| Row {
            identity: identity(self.summary, contender),
            what: Err(self.why(contender)),
        };
        Group {
            name: heading.to_owned(),
            rows: contenders.iter().map(row).collect(),
        }
    }

    fn why(&self, contender: ContenderId) -> String {
        why_not_ranked(self.summary, contender, self.load)
            .unwrap_or_else(|| why_absent(self.summary, contender, self.load))
    }

    fn describe(&self, placed: &[Placed]) -> String {
        let in_words = |one: &Placed| {
            let name = &self.summary.contenders[one.contender].name;
            format!(
                "{name} {} {}",
                self.value(one.contender),
                self.ratio(one, false)
            )
        };
        let all: Vec<String> = placed.iter().map(in_words).collect();
        let order = if self.metric.more_is_better() {
            "the highest first"
        } else {
            "the lowest first"
        };
        format!("{}, {order}: {}.", axis_title(self.metric), first_few(&all))
    }
}

/// A contender that is worse by this factor has collapsed.
pub const COLLAPSE: f64 = 2.0;

/// True if a contender is worse than the baseline by [`COLLAPSE`].
fn is_collapsed(metric: Metric, compared: &Compared) -> bool {
    let ratio = compared.ratio.estimate;
    let worse = if metric.more_is_better() {
        1.0 / ratio
    } else {
        ratio
    };
    worse >= COLLAPSE
}
