//! The machine and the command of a run, as names and values.

use std::borrow::Cow;

use record::cpu_time::{CpuQuota, MachineTime};
use record::environment::Environment;
use record::foreign;
use record::number::{grouped, kibibytes, percent, significant};
use record::prices::Prices;
use record::store::Run;

use crate::prices;

/// Names and values of all that explains the result of a run.
pub fn machine(run: &Run) -> Vec<(&'static str, String)> {
    let environment = &run.environment;
    let mut lines = of_environment(environment);
    lines.push(("Seed", run.plan.seed.to_string()));
    lines.push(("Raw data", format!("trials.jsonl, SHA-256 {}", run.digest)));
    lines.extend(newer_lines(environment));
    lines.extend(environment.prices.iter().map(price_line));
    lines
}

/// Names and values of the machine, the program and the command.
pub fn of_environment(environment: &Environment) -> Vec<(&'static str, String)> {
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
    ]
}

/// What older versions did not record. A run of theirs has no line for it.
fn newer_lines(environment: &Environment) -> impl Iterator<Item = (&'static str, String)> {
    let quota = environment.cpu_quota.map(|quota| match quota {
        CpuQuota::Unlimited => "none".to_owned(),
        CpuQuota::Cpus(cpus) => format!("{} CPUs", significant(cpus)),
    });
    let stolen = environment.cpu_time.and_then(MachineTime::stolen_share);
    let congestion = environment.settings.get("net/ipv4/tcp_congestion_control");
    let lines = [
        ("CPU quota", quota),
        ("Steal during the run", stolen.map(percent)),
        ("Congestion control", congestion.cloned()),
    ];
    let known = |(name, value): (_, Option<String>)| value.map(|value| (name, value));
    lines.into_iter().filter_map(known)
}

/// The prices that explain differences in CPU time.
fn price_line(prices: &Prices) -> (&'static str, String) {
    let lines = prices::lines(prices).into_iter();
    let lines: Vec<String> = lines
        .map(|(name, words)| format!("{name} {words}").trim_start().to_owned())
        .collect();
    ("Prices", lines.join("; "))
}

fn processor(environment: &Environment) -> String {
    let Environment { cpu, cpus, .. } = environment;
    let host = if environment.virtual_machine {
        ", virtual machine"
    } else {
        ""
    };
    format!("{cpu}, {cpus} CPUs in use{host}{}", taken(environment))
}

/// The CPU time that the run could not have, as the end of a list; empty if it could have all.
pub fn taken(environment: &Environment) -> String {
    let quota = environment.limiting_quota();
    let quota = quota.map(|cpus| format!(", quota of {} CPUs", significant(cpus)));
    let steal = environment.visible_steal();
    let steal = steal.map(|share| format!(", {} of CPU time stolen", percent(share)));
    [quota, steal].into_iter().flatten().collect()
}

/// The command as a user types it in a shell, without the path of the program.
pub fn command(environment: &Environment) -> String {
    let options = environment.command.iter().skip(1);
    let words = options.map(|option| foreign::word(option));
    [Cow::Borrowed("echolab")]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_quoted_for_a_shell() {
        let environment = Environment {
            command: ["/bin/echolab", "plan", "--slo", "p99<5ms"]
                .map(str::to_owned)
                .to_vec(),
            ..Environment::default()
        };
        assert_eq!(command(&environment), "echolab plan --slo 'p99<5ms'");
    }

    #[test]
    fn a_quota_and_steal_are_named_where_they_matter() {
        let mut environment = Environment {
            cpu: "A processor".to_owned(),
            cpus: 2,
            ..Environment::default()
        };
        assert_eq!(processor(&environment), "A processor, 2 CPUs in use");
        assert_eq!(newer_lines(&environment).count(), 0);
        environment.cpu_quota = Some(CpuQuota::Unlimited);
        let time = |stolen, all| MachineTime { stolen, all };
        environment.cpu_time = Some(time(1, 10_000));
        assert_eq!(processor(&environment), "A processor, 2 CPUs in use");
        environment.cpu_quota = Some(CpuQuota::Cpus(1.5));
        environment.cpu_time = Some(time(200, 10_000));
        let congestion = "net/ipv4/tcp_congestion_control".to_owned();
        environment.settings.insert(congestion, "cubic".to_owned());
        assert_eq!(
            processor(&environment),
            "A processor, 2 CPUs in use, quota of 1.5 CPUs, 2 % of CPU time stolen"
        );
        let lines: Vec<_> = newer_lines(&environment).collect();
        let expected = [
            ("CPU quota", "1.5 CPUs"),
            ("Steal during the run", "2 %"),
            ("Congestion control", "cubic"),
        ];
        assert_eq!(
            lines,
            expected.map(|(name, value)| (name, value.to_owned()))
        );
    }
}
