//! Sentences and tables that the page and the Markdown file have in common.

use super::figure::absent;
use super::table::Table;
use crate::analysis::{Metric, Summary};
use crate::environment::Environment;
use crate::number::{grouped, kibibytes, significant};
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
        "{} models under {} loads ({} busy connections, messages of {payload} bytes, every echo verified), each measured {} \
         times for {} s in random order: {} of {} trials finished. Every trial had a fresh server process and a fresh \
         generator process; {}.",
        summary.contenders.len(),
        summary.loads.len(),
        connections.join(", "),
        summary.blocks,
        significant(run.plan.timing.duration_s),
        summary.finished,
        summary.planned,
        run.environment.pinning.sentence(),
    )
}

/// What the best and the baseline did under the highest load that all were measured under.
pub fn what_was_found(summary: &Summary) -> String {
    let load = summary.common_load();
    let rate = |contender: usize| summary.median(contender, load, Metric::Throughput);
    let measured = (0..summary.contenders.len()).filter_map(|c| Some((c, rate(c)?)));
    let Some((best, most)) = measured.max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return "Nothing could be measured; the reasons stand in the table of everything."
            .to_owned();
    };
    let who = |contender: usize| &summary.contenders[contender].name;
    let unit = Metric::Throughput.unit();
    let first = format!(
        "At {} the highest median throughput was {} requests a second ({})",
        summary.loads[load].label(),
        unit.write(most),
        who(best)
    );
    let Some(base) = rate(summary.baseline).filter(|_| best != summary.baseline) else {
        return format!("{first}. Others may be equally fast: see the intervals.");
    };
    let sure = summary
        .cell(best, load)
        .ratios
        .get(&Metric::Throughput)
        .and_then(|ratio| ratio.interval);
    let interval = sure.map_or(String::new(), |(low, high)| {
        format!(", 95 % interval {low:.2} to {high:.2}")
    });
    format!(
        "{first}; {} had {} ({:.2} times{interval}). Others may be as fast as the first: see the intervals.",
        who(summary.baseline),
        unit.write(base),
        most / base
    )
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
        ("Command", environment.command.join(" ")),
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

/// Everything that was measured under one load.
pub fn everything(summary: &Summary, load: usize) -> Table {
    let mut table = Table::new(
        format!("Medians at {}", summary.loads[load].label()),
        &["model", "trials"],
    );
    table
        .columns
        .extend(Metric::ALL.map(|metric| metric.heading().to_owned()));
    table.columns.push("remarks".to_owned());
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

/// What must be known about a cell beside its figures.
fn remarks(summary: &Summary, contender: usize, load: usize) -> String {
    let cell = summary.cell(contender, load);
    let who = &summary.contenders[contender];
    let connections = summary.loads[load].connections;
    let mut remarks = Vec::new();
    if let Some(reason) = &who.unsupported {
        remarks.push(format!("cannot run here: {reason}"));
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
    remarks.join("; ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
