//! Places dots beside each other where they would overlap, and texts where nothing else is.

/// Least distance between the middles of two dots.
pub const APART: f64 = 9.0;

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    /// The room that a dot needs.
    pub fn around((x, y): (f64, f64)) -> Self {
        let half = APART / 2.0 - 0.5;
        Self {
            left: x - half,
            top: y - half,
            right: x + half,
            bottom: y + half,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        let beside = self.right <= other.left || other.right <= self.left;
        let above = self.bottom <= other.top || other.bottom <= self.top;
        !beside && !above
    }

    fn is_inside(&self, outer: &Self) -> bool {
        self.left >= outer.left
            && self.right <= outer.right
            && self.top >= outer.top
            && self.bottom <= outer.bottom
    }
}

/// The horizontal places of dots at these heights: as near to the middle as the dots before them allow, and at most `half` away. Where
/// no place is free, the dot stands where it is farthest from the others.
pub fn places(heights: &[f64], middle: f64, half: f64) -> Vec<f64> {
    let mut placed: Vec<(f64, f64)> = Vec::with_capacity(heights.len());
    for &y in heights {
        let distance = |x: f64| {
            let apart = placed.iter().map(|&(other, at)| (x - other).hypot(y - at));
            apart.fold(f64::INFINITY, f64::min)
        };
        let wanted = || offsets(half).map(|offset| middle + offset);
        let free = wanted().find(|&x| distance(x) >= APART - 0.5);
        // `max_by` returns the last one of several equal ones.
        let farthest = wanted().max_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        placed.push((free.or(farthest).unwrap_or(middle), y));
    }
    placed.into_iter().map(|(x, _)| x).collect()
}

/// Distances from the middle: 0, 9, -9, 18, -18 …
fn offsets(half: f64) -> impl Iterator<Item = f64> {
    let steps = (half / APART).floor().max(0.0) as u32;
    (0..=steps).flat_map(|step| {
        let offset = f64::from(step) * APART;
        [offset, -offset]
    })
}

/// The first of these rectangles that lies inside of `outer` and overlaps none of the taken ones.
pub fn free(wanted: &[Rect], outer: &Rect, taken: &[Rect]) -> Option<usize> {
    let is_free =
        |rect: &Rect| rect.is_inside(outer) && !taken.iter().any(|other| rect.overlaps(other));
    wanted.iter().position(is_free)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_one_height_stand_side_by_side() {
        let places = places(&[10.0, 10.0, 10.0, 40.0], 100.0, 30.0);
        assert_eq!(places, [100.0, 109.0, 91.0, 100.0]);
    }

    #[test]
    fn dots_stay_in_their_column() {
        let many = [5.0; 40];
        let places = places(&many, 100.0, 30.0);
        assert!(
            places.iter().all(|x| (70.0..=130.0).contains(x)),
            "{places:?}"
        );
    }

    #[test]
    fn a_text_stands_where_nothing_else_is() {
        let rect = |left: f64| Rect {
            left,
            top: 0.0,
            right: left + 10.0,
            bottom: 10.0,
        };
        let outer = Rect {
            left: 0.0,
            top: 0.0,
            right: 30.0,
            bottom: 10.0,
        };
        assert_eq!(
            free(&[rect(5.0), rect(15.0)], &outer, &[rect(0.0)]),
            Some(1)
        );
        assert_eq!(free(&[rect(25.0), rect(5.0)], &outer, &[]), Some(1));
        assert_eq!(free(&[rect(25.0)], &outer, &[]), None);
    }
}
