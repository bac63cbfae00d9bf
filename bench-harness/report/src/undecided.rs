//! What a run has not decided, what would decide it, and the plan for more.

use std::time::Duration;

use analysis::{Open, Summary};
use record::number::{counted, waiting};

use crate::words::zone;

/// A run of fewer models has probably left some out.
const MANY_MODELS: usize = 20;
/// Zones of indifference above which a more precise profile exists, with that profile and its usual time.
const PRECISER: [(f64, &str, &str); 2] = [
    (1.075, "standard", "about two hours"),
    (1.04, "full", "about three hours"),
];

/// How many comparisons have a word, and what the others need; `None` for a run without rounds or comparisons.
pub fn what_is_open(summary: &Summary) -> Option<String> {
    let open = summary.open();
    (summary.has_rounds() && open.comparisons > 0).then(|| in_words(&open, summary.zone()))
}

fn in_words(open: &Open, zone_of_indifference: f64) -> String {
    let decided = open.comparisons - open.undecided - open.barred;
    let mut sentences = vec![format!(
        "Decided: {decided} of {} (zone of indifference: {}).",
        counted(open.comparisons, "comparison"),
        zone(zone_of_indifference)
    )];
    if open.barred > 0 {
        let are = if open.barred == 1 { "is" } else { "are" };
        sentences.push(format!("{} {are} barred.", open.barred));
    }
    if open.undecided > 0 {
        let have = if open.undecided == 1 { "has" } else { "have" };
        sentences.push(format!(
            "{} {have} no word yet{}.",
            open.undecided,
            needs(open)
        ));
    }
    sentences.join(" ")
}

/// The time that the nearest comparisons need.
fn needs(open: &Open) -> String {
    let (count, seconds) = open.nearest;
    let time = waiting(Duration::from_secs_f64(seconds.clamp(1.0, 1e6)));
    match count {
        0 => String::new(),
        1 => format!("; the nearest needs about {time} more"),
        count => format!("; the {count} nearest need about {time} more in all"),
    }
}

/// What to run for more; `None` if this run was the most precise one, or had no rounds.
pub fn plan_for_more(summary: &Summary) -> Option<String> {
    if !summary.has_rounds() {
        return None;
    }
    let zone = summary.zone();
    let (_, profile, time) = PRECISER.iter().find(|(above, ..)| zone > *above)?;
    let more = format!("`echolab compare --profile {profile}` measures longer ({time})");
    let is_core = summary.models().count() < MANY_MODELS && *profile == "standard";
    let all = if is_core {
        "; `--models all` measures all models (about fifteen minutes)"
    } else {
        ""
    };
    Some(format!("{more}{all}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_comparison_says_what_the_nearest_need() {
        let open = Open {
            comparisons: 60,
            undecided: 7,
            barred: 3,
            nearest: (3, 110.0),
        };
        assert_eq!(
            in_words(&open, 1.1),
            "Decided: 50 of 60 comparisons (zone of indifference: 10 %). 3 are barred. 7 have no word yet; the 3 nearest need about 1 min 50 s more in all."
        );
    }

    #[test]
    fn where_all_is_decided_nothing_is_needed() {
        let open = Open {
            comparisons: 1,
            ..Open::default()
        };
        assert_eq!(
            in_words(&open, 1.03),
            "Decided: 1 of 1 comparison (zone of indifference: 3 %)."
        );
    }
}
