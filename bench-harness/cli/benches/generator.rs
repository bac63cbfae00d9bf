//! Measures what the generator costs: `echolab load` against a bare client that measures nothing.
//!
//! Both have the same bare server. `cargo bench --bench generator [-- --rounds N]`. The aim is a ratio of at most 1.03,
//! without a starved connection. Measured: 5.6 us of CPU per request at 100 connections, where the bare client needs
//! 5.4; 5.8 us at 1,000, where it needs 5.7.

mod bare;
mod side_by_side;

use std::env;
use std::process::{Command, ExitCode};
use std::time::Duration;

use side_by_side::{ECHOLAB, Measured, Server, become_pinned, compare, own, pinned};

const CONNECTIONS: [usize; 2] = [100, 1000];
const WARMUP: Duration = Duration::from_millis(200);
const WINDOW: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pinned", cpu, program, ..] => return become_pinned(cpu, program, &arguments[3..]),
        ["bare-server"] => bare::serve().expect("a bare server serves until it is killed"),
        ["bare-client", address, connections] => client(address, connections),
        _ => CONNECTIONS.into_iter().for_each(|connections| {
            compare(
                (
                    &format!("echolab load, {connections} connections, 64 bytes, verified"),
                    &|| ours(connections),
                ),
                ("a bare epoll client that compares replies", &|| {
                    theirs(connections)
                }),
            );
        }),
    }
    ExitCode::SUCCESS
}

fn ours(connections: usize) -> Measured {
    let mut load = Command::new(ECHOLAB);
    load.args([
        "load",
        "--json",
        "--allow-invalid",
        "--payload",
        "64",
        "--connections",
        &connections.to_string(),
    ]);
    load.args(["--warmup", &format!("{}ms", WARMUP.as_millis())]);
    load.args(["--duration", &format!("{}ms", WINDOW.as_millis())]);
    let json = under_load(|address| {
        load.arg(address);
        pinned(1, &load)
    });
    let outcome: loadgen::Outcome = serde_json::from_str(&json).expect("its own document");
    assert_eq!(
        outcome.verification.verified, outcome.requests,
        "every reply is compared"
    );
    assert_eq!(
        outcome.connections.never_served, 0,
        "no connection is starved"
    );
    let cpu_us = outcome
        .cpu_per_request_us()
        .expect("requests were answered");
    Measured {
        rate: outcome.rate,
        cpu_us,
    }
}

fn theirs(connections: usize) -> Measured {
    let role = |address: &str| own(&["bare-client", address, &connections.to_string()]);
    let text = under_load(|address| pinned(1, &role(address)));
    let (rate, cpu_us) = text.trim().split_once(' ').expect("two numbers");
    Measured {
        rate: rate.parse().expect("a rate"),
        cpu_us: cpu_us.parse().expect("a cost"),
    }
}

/// Runs a client against a fresh bare server, and gives the output of the client.
fn under_load(client: impl FnOnce(&str) -> Command) -> String {
    let server = Server::start(&own(&["bare-server"]));
    let output = client(&server.address.to_string())
        .output()
        .expect("it starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("numbers are UTF-8")
}

/// Runs as the bare client.
fn client(address: &str, connections: &str) {
    let address = address.parse().expect("an address");
    let connections = connections.parse().expect("a number");
    let (rate, us) = bare::ask(address, connections, WARMUP, WINDOW).expect("the server answers");
    println!("{rate} {us}");
}
