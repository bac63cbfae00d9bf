//! Which models are listed for a load: a property of random runs.

use analysis::{Choice, Summary, Verdict};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::plan::Family;

use crate::made_up::{Role, Script};

/// Random runs that are tried.
const RUNS: u64 = 40;

/// A few servers with random costs. Some spin, fall behind, leave clients out, or differ from start to start.
pub fn random(seed: u64) -> Script {
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let mut roles: Vec<Role> = (0..random.random_range(2..7))
        .map(|place| Role {
            spins: random.random_bool(0.2),
            starts: if random.random_bool(0.2) { 0.3 } else { 0.0 },
            answers: if random.random_bool(0.1) { 0.8 } else { 1.0 },
            leaves_out: if random.random_bool(0.1) { 0.5 } else { 0.0 },
            ..Role::new(
                &format!("server-{place}"),
                Family::Readiness,
                random.random_range(6.0..16.0),
                random.random_range(0.0..20.0),
            )
        })
        .collect();
    roles.push(Role::new("ready-list", Family::Readiness, 8.0, 12.0));
    Script {
        roles,
        blocks: random.random_range(1..6),
        rounds: random.random_range(2..8),
        noise: random.random_range(0.01..0.4),
        seed,
        ..Script::default()
    }
}

fn check(summary: &Summary, choice: &Choice) {
    for &listed in &choice.good {
        for &other in choice.good.iter().filter(|other| **other != listed) {
            let word = summary.word(listed, other, choice.load, choice.metric);
            let is_worse = word.is_some_and(|word| word.verdict == Verdict::Worse);
            assert!(!is_worse, "{listed:?} is worse than {other:?}: {choice:?}");
        }
    }
    let spins = |id| summary.cell(id, choice.load).spins;
    let first_spinning = choice.good.iter().position(|&id| spins(id));
    let after = first_spinning.map_or(&[][..], |first| &choice.good[first..]);
    assert!(
        after.iter().all(|&id| spins(id)),
        "spinning models come last: {choice:?}"
    );
    for &id in &choice.good {
        assert_eq!(spins(id), choice.spinning.contains(&id), "{choice:?}");
        assert!(!choice.left_out.contains(&id), "{choice:?}");
    }
    for (_, ratio) in &choice.behind {
        assert!(
            choice.distance(ratio).is_none_or(|distance| distance > 1.0),
            "{choice:?}"
        );
    }
}

#[test]
fn no_listed_model_is_clearly_worse_than_another_and_spinning_ones_come_last() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..RUNS {
        let run = random(seed).run(&folder.path().join(seed.to_string()));
        let summary = Summary::of(&run);
        for load in summary.measured_loads() {
            check(&summary, &summary.choice(load));
        }
    }
}

#[test]
fn a_server_that_spins_or_falls_behind_casts_no_doubt_on_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let summary = Summary::of(&Script::default().run(folder.path()));
    let load = summary.shown_load();
    let choice = summary.choice(load);
    assert_eq!(choice.doubts, [], "{choice:?}");
    assert!(!choice.left_out.is_empty(), "the tired one");
}
