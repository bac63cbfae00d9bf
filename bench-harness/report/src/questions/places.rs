//! The loads of two compared runs, each with all changes under it.

use analysis::{Change, Diff};

use crate::figure::ratio_in_words;

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
    pub fn deciding(&self) -> impl Iterator<Item = &'a Change> {
        let changes = self.changes.iter().copied();
        changes.filter(|change| change.decides)
    }
}

/// The word of a change.
pub fn word(change: &Change) -> &'static str {
    change.compared.verdict.word(change.metric)
}

/// The ratio of a change with its interval.
pub fn ratio(change: &Change) -> String {
    let ratio = &change.compared.ratio;
    ratio_in_words(ratio.estimate, ratio.interval)
}
