//! Draws the rows of an outcome with letters: bars with their intervals, or lanes, over an axis.
//!
//! ```text
//! CPU time a request, us   0         10        20        30
//!   epoll-level            ━━━━━━━━━━━━━━━━━●                17.3
//!   poll                   ━━━━━━━━━━━━━━━━━━━━━━━━━━━├●┤    28.4 [27, 29.3]
//!   you predicted a                   ░░░░                   about the row above
//! ```

use report::paragraph::{WIDTH, columns, shortened};
use report::svg::Scale;

use crate::catalogue::Lesson;
use crate::lesson::Kind;
use crate::measured::{Row, SpanKind, Unit};
use crate::outcome::Outcome;
use crate::predicted::{Predicted, predicted};
use crate::quantity::Interval;
use crate::units::plain;

/// Least columns of the drawing.
const LEAST: usize = 16;
/// Most columns of the values.
const VALUES: usize = 24;
/// A prediction beyond this multiple of the highest value is cut at the end of the axis.
const REACH: f64 = 1.5;

/// The drawing of all rows, and below it the rows of other units.
pub fn figure(lesson: &Lesson, outcome: &Outcome) -> String {
    let figure = &lesson.document.figure;
    let unit = figure.unit;
    let predicted = predicted(lesson, outcome);
    let is_lane = figure.kind == Kind::Lanes;
    let is_drawn = |row: &&Row| {
        if is_lane {
            !row.spans.is_empty()
        } else {
            row.unit == unit && !row.values.is_empty()
        }
    };
    let mut drawn: Vec<&Row> = outcome.rows.iter().filter(is_drawn).collect();
    if figure.kind == Kind::Lines {
        drawn.sort_by(|a, b| a.at.unwrap_or(0.0).total_cmp(&b.at.unwrap_or(0.0)));
    }
    let others = outcome.rows.iter().filter(|row| !is_drawn(row));
    let mut out = String::new();
    if !drawn.is_empty() {
        let axis = if is_lane { Unit::S } else { unit };
        let title = axis.title(&figure.title);
        let lines = lines(&drawn, predicted.as_ref(), is_lane);
        let layout = Layout::of(&lines, &title);
        let scale = layout.scale(&drawn, predicted.as_ref(), figure.log, is_lane);
        out += &layout.axis(&title, &scale);
        for line in &lines {
            out += &layout.line(line, &scale);
        }
        if is_lane {
            out += "  █ served   ░ waits   · idle\n";
        }
    }
    for row in others {
        let value = Interval::of(row).map_or_else(String::new, |value| value.words(row.unit));
        out.extend(["  ", &row.label, ": ", &value, "\n"]);
    }
    out
}

/// A line of the drawing.
struct Line<'a> {
    label: String,
    value: String,
    content: Content<'a>,
}

enum Content<'a> {
    Bar(Interval),
    Lane(&'a Row),
    Predicted(&'a Predicted),
}

/// One line a row, and the prediction below the row that it is about.
fn lines<'a>(rows: &[&'a Row], predicted: Option<&'a Predicted>, is_lane: bool) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for row in rows {
        let value = Interval::of(row);
        let content = match value {
            Some(value) if !is_lane => Content::Bar(value),
            _ => Content::Lane(row),
        };
        lines.push(Line {
            label: row.label.clone(),
            value: value.map_or_else(String::new, |value| words(value, row, is_lane)),
            content,
        });
        if let Some(predicted) = predicted.filter(|predicted| predicted.label == row.label) {
            lines.push(Line {
                label: format!("you predicted {}", predicted.short),
                value: predicted.words(),
                content: Content::Predicted(predicted),
            });
        }
    }
    lines
}

/// The value beside a bar, whose axis has the unit.
fn words(value: Interval, row: &Row, is_lane: bool) -> String {
    if is_lane {
        return row.unit.write(value.estimate);
    }
    let bound = if row.at_least { "≥ " } else { "" };
    let ends = value.ends();
    let gap = if ends.is_empty() || row.at_least {
        ""
    } else {
        " "
    };
    let ends = if row.at_least { "" } else { &ends };
    format!("{bound}{}{gap}{ends}", plain(value.estimate))
}

/// The columns of labels, drawing and values.
struct Layout {
    labels: usize,
    area: usize,
    values: usize,
}

impl Layout {
    fn of(lines: &[Line], title: &str) -> Self {
        let widest = |width: fn(&Line) -> usize| lines.iter().map(width).max().unwrap_or(0);
        let values = widest(|line| columns(&line.value)).min(VALUES);
        let labels = (widest(|line| columns(&line.label)) + 2).max(columns(title).min(WIDTH / 3));
        let area = WIDTH.saturating_sub(labels + 2 + values + 2).max(LEAST);
        Self {
            labels,
            area,
            values,
        }
    }

    fn scale(
        &self,
        rows: &[&Row],
        predicted: Option<&Predicted>,
        is_log: bool,
        is_lane: bool,
    ) -> Scale {
        let range = (0.0, (self.area - 1) as f64);
        let ends = rows.iter().flat_map(|row| {
            let spans = row.spans.iter().map(|span| span.to).filter(|_| is_lane);
            let value = Interval::of(row).filter(|_| !is_lane);
            let ends = value.map(|value| [Some(value.estimate), value.high, value.low]);
            spans.chain(ends.into_iter().flatten().flatten())
        });
        let ends: Vec<f64> = ends.filter(|end| end.abs() < f64::MAX).collect();
        let most = ends.iter().copied().fold(0.0, f64::max);
        let wanted = predicted.and_then(|predicted| predicted.high.or(predicted.low));
        let most = wanted.map_or(most, |wanted| most.max(wanted.min(most * REACH)));
        if is_log {
            let positive = ends.iter().copied().filter(|end| *end > 0.0);
            return Scale::decades(positive.fold(f64::INFINITY, f64::min), most, range);
        }
        if is_lane {
            return Scale::until(most, range);
        }
        Scale::linear(most, range)
    }

    /// The title and the ticks. A title that is too long stands on a line of its own.
    fn axis(&self, title: &str, scale: &Scale) -> String {
        let mut ticks = vec![' '; self.area + 8];
        let mut free = 0;
        for tick in scale.ticks() {
            let label: Vec<char> = plain(tick).chars().collect();
            let at = place(scale, tick);
            if at >= free && at + label.len() <= ticks.len() {
                ticks[at..at + label.len()].copy_from_slice(&label);
                free = at + label.len() + 1;
            }
        }
        let ticks: String = ticks.into_iter().collect();
        let ticks = ticks.trim_end();
        let room = self.labels + 2;
        if columns(title) <= self.labels {
            format!("{title:<room$}{ticks}\n")
        } else {
            format!("{title}\n{:room$}{ticks}\n", "")
        }
    }

    fn line(&self, line: &Line, scale: &Scale) -> String {
        let drawing = match &line.content {
            Content::Bar(value) => self.bar(value, scale),
            Content::Lane(row) => self.lane(row, scale),
            Content::Predicted(predicted) => self.range(predicted, scale),
        };
        let label = format!("  {}", line.label);
        let value = shortened(&line.value, self.values);
        let text = format!(
            "{label:<labels$}  {drawing:<area$}  {value}",
            labels = self.labels,
            area = self.area
        );
        format!("{}\n", text.trim_end())
    }

    /// A bar up to the estimate, with the ends of its interval if they are apart.
    fn bar(&self, value: &Interval, scale: &Scale) -> String {
        let at = place(scale, value.estimate);
        let mut letters = vec![' '; self.area];
        letters[..at].fill('━');
        let low = value.low.map_or(0, |low| place(scale, low));
        let high = value.high.map_or(self.area - 1, |high| place(scale, high));
        letters[at..=high.max(at)].fill('─');
        if low < at && value.low.is_some() {
            letters[low..at].fill('─');
            letters[low] = '├';
        }
        if high > at {
            letters[high] = if value.high.is_some() { '┤' } else { '▶' };
        }
        letters[at] = '●';
        letters.into_iter().collect()
    }

    /// What happens most visibly in each column: being served, else waiting, else doing nothing.
    fn lane(&self, row: &Row, scale: &Scale) -> String {
        let mut letters = vec![' '; self.area];
        for (kind, letter) in [
            (SpanKind::Idle, '·'),
            (SpanKind::Waits, '░'),
            (SpanKind::Served, '█'),
        ] {
            for span in row.spans.iter().filter(|span| span.kind == kind) {
                let (from, to) = (place(scale, span.from), place(scale, span.to));
                letters[from..=to.max(from)].fill(letter);
            }
        }
        letters.into_iter().collect()
    }

    /// The range of a prediction, with an arrow where it leaves the axis.
    fn range(&self, predicted: &Predicted, scale: &Scale) -> String {
        let mut letters = vec![' '; self.area];
        let last = self.area - 1;
        let low = predicted.low.map_or(0, |low| place(scale, low));
        let high = predicted.high.map_or(last, |high| place(scale, high));
        if low == high {
            letters[low] = '▲';
        } else {
            letters[low..=high].fill('░');
        }
        let is_beyond = |value: f64| value > scale.domain().1;
        if predicted.high.is_none_or(is_beyond) {
            letters[last] = '▶';
        }
        letters.into_iter().collect()
    }
}

/// The column of a value.
fn place(scale: &Scale, value: f64) -> usize {
    scale.at(value).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, lanes, lesson, rows};
    use crate::predict::Prediction;

    #[test]
    fn bars_have_their_intervals_and_the_prediction_below_the_row_that_it_is_about() {
        let lesson = lesson();
        let outcome = fixture::outcome(&lesson, rows(), Some(Prediction::Choice(0)));
        let figure = figure(&lesson, &outcome);
        let lines: Vec<&str> = figure.lines().collect();
        assert!(
            lines[0].starts_with("CPU time a request, us  0"),
            "{figure}"
        );
        assert!(lines[1].starts_with("  epoll-level"), "{figure}");
        assert!(lines[1].ends_with("17.2 [17, 17.5]"), "{figure}");
        assert!(
            lines[2].starts_with("  poll") && lines[2].contains('●'),
            "{figure}"
        );
        assert!(lines[3].starts_with("  you predicted a"), "{figure}");
        assert!(lines[3].ends_with("below 19.8"), "{figure}");
        assert_eq!(lines[4], "  calls: 12,345");
        assert!(lines.iter().all(|line| columns(line) <= WIDTH), "{figure}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_value_on_the_axis() {
        let lesson = lesson();
        let rows = [10.0, 20.0].map(|value| Row::new(format!("r{value}"), Unit::Us, vec![value]));
        let outcome = fixture::outcome(&lesson, rows.to_vec(), None);
        let figure = figure(&lesson, &outcome);
        let length = |line: usize| figure.lines().nth(line).unwrap().matches('━').count();
        assert!(length(2).abs_diff(2 * length(1)) <= 1, "{figure}");
        assert!(length(1) > 10, "{figure}");
    }

    #[test]
    fn lanes_show_who_waits_and_who_is_served() {
        let mut lesson = lesson();
        lesson.document.figure.kind = Kind::Lanes;
        let outcome = fixture::outcome(&lesson, lanes(), None);
        let figure = figure(&lesson, &outcome);
        let line = |label: &str| {
            let mut lines = figure.lines();
            lines
                .find(|line| line.starts_with(label))
                .unwrap()
                .to_owned()
        };
        assert!(
            line("  c1").contains("····") && !line("  c1").contains('█'),
            "{figure}"
        );
        assert!(
            line("  c2").contains("░░░") && line("  c2").contains('█'),
            "{figure}"
        );
        assert!(line("  c2").ends_with("3 s"), "{figure}");
    }

    #[test]
    fn a_value_that_is_only_a_bound_ends_in_an_arrow() {
        let lesson = lesson();
        let mut rows = rows();
        rows[1].at_least = true;
        let outcome = fixture::outcome(&lesson, rows, Some(Prediction::Choice(2)));
        let figure = figure(&lesson, &outcome);
        assert_eq!(figure.matches('▶').count(), 2, "{figure}");
        assert!(figure.contains("≥ 24.1"), "{figure}");
    }
}
