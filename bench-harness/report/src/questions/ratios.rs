//! Figure: how each model compares with the baseline in every scenario, and how sure that is.

use analysis::{Metric, Ratio, Summary};
use record::plan::{ContenderId, LoadId};

use super::drawn::{all_compared_loads, compared_loads};
use super::figure::Figure;
use super::rows::by_family;
use crate::detail::Detail;
use crate::figure::{Forest, Measured};
use crate::method;
use crate::phrases::{first_few, load_name, situation, why_missing};
use crate::svg::Panel;
use crate::table::Table;
use crate::words::{is_by_sitting, ratio_and_word, word, zone};

/// `None` if nothing was compared.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let drawn = compared_loads(summary);
    let mut figure = figure_of(summary, &drawn)?;
    let all = all_compared_loads(summary);
    let detail = Detail::of(summary);
    if drawn.len() < all.len() {
        figure.how_to_read += match detail {
            Detail::Full => " The other loads are in the data of this figure.",
            Detail::Reduced => " The other loads are in summary.csv.",
        };
    }
    if detail == Detail::Full {
        figure.table = Ratios::of(summary, &all).table();
    }
    Some(figure)
}

/// The figure of these loads.
pub fn figure_of(summary: &Summary, loads: &[LoadId]) -> Option<Figure> {
    let ratios = Ratios::of(summary, loads);
    let domain = ratios.domain()?;
    let baseline = ratios.baseline();
    let panels = ratios.comparisons.iter();
    Some(Figure {
        id: "ratio".to_owned(),
        short: "Comparison".to_owned(),
        question: format!("Which models are better than {baseline}, and how sure is that?"),
        how_to_read: format!(
            "Ratio to {baseline} under the same load, in the figure that decides there; the axis names it. Line: 95 % interval. {} \
             Grey zone: less than {} apart. Bold: significant after correction for the number of models. Hollow mark: some clients \
             were never served or were refused.",
            method::intervals(summary, loads),
            zone(summary.zone())
        ),
        not_shown: not_shown(summary),
        panels: panels
            .map(|comparison| ratios.panel(comparison, domain))
            .collect(),
        table: ratios.table(),
    })
}

fn not_shown(summary: &Summary) -> String {
    let control = match summary.control() {
        Some((first, _)) if first != summary.baseline => format!(
            " The control is {}, which was measured twice. Each baseline is a separate question: a reader of several comparisons sees a \
             false verdict more often than once in twenty times.",
            summary.contenders[first].name
        ),
        Some(_) => " The control, the same server twice, shows how much two equal servers differ."
            .to_owned(),
        None => String::new(),
    };
    format!(
        "A ranking: models whose intervals overlap may be equally fast. Why a word is not bold: the tables of verdicts below give the \
         reason.{control}"
    )
}

/// An axis for these ratios. A starved cell may be a thousand times slower; an arrow at the edge says enough.
pub fn bounds(ratios: impl Iterator<Item = Ratio>) -> Option<(f64, f64)> {
    let ends = ratios.map(|ratio| ratio.interval.unwrap_or((ratio.estimate, ratio.estimate)));
    let (low, high) = ends.fold(None, |bounds, (low, high)| {
        let (least, most) = bounds.unwrap_or((0.5_f64, 2.0_f64));
        Some((least.min(low).max(0.1), most.max(high).min(10.0)))
    })?;
    Some((low / 1.1, high * 1.1))
}

/// A load, and the metric that decides under it.
#[derive(Clone, Copy)]
struct Comparison {
    load: LoadId,
    metric: Metric,
}

/// The ratios of all contenders to the baseline under some loads.
struct Ratios<'a> {
    summary: &'a Summary,
    comparisons: Vec<Comparison>,
}

impl<'a> Ratios<'a> {
    fn of(summary: &'a Summary, loads: &[LoadId]) -> Self {
        let comparison = |&load: &LoadId| Comparison {
            load,
            metric: summary.deciding(load),
        };
        Self {
            summary,
            comparisons: loads.iter().map(comparison).collect(),
        }
    }

    fn baseline(&self) -> &'a str {
        &self.summary.contenders[self.summary.baseline].name
    }

    /// All contenders but the twin of another model than the baseline: its ratio is to that model.
    fn contenders(&self) -> impl Iterator<Item = ContenderId> + use<'a> {
        let summary = self.summary;
        let twin = summary.twin();
        let is_shown = move |id: &ContenderId| !summary.is_twin(*id) || Some(*id) == twin;
        summary.contender_ids().filter(is_shown)
    }

    /// The ends of the axes of all panels; `None` if there is no ratio.
    fn domain(&self) -> Option<(f64, f64)> {
        let mut ratios = Vec::new();
        for contender in self.contenders() {
            for Comparison { load, metric } in &self.comparisons {
                let compared = self.summary.cell(contender, *load).compared.get(metric);
                ratios.extend(compared.map(|compared| compared.ratio));
            }
        }
        bounds(ratios.into_iter())
    }

    fn panel(&self, comparison: &Comparison, domain: (f64, f64)) -> Panel {
        let (summary, baseline) = (self.summary, self.baseline());
        let describe = |contender: ContenderId| {
            let name = &summary.contenders[contender].name;
            format!("{name} {}", self.cell(contender, comparison))
        };
        let all: Vec<_> = self.contenders().map(describe).collect();
        let what = comparison.metric.heading();
        let better = if comparison.metric.more_is_better() {
            "more is better"
        } else {
            "less is better"
        };
        Forest {
            title: situation(summary, comparison.load),
            description: format!("{what} divided by that of {baseline}: {}.", first_few(&all)),
            axis: format!("{what}, relative to {baseline}; {better}"),
            domain,
            zone: summary.zone(),
            groups: by_family(summary, |contender| self.measured(contender, comparison)),
        }
        .panel()
    }

    fn measured(
        &self,
        contender: ContenderId,
        comparison: &Comparison,
    ) -> Result<Measured, String> {
        let Comparison { load, metric } = *comparison;
        let cell = self.summary.cell(contender, load);
        let ring = cell.left_out();
        if contender == self.summary.baseline {
            return Ok(Measured {
                estimate: None,
                interval: None,
                word: "baseline".to_owned(),
                is_clear: false,
                ring,
            });
        }
        let missing = || why_missing(self.summary, contender, load).to_owned();
        let compared = cell.compared.get(&metric).ok_or_else(missing)?;
        Ok(Measured {
            estimate: Some(compared.ratio.estimate),
            interval: compared.ratio.interval,
            word: word(self.summary, contender, load, metric)
                .unwrap_or_default()
                .to_owned(),
            is_clear: compared.verdict.is_clear(),
            ring,
        })
    }

    /// A row for each contender and a column for each comparison.
    fn table(&self) -> Table {
        let caption = format!(
            "Ratio to {}: estimate [95 % interval], verdict",
            self.baseline()
        );
        let mut table = Table::new(caption, &["model"]);
        let heading = |Comparison { load, metric }: &Comparison| {
            format!("{}: {}", load_name(self.summary, *load), metric.heading())
        };
        table.columns.extend(self.comparisons.iter().map(heading));
        for contender in self.contenders() {
            let mut row = vec![self.summary.contenders[contender].name.clone()];
            let comparisons = self.comparisons.iter();
            row.extend(comparisons.map(|comparison| self.cell(contender, comparison)));
            table.rows.push(row);
        }
        table
    }

    fn cell(&self, contender: ContenderId, comparison: &Comparison) -> String {
        let Comparison { load, metric } = *comparison;
        if contender == self.summary.baseline {
            return "1".to_owned();
        }
        let cell = self.summary.cell(contender, load);
        let ring = if cell.left_out() { " ○" } else { "" };
        let by_sitting = cell.compared.get(&metric).is_some_and(is_by_sitting);
        let unit = if by_sitting { " (by sitting)" } else { "" };
        match ratio_and_word(self.summary, contender, load, metric) {
            Some(text) => text + unit + ring,
            None => why_missing(self.summary, contender, load).to_owned(),
        }
    }
}
