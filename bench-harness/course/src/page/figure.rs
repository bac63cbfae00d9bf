//! The figure of an outcome: bars with their intervals, lanes, or lines, each with the prediction in it.

use record::plan::{Contender, ContenderId, Family};
use report::figure::{
    Axis, AxisKind, GreyLines, Happening, Lines, Series, Spot, Strip, Strips, Stroke,
};
use report::svg::{Identity, Panel};

use crate::catalogue::Lesson;
use crate::lesson::Kind;
use crate::measured::{Row, SpanKind, Unit};
use crate::outcome::Outcome;
use crate::predicted::{Predicted, predicted};
use crate::quantity::Interval;
use crate::units::plain;

/// A prediction beyond this multiple of the highest value is cut at the end of the axis.
const REACH: f64 = 1.5;
/// Families whose colours the lines have, in turn.
const COLOURS: [Family; 5] = [
    Family::Readiness,
    Family::Blocking,
    Family::Completion,
    Family::Coroutines,
    Family::Runtimes,
];

/// The drawing of the rows that have the unit of the figure; `None` if there is none.
pub fn panel(lesson: &Lesson, outcome: &Outcome) -> Option<Panel> {
    let kind = lesson.document.figure.kind;
    let drawn: Vec<&Row> = outcome
        .rows
        .iter()
        .filter(|row| is_drawn(row, lesson))
        .collect();
    if drawn.is_empty() {
        return None;
    }
    let predicted = predicted(lesson, outcome);
    let has_places = drawn.iter().all(|row| row.at.is_some());
    Some(match kind {
        Kind::Lines if has_places => lines(lesson, &drawn, predicted.as_ref()),
        Kind::Bars | Kind::Lanes | Kind::Lines => strips(lesson, &drawn, predicted.as_ref()),
    })
}

/// True if a row is part of the drawing; the others stand in the table only.
fn is_drawn(row: &Row, lesson: &Lesson) -> bool {
    match lesson.document.figure.kind {
        Kind::Lanes => !row.spans.is_empty(),
        Kind::Bars | Kind::Lines => {
            row.unit == lesson.document.figure.unit && !row.values.is_empty()
        }
    }
}

fn strips(lesson: &Lesson, rows: &[&Row], predicted: Option<&Predicted>) -> Panel {
    let is_lane = lesson.document.figure.kind == Kind::Lanes;
    let mut strips = Vec::new();
    for row in rows {
        strips.push(strip(row, is_lane));
        if let Some(predicted) = predicted.filter(|predicted| predicted.label == row.label) {
            strips.push(Strip {
                name: format!("you predicted {}", predicted.short),
                what: Stroke::Predicted(predicted.low, predicted.high),
                value: predicted.words(),
            });
        }
    }
    let drawing = Strips {
        title: String::new(),
        description: description(rows),
        axis: axis(lesson, &values(rows, is_lane), predicted),
        rows: strips,
    };
    drawing.panel()
}

fn strip(row: &Row, is_lane: bool) -> Strip {
    let value = Interval::of(row);
    let happening = |kind| match kind {
        SpanKind::Waits => Happening::Waits,
        SpanKind::Served => Happening::Served,
        SpanKind::Idle => Happening::Idle,
    };
    let spans = || {
        let spans = row.spans.iter();
        Stroke::Spans(
            spans
                .map(|span| (span.from, span.to, happening(span.kind)))
                .collect(),
        )
    };
    Strip {
        name: row.label.clone(),
        what: match value {
            Some(value) if !is_lane => Stroke::Bar {
                at: value.estimate,
                ends: (value.low, value.high),
            },
            _ => spans(),
        },
        value: value.map_or_else(String::new, |value| value.words(row.unit)),
    }
}

/// All values that the axis must cover.
fn values(rows: &[&Row], is_lane: bool) -> Vec<f64> {
    let values = rows.iter().flat_map(|row| {
        let spans = row.spans.iter().map(|span| span.to).filter(|_| is_lane);
        let value = Interval::of(row).filter(|_| !is_lane);
        let ends = value.map(|value| [Some(value.estimate), value.low, value.high]);
        spans.chain(ends.into_iter().flatten().flatten())
    });
    values.filter(|value| value.abs() < f64::MAX).collect()
}

fn axis(lesson: &Lesson, values: &[f64], predicted: Option<&Predicted>) -> Axis {
    let figure = &lesson.document.figure;
    let is_lane = figure.kind == Kind::Lanes;
    let unit = if is_lane { Unit::S } else { figure.unit };
    let most = values.iter().copied().fold(0.0, f64::max);
    let wanted = predicted.and_then(|predicted| predicted.high.or(predicted.low));
    let wanted = wanted.map(|wanted| wanted.min(most * REACH));
    Axis {
        title: unit.title(&figure.title),
        kind: if figure.log {
            AxisKind::Decades
        } else {
            AxisKind::Linear
        },
        values: values.iter().copied().chain(wanted).collect(),
        write: plain,
        ticks: None,
    }
}

fn lines(lesson: &Lesson, rows: &[&Row], predicted: Option<&Predicted>) -> Panel {
    let groups = groups(rows);
    let mut series: Vec<Series> = groups
        .iter()
        .enumerate()
        .map(|(index, (name, rows))| line(index, name, rows))
        .collect();
    series.extend(predicted.and_then(|predicted| prediction(predicted, rows, groups.len())));
    let longest = series.iter().map(|series| {
        let name = &series.identity.name;
        format!("{name} {}", series.words)
    });
    let longest = longest.max_by_key(|name| name.chars().count());
    let places: Vec<f64> = rows.iter().filter_map(|row| row.at).collect();
    let mut y = axis(lesson, &values(rows, false), predicted);
    if y.kind == AxisKind::Decades {
        y.kind = AxisKind::Log;
    }
    let drawing = Lines {
        title: String::new(),
        description: description(rows),
        x: Axis {
            title: lesson.document.figure.across.clone().unwrap_or_default(),
            kind: if is_wide(&places) {
                AxisKind::Log
            } else {
                AxisKind::Linear
            },
            values: places.clone(),
            write: plain,
            ticks: None,
        },
        y,
        most_names: series.len(),
        series,
        grey_lines: GreyLines::None,
        objective: None,
        notes: Vec::new(),
        longest_name: longest.unwrap_or_default(),
    };
    drawing.panel()
}

/// True if equal ratios show the places better than equal distances.
fn is_wide(places: &[f64]) -> bool {
    let above = || places.iter().copied().filter(|place| *place > 0.0);
    above().fold(0.0, f64::max) / above().fold(f64::INFINITY, f64::min) >= 20.0
}

/// The rows by their group, in the order of the rows.
fn groups<'a>(rows: &[&'a Row]) -> Vec<(&'a str, Vec<&'a Row>)> {
    let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in rows {
        let name = row.group.as_deref().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, members)) => members.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    for (_, members) in &mut groups {
        members.sort_by(|a, b| a.at.unwrap_or(0.0).total_cmp(&b.at.unwrap_or(0.0)));
    }
    groups
}

fn line(index: usize, name: &str, rows: &[&Row]) -> Series {
    let contender = Contender {
        place: index / COLOURS.len(),
        ..Contender::new(name, COLOURS[index % COLOURS.len()])
    };
    let spot = |row: &&Row| {
        let value = Interval::of(row)?;
        Some(Spot {
            x: row.at?,
            y: value.estimate,
            range: value.low.zip(value.high),
            mark: true,
            is_bound: value.high.is_none(),
            ..Spot::default()
        })
    };
    let points: Vec<Spot> = rows.iter().filter_map(spot).collect();
    let last = points.last().map(|spot| plain(spot.y));
    Series {
        identity: Identity::of(ContenderId(index), &contender),
        points,
        words: last.unwrap_or_default(),
        beneath: Vec::new(),
        knee: None,
    }
}

/// The prediction as a line of one place, from the lower to the upper end.
fn prediction(predicted: &Predicted, rows: &[&Row], index: usize) -> Option<Series> {
    let row = rows.iter().find(|row| row.label == predicted.label)?;
    let most = values(rows, false).into_iter().fold(0.0, f64::max) * REACH;
    let low = predicted.low.unwrap_or(0.0).min(most);
    let high = predicted.high.unwrap_or(most).min(most);
    let name = format!("you predicted {}", predicted.short);
    let contender = Contender::new(name, Family::External);
    Some(Series {
        identity: Identity::of(ContenderId(index), &contender),
        points: vec![Spot {
            x: row.at?,
            y: f64::midpoint(low, high),
            range: Some((low, high)),
            mark: true,
            ring: true,
            ..Spot::default()
        }],
        words: String::new(),
        beneath: Vec::new(),
        knee: None,
    })
}

fn description(rows: &[&Row]) -> String {
    let sentence = |row: &&Row| {
        let value = Interval::of(row)?;
        Some(format!("{}: {}.", row.label, value.words(row.unit)))
    };
    let sentences: Vec<String> = rows.iter().filter_map(sentence).collect();
    sentences.join(" ")
}
