//! Figures: what a request costs the server in CPU time and in context switches, and what the server holds in memory.

use maud::{Markup, html};

use super::super::svg::axis::{horizontal, ticks};
use super::super::svg::{Panel, Scale, Style, n, points};
use super::rows::Layout;
use super::{Figure, absent, by_load, written};
use crate::analysis::{Metric, Summary};
use crate::number::short;

/// A figure whose bars are made of one or two metrics.
struct Bars {
    /// Parts of the bar from the left, with class and name.
    parts: &'static [(Metric, &'static str, &'static str)],
    /// What the whole bar shows.
    whole: Metric,
    axis: &'static str,
}

const CPU: Bars = Bars {
    parts: &[
        (Metric::CpuUser, "user", "in the program"),
        (Metric::CpuSystem, "system", "in the kernel"),
    ],
    whole: Metric::Cpu,
    axis: "microseconds of CPU a request",
};

const SWITCHES: Bars = Bars {
    parts: &[(Metric::Voluntary, "system", "to wait (voluntary)")],
    whole: Metric::Voluntary,
    axis: "context switches a request",
};

const MEMORY: Bars = Bars {
    parts: &[(Metric::Memory, "system", "all processes (PSS)")],
    whole: Metric::Memory,
    axis: "MiB",
};

/// What a request costs in CPU time.
pub fn cpu(summary: &Summary) -> Option<Figure> {
    let figure = Figure {
        id: "cpu".to_owned(),
        question: "How much CPU does the server spend on a request?".to_owned(),
        read: "Shorter is better. Bars: medians. Dots: the trials; an arrow: beyond the axis. All processes and threads of the server are counted, also \
               those that have ended."
            .to_owned(),
        not: "CPU time of the generator, and interrupts that the kernel charges to nobody. The split between program and \
              kernel is sampled a hundred times a second, and coarse; a grey bar has none."
            .to_owned(),
        panels: Vec::new(),
        table: by_load(summary, "CPU a request: whole [lowest – highest trial], in the program + in the kernel", |c, l| {
            cpu_cell(summary, c, l)
        }),
    };
    CPU.figure(summary, figure, 0..summary.loads.len())
}

/// How often a request makes a thread wait.
pub fn switches(summary: &Summary) -> Option<Figure> {
    let figure = Figure {
        id: "switches".to_owned(),
        question: "How often does a request put a thread of the server to sleep?".to_owned(),
        read: "Shorter is better: each switch costs a few microseconds, and waking a sleeping CPU tens of them. A design \
               that serves many clients for each time it waits is near 0."
            .to_owned(),
        not: "Switches forced by the kernel (preemptions; see the table), and what a switch does to caches.".to_owned(),
        panels: Vec::new(),
        table: by_load(summary, "Voluntary context switches a request: median [lowest – highest trial]", |c, l| {
            written(summary, c, l, Metric::Voluntary)
        }),
    };
    SWITCHES.figure(summary, figure, 0..summary.loads.len())
}

/// What the server holds in memory, at most.
pub fn memory(summary: &Summary) -> Option<Figure> {
    let last = summary.loads.len() - 1;
    let figure = Figure {
        id: "memory".to_owned(),
        question: format!(
            "How much memory does the server hold at {}?",
            summary.loads[last].label()
        ),
        read:
            "Shorter is better. Shared pages are divided among the processes that share them (PSS)."
                .to_owned(),
        not:
            "Memory of the kernel: page tables, kernel stacks (16 KiB a thread) and socket buffers."
                .to_owned(),
        panels: Vec::new(),
        table: by_load(
            summary,
            "Memory: median [lowest – highest trial]",
            |c, l| written(summary, c, l, Metric::Memory),
        ),
    };
    MEMORY.figure(summary, figure, last..last + 1)
}

fn cpu_cell(summary: &Summary, contender: usize, load: usize) -> String {
    let part = |metric| summary.median(contender, load, metric);
    let whole = written(summary, contender, load, Metric::Cpu);
    match (part(Metric::CpuUser), part(Metric::CpuSystem)) {
        (Some(user), Some(system)) => {
            let write = |value| Metric::Cpu.unit().write(value);
            format!("{whole}, {} + {}", write(user), write(system))
        }
        _ => whole,
    }
}

impl Bars {
    fn figure(
        &self,
        summary: &Summary,
        figure: Figure,
        loads: std::ops::Range<usize>,
    ) -> Option<Figure> {
        let panels: Vec<_> = loads.filter_map(|load| self.panel(summary, load)).collect();
        (!panels.is_empty()).then_some(Figure { panels, ..figure })
    }

    /// `None` where nobody has a value.
    fn panel(&self, summary: &Summary, load: usize) -> Option<Panel> {
        let most = self.longest(summary, load)?;
        let layout = Layout::of(summary, 80.0);
        let scale = self.scale(most, &layout);
        let body = html! {
            (self.legend(layout.area.left))
            (horizontal(layout.area, &scale, &ticks(&scale, short), self.axis))
            (layout.names())
            @for (contender, y) in &layout.rows { (self.bar(summary, *contender, load, *y, &layout, &scale)) }
        };
        let description = self.describe(summary, load);
        Some(Panel {
            title: summary.loads[load].label(),
            description,
            height: layout.height,
            body,
        })
    }

    /// Where the axis ends: at the highest trial, but not so far that a disturbed one hides all the others.
    fn longest(&self, summary: &Summary, load: usize) -> Option<f64> {
        let all = (0..summary.contenders.len())
            .filter_map(|c| summary.cell(c, load).estimates.get(&self.whole));
        let (medians, highs): (Vec<f64>, Vec<f64>) =
            all.map(|found| (found.median, found.high)).unzip();
        let median = medians.into_iter().max_by(f64::total_cmp)?;
        let high = highs.into_iter().fold(median, f64::max);
        Some(high.min(median * 1.4))
    }

    fn scale(&self, most: f64, layout: &Layout) -> Scale {
        Scale::linear(most / self.divisor(), (layout.area.left, layout.area.right))
    }

    /// Values are drawn in the unit of the axis.
    fn divisor(&self) -> f64 {
        if self.whole == Metric::Memory {
            1024.0
        } else {
            1.0
        }
    }

    fn legend(&self, x: f64) -> Markup {
        let places = self.parts.iter().scan(x, |next, part| {
            let here = *next;
            *next += 26.0 + part.2.chars().count() as f64 * 6.3;
            Some((here, part))
        });
        html! {
            @for (x, (_, class, name)) in places {
                rect class={ "bar " (class) } x=(n(x)) y="24" width="10" height="10" {}
                text.tick x=(n(x + 15.0)) y="33" { (name) }
            }
        }
    }

    fn bar(
        &self,
        summary: &Summary,
        contender: usize,
        load: usize,
        y: f64,
        layout: &Layout,
        scale: &Scale,
    ) -> Markup {
        let Some(whole) = summary.cell(contender, load).estimates.get(&self.whole) else {
            let why = absent(summary, contender, load);
            return html! { text.absent x=(n(layout.area.left + 6.0)) y=(n(y + 4.0)) { (why) } };
        };
        let style = Style::of(&summary.contenders[contender]);
        let ring = if summary.left_out(contender, load) {
            " ○"
        } else {
            ""
        };
        let at = |value: f64| scale.at(value / self.divisor());
        let mut left = 0.0;
        let parts = self.split(summary, contender, load, whole.median);
        html! {
            @for (part, class) in parts {
                rect class={ "bar " (class) } x=(n(at(left))) y=(n(y - 6.0)) width=(n(at(left + part) - at(left))) height="12" {}
                @let () = left += part;
            }
            @for value in &whole.values { (trial(style, at(*value), y, layout.area.right)) }
            text.value x=(n(layout.area.right + 6.0)) y=(n(y + 4.0)) { (self.whole.unit().write(whole.median)) (ring) }
        }
    }

    /// The parts of a bar, which together are the whole (the medians of the parts need not add up to that of the whole); one
    /// part of no kind where the kernel does not say how it is split.
    fn split(
        &self,
        summary: &Summary,
        contender: usize,
        load: usize,
        whole: f64,
    ) -> Vec<(f64, &'static str)> {
        let part = |&(metric, class, _): &(Metric, &'static str, &str)| {
            Some((summary.median(contender, load, metric)?, class))
        };
        let parts: Option<Vec<_>> = self.parts.iter().map(part).collect();
        let parts = parts.unwrap_or_else(|| vec![(whole, "unsplit")]);
        let sum: f64 = parts.iter().map(|(part, _)| part).sum();
        let factor = if sum > 0.0 { whole / sum } else { 0.0 };
        parts
            .into_iter()
            .map(|(part, class)| (part * factor, class))
            .collect()
    }

    fn describe(&self, summary: &Summary, load: usize) -> String {
        let one = |c: usize| {
            format!(
                "{} {}",
                summary.contenders[c].name,
                written(summary, c, load, self.whole)
            )
        };
        let all: Vec<_> = (0..summary.contenders.len()).map(one).collect();
        format!("{}: {}.", self.axis, all.join(", "))
    }
}

/// A dot for a trial; an arrow where it lies beyond the axis.
fn trial(style: Style, x: f64, y: f64, end: f64) -> Markup {
    if x < end {
        return style.dot(x, y);
    }
    let tip = points([(end - 4.0, y - 3.0), (end + 1.0, y), (end - 4.0, y + 3.0)]);
    html! { polygon class="beyond" points=(tip) {} }
}
