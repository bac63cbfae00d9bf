//! Figure: how each model's throughput compares with the baseline's, and how sure that is.

use super::super::figure::{Forest, Measured, ratio_in_words};
use super::super::svg::Panel;
use super::{Figure, absent, by_family, by_load};
use crate::analysis::{INDIFFERENT, Metric, Ratio, Summary, Verdict};
use crate::number::counted;

const METRIC: Metric = Metric::Throughput;

/// `None` where there is nothing to compare.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let domain = domain(summary)?;
    let baseline = &summary.contenders[summary.baseline].name;
    Some(Figure {
        id: "ratio".to_owned(),
        short: "Comparison".to_owned(),
        question: format!("Who answers more requests than {baseline}, and how sure is that?"),
        read: format!(
            "Right of 1: more requests a second than {baseline} under the same load. Line: the interval that covers the true \
             ratio with 95 % (Hodges-Lehmann estimate, exact Mann-Whitney interval, {} each). Grey zone: less than \
             5 % apart. A hollow mark means that some clients were never served or were refused.",
            counted(summary.blocks, "trial")
        ),
        not: "A ranking: models whose intervals overlap may be equally fast. A bold word holds for all models of a panel at \
              once; the others say why not in the verdicts below."
            .to_owned(),
        panels: (0..summary.loads.len()).map(|load| panel(summary, load, domain)).collect(),
        table: by_load(summary, &format!("Throughput divided by that of {baseline}: estimate [95 % interval]"), |c, l| {
            cell(summary, c, l)
        }),
    })
}

/// The ends of the axes of all panels; `None` where there is no ratio at all.
fn domain(summary: &Summary) -> Option<(f64, f64)> {
    let cells =
        (0..summary.contenders.len()).flat_map(|c| (0..summary.loads.len()).map(move |l| (c, l)));
    let ratios: Vec<Ratio> = cells
        .filter_map(|(c, l)| Some(summary.cell(c, l).compared.get(&METRIC)?.ratio))
        .collect();
    let ends = ratios
        .iter()
        .map(|ratio| ratio.interval.unwrap_or((ratio.estimate, ratio.estimate)));
    let (low, high) = ends.fold(None, |bounds, (low, high)| {
        let (least, most) = bounds.unwrap_or((0.5_f64, 2.0_f64));
        // A starved cell may be a thousand times slower; an arrow at the edge says enough.
        Some((least.min(low).max(0.05), most.max(high).min(20.0)))
    })?;
    Some((low / 1.1, high * 1.1))
}

fn panel(summary: &Summary, load: usize, domain: (f64, f64)) -> Panel {
    let baseline = &summary.contenders[summary.baseline].name;
    let describe = |c: usize| format!("{} {}", summary.contenders[c].name, cell(summary, c, load));
    let all: Vec<_> = (0..summary.contenders.len()).map(describe).collect();
    Forest {
        title: summary.loads[load].label(),
        description: format!(
            "Throughput divided by that of {baseline}: {}.",
            all.join(", ")
        ),
        axis: format!("times the throughput of {baseline}"),
        domain,
        zone: INDIFFERENT,
        groups: by_family(summary, |contender| measured(summary, contender, load)),
    }
    .panel()
}

fn measured(summary: &Summary, contender: usize, load: usize) -> Result<Measured, String> {
    let ring = summary.cell(contender, load).left_out();
    let nothing = Measured {
        estimate: None,
        interval: None,
        word: String::new(),
        sure: false,
        ring,
    };
    if contender == summary.baseline {
        return Ok(Measured {
            word: "baseline".to_owned(),
            ..nothing
        });
    }
    let found = summary.cell(contender, load).compared.get(&METRIC);
    let found = found.ok_or_else(|| absent(summary, contender, load).to_owned())?;
    Ok(Measured {
        estimate: Some(found.ratio.estimate),
        interval: found.ratio.interval,
        word: found.verdict.word(METRIC).to_owned(),
        sure: matches!(
            found.verdict,
            Verdict::Better | Verdict::Worse | Verdict::Equivalent
        ),
        ring,
    })
}

fn cell(summary: &Summary, contender: usize, load: usize) -> String {
    if contender == summary.baseline {
        return "1".to_owned();
    }
    let ring = if summary.cell(contender, load).left_out() {
        " ○"
    } else {
        ""
    };
    match summary.cell(contender, load).compared.get(&METRIC) {
        Some(found) => ratio_in_words(found.ratio.estimate, found.ratio.interval) + ring,
        None => absent(summary, contender, load).to_owned(),
    }
}
