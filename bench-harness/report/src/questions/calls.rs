//! Figure: system calls per request, by name.

use analysis::{Metric, Summary};
use record::number::{short, significant};
use record::plan::{ContenderId, LoadId};

use super::cells::of_loads;
use super::drawn::key_loads;
use super::figure::Figure;
use super::rows::by_family;
use crate::detail::Detail;
use crate::figure::{Bar, Bars};
use crate::phrases::label;
use crate::svg::Panel;
use crate::table::Table;
use crate::values::about_distortion;
use crate::words::unit;

/// System calls that have a colour of their own; all others share one.
const NAMED: usize = 5;
/// The same with reduced detail.
const FEW_NAMED: usize = 3;
/// Loads that are drawn.
const DRAWN: usize = 3;

/// `None` if no system calls were counted.
pub fn figure(summary: &Summary, detail: Detail) -> Option<Figure> {
    let names = summary.frequent_calls(detail.choose(NAMED, FEW_NAMED));
    if names.is_empty() {
        return None;
    }
    let calls = Calls { summary, names };
    let most = detail.choose(DRAWN, 1);
    let drawn = key_loads(summary, summary.main_scenario()?, most, |_| true);
    let loads = match detail {
        Detail::Full => summary.load_ids().collect(),
        Detail::Reduced => drawn.clone(),
    };
    Some(Figure {
        id: "calls".to_owned(),
        short: "System calls".to_owned(),
        question: "Which system calls does a request need?".to_owned(),
        how_to_read: format!(
            "Shorter is better. Bars: medians, counted during the warm-up. Dots: single {}s.{}",
            unit(summary, &drawn),
            about_distortion(summary, &drawn)
        ),
        not_shown: "How long a call takes: an epoll_wait that returns many events costs more than one that returns none.".to_owned(),
        panels: drawn.iter().map(|&load| calls.panel(load)).collect(),
        table: calls.table(&loads),
    })
}

/// The system calls of all contenders, divided among these names.
struct Calls<'a> {
    summary: &'a Summary,
    names: Vec<String>,
}

impl Calls<'_> {
    /// The names, and last one for all others.
    fn kinds(&self) -> Vec<String> {
        let others = "others".to_owned();
        self.names.iter().cloned().chain([others]).collect()
    }

    fn panel(&self, load: LoadId) -> Panel {
        let label = label(self.summary, load);
        Bars {
            description: format!("System calls per request, by name, at {label}."),
            title: label,
            axis: "system calls per request".to_owned(),
            kinds: self.kinds(),
            unit: 1.0,
            tick: short,
            write: significant,
            groups: by_family(self.summary, |contender| self.bar(contender, load)),
        }
        .panel()
    }

    fn bar(&self, contender: ContenderId, load: LoadId) -> Result<Bar, String> {
        let parts = self.summary.calls_by_name(contender, load, &self.names);
        let parts = parts.ok_or("not counted")?;
        let cell = self.summary.cell(contender, load);
        Ok(Bar {
            whole: parts.iter().sum(),
            parts,
            trials: cell.values(Metric::SystemCalls).to_vec(),
            ring: cell.left_out(),
        })
    }

    fn table(&self, loads: &[LoadId]) -> Table {
        let kinds = self.kinds();
        let kind = |(name, count): (&String, f64)| {
            (count > 0.0).then(|| format!("{name} {}", significant(count)))
        };
        let cell = |contender, load| match self.summary.calls_by_name(contender, load, &self.names)
        {
            None => "–".to_owned(),
            Some(parts) => {
                let counts = kinds.iter().zip(parts).filter_map(kind);
                counts.collect::<Vec<_>>().join(", ")
            }
        };
        of_loads(
            self.summary,
            "System calls per request, by name",
            loads,
            cell,
        )
    }
}
