//! Draws the live view: a pure function of the readings.

use loadgen::Recent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph, Sparkline};
use record::number::{grouped, nanoseconds, waiting};

use super::history::{History, doing};

/// A curve of the chart: its name, its colour, and its figure.
type Curve = (&'static str, Color, fn(&Recent) -> u64);

const CURVES: [Curve; 4] = [
    ("p50", Color::Green, |recent| recent.p50_ns),
    ("p90", Color::Cyan, |recent| recent.p90_ns),
    ("p99", Color::Yellow, |recent| recent.p99_ns),
    ("p99.9", Color::Red, |recent| recent.p999_ns),
];

/// Draws everything, in the size of the terminal.
pub fn draw(frame: &mut Frame, history: &History) {
    let rows = [
        Constraint::Length(1),
        Constraint::Percentage(30),
        Constraint::Min(6),
        Constraint::Length(4),
    ];
    let [title, throughput, latency, connections] = Layout::vertical(rows).areas(frame.area());
    draw_title(frame, title, history);
    draw_throughput(frame, throughput, history);
    draw_latency(frame, latency, history);
    draw_connections(frame, connections, history);
}

fn draw_title(frame: &mut Frame, area: Rect, history: &History) {
    let last = history.last();
    let words = format!(
        " {}  {}  {}  (Ctrl-C stops it)",
        history.load,
        doing(last.phase),
        waiting(last.elapsed)
    );
    frame.render_widget(Line::from(words).bold(), area);
}

fn draw_throughput(frame: &mut Frame, area: Rect, history: &History) {
    let rates = history.rates(usize::from(area.width.saturating_sub(2)));
    let now = grouped(rates.last().copied().unwrap_or(0));
    let title = format!(" throughput: {now} requests/s ");
    let sparkline = Sparkline::default()
        .block(Block::bordered().title(title))
        .data(rates)
        .style(Style::default().fg(Color::Green));
    frame.render_widget(sparkline, area);
}

fn draw_latency(frame: &mut Frame, area: Rect, history: &History) {
    let curves = CURVES.map(|(_, _, figure)| history.curve(figure));
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
    let (oldest, last) = history.span();
    let datasets = CURVES
        .iter()
        .zip(&curves)
        .map(|((name, color, _), points)| {
            Dataset::default()
                .name(*name)
                .marker(Marker::Braille)
                .graph_type(GraphType::Line)
                .style(Style::default().fg(*color))
                .data(points)
        });
    let chart = Chart::new(datasets.collect())
        .block(Block::bordered().title(latency_title(&history.last().recent)))
        .x_axis(Axis::default().bounds([oldest, last.max(oldest + 1.0)]))
        .y_axis(Axis::default().bounds([from, to]).labels(labels))
        .legend_position(None);
    frame.render_widget(chart, area);
}

/// The title of the chart, which is also its legend.
fn latency_title(recent: &Recent) -> Line<'static> {
    let mut spans = vec![Span::from(" response time:")];
    spans.extend(CURVES.iter().map(|(name, color, figure)| {
        Span::styled(
            format!("  {name} {}", nanoseconds(figure(recent) as f64)),
            Style::default().fg(*color),
        )
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
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::history::tests::reading;
    use super::*;

    fn picture(width: u16, height: u16, history: &History) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, history)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn the_picture_shows_throughput_latency_connections_and_errors() {
        let mut history = History::new("echo at 127.0.0.1:7007");
        (1..=30).for_each(|seconds| history.add(reading(seconds)));
        let text = picture(100, 24, &history);
        for words in [
            " echo at 127.0.0.1:7007  measuring  30 s  (Ctrl-C stops it)",
            " throughput: 1,000 requests/s ",
            " response time:  p50 60 us  p90 90 us  p99 400 us  p99.9 3 ms ",
            "5 connecting   62 open   12 busy   3 requests queued",
            "3 errors   1 refused   0 timed out   2 reset",
            "10 us",
            "10 ms",
        ] {
            assert!(text.contains(words), "{words} is missing in\n{text}");
        }
        let bars = text.matches('█').count();
        assert!(
            bars >= 30,
            "thirty seconds give at least thirty bars:\n{text}"
        );
        assert!(
            text.contains('⠤') || text.contains('⣀') || text.contains('⠒') || text.contains('⠉'),
            "{text}"
        );
    }

    #[test]
    fn a_run_without_readings_has_a_picture() {
        let text = picture(100, 24, &History::new("echo"));
        assert!(text.contains(" echo  connecting  0 s"), "{text}");
        assert!(text.contains("0 requests/s"), "{text}");
    }

    #[test]
    fn no_terminal_is_too_small() {
        let mut history = History::new("echo");
        (1..=3).for_each(|seconds| history.add(reading(seconds)));
        for (width, height) in [(1, 1), (5, 3), (20, 8), (300, 100)] {
            assert!(!picture(width, height, &history).is_empty());
        }
    }
}
