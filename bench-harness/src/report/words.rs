//! Sentences and tables that the page and the Markdown file have in common.

use super::shown::absent;
use super::table::Table;
use crate::analysis::{Metric, Summary};
use crate::environment::Environment;
use crate::number::{counted, grouped, kibibytes, significant, times};
use crate::plan::Load;
use crate::store::Run;
use crate::warning::Warning;

/// What was done, in a few sentences.
pub fn what_was_done(run: &Run, summary: &Summary) -> String {
    let connections: Vec<_> = summary
        .loads
        .iter()
        .map(|load| grouped(load.connections as u64))
        .collect();
    let payload = summary.loads.first().map_or(0, |load| load.payload);
    format!(
        "{} under {} ({} busy connections, messages of {payload} bytes, every echo verified), each measured {} for {} s in \
         random order: {} of {} trials finished. Every trial had a fresh server process and a fresh generator process; {}.",
        counted(summary.contenders.len(), "model"),
        counted(summary.loads.len(), "load"),
        connections.join(", "),
        times(summary.blocks),
        significant(run.plan.timing.duration_s),
        summary.finished,
        summary.planned,
        run.environment.pinning.sentence(),
    )
}

/// Who answered the most requests under the highest load that all were measured under, and what the baseline did there.
pub fn what_was_found(summary: &Summary) -> String {
    let load = summary.common_load();
    let rate = |contender: usize| summary.median(contender, load, Metric::Throughput);
    let who = |contender: usize| {
        let rate = rate(contender).map_or("nothing".to_owned(), |rate| {
            Metric::Throughput.unit().write(rate)
        });
        format!("{} ({rate} a second)", summary.contenders[contender].name)
    };
    let leaders = summary.leaders(load);
    let at = summary.loads[load].label();
    let names = leaders
        .iter()
        .map(|&leader| who(leader))
        .collect::<Vec<_>>()
        .join(", ");
    let first = match leaders.len() {
        0 => {
            return "Nothing could be measured; the reasons stand in the table of everything."
                .to_owned();
        }
        1 => format!("At {at} the most requests were answered by {names}."),
        _ => {
            format!("At {at} these answered the most requests, and are not clearly apart: {names}.")
        }
    };
    let baseline = format!("{first} The baseline is {}.", who(summary.baseline));
    if summary.disturbed() * 4 > summary.finished {
        return format!(
            "Other programs disturbed much of this run: its figures say little, measure again. {baseline}"
        );
    }
    baseline
}

/// What the whole report cannot say.
pub const WHAT_IT_CANNOT_SAY: &str = "All clients are always busy, on the loopback interface of one machine, and wait for each reply \
    before they ask again. How the models do with idle or slow clients, at a given rate of requests, or over a network is not in this run.";

/// A warning, with the number of trials that it concerns.
pub fn warning((warning, count, of): &(Warning, usize, usize)) -> String {
    match count {
        0 => capitalised(&warning.to_string()),
        count => format!("In {count} of {of} trials (the worst of them): {warning}"),
    }
}

/// Names and values of what explains a result.
pub fn machine(run: &Run) -> Vec<(&'static str, String)> {
    let Environment {
        cpu,
        cpus,
        kernel,
        governor,
        memory_kib,
        descriptors,
        ..
    } = &run.environment;
    let environment = &run.environment;
    let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let host = if environment.virtual_machine {
        ", virtual machine"
    } else {
        ""
    };
    vec![
        ("Command", command(environment)),
        (
            "Begun",
            environment
                .started
                .strftime("%Y-%m-%d %H:%M:%S UTC")
                .to_string(),
        ),
        ("Processor", format!("{cpu}, {cpus} CPUs in use{host}")),
        ("Kernel", kernel.clone()),
        ("Memory", kibibytes(*memory_kib as f64)),
        ("Governor", known(governor.clone())),
        ("Pinning", environment.pinning.sentence()),
        ("Descriptors", grouped(*descriptors)),
        ("Accept queue", known(environment.somaxconn.map(grouped))),
        ("Client ports", known(environment.ports.clone())),
        ("Mitigations", environment.mitigations.join("; ")),
        (
            "EchoLab",
            format!(
                "{}, commit {}",
                environment.version,
                known(environment.commit.clone())
            ),
        ),
        ("Seed", run.plan.seed.to_string()),
        ("Raw data", format!("trials.jsonl, SHA-256 {}", run.digest)),
    ]
}

/// The command as one would type it, without the way to the program.
fn command(environment: &Environment) -> String {
    let options = environment.command.get(1..).unwrap_or_default();
    ["echolab"]
        .into_iter()
        .chain(options.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Everything that was measured under one load.
pub fn everything(summary: &Summary, load: usize) -> Table {
    let mut table = Table::new(
        format!("Medians at {}", at(summary, load)),
        &["model", "trials"],
    );
    table
        .columns
        .extend(Metric::ALL.map(|metric| metric.heading().to_owned()));
    table.columns.push("remarks".to_owned());
    table.ends_in_words = true;
    for (contender, who) in summary.contenders.iter().enumerate() {
        let trials = summary.cell(contender, load).trials;
        let mut row = vec![who.name.clone(), trials.to_string()];
        row.extend(
            Metric::ALL.map(|metric| match summary.median(contender, load, metric) {
                Some(median) => metric.unit().write(median),
                None => "–".to_owned(),
            }),
        );
        row.push(remarks(summary, contender, load));
        table.rows.push(row);
    }
    table
}

/// The load, with its scenario where there are several.
pub fn at(summary: &Summary, load: usize) -> String {
    let Load { scenario, .. } = &summary.loads[load];
    match summary.scenarios().len() {
        1 => summary.loads[load].label(),
        _ => format!("{} ({scenario})", summary.loads[load].label()),
    }
}

/// What must be known about a cell beside its figures.
fn remarks(summary: &Summary, contender: usize, load: usize) -> String {
    let cell = summary.cell(contender, load);
    let who = &summary.contenders[contender];
    let connections = summary.loads[load].connections;
    let mut remarks = Vec::new();
    if let Some(reason) = &who.unsupported {
        remarks.push(format!("cannot run here: {reason}"));
    } else if let Some(reason) = &cell.cannot {
        remarks.push(reason.clone());
    } else if cell.failed > 0 {
        remarks.push(format!(
            "{} failed: {}",
            cell.failed,
            cell.reasons.join("; ")
        ));
    } else if cell.trials == 0 {
        remarks.push(absent(summary, contender, load).to_owned());
    }
    if let Some(capacity) = who.capacity.filter(|capacity| *capacity < connections) {
        remarks.push(format!(
            "declares to serve {} at once",
            grouped(capacity as u64)
        ));
    }
    if cell.disturbed > 0 {
        remarks.push(format!("{} disturbed", cell.disturbed));
    }
    if cell.limited > 0 {
        remarks.push(format!("{} limited by the generator", cell.limited));
    }
    remarks.join("; ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
