//! Figure: how each model compares with the baseline in every scenario, and how sure that is.

use analysis::{INDIFFERENT, Metric, Ratio, Summary, Verdict};
use record::number::counted;

use super::super::figure::{Forest, Measured, ratio_in_words};
use super::super::svg::Panel;
use super::super::words::{at, situation};
use super::{Figure, Room, Table, absent, by_family, key_loads, listed};

/// Rows of all panels together at most, as long as every scenario has one: the page stays small.
const ROWS: usize = 240;

/// A load with the metric that decides there.
type Asked = (usize, Metric);

/// `None` where there is nothing to compare.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let drawn = drawn(summary);
    let mut figure = of(summary, &drawn)?;
    let every = every(summary);
    if drawn.len() < every.len() {
        figure.read += match Room::of(summary) {
            Room::Plenty => " The other loads stand in the data.",
            Room::Little => " The other loads stand in summary.csv.",
        };
    }
    if Room::of(summary) == Room::Plenty {
        figure.table = table(summary, &asked(summary, &every));
    }
    Some(figure)
}

/// The figure under these loads.
pub fn of(summary: &Summary, loads: &[usize]) -> Option<Figure> {
    let drawn = asked(summary, loads);
    let domain = domain(summary, &drawn)?;
    let baseline = &summary.contenders[summary.baseline].name;
    Some(Figure {
        id: "ratio".to_owned(),
        short: "Comparison".to_owned(),
        question: format!("Who does better than {baseline}, and how sure is that?"),
        read: format!(
            "Ratio to {baseline} under the same load: of requests a second (right of 1 is better), or, where a rate is \
             offered, of the p99 of response times (left of 1 is better). Line: the interval that covers the true ratio \
             with 95 % (Hodges-Lehmann estimate, exact Mann-Whitney interval, {} each). Grey zone: less than 5 % apart. \
             A hollow mark: some clients were never served or were refused.",
            counted(summary.blocks, "trial")
        ),
        not: not_shown(summary),
        panels: drawn
            .iter()
            .map(|&one| panel(summary, one, domain))
            .collect(),
        table: table(summary, &drawn),
    })
}

fn not_shown(summary: &Summary) -> String {
    let control = match summary.control() {
        Some((first, _)) if first != summary.baseline => format!(
            " That equals are measured alike is shown by {}, which was measured twice. Each baseline is a question of its own: who \
             looks through several finds false words more often than once in twenty times.",
            summary.contenders[first].name
        ),
        Some(_) => " The same server twice shows what two equals come to.".to_owned(),
        None => String::new(),
    };
    format!(
        "A ranking: models whose intervals overlap may be equally fast. A bold word holds for all models of a panel at once; the \
         others say why not in the verdicts below.{control}"
    )
}

/// The loads that have a panel: of each scenario one or two.
pub fn drawn(summary: &Summary) -> Vec<usize> {
    let scenarios = summary.scenarios();
    let each = (ROWS / summary.contenders.len() / scenarios.len().max(1)).clamp(1, 2);
    of_each(summary, each)
}

/// All loads under which somebody was compared.
pub fn every(summary: &Summary) -> Vec<usize> {
    of_each(summary, usize::MAX)
}

/// Loads by scenario, at most so many of each.
fn of_each(summary: &Summary, each: usize) -> Vec<usize> {
    let compared = |load: &usize| {
        let metric = summary.deciding(*load);
        let mut models = 0..summary.contenders.len();
        models.any(|c| summary.cell(c, *load).compared.contains_key(&metric))
    };
    let scenarios = summary.scenarios();
    let loads = scenarios
        .iter()
        .flat_map(|scenario| key_loads(summary, scenario, each, compared));
    loads.collect()
}

/// Each load with what decides there.
fn asked(summary: &Summary, loads: &[usize]) -> Vec<Asked> {
    loads
        .iter()
        .map(|&load| (load, summary.deciding(load)))
        .collect()
}

/// The ends of the axes of all panels; `None` where there is no ratio at all.
fn domain(summary: &Summary, asked: &[Asked]) -> Option<(f64, f64)> {
    let ratio = |contender: usize, (load, metric): Asked| {
        Some(summary.cell(contender, load).compared.get(&metric)?.ratio)
    };
    bounds(compared(summary).flat_map(|c| asked.iter().filter_map(move |&one| ratio(c, one))))
}

/// An axis for these ratios: a starved cell may be a thousand times slower, and an arrow at the edge says enough.
pub fn bounds(ratios: impl Iterator<Item = Ratio>) -> Option<(f64, f64)> {
    let ends = ratios.map(|ratio| ratio.interval.unwrap_or((ratio.estimate, ratio.estimate)));
    let (low, high) = ends.fold(None, |bounds, (low, high)| {
        let (least, most) = bounds.unwrap_or((0.5_f64, 2.0_f64));
        Some((least.min(low).max(0.1), most.max(high).min(10.0)))
    })?;
    Some((low / 1.1, high * 1.1))
}

fn panel(summary: &Summary, (load, metric): Asked, domain: (f64, f64)) -> Panel {
    let baseline = &summary.contenders[summary.baseline].name;
    let describe = |c: usize| {
        let name = &summary.contenders[c].name;
        format!("{name} {}", cell(summary, c, (load, metric)))
    };
    let all: Vec<_> = compared(summary).map(describe).collect();
    let what = metric.heading();
    let better = if metric.more_is_better() {
        "more is better"
    } else {
        "less is better"
    };
    Forest {
        title: situation(summary, load),
        description: format!("{what} divided by that of {baseline}: {}.", listed(&all)),
        axis: format!("{what}, as a multiple of {baseline}; {better}"),
        domain,
        zone: INDIFFERENT,
        groups: by_family(summary, |contender| {
            measured(summary, contender, (load, metric))
        }),
    }
    .panel()
}

/// All but a twin of somebody else, whose ratio is not to the baseline.
fn compared(summary: &Summary) -> impl Iterator<Item = usize> + '_ {
    (0..summary.contenders.len()).filter(|&c| !summary.is_twin(c) || Some(c) == summary.twin())
}

fn measured(
    summary: &Summary,
    contender: usize,
    (load, metric): Asked,
) -> Result<Measured, String> {
    let ring = summary.cell(contender, load).left_out();
    if contender == summary.baseline {
        return Ok(Measured {
            estimate: None,
            interval: None,
            word: "baseline".to_owned(),
            sure: false,
            ring,
        });
    }
    let found = summary.cell(contender, load).compared.get(&metric);
    let found = found.ok_or_else(|| absent(summary, contender, load).to_owned())?;
    Ok(Measured {
        estimate: Some(found.ratio.estimate),
        interval: found.ratio.interval,
        word: found.verdict.word(metric).to_owned(),
        sure: matches!(
            found.verdict,
            Verdict::Better | Verdict::Worse | Verdict::Equivalent
        ),
        ring,
    })
}

/// A row for each contender and a column for each load.
fn table(summary: &Summary, asked: &[Asked]) -> Table {
    let baseline = &summary.contenders[summary.baseline].name;
    let caption = format!("Ratio to {baseline}: estimate [95 % interval], verdict");
    let mut table = Table::new(caption, &["model"]);
    let heading = |&(load, metric): &Asked| format!("{}: {}", at(summary, load), metric.heading());
    table.columns.extend(asked.iter().map(heading));
    for contender in compared(summary) {
        let who = &summary.contenders[contender];
        let cells = asked.iter().map(|&one| cell(summary, contender, one));
        table
            .rows
            .push([who.name.clone()].into_iter().chain(cells).collect());
    }
    table
}

fn cell(summary: &Summary, contender: usize, (load, metric): Asked) -> String {
    if contender == summary.baseline {
        return "1".to_owned();
    }
    let ring = if summary.cell(contender, load).left_out() {
        " ○"
    } else {
        ""
    };
    match summary.cell(contender, load).compared.get(&metric) {
        Some(found) => format!(
            "{} {}{ring}",
            ratio_in_words(found.ratio.estimate, found.ratio.interval),
            found.verdict.word(metric)
        ),
        None => absent(summary, contender, load).to_owned(),
    }
}
