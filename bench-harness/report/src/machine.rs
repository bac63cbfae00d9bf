//! The machine and the command of a run, as names and values.

use record::environment::Environment;
use record::number::{grouped, kibibytes};
use record::store::Run;

/// Names and values of all that explains a result.
pub fn machine(run: &Run) -> Vec<(&'static str, String)> {
    let environment = &run.environment;
    let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let started = environment.started.strftime("%Y-%m-%d %H:%M:%S UTC");
    let commit = known(environment.commit.clone());
    vec![
        ("Command", command(environment)),
        ("Started", started.to_string()),
        ("Processor", processor(environment)),
        ("Kernel", environment.kernel.clone()),
        ("Memory", kibibytes(environment.memory_kib as f64)),
        ("Governor", known(environment.governor.clone())),
        ("Pinning", environment.pinning.sentence()),
        ("File descriptors", grouped(environment.descriptors)),
        (
            "Accept queue (somaxconn)",
            known(environment.somaxconn.map(grouped)),
        ),
        ("Ephemeral ports", known(environment.ports.clone())),
        ("Mitigations", environment.mitigations.join("; ")),
        (
            "EchoLab",
            format!("{}, commit {commit}", environment.version),
        ),
        ("Seed", run.plan.seed.to_string()),
        ("Raw data", format!("trials.jsonl, SHA-256 {}", run.digest)),
    ]
}

fn processor(environment: &Environment) -> String {
    let Environment { cpu, cpus, .. } = environment;
    let host = if environment.virtual_machine {
        ", virtual machine"
    } else {
        ""
    };
    format!("{cpu}, {cpus} CPUs in use{host}")
}

/// The command as a user types it, without the path of the program.
fn command(environment: &Environment) -> String {
    let options = environment.command.iter().skip(1).map(String::as_str);
    ["echolab"]
        .into_iter()
        .chain(options)
        .collect::<Vec<_>>()
        .join(" ")
}
