//! Labels at the ends of lines instead of a legend, moved apart where they would overlap.

use maud::{Markup, html};

use super::coordinates::px;
use super::mark::Identity;
use super::text::{NAME, VALUE, cut, width};

/// Height of a line of text.
pub const LINE: f64 = 14.5;
/// Gap between a name and its value.
const BETWEEN: f64 = 6.0;

/// A label and its wanted place.
#[derive(Clone, Debug)]
pub struct Label<'a> {
    /// The end of the line.
    pub at: (f64, f64),
    /// The contender.
    pub identity: &'a Identity,
    /// The value at the end of the line; may be empty.
    pub words: &'a str,
}

impl Label<'_> {
    /// Room that the value needs beside the name.
    pub fn room(&self) -> f64 {
        match self.words {
            "" => 0.0,
            words => width(words, VALUE) + BETWEEN,
        }
    }
}

/// Heights of labels in a column, each as near to the end of its line as the others allow.
pub fn heights(labels: &[Label], (from, to): (f64, f64)) -> Vec<f64> {
    let wanted: Vec<f64> = labels.iter().map(|label| label.at.1).collect();
    apart(&wanted, LINE, from, to)
}

/// Labels in a column at `x`, each with a thin line to the end of its line.
pub fn column(labels: &[Label], heights: &[f64], x: f64, room: f64) -> Markup {
    html! {
        @for (label, &y) in labels.iter().zip(heights) {
            g class=(label.identity.look.class()) {
                path.leader d={ "M" (px(label.at.0 + 6.0)) "," (px(label.at.1)) "L" (px(x - 7.0)) "," (px(y)) } {}
                (label.identity.look.mark((x, y), false, ""))
                text.who x=(px(x + 9.0)) y=(px(y + 4.0)) { (cut(&label.identity.name, room - 9.0 - label.room(), NAME)) }
                @if !label.words.is_empty() { text.value.e x=(px(x + room)) y=(px(y + 4.0)) { (label.words) } }
            }
        }
    }
}

/// Heights near the wanted ones, in the same order, at least `gap` apart, between `from` and `to` if there is room.
///
/// Labels that push each other become a block around the mean of their wanted heights (pool adjacent violators), so
/// that none moves farther than necessary.
pub fn apart(wanted: &[f64], gap: f64, from: f64, to: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    // Blocks: the first label's height, and how many labels hang below it.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let room = (to - from).max(gap * (wanted.len() as f64 - 1.0));
    for &i in &order {
        let mut block = (wanted[i], 1);
        while let Some(&(top, count)) = blocks.last() {
            if top + count as f64 * gap <= block.0 {
                break;
            }
            blocks.pop();
            let all = (count + block.1) as f64;
            let shifted = block.0 - count as f64 * gap;
            block = (
                (top * count as f64 + shifted * block.1 as f64) / all,
                count + block.1,
            );
        }
        blocks.push(block);
    }
    let mut heights = wanted.to_vec();
    let mut places = blocks
        .into_iter()
        .flat_map(|(top, count)| (0..count).map(move |k| top + k as f64 * gap));
    let mut free = from;
    for (below, &i) in (0..order.len()).rev().zip(&order) {
        let lowest = from + room - below as f64 * gap;
        let place = places.next().unwrap_or(free);
        heights[i] = place.min(lowest).max(free);
        free = heights[i] + gap;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_their_distance() {
        let heights = apart(&[50.0, 52.0, 51.0, 90.0], 10.0, 0.0, 100.0);
        assert_eq!(heights, [41.0, 61.0, 51.0, 90.0]);
    }

    #[test]
    fn labels_at_the_ends_move_inwards() {
        assert_eq!(apart(&[98.0, 99.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
        assert_eq!(apart(&[1.0, 2.0], 10.0, 0.0, 100.0), [0.0, 10.0]);
    }

    #[test]
    fn too_many_labels_run_over_the_end_and_not_over_each_other() {
        let heights = apart(&[5.0; 4], 10.0, 0.0, 20.0);
        assert_eq!(heights, [0.0, 10.0, 20.0, 30.0]);
    }
}
