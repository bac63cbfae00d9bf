//! Figures: what a request costs the server in CPU time and in context switches.

use analysis::{Metric, Summary};
use record::number::{nanoseconds, short, significant};
use record::plan::{ContenderId, LoadId, names};

use super::cells::{by_load, written};
use super::drawn::key_loads;
use super::figure::Figure;
use super::rows::by_family;
use crate::detail::Detail;
use crate::figure::{Bar, Bars};
use crate::phrases::{first_few, label, why_missing};
use crate::svg::Panel;
use crate::values::{about_distortion, with_range};
use crate::words::unit;

/// A figure whose bars show a metric and its parts.
struct Cost {
    /// The length of the bar.
    whole: Metric,
    /// Parts of the bar from the left, with their names.
    parts: &'static [(Metric, &'static str)],
    axis: &'static str,
    write: fn(f64) -> String,
}

const CPU: Cost = Cost {
    whole: Metric::Cpu,
    parts: &[
        (Metric::CpuUser, "in the program"),
        (Metric::CpuSystem, "in the kernel"),
    ],
    axis: "microseconds of CPU per request",
    write: |us| nanoseconds(us * 1e3),
};

const SWITCHES: Cost = Cost {
    whole: Metric::Voluntary,
    parts: &[(Metric::Voluntary, "voluntary")],
    axis: "voluntary context switches per request",
    write: significant,
};

/// Loads that are drawn.
const DRAWN: usize = 3;

/// CPU time per request.
pub fn cpu(summary: &Summary, detail: Detail) -> Option<Figure> {
    let loads: Vec<LoadId> = summary.load_ids().collect();
    let scenario = other_scenario(summary);
    let caption = format!(
        "CPU per request{}: total, {}; in the program + in the kernel",
        scenario.map_or(String::new(), |name| format!(" ({name})")),
        detail.of_values(summary, &loads)
    );
    let place = scenario.map_or(String::new(), |name| format!(" in the scenario {name}"));
    let texts = Figure {
        id: "cpu".to_owned(),
        short: "CPU".to_owned(),
        question: format!("How much CPU time does a request cost the server{place}?"),
        how_to_read: format!(
            "Shorter is better. Bars: medians. Dots: single {unit}s; an arrow marks {unit}s beyond the axis. All processes and \
             threads of the server count, including those that have ended.{}",
            about_distortion(summary, &loads),
            unit = unit(summary, &loads)
        ),
        not_shown: "CPU time of the generator, and interrupts that the kernel charges to no process. The split between program and kernel is sampled \
              100 times per second, so it is coarse; a grey bar has no split."
            .to_owned(),
        panels: Vec::new(),
        table: by_load(summary, &caption, |contender, load| {
            cpu_cell(summary, contender, load, detail)
        }),
    };
    CPU.figure(summary, texts, detail.choose(DRAWN, 1))
}

/// The name of the scenario, if this is the part of a run that it measured, and if it is not the ladder. Several parts of a page
/// show the same figure, and each needs a heading of its own.
fn other_scenario(summary: &Summary) -> Option<&str> {
    let all = summary.scenario_names();
    let only = all.first().filter(|_| all.len() == 1)?;
    (*only != names::LADDER).then_some(*only)
}

/// Voluntary context switches per request.
pub fn switches(summary: &Summary, detail: Detail) -> Option<Figure> {
    let loads: Vec<LoadId> = summary.load_ids().collect();
    let caption = format!(
        "Voluntary context switches per request: {}",
        detail.of_values(summary, &loads)
    );
    let texts = Figure {
        id: "switches".to_owned(),
        short: "Context switches".to_owned(),
        question: "How often does a request put a server thread to sleep?".to_owned(),
        how_to_read: "Shorter is better: each switch costs a few microseconds, and waking a sleeping CPU costs tens of them. A design that serves many \
               clients each time it wakes is near 0. If a server has too many threads to sample all of them, the figure covers its whole life, \
               including the start, accepting the clients, and the stop."
            .to_owned(),
        not_shown: "Involuntary switches (preemptions; see the table of medians), and the effect of a switch on caches.".to_owned(),
        panels: Vec::new(),
        table: by_load(summary, &caption, |contender, load| {
            written(summary, contender, load, Metric::Voluntary, detail)
        }),
    };
    SWITCHES.figure(summary, texts, detail.choose(DRAWN, 1))
}

fn cpu_cell(summary: &Summary, contender: ContenderId, load: LoadId, detail: Detail) -> String {
    let part = |metric| summary.median(contender, load, metric);
    let whole = written(summary, contender, load, Metric::Cpu, detail);
    match (part(Metric::CpuUser), part(Metric::CpuSystem)) {
        (Some(user), Some(system)) => {
            let write = |value| Metric::Cpu.unit().write(value);
            format!("{whole}, {} + {}", write(user), write(system))
        }
        _ => whole,
    }
}

impl Cost {
    /// The figure with at most this many loads drawn; `None` if no contender has a value.
    fn figure(&self, summary: &Summary, texts: Figure, most: usize) -> Option<Figure> {
        let scenario = &summary.loads.first()?.scenario;
        let loads = key_loads(summary, scenario, most, |_| true);
        let panels: Vec<_> = loads
            .into_iter()
            .filter_map(|load| self.panel(summary, load))
            .collect();
        (!panels.is_empty()).then_some(Figure { panels, ..texts })
    }

    /// `None` if no contender has a value.
    fn panel(&self, summary: &Summary, load: LoadId) -> Option<Panel> {
        let groups = by_family(summary, |contender| self.bar(summary, contender, load));
        let mut rows = groups.iter().flat_map(|group| &group.rows);
        let names = self.parts.iter().map(|(_, name)| (*name).to_owned());
        rows.any(|row| row.what.is_ok()).then(|| {
            Bars {
                title: label(summary, load),
                description: self.describe(summary, load),
                axis: self.axis.to_owned(),
                kinds: names.collect(),
                unit: 1.0,
                tick: short,
                write: self.write,
                groups,
            }
            .panel()
        })
    }

    fn bar(&self, summary: &Summary, contender: ContenderId, load: LoadId) -> Result<Bar, String> {
        let estimate = summary.cell(contender, load).estimates.get(&self.whole);
        let estimate = estimate.ok_or_else(|| why_missing(summary, contender, load).to_owned())?;
        let part = |(metric, _): &(Metric, &str)| summary.median(contender, load, *metric);
        let parts: Option<Vec<f64>> = self.parts.iter().map(part).collect();
        Ok(Bar {
            whole: estimate.median,
            parts: parts.unwrap_or_default(),
            trials: estimate.values.clone(),
            ring: summary.left_out(contender, load),
        })
    }

    fn describe(&self, summary: &Summary, load: LoadId) -> String {
        let value = |contender: ContenderId| {
            let name = &summary.contenders[contender].name;
            let value = with_range(summary, contender, load, self.whole);
            format!("{name} {value}")
        };
        let values: Vec<_> = summary.contender_ids().map(value).collect();
        format!("{}: {}.", self.axis, first_few(&values))
    }
}
