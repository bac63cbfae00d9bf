//! What became of a run's figures in a second run: in sentences, as a figure, as a decision, and in full.

use std::collections::BTreeMap;

use analysis::{Change, Diff, INDIFFERENT, Metric, Verdict};
use record::circumstances::Difference;
use record::number::counted;
use record::plan::Contender;

use super::super::figure::{Forest, Group, Measured, Row, ratio_in_words};
use super::super::svg::{Panel, Who};
use super::super::table::Table;
use super::{Figure, listed, ratios};

/// All changes under one load.
pub struct Place<'a> {
    /// The load, with its scenario.
    pub title: String,
    /// They.
    pub changes: Vec<&'a Change>,
}

/// The loads of a comparison, in its order.
pub fn places(found: &Diff) -> Vec<Place<'_>> {
    let mut places: Vec<Place> = Vec::new();
    for change in &found.changes {
        let title = format!("{} ({})", change.load, change.scenario);
        match places.iter_mut().find(|place| place.title == title) {
            Some(place) => place.changes.push(change),
            None => places.push(Place {
                title,
                changes: vec![change],
            }),
        }
    }
    places
}

/// What changed in what decides, in two or three sentences.
pub fn sentences(found: &Diff) -> String {
    let places = places(found);
    let told: Vec<(&Place, &Change)> = places
        .iter()
        .flat_map(|place| deciding(place).map(move |change| (place, change)))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, change) in &told {
        *counts.entry(word(change)).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let all = counted(told.len(), "comparison");
    let mut said = vec![format!(
        "Of {all} in what decides under each load: {}.",
        counts.join(", ")
    )];
    for verdict in [Verdict::Worse, Verdict::Better] {
        let clear = told
            .iter()
            .filter(|(_, change)| change.compared.verdict == verdict);
        let clear: Vec<String> = clear
            .map(|(place, change)| {
                format!(
                    "{} with {} is {} {}",
                    change.contender,
                    place.title,
                    word(change),
                    ratio(change)
                )
            })
            .collect();
        if !clear.is_empty() {
            said.push(format!("{}.", listed(&clear)));
        }
    }
    said.join(" ")
}

/// The ratios in what decides, a panel a load; `None` where there is none.
pub fn figure(found: &Diff, contenders: &[Contender]) -> Option<Figure> {
    let places = places(found);
    let all = places
        .iter()
        .flat_map(deciding)
        .map(|change| change.compared.ratio);
    let domain = ratios::bounds(all)?;
    let panels = places
        .iter()
        .filter_map(|place| panel(place, contenders, domain))
        .collect();
    Some(Figure {
        id: "change".to_owned(),
        short: "What changed".to_owned(),
        question: "Who is faster or slower than before, and how sure is that?".to_owned(),
        read: "The second run's figure divided by the first's, of requests a second (right of 1 is better), or, where a rate is offered, of \
               the p99 of response times (left of 1 is better). Line: the interval that covers the true ratio with 95 %. Grey zone: less \
               than 5 % apart. A bold word holds for all models of a panel at once."
            .to_owned(),
        not: "Why: whatever differs between the two runs has its part in it, and is named above as far as it is known. Two runs are hours \
              apart, and no block holds trials of both."
            .to_owned(),
        panels,
        table: Table {
            caption: "The ratios of this figure".to_owned(),
            ..decided(&places)
        },
    })
}

fn panel(place: &Place, contenders: &[Contender], domain: (f64, f64)) -> Option<Panel> {
    let metric = deciding(place).next()?.metric;
    let described: Vec<String> = deciding(place)
        .map(|change| format!("{} {} {}", change.contender, ratio(change), word(change)))
        .collect();
    let mut groups: Vec<Group<Measured>> = Vec::new();
    for (index, contender) in contenders.iter().enumerate() {
        let Some(change) = deciding(place).find(|change| change.contender == contender.name) else {
            continue;
        };
        if groups
            .last()
            .is_none_or(|group| group.name != contender.family.name())
        {
            groups.push(Group {
                name: contender.family.name().to_owned(),
                rows: Vec::new(),
            });
        }
        let row = Row {
            who: Who::of(index, contender),
            what: Ok(measured(change)),
        };
        groups.last_mut()?.rows.push(row);
    }
    let better = if metric.more_is_better() {
        "more"
    } else {
        "less"
    };
    let forest = Forest {
        title: place.title.clone(),
        description: format!(
            "{}, after divided by before: {}.",
            metric.heading(),
            listed(&described)
        ),
        axis: format!(
            "{}, after divided by before; {better} is better",
            metric.heading()
        ),
        domain,
        zone: INDIFFERENT,
        groups,
    };
    Some(forest.panel())
}

fn measured(change: &Change) -> Measured {
    let found = &change.compared;
    Measured {
        estimate: Some(found.ratio.estimate),
        interval: found.ratio.interval,
        word: word(change).to_owned(),
        sure: matches!(
            found.verdict,
            Verdict::Better | Verdict::Worse | Verdict::Equivalent
        ),
        ring: false,
    }
}

/// For each load who got better, worse, stayed as they were, and of whom that is not known.
pub fn decided(places: &[Place]) -> Table {
    let columns = [
        "load",
        "better",
        "worse",
        "equivalent",
        "not decided",
        "why not",
    ];
    let mut table = Table::new("What became of each model in what decides", &columns);
    table.ends_in_words = true;
    for place in places {
        let of = |asked: fn(&Verdict) -> bool| {
            let names = deciding(place).filter(|change| asked(&change.compared.verdict));
            let names: Vec<String> = names
                .map(|change| format!("{} {}", change.contender, ratio(change)))
                .collect();
            if names.is_empty() {
                "–".to_owned()
            } else {
                names.join(", ")
            }
        };
        let mut why: Vec<String> = deciding(place)
            .filter_map(|change| change.compared.verdict.because())
            .collect();
        why.sort();
        why.dedup();
        let mut row = vec![place.title.clone()];
        row.extend([
            of(|verdict| *verdict == Verdict::Better),
            of(|verdict| *verdict == Verdict::Worse),
            of(|verdict| *verdict == Verdict::Equivalent),
            of(|verdict| verdict.because().is_some()),
            why.join("; "),
        ]);
        table.rows.push(row);
    }
    table
}

/// Every figure of every model under a load.
pub fn everything(place: &Place) -> Table {
    let mut table = Table::new(
        format!("After divided by before, {}", place.title),
        &["model"],
    );
    let has = |metric: &Metric| place.changes.iter().any(|change| change.metric == *metric);
    let metrics: Vec<Metric> = Metric::judged().filter(has).collect();
    table
        .columns
        .extend(metrics.iter().map(|metric| metric.heading().to_owned()));
    let mut names: Vec<&String> = Vec::new();
    for change in &place.changes {
        if !names.contains(&&change.contender) {
            names.push(&change.contender);
        }
    }
    for name in names {
        let cell = |metric: &Metric| {
            let mut its = place
                .changes
                .iter()
                .filter(|change| change.contender == *name);
            let change = its.find(|change| change.metric == *metric);
            change.map_or("–".to_owned(), |change| {
                format!("{} {}", ratio(change), word(change))
            })
        };
        table.rows.push(
            [name.clone()]
                .into_iter()
                .chain(metrics.iter().map(cell))
                .collect(),
        );
    }
    table
}

/// What is not the same in both runs; no rows where nothing is.
pub fn unlike(found: &Diff) -> Table {
    let mut table = Table::new(
        "What else is not the same",
        &["of", "what", "before", "after"],
    );
    table.ends_in_words = true;
    let kinds: [(&str, &[Difference]); 3] = [
        ("machine", &found.environment),
        ("plan", &found.plan),
        ("program", &found.program),
    ];
    for (kind, differences) in kinds {
        let row = |one: &Difference| {
            vec![
                kind.to_owned(),
                one.what.replace('_', " "),
                one.first.clone(),
                one.second.clone(),
            ]
        };
        table.rows.extend(differences.iter().map(row));
    }
    table
}

fn deciding<'a>(place: &'a Place<'a>) -> impl Iterator<Item = &'a Change> {
    place
        .changes
        .iter()
        .copied()
        .filter(|change| change.decides)
}

fn word(change: &Change) -> &'static str {
    change.compared.verdict.word(change.metric)
}

fn ratio(change: &Change) -> String {
    let found = &change.compared.ratio;
    ratio_in_words(found.estimate, found.interval)
}
