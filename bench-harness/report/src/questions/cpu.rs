//! Figure: what a request costs the server in CPU time, compared with the baseline.

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};

use super::against::{Against, Coloured};
use super::cells::of_loads;
use super::drawn::{main_loads, saturated_load};
use super::figure::Figure;
use super::words_of::load_title;
use crate::method;
use crate::svg::Panel;
use crate::values::{about_distortion, with_range};
use crate::words::{ratio_and_word, unit, zone};

/// `None` if no contender has a CPU time.
pub fn figure(summary: &Summary) -> Option<Figure> {
    let mut loads = main_loads(summary);
    loads.extend(saturated_load(summary).filter(|load| !loads.contains(load)));
    let panels: Vec<Panel> = loads
        .iter()
        .filter_map(|&load| panel(summary, load))
        .collect();
    if panels.is_empty() {
        return None;
    }
    let caption = "CPU per request: median [lowest – highest], ratio to the baseline [95 % interval], verdict";
    Some(Figure {
        id: "cpu".to_owned(),
        short: "CPU".to_owned(),
        question: "How much CPU time does a request cost the server?".to_owned(),
        how_to_read: how_to_read(summary, &loads),
        not_shown: "CPU time of the generator, and interrupts that the kernel charges to no process. A server that spins uses a whole CPU, \
              whatever a request costs."
            .to_owned(),
        panels,
        table: of_loads(summary, caption, &loads, |contender, load| {
            cell(summary, contender, load)
        }),
    })
}

fn panel(summary: &Summary, load: LoadId) -> Option<Panel> {
    let against = Against {
        summary,
        load,
        metric: Metric::Cpu,
        coloured: Coloured::All,
    };
    against.panel(load_title(summary, load))
}

/// How to read figures that compare contenders with the baseline under these loads.
pub fn how_to_read(summary: &Summary, loads: &[LoadId]) -> String {
    let baseline = &summary.contenders[summary.baseline].name;
    let distortion = about_distortion(summary, loads);
    if !summary.models().any(|id| id != summary.baseline) {
        let unit = unit(summary, loads);
        return format!("Dot: median. Line: lowest to highest {unit}.{distortion}");
    }
    format!(
        "Best first. Dot: ratio to {baseline} under the same load. Line: its 95 % interval; an arrow points beyond the axis. Grey zone: less \
         than {} apart. Beside it: the median and the ratio; bold with ▲ (more) or ▼ (less): significant. Without a ratio: dot and line are \
         the median and the range. {}{distortion}",
        zone(summary.zone()),
        method::intervals(summary, loads),
    )
}

fn cell(summary: &Summary, contender: ContenderId, load: LoadId) -> String {
    let value = with_range(summary, contender, load, Metric::Cpu);
    match ratio_and_word(summary, contender, load, Metric::Cpu) {
        Some(ratio) => format!("{value}; ×{ratio}"),
        None => value,
    }
}
