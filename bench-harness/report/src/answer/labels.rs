//! The names in the picture: a column of labels at the right edge, and names beside dots where there is room.

use analysis::Summary;
use maud::{Markup, html};
use record::plan::ContenderId;

use super::columns::{Column, Dot, Word};
use super::figures::times;
use super::picture::Places;
use super::swarm::{APART, Rect, free};
use crate::svg::label::{LINE, apart};
use crate::svg::panel::WIDTH;
use crate::svg::text::{Font, NAME, SAID, cut, width};
use crate::svg::{Area, px};

/// Distance of a label from the last column, with room for a line to its dot.
pub const LEAD: f64 = 12.0;
/// Most room for the texts of labels.
const MOST: f64 = 150.0;
/// Distance of a name from its dot.
const BESIDE: f64 = 8.0;
/// Letters above and below the baseline of a name.
const LETTERS: (f64, f64) = (9.0, 3.5);
/// How far a name may be above or below its dot.
const SHIFTS: [f64; 3] = [0.0, -6.0, 6.0];
/// Names in a column at most: a list is no picture.
const NAMES: usize = 4;

/// A text at the right edge, for one or several dots of the last column.
pub struct Label {
    text: String,
    /// The dot; `None` if it is for all those without a difference.
    pub dot: Option<usize>,
    cost: f64,
    is_strong: bool,
}

/// The labels of the last column: one for each dot that differs or is open, and one for all others together.
pub fn labels(summary: &Summary, column: &Column) -> Vec<Label> {
    let is_same = |dot: &&Dot| dot.word == Word::Same;
    let same: Vec<&Dot> = column.dots.iter().filter(is_same).collect();
    let is_alone = same.len() == 1;
    let dots = column.dots.iter().enumerate();
    let own = dots.filter(|(_, dot)| is_alone || dot.word != Word::Same);
    let mut labels: Vec<Label> = own
        .map(|(place, dot)| Label::of(summary, dot, place))
        .collect();
    if same.len() > 1 {
        let middle = same.iter().map(|dot| dot.cost.ln()).sum::<f64>() / same.len() as f64;
        labels.push(Label {
            text: format!("{} are alike", same.len()),
            dot: None,
            cost: middle.exp(),
            is_strong: false,
        });
    }
    labels
}

impl Label {
    fn of(summary: &Summary, dot: &Dot, place: usize) -> Self {
        let name = &summary.contenders[dot.contender].name;
        let ratio = dot.word.large_ratio().map(times);
        Self {
            is_strong: ratio.is_some(),
            text: ratio.map_or_else(|| name.clone(), |ratio| format!("{name} {ratio}")),
            dot: Some(place),
            cost: dot.cost,
        }
    }

    const fn font(&self) -> Font {
        if self.is_strong { SAID } else { NAME }
    }

    /// Room that the labels need on the right of the columns.
    pub fn room(labels: &[Self]) -> f64 {
        let wide = labels
            .iter()
            .map(|label| width(&label.text, label.font()))
            .fold(0.0, f64::max);
        wide.min(MOST) + LEAD + 1.0
    }

    /// The heights of the labels, each as near to its dot as the others allow.
    pub fn heights(labels: &[Self], places: &Places) -> Vec<f64> {
        let wanted: Vec<f64> = labels
            .iter()
            .map(|label| places.scale.at(label.cost))
            .collect();
        apart(&wanted, LINE, places.area.top, places.area.bottom + LINE)
    }

    /// The text at a height.
    pub fn text_at(&self, x: f64, y: f64) -> Markup {
        let words = cut(&self.text, WIDTH - x, self.font());
        let class = if self.is_strong { "said halo" } else { "halo" };
        html! { text class=(class) x=(px(x)) y=(px(y + 4.0)) { (words) } }
    }
}

/// A name beside a dot.
pub struct Name {
    /// The contender.
    pub contender: ContenderId,
    text: String,
    at: (f64, f64),
}

impl Name {
    /// The text.
    pub fn draw(&self) -> Markup {
        html! { text.halo x=(px(self.at.0)) y=(px(self.at.1)) { (self.text) } }
    }
}

/// Names beside dots that differ from the baseline, where there is room. The dearest come first. The last column has labels, and so has one
/// whose lines end there.
pub fn names(summary: &Summary, columns: &[Column], places: &Places) -> Vec<Name> {
    let dots = places.dots.iter().flatten();
    let mut taken: Vec<Rect> = dots.map(|&at| Rect::around(at)).collect();
    let mut names = Vec::new();
    for (number, of_column) in places.dots.iter().enumerate() {
        let has_names = columns.get(number + 1).is_some_and(|next| !next.is_joined);
        let dots = columns[number].dots.iter().zip(of_column).rev();
        let apart = dots.filter(|(dot, _)| has_names && dot.word.is_apart());
        for (dot, &at) in apart.take(NAMES) {
            let name = &summary.contenders[dot.contender].name;
            let wanted = wanted(name, at, of_column);
            if let Some(place) = free(&wanted, &inside(places.area), &taken) {
                taken.push(wanted[place]);
                names.push(Name {
                    contender: dot.contender,
                    text: name.clone(),
                    at: (wanted[place].left, wanted[place].bottom - LETTERS.1),
                });
            }
        }
    }
    names
}

/// Where names may stand: also between the last column and its labels.
fn inside(area: Area) -> Rect {
    Rect {
        left: area.left - 8.0,
        top: area.top - 4.0,
        right: area.right + LEAD - 2.0,
        bottom: area.bottom,
    }
}

/// The places of a name in the order of preference: on the right of its dot, or of the dots beside it, and on the left.
fn wanted(name: &str, (x, y): (f64, f64), of_column: &[(f64, f64)]) -> Vec<Rect> {
    let long = width(name, NAME);
    let beside = of_column
        .iter()
        .filter(|(_, other)| (other - y).abs() < APART);
    let (left, right) = beside.fold((x, x), |(left, right), (x, _)| {
        (left.min(*x), right.max(*x))
    });
    let rect = |left: f64, shift: f64| {
        let base = y + 4.0 + shift;
        Rect {
            left,
            top: base - LETTERS.0,
            right: left + long,
            bottom: base + LETTERS.1,
        }
    };
    let starts = [
        x + BESIDE,
        right + BESIDE,
        x - BESIDE - long,
        left - BESIDE - long,
    ];
    let shifted = SHIFTS
        .iter()
        .flat_map(|&shift| starts.map(|start| rect(start, shift)));
    shifted.collect()
}
