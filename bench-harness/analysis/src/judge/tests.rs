//! Verdicts on synthetic trials, and how often chance alone makes one.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use super::*;

/// Ratios within this factor of 1 count as equal.
const ZONE: f64 = 1.05;

fn pair(contender: &[f64], baseline: &[f64]) -> Pair {
    Pair {
        evidence: Evidence::unpaired(contender, baseline),
        bar: None,
        left_out: false,
        lower_bound: None,
        round_s: 0.0,
    }
}

/// A pair that was measured in these rounds, sitting by sitting.
fn in_rounds(groups: &[Vec<f64>]) -> Pair {
    Pair {
        evidence: Evidence::paired(groups),
        round_s: 0.1,
        ..pair(&[], &[])
    }
}

/// Log ratios around a ratio, in five sittings.
fn sittings(ratio: f64, rounds: usize, spread: f64) -> Vec<Vec<f64>> {
    let log = |i: usize| ratio.ln() + spread * ((i * 7 % 11) as f64 / 10.0 - 0.5);
    let sitting = |k: usize| (0..rounds).map(|i| log(k + 5 * i)).collect();
    (0..5).map(sitting).collect()
}

/// The verdict on one pair that is a family of its own.
fn verdict_on(metric: Metric, pair: Pair) -> Verdict {
    judge(metric, ZONE, vec![pair])[0].clone().unwrap().verdict
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
    let word = |metric: Metric, middle: f64| {
        verdict_on(metric, pair(&around(middle, 6), &base)).word(metric)
    };
    assert_eq!(word(Metric::Throughput, 120.0), "faster");
    assert_eq!(word(Metric::Throughput, 80.0), "slower");
    assert_eq!(word(Metric::P99, 120.0), "slower");
    assert_eq!(word(Metric::Cpu, 120.0), "dearer");
    assert_eq!(word(Metric::Cpu, 80.0), "cheaper");
    assert_eq!(word(Metric::Throughput, 100.5), "equivalent");
    assert_eq!(word(Metric::Throughput, 105.0), "inconclusive");
}

#[test]
fn a_wider_zone_calls_more_equivalent() {
    let base = around(100.0, 6);
    let contender = around(107.0, 6);
    let words = [1.10, 1.05, 1.07].map(|zone| {
        let judged = judge(Metric::Cpu, zone, vec![pair(&contender, &base)]);
        judged[0].as_ref().unwrap().verdict.word(Metric::Cpu)
    });
    assert_eq!(words, ["equivalent", "dearer", "inconclusive"]);
}

#[test]
fn rounds_give_the_same_words() {
    let word = |ratio: f64| {
        let pair = in_rounds(&sittings(ratio, 5, 0.02));
        verdict_on(Metric::Cpu, pair).word(Metric::Cpu)
    };
    let words = [1.0, 1.2, 0.8].map(word);
    assert_eq!(words, ["equivalent", "dearer", "cheaper"]);
}

#[test]
fn a_wide_interval_of_rounds_says_how_many_more_would_decide_it() {
    let verdict = verdict_on(Metric::Cpu, in_rounds(&sittings(1.0, 2, 0.5)));
    let because = verdict.because().unwrap();
    assert!(
        because.contains("more rounds would decide it, about"),
        "{because}"
    );
}

#[test]
fn rounds_that_cannot_decide_a_family_say_how_many_can() {
    let six = vec![vec![0.5, 0.51, 0.52], vec![0.53, 0.54, 0.55]];
    let pairs: Vec<Pair> = (0..12).map(|_| in_rounds(&six)).collect();
    let verdict = judge(Metric::Cpu, ZONE, pairs)[0].clone().unwrap().verdict;
    let because = verdict.because().unwrap();
    assert_eq!(because, "6 rounds cannot decide 12 comparisons; 9 can");
    let few = verdict_on(Metric::Cpu, in_rounds(&[vec![0.5, 0.51, 0.52]]));
    let because = few.because().unwrap();
    assert!(because.starts_with("3 rounds are too few"), "{because}");
}

#[test]
fn where_sittings_differ_the_sitting_is_the_unit() {
    let groups: Vec<Vec<f64>> = [2.09, 1.92, 1.45, 1.8, 1.6_f64]
        .iter()
        .map(|ratio| (0..6).map(|i| ratio.ln() + 0.001 * f64::from(i)).collect())
        .collect();
    let compared = judge(Metric::Cpu, ZONE, vec![in_rounds(&groups)])
        .remove(0)
        .unwrap();
    let paired = compared.paired.unwrap();
    assert_eq!(paired.replicates(), 5);
    assert!(paired.difference.unwrap().is_significant());
    assert_eq!(compared.verdict, Verdict::Worse);
}

/// Six rounds each. U = 5 drops five of the 36 differences at each end, as the usual table for 6 and 6 says:
/// `d = sorted(x - y for x in high for y in low); numpy.median(d), d[5], d[-6]`.
#[test]
fn two_contenders_beside_a_third_one_are_compared_by_their_rounds() {
    let low = [vec![0.01, 0.02, 0.03], vec![0.011, 0.021, 0.031]];
    let high = [vec![0.11, 0.12, 0.13], vec![0.111, 0.121, 0.131]];
    let evidence = Evidence::of_rounds(&high, &low).unwrap();
    let six = Count::Trials {
        contender: 6,
        baseline: 6,
    };
    assert_eq!(evidence.count, six);
    assert!((evidence.ratio.estimate.ln() - 0.1).abs() < 1e-9);
    assert!((evidence.p - 2.0 / 924.0).abs() < 1e-9, "{evidence:?}");
    let (from, to) = evidence.ratio.interval.unwrap();
    assert!((from.ln() - 0.089).abs() < 1e-9, "{}", from.ln());
    assert!((to.ln() - 0.111).abs() < 1e-9, "{}", to.ln());
}

#[test]
fn the_order_of_two_contenders_turns_their_ratio_around() {
    let (a, b) = (sittings(1.2, 6, 0.05), sittings(1.0, 6, 0.08));
    let [there, back] = [(&a, &b), (&b, &a)].map(|(a, b)| Evidence::of_rounds(a, b).unwrap());
    assert!((there.p - back.p).abs() < 1e-12);
    assert!((there.ratio.estimate * back.ratio.estimate - 1.0).abs() < 1e-9);
    let [there, back] = [there, back].map(|evidence| evidence.ratio.interval.unwrap());
    assert!((there.0 * back.1 - 1.0).abs() < 1e-9, "{there:?} {back:?}");
}

#[test]
fn a_drift_of_the_third_contender_is_in_both_and_changes_nothing() {
    let (a, b) = (sittings(1.2, 6, 0.05), sittings(1.0, 6, 0.08));
    let shifted = |groups: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let shifted = |logs: &Vec<f64>| logs.iter().map(|log| log + 0.25).collect();
        groups.iter().map(shifted).collect()
    };
    let of = |a: &[Vec<f64>], b: &[Vec<f64>]| Evidence::of_rounds(a, b).unwrap().ratio.estimate;
    assert!((of(&a, &b) - of(&shifted(&a), &shifted(&b))).abs() < 1e-9);
}

#[test]
fn three_trials_are_inconclusive_and_the_reason_says_why() {
    let (base, fast) = (around(100.0, 3), around(200.0, 3));
    let verdict = verdict_on(Metric::Throughput, pair(&fast, &base));
    assert_eq!(verdict, Verdict::Inconclusive(Unsure::TooFew { trials: 3 }));
    assert!(
        verdict
            .because()
            .unwrap()
            .starts_with("3 trials of each are too few for a 95 % interval")
    );
}

/// With 5 trials the smallest p is 2/252: after Holm over 7 models it is over 5 %, over 6 it is not.
#[test]
fn five_trials_decide_six_comparisons_and_not_seven() {
    let (base, fast) = (around(100.0, 5), around(200.0, 5));
    let words = |models: usize| {
        let pairs: Vec<_> = (0..models).map(|_| pair(&fast, &base)).collect();
        let verdict = judge(Metric::Throughput, ZONE, pairs);
        verdict
            .into_iter()
            .map(|verdict| verdict.unwrap().verdict)
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
fn a_bar_withholds_the_verdict() {
    let (base, fast) = (around(100.0, 6), around(200.0, 6));
    let mut starving = pair(&fast, &base);
    starving.left_out = true;
    assert_eq!(
        verdict_on(Metric::Throughput, starving.clone()),
        Verdict::Barred(Bar::LeftOut)
    );
    starving.bar = Some(Bar::Disturbed { trials: 2 });
    assert_eq!(
        verdict_on(Metric::Throughput, starving).because().unwrap(),
        "other programs disturbed 2 trials; close them and measure again"
    );
}

#[test]
fn a_lower_bound_gets_only_the_verdict_that_a_higher_value_confirms() {
    let (base, fast, slow) = (around(100.0, 6), around(200.0, 6), around(50.0, 6));
    let word = |contender: &[f64], side| {
        let bounded = Pair {
            lower_bound: Some(LowerBound { side, trials: 2 }),
            ..pair(contender, &base)
        };
        verdict_on(Metric::Throughput, bounded)
    };
    let none = Verdict::Barred(Bar::Generator { trials: 2 });
    assert_eq!(word(&fast, Side::Contender), Verdict::Better);
    assert_eq!(word(&slow, Side::Contender), none);
    assert_eq!(word(&base, Side::Contender), none);
    assert_eq!(word(&fast, Side::Baseline), none);
    assert_eq!(word(&slow, Side::Baseline), Verdict::Worse);
}

#[test]
fn a_slower_model_that_left_clients_out_is_still_slower() {
    let (base, slow) = (around(100.0, 6), around(50.0, 6));
    let starving = Pair {
        left_out: true,
        ..pair(&slow, &base)
    };
    assert_eq!(verdict_on(Metric::Throughput, starving), Verdict::Worse);
}

/// Values of trials: a middle with normal noise. Some trials are disturbed and lose up to two thirds.
struct Noise {
    random: ChaCha12Rng,
    spread: f64,
    disturbed: f64,
}

impl Noise {
    fn trials(&mut self, middle: f64, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.trial(middle)).collect()
    }

    fn trial(&mut self, middle: f64) -> f64 {
        let normal = (0..12).map(|_| self.random.random::<f64>()).sum::<f64>() - 6.0;
        let lost = if self.random.random::<f64>() < self.disturbed {
            self.random.random_range(0.33..1.0)
        } else {
            1.0
        };
        middle * (self.spread * normal).exp() * lost
    }
}

/// The share of families in which one of 12 servers equal to the baseline gets a false word.
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
        let pairs: Vec<_> = all.iter().map(|values| pair(values, &base)).collect();
        let verdicts = judge(Metric::Throughput, ZONE, pairs);
        let wrong = |verdict: &Option<Compared>| {
            matches!(
                verdict.as_ref().unwrap().verdict,
                Verdict::Better | Verdict::Worse
            )
        };
        verdicts.iter().any(wrong)
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
    let mut is_found = || {
        let base = noise.trials(1000.0, 10);
        let mut all: Vec<_> = (0..11).map(|_| noise.trials(1000.0, 10)).collect();
        all.push(noise.trials(1100.0, 10));
        let pairs: Vec<_> = all.iter().map(|values| pair(values, &base)).collect();
        let verdicts = judge(Metric::Throughput, ZONE, pairs);
        verdicts[11].as_ref().unwrap().verdict == Verdict::Better
    };
    let times = (0..100).filter(|_| is_found()).count();
    assert!(times >= 80, "{times} of 100");
}
