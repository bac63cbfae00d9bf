//! Figures: what a request costs the server in CPU time and in context switches, and what the server holds in memory.

use std::collections::BTreeMap;

use analysis::{Metric, Summary};
use record::number::{nanoseconds, short, significant};

use super::super::figure::{Bar, Bars};
use super::super::svg::Panel;
use super::{
    Figure, Room, Table, absent, by_family, by_load, key_loads, listed, of_loads, written,
};

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

/// Kinds of memory of the server alone, with their names.
const KINDS: [(Metric, &str); 3] = [
    (Metric::Memory, "program (PSS)"),
    (Metric::PageTables, "page tables"),
    (Metric::KernelStacks, "kernel stacks"),
];
/// System calls that are told apart; all others are one kind.
const CALLS: usize = 5;
/// The same where there is little room.
const FEW_CALLS: usize = 3;
/// Loads that are drawn.
const DRAWN: usize = 3;

/// What a request costs in CPU time.
pub fn cpu(summary: &Summary, room: Room) -> Option<Figure> {
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
        table: by_load(
            summary,
            &format!("CPU a request: whole, {}; in the program + in the kernel", room.of_trials()),
            |c, l| cpu_cell(summary, c, l, room),
        ),
    };
    CPU.figure(summary, figure, room.panels(DRAWN, 1))
}

/// How often a request makes a thread wait.
pub fn switches(summary: &Summary, room: Room) -> Option<Figure> {
    let figure = Figure {
        id: "switches".to_owned(),
        short: "Context switches".to_owned(),
        question: "How often does a request put a thread of the server to sleep?".to_owned(),
        read: "Shorter is better: each switch costs a few microseconds, and waking a sleeping CPU tens of them. A design \
               that serves many clients for each time it waits is near 0. Where a server has too many threads to ask each of them, \
               this is over its whole life: its start, the accepting of all clients and its end are in it."
            .to_owned(),
        not: "Switches forced by the kernel (preemptions; see the table), and what a switch does to caches.".to_owned(),
        panels: Vec::new(),
        table: by_load(
            summary,
            &format!("Voluntary context switches a request: {}", room.of_trials()),
            |c, l| room.written(summary, c, l, Metric::Voluntary),
        ),
    };
    SWITCHES.figure(summary, figure, room.panels(DRAWN, 1))
}

/// What one more connection costs in memory, by kind; where that cannot be told, what the server holds.
pub fn memory(summary: &Summary) -> Option<Figure> {
    let of = |contender: usize| {
        let slope = |(kind, _): &(Metric, &str)| {
            Some(summary.per_connection(contender, *kind)?.estimate.max(0.0))
        };
        KINDS.iter().map(slope).collect::<Option<Vec<f64>>>()
    };
    // A slope through thousands of pairs of trials is not computed each time that it is asked for.
    let all: Vec<Option<Vec<f64>>> = (0..summary.contenders.len()).map(of).collect();
    let slopes = |contender: usize| all[contender].clone();
    let bar = |contender: usize| {
        let parts = slopes(contender).ok_or("too few steps without starved clients")?;
        Ok(Bar {
            whole: parts.iter().sum(),
            parts,
            trials: Vec::new(),
            ring: false,
        })
    };
    let write = |kib: f64| format!("{} KiB", significant(kib));
    let row = |c: usize| {
        let name = summary.contenders[c].name.clone();
        let cells = slopes(c).map_or(vec!["–".to_owned(); KINDS.len()], |parts| {
            parts.into_iter().map(write).collect()
        });
        [name].into_iter().chain(cells).collect()
    };
    let mut table = Table::new("Memory a connection, by kind", &["model"]);
    table.columns.extend(KINDS.map(|(_, name)| name.to_owned()));
    table.rows = (0..summary.contenders.len()).map(row).collect();
    let panel = Bars {
        title: String::new(),
        description: format!("KiB a connection: {}.", in_words(&table)),
        axis: "KiB a connection".to_owned(),
        kinds: KINDS.map(|(_, name)| name.to_owned()).to_vec(),
        unit: 1.0,
        tick: short,
        write,
        groups: by_family(summary, bar),
    };
    let measured = (0..summary.contenders.len()).any(|c| slopes(c).is_some());
    measured.then(|| Figure {
        id: "memory".to_owned(),
        short: "Memory".to_owned(),
        question: "What does one more connection cost in memory?".to_owned(),
        read: "Shorter is better. The slope of each kind of memory over the number of connections, through all trials \
               (Theil-Sen) in which no client was left out. Shared pages are divided among the processes that share them."
            .to_owned(),
        not: "Socket buffers, which are alike for all and coarse (see the table below), and what the server holds without \
              any client."
            .to_owned(),
        panels: vec![panel.panel()],
        table,
    })
}

/// System calls a request, by name.
pub fn calls(summary: &Summary, room: Room) -> Option<Figure> {
    let kinds = frequent(summary, room.panels(CALLS, FEW_CALLS));
    let split = |c: usize, load: usize| {
        let calls = &summary.cell(c, load).calls;
        let of = |name: &String| calls.get(name).copied().unwrap_or(0.0);
        let mut parts: Vec<f64> = kinds.iter().map(of).collect();
        parts.push((calls.values().sum::<f64>() - parts.iter().sum::<f64>()).max(0.0));
        (!calls.is_empty()).then_some(parts)
    };
    let bar = |c: usize, load: usize| {
        let parts = split(c, load).ok_or("not counted")?;
        Ok(Bar {
            whole: parts.iter().sum(),
            parts,
            trials: summary.cell(c, load).values(Metric::SystemCalls).to_vec(),
            ring: summary.cell(c, load).left_out(),
        })
    };
    let others = ["others".to_owned()];
    let names: Vec<String> = kinds.iter().chain(&others).cloned().collect();
    let one = |(name, part): (&String, f64)| {
        (part > 0.0).then(|| format!("{name} {}", significant(part)))
    };
    let drawn = key_loads(
        summary,
        summary.main_scenario()?,
        room.panels(DRAWN, 1),
        |_| true,
    );
    let told = match room {
        Room::Plenty => (0..summary.loads.len()).collect(),
        Room::Little => drawn.clone(),
    };
    let table = of_loads(
        summary,
        "System calls a request by name",
        &told,
        |c, load| {
            let Some(parts) = split(c, load) else {
                return "–".to_owned();
            };
            let all: Vec<String> = names.iter().zip(parts).filter_map(one).collect();
            all.join(", ")
        },
    );
    let panel = |&load: &usize| Bars {
        title: summary.loads[load].label(),
        description: format!(
            "System calls a request, by name, at {}.",
            summary.loads[load].label()
        ),
        axis: "system calls a request".to_owned(),
        kinds: names.clone(),
        unit: 1.0,
        tick: short,
        write: significant,
        groups: by_family(summary, |c| bar(c, load)),
    };
    (!kinds.is_empty()).then(|| Figure {
        id: "calls".to_owned(),
        short: "System calls".to_owned(),
        question: "Which system calls does a request cost?".to_owned(),
        read: "Shorter is better. Medians of what was counted during the warm-up; dots: the trials.".to_owned(),
        not: "How long a call takes: an epoll_wait that finds much to do costs more than one that finds nothing.".to_owned(),
        panels: drawn.iter().map(|load| panel(load).panel()).collect(),
        table,
    })
}

/// The most frequent system calls of the whole summary, the most frequent first.
fn frequent(summary: &Summary, most: usize) -> Vec<String> {
    let mut sums: BTreeMap<&String, f64> = BTreeMap::new();
    for contender in 0..summary.contenders.len() {
        for load in 0..summary.loads.len() {
            for (name, count) in &summary.cell(contender, load).calls {
                *sums.entry(name).or_default() += count;
            }
        }
    }
    let mut sums: Vec<_> = sums
        .into_iter()
        .filter(|(name, _)| *name != "others")
        .collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    sums.into_iter()
        .take(most)
        .map(|(name, _)| name.clone())
        .collect()
}

fn in_words(table: &Table) -> String {
    let rows: Vec<String> = table.rows.iter().map(|row| row.join(" ")).collect();
    listed(&rows)
}

fn cpu_cell(summary: &Summary, contender: usize, load: usize, room: Room) -> String {
    let part = |metric| summary.median(contender, load, metric);
    let whole = room.written(summary, contender, load, Metric::Cpu);
    match (part(Metric::CpuUser), part(Metric::CpuSystem)) {
        (Some(user), Some(system)) => {
            let write = |value| Metric::Cpu.unit().write(value);
            format!("{whole}, {} + {}", write(user), write(system))
        }
        _ => whole,
    }
}

impl Cost {
    /// Of so many loads of a scenario; all are in the table.
    fn figure(&self, summary: &Summary, figure: Figure, drawn: usize) -> Option<Figure> {
        let scenario = &summary.loads.first()?.scenario;
        let loads = key_loads(summary, scenario, drawn, |_| true);
        let panels: Vec<_> = loads
            .into_iter()
            .filter_map(|load| self.panel(summary, load))
            .collect();
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
        format!("{}: {}.", self.axis, listed(&all))
    }
}
