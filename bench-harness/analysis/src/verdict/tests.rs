//! The verdicts over made-up trials, and how often chance makes one.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::*;

fn pair<'a>(own: &'a [f64], base: &'a [f64]) -> Pair<'a> {
    Pair {
        own,
        base,
        bar: None,
        left_out: false,
        at_least: None,
    }
}

fn one(metric: Metric, own: &[f64], base: &[f64]) -> Verdict {
    judge(metric, &[pair(own, base)])[0]
        .clone()
        .unwrap()
        .verdict
}

/// Values around a middle, all within 0.5 %.
fn around(middle: f64, n: usize) -> Vec<f64> {
    (0..n)
        .map(|i| middle * (0.995 + 0.01 * i as f64 / n as f64))
        .collect()
}

#[test]
fn the_word_follows_from_interval_zone_and_direction() {
    let base = around(100.0, 6);
    let word = |metric: Metric, middle: f64| one(metric, &around(middle, 6), &base).word(metric);
    assert_eq!(word(Metric::Throughput, 120.0), "faster");
    assert_eq!(word(Metric::Throughput, 80.0), "slower");
    assert_eq!(word(Metric::P99, 120.0), "slower");
    assert_eq!(word(Metric::Cpu, 120.0), "dearer");
    assert_eq!(word(Metric::Cpu, 80.0), "cheaper");
    assert_eq!(word(Metric::Throughput, 100.5), "equivalent");
    assert_eq!(word(Metric::Throughput, 105.0), "inconclusive");
}

#[test]
fn few_trials_are_inconclusive_with_a_reason() {
    let found = one(Metric::Throughput, &around(200.0, 3), &around(100.0, 3));
    assert_eq!(found, Verdict::Inconclusive(Unsure::TooFew { trials: 3 }));
    assert!(
        found
            .because()
            .unwrap()
            .starts_with("3 trials of each have no 95 % interval")
    );
}

/// With 5 trials the smallest p is 2/252: after Holm over 7 models it is over 5 %, over 6 it is not.
#[test]
fn five_trials_decide_six_comparisons_and_not_seven() {
    let (base, fast) = (around(100.0, 5), around(200.0, 5));
    let words = |models: usize| {
        let pairs: Vec<_> = (0..models).map(|_| pair(&fast, &base)).collect();
        let found = judge(Metric::Throughput, &pairs);
        found
            .into_iter()
            .map(|found| found.unwrap().verdict)
            .collect::<Vec<_>>()
    };
    assert!(words(6).iter().all(|verdict| *verdict == Verdict::Better));
    let unsure = Unsure::TooFewForFamily {
        trials: 5,
        comparisons: 7,
        needed: 6,
    };
    assert_eq!(words(7)[0], Verdict::Inconclusive(unsure.clone()));
    assert!(unsure.to_string().ends_with("or measure 6 blocks"));
}

#[test]
fn no_word_is_said_where_it_is_barred() {
    let (base, fast) = (around(100.0, 6), around(200.0, 6));
    let mut asked = pair(&fast, &base);
    asked.left_out = true;
    let found = judge(Metric::Throughput, &[asked.clone()]);
    assert_eq!(
        found[0].as_ref().unwrap().verdict,
        Verdict::Barred(Bar::LeftOut)
    );
    asked.bar = Some(Bar::Disturbed { trials: 2 });
    let found = judge(Metric::Throughput, &[asked]);
    let said = found[0].as_ref().unwrap().verdict.because().unwrap();
    assert_eq!(
        said,
        "other programs disturbed 2 trials of this pair; close them and measure again"
    );
}

#[test]
fn whoever_may_be_better_than_measured_gets_only_the_word_that_this_makes_truer() {
    let (base, fast, slow) = (around(100.0, 6), around(200.0, 6), around(50.0, 6));
    let word = |own: &[f64], side| {
        let asked = Pair {
            at_least: Some((side, 2)),
            ..pair(own, &base)
        };
        judge(Metric::Throughput, &[asked])[0]
            .clone()
            .unwrap()
            .verdict
    };
    let none = Verdict::Barred(Bar::Generator { trials: 2 });
    assert_eq!(word(&fast, Side::Own), Verdict::Better);
    assert_eq!(word(&slow, Side::Own), none);
    assert_eq!(word(&base, Side::Own), none);
    assert_eq!(word(&fast, Side::Base), none);
    assert_eq!(word(&slow, Side::Base), Verdict::Worse);
}

#[test]
fn a_slower_model_that_left_clients_out_is_slower_all_the_same() {
    let (base, slow) = (around(100.0, 6), around(50.0, 6));
    let asked = Pair {
        left_out: true,
        ..pair(&slow, &base)
    };
    let found = judge(Metric::Throughput, &[asked]);
    assert_eq!(found[0].as_ref().unwrap().verdict, Verdict::Worse);
}

/// Made with R: `p.adjust(c(0.01, 0.04, 0.03, 0.005, 0.9), "holm")`, and with
/// `statsmodels.stats.multitest.multipletests([…], method="holm")[1]`.
#[test]
fn holm_is_that_of_r() {
    let found = holm(&[0.01, 0.04, 0.03, 0.005, 0.9]);
    for (found, wanted) in found.iter().zip([0.04, 0.09, 0.09, 0.025, 0.9]) {
        assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
    }
    assert!(holm(&[]).is_empty());
}

/// A trial's value: its middle, with noise of a normal shape; some are disturbed and lose up to two thirds.
struct Noise {
    random: ChaCha12Rng,
    spread: f64,
    disturbed: f64,
}

impl Noise {
    fn trials(&mut self, middle: f64, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.one(middle)).collect()
    }

    fn one(&mut self, middle: f64) -> f64 {
        let normal = (0..12).map(|_| self.random.random::<f64>()).sum::<f64>() - 6.0;
        let lost = if self.random.random::<f64>() < self.disturbed {
            self.random.random_range(0.33..1.0)
        } else {
            1.0
        };
        middle * (self.spread * normal).exp() * lost
    }
}

/// The share of families of 12 equal servers, at their baseline's side, in which one gets a word that it must not get.
fn false_words(blocks: usize, spread: f64, disturbed: f64) -> f64 {
    const FAMILIES: usize = 200;
    let random = ChaCha12Rng::seed_from_u64(20);
    let mut noise = Noise {
        random,
        spread,
        disturbed,
    };
    let mut family = || {
        let base = noise.trials(1000.0, blocks);
        let all: Vec<_> = (0..12).map(|_| noise.trials(1000.0, blocks)).collect();
        let pairs: Vec<_> = all.iter().map(|own| pair(own, &base)).collect();
        let said = judge(Metric::Throughput, &pairs);
        let wrong = |found: &Option<Compared>| {
            matches!(
                found.as_ref().unwrap().verdict,
                Verdict::Better | Verdict::Worse
            )
        };
        said.iter().any(wrong)
    };
    (0..FAMILIES).filter(|_| family()).count() as f64 / FAMILIES as f64
}

#[test]
fn equal_servers_get_a_false_word_in_less_than_five_per_cent_of_families() {
    for (blocks, spread, disturbed) in [
        (6, 0.01, 0.0),
        (10, 0.01, 0.0),
        (10, 0.1, 0.0),
        (6, 0.1, 0.15),
        (10, 0.02, 0.15),
        (20, 0.2, 0.15),
    ] {
        let share = false_words(blocks, spread, disturbed);
        assert!(
            share <= 0.05,
            "{share} with {blocks} blocks, noise {spread}, {disturbed} disturbed"
        );
    }
}

#[test]
fn ten_per_cent_are_found_by_ten_trials_with_one_per_cent_of_noise() {
    let random = ChaCha12Rng::seed_from_u64(21);
    let mut noise = Noise {
        random,
        spread: 0.01,
        disturbed: 0.0,
    };
    let mut found = || {
        let base = noise.trials(1000.0, 10);
        let mut all: Vec<_> = (0..11).map(|_| noise.trials(1000.0, 10)).collect();
        all.push(noise.trials(1100.0, 10));
        let pairs: Vec<_> = all.iter().map(|own| pair(own, &base)).collect();
        let said = judge(Metric::Throughput, &pairs);
        said[11].as_ref().unwrap().verdict == Verdict::Better
    };
    let times = (0..100).filter(|_| found()).count();
    assert!(times >= 80, "{times} of 100");
}

#[test]
fn what_a_number_of_blocks_detects_is_known_before() {
    let of = |comparisons: usize| [3, 5, 6, 10].map(|blocks| detects(blocks, comparisons));
    assert_eq!(of(1), [None, Some(0.4), Some(0.4), Some(0.2)]);
    assert_eq!(of(76), [None, None, Some(0.4), Some(0.2)]);
    let needed = |twin| [0, 1, 6, 7, 23, 24, 75].map(|n| fewest_blocks(n, twin));
    assert_eq!(needed(false), [4, 4, 5, 6, 6, 7, 7]);
    assert_eq!(needed(true), [4, 4, 4, 4, 5, 5, 5]);
}

#[test]
fn every_reason_ends_with_what_to_do() {
    let unsure = [
        Unsure::TooFew { trials: 1 },
        Unsure::TooFewForFamily {
            trials: 5,
            comparisons: 12,
            needed: 6,
        },
        Unsure::Wide { half_width: 0.123 },
        Unsure::OneOfMany { adjusted: 0.07 },
    ];
    for unsure in unsure {
        assert!(unsure.to_string().contains("; "), "{unsure}");
    }
    let bars = [
        Bar::NoControl,
        Bar::Control {
            interval: (1.01, 1.2),
        },
        Bar::Disturbed { trials: 1 },
        Bar::Generator { trials: 1 },
        Bar::AboveRange { trials: 1 },
        Bar::Failed { trials: 1 },
        Bar::LeftOut,
    ];
    for bar in bars {
        assert!(bar.to_string().contains("; "), "{bar}");
    }
}
