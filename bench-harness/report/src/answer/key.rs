//! The key of the picture, in words: the grey band, and the colours of the families.

use analysis::Summary;
use maud::{Markup, html};
use record::plan::Family;

use super::columns::Column;
use super::names::noun;
use crate::svg::panel::WIDTH;
use crate::svg::text::{TICK, cut, width};
use crate::svg::{Identity, px};
use crate::words::zone;

/// Height of a line.
const LINE: f64 = 17.0;
/// Room for a mark, and between two entries.
const MARK: f64 = 14.0;
const GAP: f64 = 14.0;

/// The key from this height on, and the height of the whole picture.
pub fn key(summary: &Summary, columns: &[Column], top: f64) -> (Markup, f64) {
    let baseline = &summary.contenders[summary.baseline].name;
    let has_band = columns.iter().any(|column| column.band.is_some());
    let has_lines = columns.iter().any(|column| column.is_joined);
    let zone = zone(summary.zone());
    let grey = format!("grey: within {zone} of {baseline}");
    let lines = "lines: the same busy clients with more silent ones";
    let words = [(has_band, grey.as_str()), (has_lines, lines)];
    let words = words.into_iter().filter(|(is_drawn, _)| *is_drawn);
    let words: Vec<&str> = words.map(|(_, words)| words).collect();
    let families = families(summary, columns);
    let entries: Vec<(&str, String)> = families
        .iter()
        .map(|(family, colour)| (noun(*family), colour.clone()))
        .collect();
    let start = top + LINE * words.len() as f64;
    let places = places(&entries, start);
    let end = places.last().map_or(start, |place| place.1 + LINE);
    let drawing = html! {
        g.tick {
            @for (line, words) in words.iter().enumerate() { text x="2" y=(px(top + LINE * line as f64)) { (cut(words, WIDTH - 4.0, TICK)) } }
            @for ((noun, colour), (x, y)) in entries.iter().zip(&places) {
                g class=(colour) { use href="#s0" x=(px(x + 5.0)) y=(px(y - 4.0)) {} }
                text x=(px(x + MARK)) y=(px(*y)) { (noun) }
            }
        }
    };
    (drawing, end - LINE + 8.0)
}

/// The families that have dots, each with its colour.
fn families(summary: &Summary, columns: &[Column]) -> Vec<(Family, String)> {
    let mut families: Vec<(Family, String)> = Vec::new();
    for contender in summary.candidates() {
        let of = &summary.contenders[contender];
        let mut dots = columns.iter().flat_map(|column| &column.dots);
        let is_drawn = dots.any(|dot| dot.contender == contender);
        if is_drawn && families.iter().all(|(family, _)| *family != of.family) {
            families.push((of.family, Identity::of(contender, of).look.hue()));
        }
    }
    families
}

fn places(entries: &[(&str, String)], top: f64) -> Vec<(f64, f64)> {
    let (mut x, mut y) = (0.0, top);
    let mut places = Vec::with_capacity(entries.len());
    for (noun, _) in entries {
        let wide = MARK + width(noun, TICK);
        if x > 0.0 && x + wide > WIDTH {
            (x, y) = (0.0, y + LINE);
        }
        places.push((x, y));
        x += wide + GAP;
    }
    places
}
