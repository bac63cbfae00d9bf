//! Known answers from scipy and from the usual tables.

use super::*;

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9 * b.abs()
}

fn p(differences: &[f64]) -> f64 {
    signed_rank_test(differences).unwrap().p
}

/// The depression scores of M. Hollander and D. A. Wolfe, *Nonparametric Statistical Methods*, which are the example of R's
/// `wilcox.test`: `scipy.stats.wilcoxon(d, method="exact").pvalue`.
#[test]
fn p_without_ties_is_that_of_scipy() {
    let differences = [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01];
    let test = signed_rank_test(&differences).unwrap();
    assert!(near(test.p, 0.039_062_5), "{test:?}");
    assert!(near(test.superiority, 7.0 / 9.0), "{test:?}");
}

/// Made with `scipy.stats.wilcoxon(d, zero_method="pratt", method=PermutationMethod(n_resamples=np.inf)).pvalue`, which
/// enumerates all signs. Without the zero, or with `zero_method="wilcox"`, the last p is 0.046875.
#[test]
fn p_with_ties_and_zeros_is_that_of_scipy() {
    let ties = [1.0, 1.0, 2.0, -1.0, 3.0, 3.0, -2.0, 5.0];
    assert!(near(p(&ties), 0.140_625));
    let zeros = [0.0, 0.0, 1.0, 2.0, 3.0, -1.0, 4.0, 5.0, 6.0];
    assert!(near(p(&zeros), 0.046_875));
    let both = [0.0, 3.0, 4.0, -1.0, 5.0, 6.0, 2.0, 7.0, -2.0];
    assert!(near(p(&both), 0.054_687_5));
    assert!(near(p(&both[1..]), 0.046_875));
    let share = signed_rank_test(&both).unwrap().superiority;
    assert!(near(share, 6.5 / 9.0));
}

/// The critical values of the two-sided 5 % test in the usual tables.
#[test]
fn the_interval_leaves_out_what_the_tables_say() {
    let table = [6, 7, 8, 9, 10, 12, 15, 20, 25, 30].map(left_out);
    let expected = [0, 2, 3, 5, 8, 13, 25, 52, 89, 137].map(Some);
    assert_eq!(table, expected);
    assert_eq!([0, 1, 5].map(left_out), [None; 3]);
}

#[test]
fn the_smallest_p_is_that_of_one_sign() {
    for n in [1, 5, 9, 30] {
        assert!(near(smallest_p(n), p(&vec![0.1; n])), "{n} with ties");
        let apart: Vec<f64> = (1..=n).map(|i| i as f64).collect();
        assert!(near(smallest_p(n), p(&apart)), "{n} without ties");
    }
    assert!(near(smallest_p(0), 1.0));
}

#[test]
fn with_and_without_ties_both_ways_of_counting_agree() {
    let ranks: Vec<usize> = (1..=9).map(|rank| 2 * rank).collect();
    for sum in [0, 5, 17, 22, 30, 45] {
        assert!(
            near(exact_with_ties(2 * sum, &ranks), exact(sum, 9)),
            "{sum}"
        );
    }
}

#[test]
fn at_the_bound_the_normal_distribution_agrees_with_the_exact_one() {
    let ranks: Vec<usize> = (1..=EXACT).map(|rank| 2 * rank).collect();
    for sum in [6_500, 8_000, 8_446, 9_000, 10_050] {
        let (exact, normal) = (exact(sum, EXACT), by_normal(2 * sum, &ranks));
        assert!((exact - normal).abs() < 5e-4, "{sum}: {exact} {normal}");
    }
    let (exact, normal) = (left_out(EXACT).unwrap(), left_out_by_normal(EXACT));
    assert!(exact.abs_diff(normal) <= 3, "{exact} {normal}");
}

#[test]
fn many_differences_have_a_p_value_too() {
    let apart: Vec<f64> = (1..=401).map(|i| f64::from(i) - 201.0).collect();
    assert!(near(p(&apart), 1.0));
    let above: Vec<f64> = apart.iter().map(|value| value + 30.0).collect();
    assert!(p(&above) < 1e-4, "{}", p(&above));
    assert!(near(p(&[0.0; 300]), 1.0));
}

#[test]
fn no_differences_and_nan_have_no_test() {
    assert_eq!(signed_rank_test(&[]), None);
    assert_eq!(signed_rank_test(&[f64::NAN, 1.0]), None);
    let equal = signed_rank_test(&[0.0; 8]).unwrap();
    assert_eq!((equal.superiority, equal.p), (0.5, 1.0));
}
