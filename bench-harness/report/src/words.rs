//! Sentences and tables that the page and the Markdown file have in common.

use analysis::{Metric, Summary, Warning};
use record::environment::Environment;
use record::number::{counted, grouped, kibibytes, significant, times};
use record::plan::{Load, Scenario, names};
use record::store::Run;

use super::shown::{absent, choices};
use super::table::Table;

/// What was done, in a few sentences.
pub fn what_was_done(run: &Run, summary: &Summary) -> String {
    let asked = |load: &&Load| !load.is_probe();
    let loads: Vec<&Load> = summary.loads.iter().filter(asked).collect();
    let scenarios = summary.scenarios();
    let kinds = if scenarios.len() > 1 {
        format!("in the scenarios {}", scenarios.join(", "))
    } else {
        let connections = loads.iter().map(|load| grouped(load.connections as u64));
        format!("{} connections", connections.collect::<Vec<_>>().join(", "))
    };
    let models = (0..summary.contenders.len()).filter(|&c| !summary.is_twin(c));
    let again = match summary.control() {
        Some((first, _)) if first == summary.baseline => {
            " and the baseline a second time".to_owned()
        }
        Some((first, _)) => format!(" and {} a second time", summary.contenders[first].name),
        None => String::new(),
    };
    let payload = loads.first().map_or(0, |load| load.payload);
    format!(
        "{}{again} under {} ({kinds}; messages of {payload} bytes, every echo verified), each measured {} for {} s in random \
         order: {} of {} trials finished. Every trial had a fresh server process and a fresh generator process; {}.",
        counted(models.count(), "model"),
        counted(loads.len(), "load"),
        times(summary.blocks),
        significant(run.plan.timing.duration_s),
        summary.finished,
        summary.planned,
        run.environment.pinning.sentence(),
    )
}

/// What the run shows, in two or three sentences: which models to take for few busy clients and for many silent ones.
pub fn what_was_found(summary: &Summary) -> String {
    let mut said: Vec<String> = telling(summary)
        .into_iter()
        .map(|load| advice(summary, load))
        .collect();
    if said.is_empty() {
        return "Nothing could be measured; the reasons stand in the table of everything."
            .to_owned();
    }
    if summary.disturbed() * 4 > summary.finished {
        said.insert(
            0,
            "Other programs disturbed much of this run: its figures say little, measure again."
                .to_owned(),
        );
    }
    said.join(" ")
}

/// The loads that the first sentences are about: about eight busy clients, and about a thousand that are mostly silent, or without
/// those the highest load that all were measured under.
pub fn telling(summary: &Summary) -> Vec<usize> {
    let measured = |&load: &usize| {
        let mut models = 0..summary.contenders.len();
        models.any(|c| summary.cell(c, load).trials > 0)
    };
    let off = |value: usize, wanted: f64| (value.max(1) as f64 / wanted).ln().abs();
    let nearest = |loads: &mut dyn Iterator<Item = usize>, of: fn(&Load) -> usize, wanted: f64| {
        let distance = |load: &usize| off(of(&summary.loads[*load]), wanted);
        loads.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    };
    let all = || {
        (0..summary.loads.len())
            .filter(measured)
            .filter(|&load| !summary.loads[load].is_probe())
    };
    let scenario = |load: usize| summary.loads[load].scenario.as_str();
    let mostly_silent = |load: &usize| {
        let load = &summary.loads[*load];
        load.active * 4 <= load.connections
    };
    let many = nearest(
        &mut all().filter(mostly_silent),
        |of| of.connections,
        1000.0,
    );
    // The scenario of the silent ones may begin with hardly any.
    let asked = [summary.main_scenario(), many.map(scenario)];
    let mostly_busy = |load: &usize| {
        let of = &summary.loads[*load];
        asked.contains(&Some(scenario(*load))) && of.active * 4 > of.connections * 3
    };
    let few = nearest(&mut all().filter(mostly_busy), |of| of.active, 8.0);
    let many = many.or_else(|| few.map(|_| summary.common_load()));
    let mut loads: Vec<usize> = few.into_iter().chain(many).collect();
    loads.dedup();
    loads
}

/// Which models to take for a load, by how much the others are behind, and how sure that is.
fn advice(summary: &Summary, load: usize) -> String {
    let choice = summary.choice(load);
    let at = situation(summary, load);
    if choice.good.is_empty() {
        return format!("With {at} nobody served all clients.");
    }
    let take = choices::names(summary, &choice.good, 4);
    let behind = choices::behind(summary, &choice);
    let sure = choices::sure(summary, &choice);
    format!("With {at}, take {take} ({behind}; {sure}).")
}

/// What the steps of a scenario count, where there is one of it.
fn of_one(axis: &str) -> String {
    let one = axis.replacen("connections", "connection", 1);
    one.replacen("clients that come and go", "client that comes and goes", 1)
}

/// A load in the words of its scenario: `1,000 idle connections beside 8 busy ones`.
pub fn situation(summary: &Summary, load: usize) -> String {
    let of = &summary.loads[load];
    let described = summary.described.iter().find(|one| one.name == of.scenario);
    let whole = of.step.fract() == 0.0;
    match described {
        Some(scenario) if whole && of.rate.is_none() && of.objective.is_none() => {
            let axis = if of.step as u64 == 1 {
                of_one(&scenario.axis)
            } else {
                scenario.axis.clone()
            };
            let same =
                |other: &&Scenario| other.axis == scenario.axis && other.name != names::PROBE;
            let several = summary.described.iter().filter(same).count() > 1;
            let name = if several {
                format!(" ({})", scenario.name)
            } else {
                String::new()
            };
            format!("{} {axis}{name}", grouped(of.step as u64))
        }
        _ => at(summary, load),
    }
}

/// What the whole report cannot say: loads that were not part of it.
pub fn what_it_cannot_say(summary: &Summary) -> String {
    let none = |of: &dyn Fn(&Load) -> bool| !summary.loads.iter().any(of);
    let missing = [
        (
            none(&|load| load.active < load.connections),
            "idle or slow clients",
        ),
        (
            none(&|load| load.rate.is_some()),
            "a given rate of requests: all clients wait for each reply before they ask again",
        ),
        (
            none(&|load| load.objective.is_some()),
            "the highest rate within an objective",
        ),
    ];
    let missing = missing.iter().filter(|(missing, _)| *missing);
    let words: Vec<&str> = missing
        .map(|(_, what)| *what)
        .chain(["a network: all was measured on the loopback interface of one machine"])
        .collect();
    format!("How the models do with {}.", words.join("; with "))
}

/// A warning, with the number of trials that it concerns.
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::Run(warning) => capitalised(&warning.to_string()),
        Warning::Trials {
            worst,
            count,
            trials,
        } => format!("In {count} of {trials} trials (the worst of them): {worst}"),
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
pub fn remarks(summary: &Summary, contender: usize, load: usize) -> String {
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
    if who.datagrams {
        remarks.push("serves datagrams, which promise less than a stream".to_owned());
    }
    if who.reference_line {
        remarks.push(
            "a reference line, no model: what the kernel spends on it is in no figure of its own"
                .to_owned(),
        );
    }
    if cell.disturbed > 0 {
        remarks.push(format!("{} disturbed", cell.disturbed));
    }
    if cell.set_aside > 0 {
        remarks.push(format!("{} disturbed and set aside", cell.set_aside));
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
