//! Figures: what a request costs the server in CPU time and in context switches, and what the server holds in memory.

use super::super::figure::{Bar, Bars};
use super::super::svg::Panel;
use super::{Figure, absent, by_family, by_load, written};
use crate::analysis::{Metric, Summary};
use crate::number::{kibibytes, nanoseconds, short, significant};

/// A figure whose bars are made of one or several metrics.
struct Cost {
    /// What the whole bar shows.
    whole: Metric,
    /// Parts of the bar from the left, with their names.
    parts: &'static [(Metric, &'static str)],
    axis: &'static str,
    unit: f64,
    write: fn(f64) -> String,
}

const CPU: Cost = Cost {
    whole: Metric::Cpu,
    parts: &[
        (Metric::CpuUser, "in the program"),
        (Metric::CpuSystem, "in the kernel"),
    ],
    axis: "microseconds of CPU a request",
    unit: 1.0,
    write: |us| nanoseconds(us * 1e3),
};

const SWITCHES: Cost = Cost {
    whole: Metric::Voluntary,
    parts: &[(Metric::Voluntary, "to wait (voluntary)")],
    axis: "context switches a request",
    unit: 1.0,
    write: significant,
};

const MEMORY: Cost = Cost {
    whole: Metric::Memory,
    parts: &[(Metric::Memory, "all processes (PSS)")],
    axis: "MiB, all processes",
    unit: 1024.0,
    write: kibibytes,
};

/// What a request costs in CPU time.
pub fn cpu(summary: &Summary) -> Option<Figure> {
    let figure = Figure {
        id: "cpu".to_owned(),
        short: "CPU".to_owned(),
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
        short: "Context switches".to_owned(),
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
        short: "Memory".to_owned(),
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

impl Cost {
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
        let groups = by_family(summary, |contender| self.bar(summary, contender, load));
        let mut rows = groups.iter().flat_map(|group| &group.rows);
        rows.any(|row| row.what.is_ok()).then(|| {
            Bars {
                title: summary.loads[load].label(),
                description: self.describe(summary, load),
                axis: self.axis.to_owned(),
                kinds: self
                    .parts
                    .iter()
                    .map(|(_, name)| (*name).to_owned())
                    .collect(),
                unit: self.unit,
                tick: short,
                write: self.write,
                groups,
            }
            .panel()
        })
    }

    fn bar(&self, summary: &Summary, contender: usize, load: usize) -> Result<Bar, String> {
        let found = summary.cell(contender, load).estimates.get(&self.whole);
        let found = found.ok_or_else(|| absent(summary, contender, load).to_owned())?;
        let part = |(metric, _): &(Metric, &str)| summary.median(contender, load, *metric);
        let parts: Option<Vec<f64>> = self.parts.iter().map(part).collect();
        Ok(Bar {
            whole: found.median,
            parts: parts.unwrap_or_default(),
            trials: found.values.clone(),
            ring: summary.cell(contender, load).left_out(),
        })
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
