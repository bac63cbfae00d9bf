//! Contenders in figures: in families, with their look, and with the room that their names need.

use analysis::{Members, Summary};
use record::plan::{ContenderId, LoadId};

use crate::phrases::why_missing;
use crate::svg::Identity;
use crate::svg::text::{NAME, width};

/// The name and look of a contender.
pub fn identity(summary: &Summary, contender: ContenderId) -> Identity {
    Identity::of(contender, &summary.contenders[contender])
}

/// The families in the order of the plan, without twins, which are no models of their own.
pub fn families(summary: &Summary) -> Vec<Members> {
    let mut families = summary.families();
    for family in &mut families {
        family.members.retain(|&member| !summary.is_twin(member));
    }
    families.retain(|family| !family.members.is_empty());
    families
}

/// Why these contenders have no line, for those that have none.
pub fn notes_on_missing_lines(
    summary: &Summary,
    members: &[ContenderId],
    load: LoadId,
    has_line: impl Fn(ContenderId) -> bool,
) -> Vec<String> {
    let missing = members.iter().filter(|contender| !has_line(**contender));
    let note = |&contender: &ContenderId| {
        let name = &summary.contenders[contender].name;
        format!("{name}: {}", why_missing(summary, contender, load))
    };
    missing.map(note).collect()
}

/// The longest name: it decides how much room the labels of all panels get.
pub fn longest_name(summary: &Summary) -> String {
    let names = summary.contenders.iter().map(|contender| &contender.name);
    let longest = names.max_by(|a, b| width(a, NAME).total_cmp(&width(b, NAME)));
    longest.cloned().unwrap_or_default()
}

/// Number of members of the largest family.
pub fn most_members(summary: &Summary) -> usize {
    let families = families(summary);
    let sizes = families.iter().map(|family| family.members.len());
    sizes.max().unwrap_or(0)
}
