//! How often the intervals cover the truth and the tests err, on simulated rounds with a fixed seed.

use rand::SeedableRng as _;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Normal, StandardNormal, StudentT};

use super::*;
use crate::judge::{Count, Evidence};

/// Enough that the standard error of a coverage of 95 % is 0.6 %.
const RUNS: usize = 1_200;
/// Enough to tell 90 % from 80 %.
const FEW_RUNS: usize = 400;
/// Standard deviation of a slice's log.
const NOISE: f64 = 0.05;
const TRUTH: f64 = 0.1;

fn random() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(13)
}

/// Five sittings, whose true ratios scatter by `between`.
fn sittings(
    random: &mut ChaCha12Rng,
    noise: &impl Distribution<f64>,
    between: f64,
    rounds: usize,
) -> Vec<Vec<f64>> {
    let mut sitting = || {
        let shift: f64 = StandardNormal.sample(random);
        let middle = TRUTH + shift * between;
        (0..rounds).map(|_| middle + noise.sample(random)).collect()
    };
    (0..5).map(|_| sitting()).collect()
}

fn normal() -> Normal<f64> {
    Normal::new(0.0, NOISE).unwrap()
}

/// Student's t with three degrees of freedom: 6 % of values are more than three scales out, of normal values 0.3 %.
struct Heavy;

impl Distribution<f64> for Heavy {
    fn sample<R: rand::Rng + ?Sized>(&self, random: &mut R) -> f64 {
        NOISE * StudentT::new(3.0).unwrap().sample(random)
    }
}

/// The rounds of one of the contenders of a sitting, `B C B C B …`, while the speed of the machine drifts: by a quarter in all, and by
/// a random step from slice to slice.
fn drifting(random: &mut ChaCha12Rng, rounds: usize, contenders: usize) -> Vec<f64> {
    let (mut speed, mut values) = (0.0, Vec::new());
    let mut slice = |random: &mut ChaCha12Rng, level: f64| {
        let [step, noise]: [f64; 2] =
            [StandardNormal.sample(random), StandardNormal.sample(random)];
        speed += 0.25 / (2 * rounds * contenders) as f64 + 0.02 * step;
        level + speed + NOISE * noise
    };
    let mut before = slice(random, 0.0);
    for turn in 0..rounds * contenders {
        let value = slice(random, TRUTH);
        let after = slice(random, 0.0);
        if turn % contenders == 0 {
            values.push(value - f64::midpoint(before, after));
        }
        before = after;
    }
    values
}

/// The share of simulated intervals that cover the truth.
fn coverage(runs: usize, mut interval: impl FnMut() -> Ratio) -> f64 {
    let covers = |_: &usize| {
        let (low, high) = interval().interval.unwrap();
        (low..=high).contains(&TRUTH.exp())
    };
    (0..runs).filter(covers).count() as f64 / runs as f64
}

#[test]
fn the_interval_of_rounds_covers_the_truth_in_95_percent_whatever_the_noise() {
    let mut random = random();
    let pooled = |groups: &[Vec<f64>]| paired_ratio(&groups.concat()).unwrap();
    let shares = [
        coverage(RUNS, || pooled(&sittings(&mut random, &normal(), 0.0, 6))),
        coverage(RUNS, || pooled(&sittings(&mut random, &Heavy, 0.0, 6))),
        coverage(RUNS, || {
            paired_ratio(&drifting(&mut random, 30, 3)).unwrap()
        }),
    ];
    for share in shares {
        assert!((share - 0.95).abs() < 0.02, "{shares:?}");
    }
}

/// Why a sitting of one contender needs baseline slices of its own for each round: shared ones make neighbouring rounds alike.
#[test]
fn rounds_that_share_their_baseline_slices_cover_less() {
    let mut random = random();
    let share = coverage(RUNS, || {
        paired_ratio(&drifting(&mut random, 30, 1)).unwrap()
    });
    assert!((share - 0.91).abs() < 0.02, "{share}");
}

/// With six rounds a sitting the approximation by chi-squared is stricter: about one in 250.
#[test]
fn equal_sittings_are_said_to_differ_in_one_of_a_hundred() {
    let mut random = random();
    let mut false_findings = |noise: &dyn Fn(&mut ChaCha12Rng) -> Vec<Vec<f64>>| {
        let differs = |_: &usize| differ(&noise(&mut random)).unwrap().is_significant();
        (0..RUNS).filter(differs).count() as f64 / RUNS as f64
    };
    let shares = [
        false_findings(&|random| sittings(random, &normal(), 0.0, 12)),
        false_findings(&|random| sittings(random, &Heavy, 0.0, 12)),
        false_findings(&|random| (0..5).map(|_| drifting(random, 12, 3)).collect()),
    ];
    for share in shares {
        assert!((share - 0.01).abs() < 0.007, "{shares:?}");
    }
}

/// Sittings that scatter half as much as rounds, as much, or twice as much: the interval over all rounds is precisely wrong.
#[test]
fn where_sittings_differ_the_summary_covers_the_truth_and_pooled_rounds_do_not() {
    for (times, most_pooled) in [(0.5, 0.87), (1.0, 0.75), (2.0, 0.65)] {
        let (mut first, mut second) = (random(), random());
        let groups = |random: &mut ChaCha12Rng| sittings(random, &normal(), times * NOISE, 6);
        let pooled = coverage(FEW_RUNS, || {
            paired_ratio(&groups(&mut first).concat()).unwrap()
        });
        let chosen = coverage(FEW_RUNS, || summarise(&groups(&mut second)).unwrap().ratio);
        assert!(pooled < most_pooled, "{times}: {pooled}");
        assert!(chosen > 0.87, "{times}: {chosen}");
    }
}

/// The ratio of two equal contenders, from their rounds beside a third one.
fn of_two(random: &mut ChaCha12Rng, noise: &impl Distribution<f64>, between: [f64; 2]) -> Evidence {
    let [a, b] = between.map(|between| sittings(random, noise, between, 6));
    Evidence::of_rounds(&a, &b).unwrap()
}

/// The share of intervals that cover 1, and the share of p-values up to 5 %.
fn of_equals(runs: usize, noise: &impl Distribution<f64>, between: [f64; 2]) -> (f64, f64) {
    let mut random = random();
    let all: Vec<Evidence> = (0..runs)
        .map(|_| of_two(&mut random, noise, between))
        .collect();
    let share = |condition: &dyn Fn(&Evidence) -> bool| {
        all.iter().filter(|one| condition(one)).count() as f64 / runs as f64
    };
    let covers = |evidence: &Evidence| {
        let (low, high) = evidence.ratio.interval.unwrap();
        (low..=high).contains(&1.0)
    };
    (share(&covers), share(&|one| one.p <= 0.05))
}

/// Two contenders that were never measured side by side: their rounds beside the same baseline decide, where sittings do not differ.
#[test]
fn rounds_beside_a_third_contender_cover_the_ratio_of_two_in_95_percent() {
    for (covered, significant) in [
        of_equals(RUNS, &normal(), [0.0, 0.0]),
        of_equals(RUNS, &Heavy, [0.0, 0.0]),
    ] {
        assert!((covered - 0.95).abs() < 0.02, "{covered}");
        assert!((significant - 0.05).abs() < 0.02, "{significant}");
    }
}

/// The same where sittings of one or both differ: the means of the sittings decide then, five of each.
#[test]
fn sittings_that_differ_decide_about_two_contenders() {
    for between in [
        [0.5, 0.0],
        [0.5, 0.5],
        [1.0, 0.0],
        [1.0, 1.0],
        [2.0, 0.0],
        [2.0, 2.0],
    ] {
        let (covered, _) = of_equals(FEW_RUNS, &normal(), between.map(|times| times * NOISE));
        assert!(covered > 0.87, "{between:?}: {covered}");
    }
    let mut random = random();
    let evidence = of_two(&mut random, &normal(), [2.0 * NOISE, 0.0]);
    let five = Count::Trials {
        contender: 5,
        baseline: 5,
    };
    assert_eq!(evidence.count, five);
}
