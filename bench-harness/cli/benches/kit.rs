//! Measures what the kit costs: `epoll-level` against a bare loop with the same system calls.
//!
//! The same bare client drives both. `cargo bench --bench kit [-- --rounds N]`. The aim is a throughput of at least
//! 0.97 of the bare loop with `echo`, and 0.93 with `framed`.

mod bare;
mod side_by_side;

use std::env;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Duration;

use side_by_side::{ECHOLAB, Measured, Server, become_pinned, compare, own, pinned};

const CONNECTIONS: usize = 100;
const WARMUP: Duration = Duration::from_millis(200);
const WINDOW: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pinned", cpu, program, ..] => return become_pinned(cpu, program, &arguments[3..]),
        ["bare-server"] => bare::serve().expect("a bare server serves until it is killed"),
        ["bare-client", address] => client(address),
        _ => compare_all(),
    }
    ExitCode::SUCCESS
}

fn compare_all() {
    let bare = || measure(&own(&["bare-server"]));
    for protocol in ["echo", "framed"] {
        let ours = || {
            let mut server = Command::new(ECHOLAB);
            server.args(["serve", "epoll-level", "--protocol", protocol]);
            measure(&server)
        };
        let name = format!("echolab serve epoll-level --protocol {protocol}");
        compare((&name, &ours), ("a bare epoll loop", &bare));
    }
}

/// Measures a server with the bare client: its throughput, and the *server's* CPU time per request.
fn measure(server: &Command) -> Measured {
    let server = Server::start(server);
    let client = pinned(1, &own(&["bare-client", &server.address.to_string()])).output();
    let output = String::from_utf8(client.expect("it starts").stdout).expect("numbers are UTF-8");
    let rate: f64 = output.trim().parse().expect("the client prints its rate");
    let requests = rate * (WARMUP + WINDOW).as_secs_f64();
    Measured {
        rate,
        cpu_us: cpu_s(&server) * 1e6 / requests,
    }
}

/// CPU seconds of the server until now, from schedstat, because that counts nanoseconds where `stat` counts ticks.
fn cpu_s(server: &Server) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/schedstat", server.child.id()));
    let text = text.expect("the server runs");
    let ns: f64 = text
        .split(' ')
        .next()
        .and_then(|ns| ns.parse().ok())
        .expect("a number");
    ns / 1e9
}

/// Runs as the client. Its 64 bytes are also one frame without work, so that it suits `echo` and `framed` servers.
fn client(address: &str) {
    let address = address.parse().expect("an address");
    let (rate, _) = bare::ask(address, CONNECTIONS, WARMUP, WINDOW).expect("the server answers");
    println!("{rate}");
}
