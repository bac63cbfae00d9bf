//! How a run's figures changed in a second run: in sentences, as a figure, as a decision, and in full.

use std::collections::BTreeMap;

use analysis::{Change, Diff, INDIFFERENCE, Metric, Verdict};
use record::circumstances::Difference;
use record::number::counted;
use record::plan::{Contender, ContenderId};

use super::figure::Figure;
use super::ratios::bounds;
use crate::figure::{Forest, Group, Measured, Row, ratio_in_words};
use crate::phrases::first_few;
use crate::svg::{Panel, Who};
use crate::table::Table;

/// All changes under one load.
pub struct Place<'a> {
    /// The load, with its scenario.
    pub title: String,
    /// The changes.
    pub changes: Vec<&'a Change>,
}

/// The loads of a comparison, in its order.
pub fn places(diff: &Diff) -> Vec<Place<'_>> {
    let mut places: Vec<Place> = Vec::new();
    for change in &diff.changes {
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

impl<'a> Place<'a> {
    /// The changes of the metric that decides under this load.
    fn deciding(&self) -> impl Iterator<Item = &'a Change> {
        let changes = self.changes.iter().copied();
        changes.filter(|change| change.decides)
    }
}

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
        .filter_map(|place| panel(place, contenders, domain))
        .collect();
    Some(Figure {
        id: "change".to_owned(),
        short: "What changed".to_owned(),
        question: "Which models are faster or slower than before, and how sure is that?".to_owned(),
        how_to_read: "The second run divided by the first: requests/s (right of 1 is better) or, if a rate is offered, the p99 of response times (left \
               of 1 is better). Line: 95 % interval. Grey zone: less than 5 % apart. Bold: significant after correction for the number of \
               models."
            .to_owned(),
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

fn panel(place: &Place, contenders: &[Contender], domain: (f64, f64)) -> Option<Panel> {
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
    let forest = Forest {
        title: place.title.clone(),
        description: format!(
            "{heading}, ratio of after to before: {}.",
            first_few(&described)
        ),
        axis: format!("{heading}, ratio of after to before; {better} is better"),
        domain,
        zone: INDIFFERENCE,
        groups: by_family(place, contenders),
    };
    Some(forest.panel())
}

/// One group a family, one row a contender that has a change.
fn by_family(place: &Place, contenders: &[Contender]) -> Vec<Group<Measured>> {
    let mut groups: Vec<Group<Measured>> = Vec::new();
    for (id, contender) in ContenderId::all(contenders).zip(contenders) {
        let mut changes = place.deciding();
        let Some(change) = changes.find(|change| change.contender == contender.name) else {
            continue;
        };
        let row = Row {
            who: Who::of(id, contender),
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

fn measured(change: &Change) -> Measured {
    let compared = &change.compared;
    Measured {
        estimate: Some(compared.ratio.estimate),
        interval: compared.ratio.interval,
        word: word(change).to_owned(),
        sure: compared.verdict.is_clear(),
        ring: false,
    }
}

/// For each load the models that became better or worse, those that did not change, and those that are not decided.
pub fn decisions(places: &[Place]) -> Table {
    let columns = [
        "load",
        "better",
        "worse",
        "equivalent",
        "undecided",
        "reason",
    ];
    let mut table = Table::new("The change of the deciding figures", &columns);
    table.ends_in_words = true;
    for place in places {
        let models = |has_word: fn(&Verdict) -> bool| {
            let changes = place.deciding();
            let changes = changes.filter(|change| has_word(&change.compared.verdict));
            let models: Vec<String> = changes
                .map(|change| format!("{} {}", change.contender, ratio(change)))
                .collect();
            if models.is_empty() {
                "–".to_owned()
            } else {
                models.join(", ")
            }
        };
        table.rows.push(vec![
            place.title.clone(),
            models(|verdict| *verdict == Verdict::Better),
            models(|verdict| *verdict == Verdict::Worse),
            models(|verdict| *verdict == Verdict::Equivalent),
            models(|verdict| verdict.because().is_some()),
            reasons(place),
        ]);
    }
    table
}

/// The reasons why changes are not decided, each once.
fn reasons(place: &Place) -> String {
    let reasons = place.deciding();
    let mut reasons: Vec<String> = reasons
        .filter_map(|change| change.compared.verdict.because())
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons.join("; ")
}

/// Every figure of every model under a load.
pub fn everything(place: &Place) -> Table {
    let caption = format!("Ratio of after to before, at {}", place.title);
    let mut table = Table::new(caption, &["model"]);
    let changes = &place.changes;
    let has_change = |metric: &Metric| changes.iter().any(|change| change.metric == *metric);
    let metrics: Vec<Metric> = Metric::judged().filter(has_change).collect();
    let headings = metrics.iter().map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    let mut names: Vec<&String> = Vec::new();
    for change in changes {
        if !names.contains(&&change.contender) {
            names.push(&change.contender);
        }
    }
    for name in names {
        let cell = |metric: &Metric| {
            let mut changes = changes.iter();
            let change =
                changes.find(|change| change.contender == *name && change.metric == *metric);
            change.map_or("–".to_owned(), |change| {
                format!("{} {}", ratio(change), word(change))
            })
        };
        let mut row = vec![name.clone()];
        row.extend(metrics.iter().map(cell));
        table.rows.push(row);
    }
    table
}

/// What else is not the same in both runs; no rows if nothing is.
pub fn differences(diff: &Diff) -> Table {
    let columns = ["kind", "what", "before", "after"];
    let mut table = Table::new("What else differs", &columns);
    table.ends_in_words = true;
    let kinds: [(&str, &[Difference]); 3] = [
        ("machine", &diff.environment),
        ("plan", &diff.plan),
        ("program", &diff.program),
    ];
    for (kind, differences) in kinds {
        let row = |difference: &Difference| {
            vec![
                kind.to_owned(),
                difference.what.replace('_', " "),
                difference.first.clone(),
                difference.second.clone(),
            ]
        };
        table.rows.extend(differences.iter().map(row));
    }
    table
}

fn word(change: &Change) -> &'static str {
    change.compared.verdict.word(change.metric)
}

fn ratio(change: &Change) -> String {
    let ratio = &change.compared.ratio;
    ratio_in_words(ratio.estimate, ratio.interval)
}
