//! The slope of a line through points, robust against outliers: what one more connection costs.
//!
//! Sources: H. Theil, "A rank-invariant method of linear and polynomial regression analysis", 1950; P. K. Sen, "Estimates of
//! the regression coefficient based on Kendall's tau", 1968, with its interval, as in `scipy.stats.theilslopes`.

use serde::Serialize;

use crate::estimate::median;
use crate::ranks::quantile;

/// A slope.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Slope {
    /// The best estimate.
    pub estimate: f64,
    /// The approximate 95 % interval; `None` if there are too few points.
    pub interval: Option<(f64, f64)>,
}

/// Most points that are used; a ladder of ten steps in thirty blocks has 300.
const MOST: usize = 2000;

/// The median of the slopes between all pairs of points with different `x`; `None` if there are no two such points. Of
/// more than 2,000 points an even sample is used.
pub fn slope(points: &[(f64, f64)]) -> Option<Slope> {
    let stride = points.len().div_ceil(MOST).max(1);
    let mut points: Vec<_> = points.iter().copied().step_by(stride).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut slopes = Vec::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let later = points[index + 1..].iter().filter(|(other, _)| other > x);
        slopes.extend(later.map(|(other, value)| (value - y) / (other - x)));
    }
    slopes.sort_unstable_by(f64::total_cmp);
    Some(Slope {
        estimate: median(&slopes)?,
        interval: interval(&slopes, &points),
    })
}

fn interval(slopes: &[f64], points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let mut ys: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    ys.sort_by(f64::total_cmp);
    let same = |a: f64, b: f64| a.total_cmp(&b).is_eq();
    let columns = points.chunk_by(|a, b| same(a.0, b.0)).map(<[_]>::len);
    let rows = ys.chunk_by(|a, b| same(*a, *b)).map(<[_]>::len);
    let term = |n: usize| (n * (n - 1) * (2 * n + 5)) as f64;
    let ties: f64 = columns.chain(rows).map(term).sum();
    let variance = (term(points.len()) - ties) / 18.0;
    let reach = -quantile(0.025) * variance.max(0.0).sqrt();
    // As scipy rounds: numpy.round goes to the even neighbour.
    let count = slopes.len() as f64;
    let low = f64::midpoint(count, -reach).round_ties_even() - 1.0;
    let high = f64::midpoint(count, reach).round_ties_even();
    (low >= 0.0 && high < count).then(|| (slopes[low as usize], slopes[high as usize]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_does_not_change_the_slope_of_a_straight_line() {
        let mut points: Vec<_> = [1.0, 10.0, 100.0, 1000.0]
            .iter()
            .flat_map(|&x| [(x, 900.0 + 33.0 * x); 5])
            .collect();
        points[17].1 = 0.0;
        let slope = slope(&points).unwrap();
        assert!((slope.estimate - 33.0).abs() < 1e-9, "{slope:?}");
    }

    #[test]
    fn one_step_has_no_slope() {
        assert_eq!(slope(&[(5.0, 1.0), (5.0, 2.0)]), None);
        assert_eq!(slope(&[]), None);
        let two = slope(&[(1.0, 1.0), (2.0, 3.0)]).unwrap();
        assert_eq!((two.estimate, two.interval), (2.0, None));
    }
}
