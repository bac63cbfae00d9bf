//! How a run's figures changed in a second run: in sentences and as a figure.

use std::collections::BTreeMap;

use analysis::{Change, Diff, Ratio, Verdict};
use record::number::counted;
use record::plan::{Contender, ContenderId};

use super::change_tables::decisions;
use super::figure::Figure;
use super::places::{Place, places, ratio, word};
use crate::figure::{Axis, AxisKind, Dot, Dots, Group, Row, factor, ratio_ticks};
use crate::phrases::first_few;
use crate::svg::{Identity, Panel};
use crate::table::Table;
use crate::words::zone;

/// What changed in what decides, in two or three sentences.
pub fn sentences(diff: &Diff) -> String {
    let places = places(diff);
    let deciding: Vec<(&Place, &Change)> = places
        .iter()
        .flat_map(|place| place.deciding().map(move |change| (place, change)))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, change) in &deciding {
        *counts.entry(word(change)).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let mut sentences = vec![format!(
        "{} of the deciding figures: {}.",
        counted(deciding.len(), "comparison"),
        counts.join(", ")
    )];
    for verdict in [Verdict::Worse, Verdict::Better] {
        let clear: Vec<String> = deciding
            .iter()
            .filter(|(_, change)| change.compared.verdict == verdict)
            .map(|(place, change)| in_words(place, change))
            .collect();
        if !clear.is_empty() {
            sentences.push(format!("{}.", first_few(&clear)));
        }
    }
    sentences.join(" ")
}

fn in_words(place: &Place, change: &Change) -> String {
    format!(
        "{} at {} is {}: {}",
        change.contender,
        place.title,
        word(change),
        ratio(change)
    )
}

/// The ratios in what decides, a panel a load; `None` if there is none.
pub fn figure(diff: &Diff, contenders: &[Contender]) -> Option<Figure> {
    let places = places(diff);
    let changes = places.iter().flat_map(Place::deciding);
    let domain = bounds(changes.map(|change| change.compared.ratio))?;
    let panels = places
        .iter()
        .filter_map(|place| panel(place, contenders, domain, diff.zone))
        .collect();
    Some(Figure {
        id: "change".to_owned(),
        short: "What changed".to_owned(),
        question: "Which models are faster or slower than before, and how sure is that?".to_owned(),
        how_to_read: format!(
            "{} The axis names the figure that decides. Line: 95 % interval. Grey zone: less than {} apart. Bold: significant after \
             correction for the number of models.",
            what_is_compared(diff),
            zone(diff.zone)
        ),
        not_shown: "The cause: everything that differs between the two runs may play a part; the known differences are listed above. The runs are apart in \
              time, and no block holds trials of both."
            .to_owned(),
        panels,
        table: Table {
            caption: "The ratios of this figure".to_owned(),
            ..decisions(&places)
        },
    })
}

/// An axis for these ratios. A ratio may be a thousand; an arrow at the edge says enough.
fn bounds(ratios: impl Iterator<Item = Ratio>) -> Option<(f64, f64)> {
    let ends = ratios.map(|ratio| ratio.interval.unwrap_or((ratio.estimate, ratio.estimate)));
    let (low, high) = ends.fold(None, |bounds, (low, high)| {
        let (least, most) = bounds.unwrap_or((0.5_f64, 2.0_f64));
        Some((least.min(low).max(0.1), most.max(high).min(10.0)))
    })?;
    Some((low / 1.1, high * 1.1))
}

/// What is divided by what.
pub fn what_is_compared(diff: &Diff) -> &'static str {
    if diff.in_rounds {
        "The ratio of a model to the baseline in the second run, divided by the same ratio in the first run, because the machine's speed \
         differs from run to run. The row of the baseline compares its own values."
    } else {
        "The second run divided by the first."
    }
}

fn panel(place: &Place, contenders: &[Contender], domain: (f64, f64), zone: f64) -> Option<Panel> {
    let metric = place.deciding().next()?.metric;
    let heading = metric.heading();
    let described: Vec<String> = place
        .deciding()
        .map(|change| format!("{} {} {}", change.contender, ratio(change), word(change)))
        .collect();
    let better = if metric.more_is_better() {
        "more"
    } else {
        "less"
    };
    let dots = Dots {
        title: place.title.clone(),
        description: format!(
            "{heading}, ratio of after to before: {}.",
            first_few(&described)
        ),
        axis: Axis {
            title: format!("{heading}, ratio of after to before; {better} is better"),
            kind: AxisKind::Log,
            values: vec![domain.0, domain.1],
            write: |_| String::new(),
            ticks: Some(ratio_ticks(domain)),
        },
        zone: Some((1.0 / zone, zone)),
        one: Some(1.0),
        groups: by_family(place, contenders),
    };
    Some(dots.panel())
}

/// One group a family, one row a contender that has a change.
fn by_family(place: &Place, contenders: &[Contender]) -> Vec<Group<Dot>> {
    let mut groups: Vec<Group<Dot>> = Vec::new();
    for (id, contender) in ContenderId::all(contenders).zip(contenders) {
        let mut changes = place.deciding();
        let Some(change) = changes.find(|change| change.contender == contender.name) else {
            continue;
        };
        let row = Row {
            identity: Identity::of(id, contender),
            what: Ok(measured(change)),
        };
        let family = contender.family.name();
        match groups.last_mut().filter(|group| group.name == family) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group {
                name: family.to_owned(),
                rows: vec![row],
            }),
        }
    }
    groups
}

fn measured(change: &Change) -> Dot {
    let compared = &change.compared;
    let at = compared.ratio.estimate;
    Dot {
        at,
        line: compared.ratio.interval,
        words: format!("×{} {}", factor(at), word(change)),
        is_clear: compared.verdict.is_clear(),
        tip: format!("×{} (95 % interval): {}", ratio(change), word(change)),
        ..Dot::default()
    }
}
