//! The names in a sentence: at most three, the others are counted. A whole family goes by its own name.

use analysis::{Rated, Summary};
use record::plan::{ContenderId, Family};

use super::figures::{times, times_of};

/// Names in a sentence.
pub const NAMED: usize = 3;

/// One contender, or all members of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name, or that of the family.
    pub name: String,
    /// The contenders behind the name.
    pub members: Vec<ContenderId>,
}

/// The plain name of a family, in the plural; without an `and`, because it stands in lists.
pub const fn noun(family: Family) -> &'static str {
    match family {
        Family::Blocking => "threads/processes",
        Family::Readiness => "event loops",
        Family::Completion => "io_uring designs",
        Family::Coroutines => "green threads",
        Family::Runtimes => "async runtimes",
        Family::Kernel => "reference lines",
        Family::External => "external servers",
    }
}

/// These contenders in their order. If all measured members of a family are among them, its name stands for them in the place of the
/// first. Members are those of the whole run, so that the name means the same under every load.
pub fn items(summary: &Summary, contenders: &[ContenderId]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for &contender in contenders {
        let is_named = |item: &Item| item.members.contains(&contender);
        if !items.iter().any(is_named) {
            items.push(item(summary, contender, contenders));
        }
    }
    items
}

fn item(summary: &Summary, contender: ContenderId, among: &[ContenderId]) -> Item {
    let family = summary.contenders[contender].family;
    let members = members(summary, family);
    if members.len() > 1 && members.iter().all(|member| among.contains(member)) {
        return Item {
            name: noun(family).to_owned(),
            members,
        };
    }
    of_one(summary, contender)
}

fn of_one(summary: &Summary, contender: ContenderId) -> Item {
    Item {
        name: summary.contenders[contender].name.clone(),
        members: vec![contender],
    }
}

/// Each contender by its own name.
pub fn single(summary: &Summary, contenders: &[ContenderId]) -> Vec<Item> {
    let contenders = contenders.iter();
    contenders.map(|&id| of_one(summary, id)).collect()
}

/// The members of a family that were measured and that a reader can take.
fn members(summary: &Summary, family: Family) -> Vec<ContenderId> {
    let is_measured = |id: &ContenderId| {
        let mut loads = summary.measured_loads();
        loads.any(|load| summary.cell(*id, load).trials > 0)
    };
    let mut members = summary.candidates();
    members.retain(|id| summary.contenders[*id].family == family && is_measured(id));
    members
}

/// The first items as `write` puts them, joined by commas and `word`; the contenders behind the others are counted.
pub fn listed(items: &[Item], word: &str, write: impl Fn(&Item) -> String) -> String {
    let (first, others) = items.split_at(items.len().min(NAMED));
    let first: Vec<String> = first.iter().map(write).collect();
    let others: usize = others.iter().map(|item| item.members.len()).sum();
    match (&first[..], others) {
        ([], _) => "none".to_owned(),
        ([only], 0) => only.clone(),
        ([all @ .., last], 0) => format!("{} {word} {last}", all.join(", ")),
        (all, others) => format!("{} {word} {others} more", all.join(", ")),
    }
}

/// The same with the ratio of each item, and with the last one of all where some are only counted.
pub fn rated(
    summary: &Summary,
    rated: &[Rated],
    write: impl Fn(&str, &str) -> String,
) -> Option<String> {
    let contenders: Vec<ContenderId> = rated.iter().map(|(id, _)| *id).collect();
    let named = items(summary, &contenders);
    let ratios = |item: &Item| {
        let own = rated.iter().filter(|(id, _)| item.members.contains(id));
        let own: Vec<f64> = own.map(|(_, ratio)| *ratio).collect();
        times_of(&own)
    };
    let (_, near) = *rated.first()?;
    let (_, far) = *rated.last()?;
    let way = if far < near { "down to" } else { "up to" };
    let list = listed(&named, "and", |item| write(&item.name, &ratios(item)));
    Some(if named.len() > NAMED {
        format!("{list} ({way} {})", times(far))
    } else {
        list
    })
}

/// The names alone.
pub fn named(summary: &Summary, contenders: &[ContenderId]) -> String {
    listed(&items(summary, contenders), "and", |item| item.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_three_names_and_counts_the_others() {
        let item = |(place, name): (usize, &str)| Item {
            name: name.to_owned(),
            members: vec![ContenderId(place)],
        };
        let items: Vec<Item> = ["a", "b", "c", "d", "e"]
            .into_iter()
            .enumerate()
            .map(item)
            .collect();
        let written = |count: usize| listed(&items[..count], "or", |item| item.name.clone());
        assert_eq!(written(0), "none");
        assert_eq!(written(1), "a");
        assert_eq!(written(2), "a or b");
        assert_eq!(written(3), "a, b or c");
        assert_eq!(written(5), "a, b, c or 2 more");
    }
}
