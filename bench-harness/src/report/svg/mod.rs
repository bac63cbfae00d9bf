//! The few parts that every figure is drawn from: scales, axes, marks, labels, and the panel that holds them.
//!
//! Colours and line widths are classes of the style sheet, so that one drawing fits light, dark and paper.

pub mod axis;
pub mod label;
pub mod mark;
pub mod panel;
pub mod scale;
pub mod text;

pub use mark::{Look, Who};
pub use panel::{Area, Panel};
pub use scale::Scale;

/// A coordinate as text: a tenth of a pixel is exact enough, and short.
pub fn n(x: f64) -> String {
    let text = format!("{x:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// Markup in which elements that hold nothing end where they begin: a fifth shorter.
pub fn short(markup: &str) -> String {
    let mut text = markup.to_owned();
    for element in ["use", "line", "rect", "polyline", "polygon", "path"] {
        text = text.replace(&format!("></{element}>"), "/>");
    }
    text
}

/// The points of a polyline or polygon as text.
pub fn points(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let text: Vec<_> = points
        .into_iter()
        .map(|(x, y)| format!("{},{}", n(x), n(y)))
        .collect();
    text.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 0.04, -0.04, 12.345].map(n), ["1", "0", "0", "12.3"]);
        assert_eq!(points([(0.0, 1.0), (2.5, 3.0)]), "0,1 2.5,3");
    }
}
