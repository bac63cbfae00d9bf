//! Known answers from scipy, and which unit is chosen.

use super::*;

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-8 * b.abs()
}

fn unequal_sizes() -> Vec<Vec<f64>> {
    vec![
        vec![0.01, 0.03, -0.02, 0.04, 0.02],
        vec![0.06, 0.08, 0.05, 0.09],
        vec![-0.01, 0.0, 0.02, 0.03, 0.01, 0.05],
    ]
}

/// Sittings with these mean log ratios, and six rounds that scatter by about 2 % each.
fn around(means: &[f64]) -> Vec<Vec<f64>> {
    let offsets = [-0.03, -0.017, -0.006, 0.004, 0.02, 0.029];
    let group = |mean: &f64| offsets.iter().map(|offset| mean + offset).collect();
    means.iter().map(group).collect()
}

/// `scipy.stats.kruskal(*groups)`, with ties within groups and between them.
#[test]
fn the_kruskal_wallis_test_is_that_of_scipy() {
    let difference = differ(&unequal_sizes()).unwrap();
    assert!(near(difference.h, 7.937_320_14), "{difference:?}");
    assert!(near(difference.p, 0.018_898_739_1), "{difference:?}");
    assert!(!difference.is_significant());

    let ties = [
        vec![1.0, 1.0, 2.0, 3.0],
        vec![2.0, 2.0, 3.0, 4.0],
        vec![4.0, 5.0, 5.0, 6.0],
    ];
    let difference = differ(&ties).unwrap();
    assert!(near(difference.h, 8.022_482_01), "{difference:?}");
    assert!(near(difference.p, 0.018_110_905_5), "{difference:?}");
}

/// From the mean squares of a one-way analysis of variance, whose ratio is `scipy.stats.f_oneway(*groups).statistic` (9.286):
/// `between = ((msb - msw) / n0) ** 0.5` with `n0 = (N - sum(n * n) / N) / (k - 1)`, and `within = msw ** 0.5`.
#[test]
fn the_variance_has_two_parts() {
    let difference = differ(&unequal_sizes()).unwrap();
    assert!(near(difference.between, 0.027_627_672_5));
    assert!(near(difference.within, 0.021_317_702_6));
    assert!(differ(&around(&[0.1; 4])).unwrap().between < 1e-9);
}

#[test]
fn few_or_short_sittings_say_nothing_about_sittings() {
    assert_eq!(differ(&around(&[0.0, 1.0])), None);
    let short = [vec![0.1, 0.2], vec![0.9, 0.8], vec![5.0], vec![]];
    assert_eq!(differ(&short), None);
    let infinite = [vec![0.1, 0.2], vec![0.9, 0.8], vec![f64::INFINITY, 0.1]];
    assert_eq!(differ(&infinite), None);
    let same = differ(&vec![vec![0.0; 4]; 5]).unwrap();
    assert_eq!((same.h, same.p), (0.0, 1.0));
}

/// `t = scipy.stats.ttest_1samp([mean(group) for group in groups], 0)`: `t.pvalue` and `t.confidence_interval(0.95)`.
#[test]
fn the_interval_over_sittings_is_that_of_scipy() {
    let groups = [
        vec![0.70, 0.74, 0.76],
        vec![0.64, 0.66],
        vec![],
        vec![0.36, 0.38],
        vec![0.5, 0.52, 0.54],
        vec![0.6],
    ];
    let (ratio, p) = by_sitting(&groups).unwrap();
    let (low, high) = ratio.interval.unwrap();
    assert!(near(ratio.estimate.ln(), 0.574_666_667), "{ratio:?}");
    assert!(near(low.ln(), 0.403_100_231), "{ratio:?}");
    assert!(near(high.ln(), 0.746_233_103), "{ratio:?}");
    assert!(near(p, 0.000_743_880_722), "{p}");
}

#[test]
fn sittings_without_scatter_have_a_p_value_too() {
    let (ratio, p) = by_sitting(&[vec![0.5], vec![0.5], vec![0.5]]).unwrap();
    let exactly = 0.5_f64.exp();
    assert_eq!(ratio.interval, Some((exactly, exactly)));
    assert!(p < 1e-12, "{p}");
    assert!(near(by_sitting(&vec![vec![0.0]; 3]).unwrap().1, 1.0));
    assert_eq!(by_sitting(&vec![vec![0.0]; 2]), None);
    assert_eq!(by_sitting(&vec![vec![f64::NAN]; 3]), None);
}

#[test]
fn sittings_that_agree_give_their_rounds_to_the_interval() {
    let summary = summarise(&around(&[0.1, 0.104, 0.098, 0.101, 0.099])).unwrap();
    assert_eq!(summary.unit, Replicate::Round);
    assert_eq!((summary.rounds, summary.sittings), (30, 5));
    assert_eq!(summary.replicates(), 30);
    assert!(summary.ratio.half_width().unwrap() < 0.01, "{summary:?}");
    assert!(near(summary.superiority, 1.0) && summary.p < 1e-5);
}

/// The three sittings of one design: each is precise by itself, and together they are not.
#[test]
fn sittings_that_differ_are_the_unit() {
    let logs = [2.09, 1.92, 1.45].map(f64::ln);
    let summary = summarise(&around(&logs)).unwrap();
    assert_eq!(
        (summary.unit, summary.replicates()),
        (Replicate::Sitting, 3)
    );
    let (low, high) = summary.range();
    assert!(near(low, 1.45) && near(high, 2.09), "{summary:?}");
    let (low, high) = summary.ratio.interval.unwrap();
    assert!(low < 1.2 && high > 2.4, "{summary:?}");
    let between = summary.difference.unwrap().between;
    assert!((0.15..0.25).contains(&between), "{summary:?}");
}

#[test]
fn no_rounds_have_no_summary() {
    assert_eq!(summarise(&[]), None);
    assert_eq!(summarise(&[vec![], vec![]]), None);
    assert_eq!(summarise(&[vec![0.1, f64::NAN]]), None);
    let one = summarise(&[vec![0.1]]).unwrap();
    assert_eq!((one.ratio.interval, one.p), (None, 1.0));
}
