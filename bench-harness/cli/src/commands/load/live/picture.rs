//! Draws the live view: a pure function of the readings.

use loadgen::Recent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph};
use record::number::{grouped, nanoseconds, percent, short, waiting};

use super::history::{History, doing};

/// A curve of the chart of response times. Marks differ as well as colours, for readers who do not see colours.
struct Curve {
    name: &'static str,
    color: Color,
    marker: Marker,
    /// The mark in the legend.
    mark: &'static str,
    figure: fn(&Recent) -> u64,
}

const CURVES: [Curve; 4] = [
    Curve {
        name: "p50",
        color: Color::Green,
        marker: Marker::Braille,
        mark: "⠒",
        figure: |recent| recent.p50_ns,
    },
    Curve {
        name: "p90",
        color: Color::Cyan,
        marker: Marker::Dot,
        mark: "•",
        figure: |recent| recent.p90_ns,
    },
    Curve {
        name: "p99",
        color: Color::Yellow,
        marker: Marker::Bar,
        mark: "▄",
        figure: |recent| recent.p99_ns,
    },
    Curve {
        name: "p99.9",
        color: Color::Red,
        marker: Marker::Block,
        mark: "█",
        figure: |recent| recent.p999_ns,
    },
];

/// Draws everything, in the size of the terminal.
pub fn draw(frame: &mut Frame, history: &History) {
    let rows = [
        Constraint::Length(2),
        Constraint::Percentage(34),
        Constraint::Min(6),
        Constraint::Length(4),
    ];
    let [title, throughput, latency, connections] = Layout::vertical(rows).areas(frame.area());
    draw_title(frame, title, history);
    draw_throughput(frame, throughput, history);
    draw_latency(frame, latency, history);
    draw_connections(frame, connections, history);
}

/// The load; and below it the phase, the time left, and whether the run is disturbed now.
fn draw_title(frame: &mut Frame, area: Rect, history: &History) {
    let last = history.last();
    let left = last
        .left
        .map_or_else(String::new, |left| format!(", {} left", waiting(left)));
    let phase = format!(
        " {}: {}{left} (Ctrl-C stops it)",
        doing(last.phase),
        waiting(last.elapsed)
    );
    let mut words = vec![Span::from(phase)];
    words.extend(disturbance(history));
    let lines = vec![
        Line::from(format!(" {}", history.planned.load)).bold(),
        Line::from(words),
    ];
    frame.render_widget(Paragraph::new(lines), area);
}

/// That other programs take CPU time from the generator now, or did so before.
fn disturbance(history: &History) -> Option<Span<'static>> {
    if let Some(share) = history.disturbance() {
        let share = percent((share.min(1.0) * 100.0).round() / 100.0);
        let words = format!("  DISTURBED: it waits {share} for a CPU");
        return Some(Span::from(words).red().bold());
    }
    let seconds = history.disturbed;
    (seconds > 0).then(|| Span::from(format!("  disturbed in {seconds} s so far")).yellow())
}

fn draw_throughput(frame: &mut Frame, area: Rect, history: &History) {
    let rates = history.rates();
    let now = rates.last().map_or(0.0, |(_, rate)| *rate);
    let highest = rates.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
    let highest = round_above(highest);
    let title = format!(" throughput: {} requests/s ", grouped(now.round() as u64));
    let line = Dataset::default()
        .marker(Marker::Braille)
        .graph_type(GraphType::Line)
        .style(Style::default().fg(Color::Green))
        .data(&rates);
    let labels = [0.0, highest / 2.0, highest].map(short);
    let chart = Chart::new(vec![line])
        .block(Block::bordered().title(title))
        .x_axis(seconds(history))
        .y_axis(Axis::default().bounds([0.0, highest]).labels(labels))
        .legend_position(None);
    frame.render_widget(chart, area);
}

/// The axis of time, which both charts have, so that their points lie above each other.
fn seconds(history: &History) -> Axis<'static> {
    let (oldest, last) = history.span();
    let to = last.max(oldest + 1.0);
    let labels = [oldest, to].map(|seconds| format!("{seconds:.0} s"));
    Axis::default().bounds([oldest, to]).labels(labels)
}

/// The next number above that has one digit: 1, 2, 5 or ten times that.
fn round_above(x: f64) -> f64 {
    let unit = 10_f64.powf(x.log10().floor());
    let digits = [1.0, 2.0, 5.0, 10.0];
    let digit = digits.into_iter().find(|digit| digit * unit >= x);
    digit.unwrap_or(10.0) * unit
}

fn draw_latency(frame: &mut Frame, area: Rect, history: &History) {
    let curves = CURVES.map(|curve| history.curve(curve.figure));
    let highest = curves.iter().flatten().map(|point| point.1);
    let lowest = highest.clone().fold(f64::INFINITY, f64::min);
    let highest = highest.fold(f64::NEG_INFINITY, f64::max);
    let (from, to) = if lowest <= highest {
        (lowest.floor(), highest.ceil().max(lowest.floor() + 1.0))
    } else {
        (3.0, 6.0)
    };
    let steps = from as i32..=to as i32;
    let labels = steps.map(|step| nanoseconds(10_f64.powi(step)));
    let datasets = CURVES.iter().zip(&curves).map(|(curve, points)| {
        Dataset::default()
            .marker(curve.marker)
            .graph_type(GraphType::Line)
            .style(Style::default().fg(curve.color))
            .data(points)
    });
    let chart = Chart::new(datasets.collect())
        .block(Block::bordered().title(latency_title(&history.last().recent)))
        .x_axis(seconds(history))
        .y_axis(Axis::default().bounds([from, to]).labels(labels))
        .legend_position(None);
    frame.render_widget(chart, area);
}

/// The title of the chart, which is also its legend.
fn latency_title(recent: &Recent) -> Line<'static> {
    let mut spans = vec![Span::from(" response time:")];
    spans.extend(CURVES.iter().map(|curve| {
        let now = nanoseconds((curve.figure)(recent) as f64);
        let words = format!("  {} {} {now}", curve.mark, curve.name);
        Span::styled(words, Style::default().fg(curve.color))
    }));
    spans.push(Span::from(" "));
    Line::from(spans)
}

fn draw_connections(frame: &mut Frame, area: Rect, history: &History) {
    let now = history.last().now;
    let list = |counts: &[(u64, &str)]| {
        let words = counts
            .iter()
            .map(|(n, what)| format!("{} {what}", grouped(*n)));
        words.collect::<Vec<_>>().join("   ")
    };
    let states = list(&[
        (now.connecting(), "connecting"),
        (now.open, "open"),
        (now.busy, "busy"),
        (now.queued, "requests queued"),
    ]);
    let errors = list(&[
        (now.errors, "errors"),
        (now.refused, "refused"),
        (now.timed_out, "timed out"),
        (now.reset, "reset"),
    ]);
    let errors = if now.errors > 0 {
        Line::from(errors).fg(Color::Red)
    } else {
        Line::from(errors)
    };
    let block = Block::bordered().title(" connections ");
    frame.render_widget(
        Paragraph::new(vec![Line::from(states), errors]).block(block),
        area,
    );
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::history::Reading;
    use super::super::history::tests::reading;
    use super::super::planned::Planned;
    use super::*;

    fn history(load: &str) -> History {
        History::new(Planned::example(load, 1, 60))
    }

    fn picture(width: u16, height: u16, history: &History) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, history)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn the_picture_shows_throughput_latency_connections_and_errors() {
        let mut history = history("echo at 127.0.0.1:7007");
        (1..=30).for_each(|seconds| history.add(reading(seconds)));
        let text = picture(80, 24, &history);
        for words in [
            " echo at 127.0.0.1:7007 ",
            " measuring: 30 s (Ctrl-C stops it)",
            " throughput: 1,000 requests/s ",
            " response time:  ⠒ p50 60 us  • p90 90 us  ▄ p99 400 us  █ p99.9 3 ms ",
            "5 connecting   62 open   12 busy   3 requests queued",
            "3 errors   1 refused   0 timed out   2 reset",
            "10 us",
            "10 ms",
        ] {
            assert!(text.contains(words), "{words} is missing in\n{text}");
        }
        assert!(!text.contains("isturbed"), "{text}");
    }

    #[test]
    fn both_charts_have_axes_and_use_the_whole_width_after_two_seconds() {
        let mut history = history("echo");
        (1..=2).for_each(|seconds| history.add(reading(seconds)));
        let text = picture(190, 40, &history);
        for label in ["1k", "500", "1 s", "2 s"] {
            assert!(text.contains(label), "{label} is missing in\n{text}");
        }
        let longest = |mark: char| {
            let marks = text.lines().map(|line| line.matches(mark).count());
            marks.max().unwrap_or(0)
        };
        assert!(longest('•') > 150, "{text}");
    }

    #[test]
    fn the_picture_shows_the_time_left() {
        let mut history = history("echo");
        history.add(Reading {
            left: Some(Duration::from_secs(57)),
            ..reading(4)
        });
        let text = picture(80, 24, &history);
        assert!(
            text.contains(" measuring: 4 s, 57 s left (Ctrl-C"),
            "{text}"
        );
    }

    #[test]
    fn a_disturbed_run_says_so_while_it_runs_and_afterwards() {
        let mut history = history("echo");
        let waited = |seconds, ms| Reading {
            waited: Duration::from_millis(ms),
            left: Some(Duration::from_secs(57)),
            ..reading(seconds)
        };
        history.add(waited(1, 0));
        history.add(waited(2, 490));
        let text = picture(80, 24, &history);
        assert!(
            text.contains("DISTURBED: it waits 49 % for a CPU"),
            "{text}"
        );
        history.add(waited(3, 490));
        let text = picture(80, 24, &history);
        assert!(text.contains("  disturbed in 1 s so far"), "{text}");
    }

    #[test]
    fn a_run_without_readings_has_a_picture() {
        let text = picture(100, 24, &history("echo"));
        assert!(text.contains(" connecting: 0 s"), "{text}");
        assert!(text.contains("0 requests/s"), "{text}");
    }

    #[test]
    fn no_terminal_is_too_small() {
        let mut history = history("echo");
        (1..=3).for_each(|seconds| history.add(reading(seconds)));
        for (width, height) in [(1, 1), (5, 3), (20, 8), (300, 100)] {
            assert!(!picture(width, height, &history).is_empty());
        }
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        assert_eq!(
            [1.0, 1001.0, 20_001.0, 137_000.0, 9.0].map(|value| round_above(value) as u64),
            [1, 2000, 50_000, 200_000, 10]
        );
    }
}
