//! Coordinates and lines as text that is as short as a drawing allows.

/// A coordinate as text, rounded to the pixel: for bands and grey lines, which need no more.
pub fn whole_px(x: f64) -> String {
    format!("{}", x.round() as i64)
}

/// A coordinate as text, rounded to a tenth of a pixel, which is exact enough and short.
pub fn px(x: f64) -> String {
    let text = format!("{x:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// Markup in which empty elements are self-closing, which makes it a fifth shorter.
pub fn short(markup: &str) -> String {
    let mut text = markup.to_owned();
    for element in ["use", "line", "rect", "polyline", "polygon", "path"] {
        text = text.replace(&format!("></{element}>"), "/>");
    }
    text
}

/// The points of a polyline as text, rounded to the pixel.
pub fn coarse(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let text = points
        .into_iter()
        .map(|(x, y)| format!("{},{}", whole_px(x), whole_px(y)));
    text.collect::<Vec<_>>().join(" ")
}

/// A line without the points that hardly bend it: no removed point is farther than half a pixel above or below the
/// result.
pub fn simplified(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let Some((&first, &last)) = line.first().zip(line.last()) else {
        return Vec::new();
    };
    let off = |&(x, y): &(f64, f64)| {
        let part = if last.0 > first.0 {
            (x - first.0) / (last.0 - first.0)
        } else {
            0.0
        };
        (y - first.1 - part * (last.1 - first.1)).abs()
    };
    let farthest = (0..line.len()).max_by(|&a, &b| off(&line[a]).total_cmp(&off(&line[b])));
    match farthest {
        Some(bend) if off(&line[bend]) > 0.5 => {
            let mut left = simplified(&line[..=bend]);
            left.pop();
            left.extend(simplified(&line[bend..]));
            left
        }
        _ if line.len() > 1 => vec![first, last],
        _ => vec![first],
    }
}

/// The points of a polyline or polygon as text.
pub fn points(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let text: Vec<_> = points
        .into_iter()
        .map(|(x, y)| format!("{},{}", px(x), px(y)))
        .collect();
    text.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_the_points_that_bend_it() {
        let line = [
            (0.0, 0.0),
            (1.0, 0.1),
            (2.0, 0.0),
            (3.0, 9.0),
            (4.0, 9.2),
            (5.0, 9.0),
        ];
        assert_eq!(simplified(&line), [line[0], line[2], line[3], line[5]]);
        assert_eq!(simplified(&line[..1]), [line[0]]);
        assert!(simplified(&[]).is_empty());
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 0.04, -0.04, 12.345].map(px), ["1", "0", "0", "12.3"]);
        assert_eq!(points([(0.0, 1.0), (2.5, 3.0)]), "0,1 2.5,3");
    }
}
