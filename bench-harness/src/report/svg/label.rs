//! Words at the end of a line instead of a legend, moved apart where they would overlap.

use maud::{Markup, html};

use super::{Style, n};

/// Height of a line of text.
const LINE: f64 = 13.5;
/// About the width of a letter of a label. Fonts differ; this is on the wide side.
pub const LETTER: f64 = 6.9;

/// A label that wants to stand at a height.
#[derive(Clone, Debug)]
pub struct Label {
    /// Where the line ends.
    pub at: (f64, f64),
    /// What is written.
    pub text: String,
    /// The look of its contender.
    pub style: Style,
}

/// Labels in a column at `x`, each as near to its height as the others allow, with a thin line to where it belongs.
pub fn column(labels: &[Label], x: f64, from: f64, to: f64) -> Markup {
    let wanted: Vec<f64> = labels.iter().map(|label| label.at.1).collect();
    let heights = apart(&wanted, LINE, from, to);
    html! {
        @for (label, y) in labels.iter().zip(heights) {
            line.leader x1=(n(label.at.0 + 6.0)) y1=(n(label.at.1)) x2=(n(x - 7.0)) y2=(n(y)) {}
            (label.style.mark(x, y, false))
            text.label x=(n(x + 8.0)) y=(n(y + 4.0)) { (label.text) }
        }
    }
}

/// Heights near the wanted ones, in the same order, at least `gap` apart, between `from` and `to` if there is room.
pub fn apart(wanted: &[f64], gap: f64, from: f64, to: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut heights = wanted.to_vec();
    let mut free = from;
    for &i in &order {
        heights[i] = heights[i].max(free);
        free = heights[i] + gap;
    }
    let mut free = to;
    for &i in order.iter().rev() {
        heights[i] = heights[i].min(free);
        free = heights[i] - gap;
    }
    heights
}

/// At most so many letters; the end of a longer text is left out.
pub fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters.saturating_sub(1)).collect();
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_their_distance() {
        let heights = apart(&[50.0, 52.0, 51.0, 90.0], 10.0, 0.0, 100.0);
        assert_eq!(heights, [50.0, 70.0, 60.0, 90.0]);
    }

    #[test]
    fn labels_at_the_bottom_move_up() {
        assert_eq!(apart(&[98.0, 99.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("rather-long", 6), "rathe…");
    }
}
