//! Tables of what may be said: verdicts against the baseline, what a connection costs, and what became of claims.

use analysis::{Checked, Metric, Summary, check, detects, fewest_blocks};
use record::number::{counted, percent};

use super::figure::ratio_in_words;
use super::shown::Room;
use super::table::Table;
use super::words::at;

/// A question that tables answer.
pub struct Section {
    /// Its anchor.
    pub id: &'static str,
    /// What they are about, for the table of contents.
    pub short: &'static str,
    /// What they answer.
    pub question: String,
    /// How to read them.
    pub read: String,
    /// The answers.
    pub tables: Vec<Table>,
}

/// What is said of claims of which there is nothing to say.
const HOLDS: &str = "holds";
const UNKNOWN: &str = "not measured";

/// Those that this run can answer.
pub fn sections(summary: &Summary) -> Vec<Section> {
    let all: Vec<usize> = (0..summary.loads.len()).collect();
    let few = [summary.common_load()];
    let told = match Room::of(summary) {
        Room::Plenty => &all[..],
        Room::Little => &few,
    };
    sections_at(summary, told)
}

/// The same, with verdicts under these loads only.
pub fn sections_at(summary: &Summary, told: &[usize]) -> Vec<Section> {
    let sections = [
        verdicts(summary, told),
        capacity(summary),
        connections(summary),
    ];
    let answered = |section: &Section| !section.tables.is_empty();
    let sections = sections.into_iter().filter(answered);
    sections.chain(claims(summary)).collect()
}

fn verdicts(summary: &Summary, told: &[usize]) -> Section {
    let baseline = &summary.contenders[summary.baseline].name;
    let asked = summary.loads.iter().filter(|load| !load.is_probe());
    let rest = if told.len() < asked.count() {
        " The verdicts of the other loads stand in summary.csv."
    } else {
        ""
    };
    let tables = told.iter().filter_map(|&load| verdicts_at(summary, load));
    let others = (0..summary.contenders.len()).filter(|&c| c != summary.baseline);
    let compared = others
        .filter(|&c| !summary.is_twin(c) && summary.contenders[c].unsupported.is_none())
        .count();
    let blocks = summary.blocks;
    let detects = match detects(blocks, compared) {
        Some(share) => format!(
            "{} find differences of about {}",
            counted(blocks, "block"),
            percent(share)
        ),
        None => format!(
            "{} cannot decide {} at once, however clear: {} are the fewest",
            counted(blocks, "block"),
            counted(compared, "comparison"),
            fewest_blocks(compared, summary.twin().is_some())
        ),
    };
    Section {
        id: "verdicts",
        short: "Verdicts",
        question: format!("What may be said against {baseline}?"),
        read: format!(
            "Ratio to {baseline} with its 95 % interval (Hodges-Lehmann, exact Mann-Whitney), and a word. Faster, slower, cheaper, \
             dearer: the interval lies beyond 5 %, and the exact test finds a difference also after Holm's correction for all \
             models of the column. Equivalent: the interval lies within 5 %. Control: {baseline} compared with itself; \
             where that interval leaves 1, nothing else in the column gets a verdict. {detects}.{rest}"
        ),
        tables: tables.collect(),
    }
}

fn verdicts_at(summary: &Summary, load: usize) -> Option<Table> {
    let has = |metric: &Metric| {
        (0..summary.contenders.len()).any(|c| summary.cell(c, load).compared.contains_key(metric))
    };
    let metrics: Vec<Metric> = Metric::judged().filter(has).collect();
    let caption = format!("Verdicts at {}", at(summary, load));
    let mut table = Table::new(caption, &["model"]);
    let headings = metrics.iter().map(|metric| metric.heading().to_owned());
    table
        .columns
        .extend(headings.chain(["why no clear word".to_owned()]));
    table.ends_in_words = true;
    for (contender, who) in summary.contenders.iter().enumerate() {
        let compared = &summary.cell(contender, load).compared;
        if compared.is_empty() {
            continue;
        }
        let mut row = vec![who.name.clone()];
        row.extend(metrics.iter().map(|metric| match compared.get(metric) {
            Some(found) => format!(
                "{} {}",
                ratio_in_words(found.ratio.estimate, found.ratio.interval),
                found.verdict.word(*metric)
            ),
            None => "–".to_owned(),
        }));
        row.push(reasons(
            &compared
                .iter()
                .filter_map(|(metric, found)| Some((metric.heading(), found.verdict.because()?)))
                .collect::<Vec<_>>(),
        ));
        table.rows.push(row);
    }
    (!metrics.is_empty() && !table.rows.is_empty()).then_some(table)
}

/// Each reason once, after the figures that it concerns where there are others.
fn reasons(of: &[(&str, String)]) -> String {
    let mut said: Vec<(&String, Vec<&str>)> = Vec::new();
    for (heading, reason) in of {
        match said.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, headings)) => headings.push(heading),
            None => said.push((reason, vec![heading])),
        }
    }
    if let [(reason, _)] = said[..] {
        return reason.clone();
    }
    let one =
        |(reason, headings): (&String, Vec<&str>)| format!("{}: {reason}", headings.join(", "));
    said.into_iter().map(one).collect::<Vec<_>>().join(". ")
}

fn capacity(summary: &Summary) -> Section {
    let tables = (0..summary.loads.len()).filter_map(|load| capacity_at(summary, load));
    Section {
        id: "capacity",
        short: "Capacity",
        question: "How many requests a second does each bear within the objective?".to_owned(),
        read: "Median of the highest rates that held [95 % interval of the median, which needs 6 trials]. A search that came to no \
               end, since even the highest rate held, counts with that rate: at least so much."
            .to_owned(),
        tables: tables.collect(),
    }
}

fn capacity_at(summary: &Summary, load: usize) -> Option<Table> {
    let columns = ["model", "requests/s", "trials", "at least so much in"];
    let mut table = Table::new(format!("Capacity at {}", at(summary, load)), &columns);
    let write = |rate: f64| Metric::Capacity.unit().write(rate);
    for (contender, who) in summary.contenders.iter().enumerate() {
        let cell = summary.cell(contender, load);
        let Some(found) = cell.estimates.get(&Metric::Capacity) else {
            continue;
        };
        let median = match found.interval {
            Some((low, high)) => {
                format!("{} [{}, {}]", write(found.median), write(low), write(high))
            }
            None => write(found.median),
        };
        let counts = [found.values.len(), cell.above].map(|count| count.to_string());
        table.rows.push(
            [who.name.clone(), median]
                .into_iter()
                .chain(counts)
                .collect(),
        );
    }
    (!table.rows.is_empty()).then_some(table)
}

const KINDS: [Metric; 5] = [
    Metric::Memory,
    Metric::PageTables,
    Metric::KernelStacks,
    Metric::SocketMemory,
    Metric::WholeMemory,
];

fn connections(summary: &Summary) -> Section {
    let mut table = Table::new("KiB a connection [95 % interval]", &["model"]);
    table
        .columns
        .extend(KINDS.map(|kind| kind.heading().to_owned()));
    for (contender, who) in summary.contenders.iter().enumerate() {
        let slopes = KINDS.map(|kind| summary.per_connection(contender, kind));
        if slopes.iter().all(Option::is_none) {
            continue;
        }
        let write = |kib: f64| format!("{kib:.2}");
        let cells = slopes.map(|slope| match slope {
            None => "–".to_owned(),
            Some(slope) => match slope.interval {
                None => write(slope.estimate),
                Some((low, high)) => format!(
                    "{} [{}, {}]",
                    write(slope.estimate),
                    write(low),
                    write(high)
                ),
            },
        });
        table
            .rows
            .push([who.name.clone()].into_iter().chain(cells).collect());
    }
    let some = !table.rows.is_empty();
    Section {
        id: "connection",
        short: "A connection",
        question: "What does a connection hold, and how sure is that?".to_owned(),
        read: "The slope of memory over the number of connections, through all trials (Theil-Sen), where no client was left \
               out. Memory: all processes (PSS). Socket memory: TCP's buffers at both ends, coarse. All memory: the \
               program's, page tables and kernel stacks."
            .to_owned(),
        tables: some.then_some(table).into_iter().collect(),
    }
}

fn claims(summary: &Summary) -> Option<Section> {
    let mut checked = check(summary);
    let said = checked.len();
    let rest = match Room::of(summary) {
        Room::Plenty => String::new(),
        Room::Little => {
            let count = |word: &str| {
                checked
                    .iter()
                    .filter(|one| one.held.words() == word)
                    .count()
            };
            let (holds, unknown) = (count(HOLDS), count(UNKNOWN));
            checked.retain(|one| ![HOLDS, UNKNOWN].contains(&one.held.words()));
            let others = if checked.is_empty() {
                "there are no others"
            } else {
                "here are the others"
            };
            format!(
                " Of {said} claims {holds} hold and {unknown} were not measured: those stand on the pages of their models; {others}."
            )
        }
    };
    let mut table = Table::new("Claims", &["model", "says", "scenario", "here", "figures"]);
    table.ends_in_words = true;
    let row = |Checked {
                   contender,
                   says,
                   scenario,
                   held,
               }: Checked| {
        let (word, found) = (held.words().to_owned(), held.found().to_owned());
        vec![contender, says.to_owned(), scenario.to_owned(), word, found]
    };
    table.rows.extend(checked.into_iter().map(row));
    let tables = Some(table).filter(|table| !table.rows.is_empty());
    (said > 0).then(|| Section {
        id: "claims",
        short: "Claims",
        question: "Is it true what the models say about themselves?".to_owned(),
        read: format!(
            "Each sentence stands in the model's README. It holds, or does not, where the whole 95 % interval of what was measured \
             is on one side of its bound.{rest}"
        ),
        tables: tables.into_iter().collect(),
    })
}
