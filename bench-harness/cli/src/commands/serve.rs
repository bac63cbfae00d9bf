//! `echolab serve`: one server in this process, until a signal stops it.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use contract::server::Line;
use echo_protocol::{Limits, Protocol};
use echo_server::{Listen, Report, ServeOptions, Transport, find, serve};
use serde_json::json;

/// Serves echoes with one of the models until SIGTERM or Ctrl-C.
///
/// The first line on stdout is `ready ADDRESS`, as soon as clients can connect. A signal ends the accepting; open
/// conversations may go on for the grace period; a second signal ends them. The last line is `stats` and a JSON document.
/// There is no authentication: whoever reaches the address is served.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab serve epoll-level --listen 127.0.0.1:7007     then, elsewhere: nc 127.0.0.1 7007
  echolab serve iterative --listen unix:/tmp/echo.sock
  echolab serve udp-iterative --listen udp:127.0.0.1:7007
  echolab serve thread-pool --workers 8 --protocol framed --json")]
pub struct ServeArgs {
    /// A name from `echolab list`
    model: String,
    /// Where to listen: ADDRESS:PORT (port 0: the system chooses), unix:PATH, or udp:ADDRESS:PORT for a model that serves
    /// datagrams [default: a free port of 127.0.0.1]
    #[arg(short, long, value_name = "ADDRESS")]
    listen: Option<Listen>,
    /// echo (RFC 862, every byte comes back) or framed (frames that can ask for work and for a size)
    #[arg(short, long, value_name = "NAME", default_value_t = Protocol::Echo)]
    protocol: Protocol,
    /// Length of the accept queue; the kernel cuts it to net.core.somaxconn
    #[arg(long, value_name = "N", default_value_t = ServeOptions::default().backlog, value_parser = clap::value_parser!(i32).range(1..))]
    backlog: i32,
    /// Threads, processes or loops, where the model has a choice [default: the model's own]
    #[arg(short, long, value_name = "N")]
    workers: Option<NonZero<usize>>,
    /// Most conversations at a time; further clients wait in the accept queue [default: no limit]
    #[arg(long, value_name = "N")]
    max_connections: Option<NonZero<u64>>,
    /// How long conversations may go on after the first signal
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = loadgen::parse_time)]
    grace: Duration,
    /// Longest payload of a frame, or of a datagram, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().max_frame)]
    max_frame: usize,
    /// Bytes that a conversation may hold before it reads no more
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().high_water)]
    high_water: usize,
    /// Print both lines as JSON documents: {"ready":…} and {"stats":…}
    #[arg(long)]
    json: bool,
}

/// Carries out `echolab serve`.
///
/// # Errors
/// The model is unknown or cannot run here, or the address cannot be had.
pub fn run(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    let model = find(&args.model)?;
    let options = args.options(model.about().transport);
    if !options.listen.is_local() {
        eprintln!(
            "echolab: {} can be reached from other machines, and there is no authentication; use 127.0.0.1 to keep them out",
            options.listen
        );
    }
    let report = serve(model, &options, |address| {
        say_ready(address, args.json);
    })?;
    say_stats(&report, args.json)?;
    Ok(ExitCode::SUCCESS)
}

impl ServeArgs {
    fn options(&self, transport: Transport) -> ServeOptions {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let anywhere = match transport {
            Transport::Stream => Listen::Tcp(address),
            Transport::Datagram => Listen::Udp(address),
        };
        ServeOptions {
            listen: self.listen.clone().unwrap_or(anywhere),
            protocol: self.protocol,
            limits: Limits {
                max_frame: self.max_frame,
                high_water: self.high_water,
            },
            backlog: self.backlog,
            workers: self.workers,
            max_connections: self.max_connections,
            grace: self.grace,
        }
    }
}

fn say_ready(address: &Listen, json: bool) {
    let mut out = io::stdout().lock();
    let address = address.to_string();
    let line = if json {
        json!({ "ready": address }).to_string()
    } else {
        Line::Ready(address).to_string()
    };
    // Whoever does not listen is served all the same.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn say_stats(report: &Report, json: bool) -> anyhow::Result<()> {
    let stats = serde_json::to_value(report)?;
    let line = if json {
        json!({ "stats": stats }).to_string()
    } else {
        Line::Stats(stats.to_string()).to_string()
    };
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}
