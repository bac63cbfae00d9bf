//! What was measured, and where, in one line.

use analysis::Summary;
use record::environment::Environment;
use record::number::{counted, waiting};
use record::store::Run;

use crate::machine::taken;

/// Designs, message, CPUs, machine, kernel, date and duration.
pub fn machine(run: &Run, summary: &Summary) -> String {
    let environment = &run.environment;
    let mut loads = summary.measured_loads();
    let request = loads.next().map(|load| summary.loads[load].request());
    let message = request.map(|request| format!(", {request} over loopback"));
    let designs = counted(summary.models().count(), "design") + &message.unwrap_or_default();
    let host = if environment.virtual_machine {
        " (virtual machine)"
    } else {
        ""
    };
    let parts = [
        designs,
        environment.pinning.sentence(),
        format!(
            "{}{host}{}, {}",
            environment.cpu,
            taken(environment),
            environment.kernel
        ),
        when(environment),
    ];
    parts.join(" · ")
}

/// The date and the duration.
fn when(environment: &Environment) -> String {
    let started = environment.started;
    let date = started.strftime("%-d %B %Y").to_string();
    let took = environment.completed.and_then(|end| {
        let seconds = end.as_second() - started.as_second();
        u64::try_from(seconds).ok()
    });
    let took = took.map(|seconds| waiting(std::time::Duration::from_secs(seconds)));
    took.map_or_else(|| date.clone(), |took| format!("{date}, in {took}"))
}
