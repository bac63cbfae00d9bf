//! `echolab serve`: runs one server in this process until a signal stops it.

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

use crate::failure::Failure;
use crate::notes::note;
use crate::values::{number, positive};

/// Serve echoes with one model until SIGTERM or Ctrl-C
///
/// The first line on stdout is `ready ADDRESS`, printed when clients can connect. On the first SIGTERM or Ctrl-C the
/// server stops accepting, and open conversations may continue for the grace period; a second signal ends them at once.
/// The last line is `stats` and a JSON document. There is no authentication: every client that reaches the address is
/// served.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab serve epoll-level --listen 127.0.0.1:7007     then, in a second terminal: nc 127.0.0.1 7007
  echolab serve iterative --listen unix:/tmp/echo.sock
  echolab serve udp-iterative --listen udp:127.0.0.1:7007
  echolab serve thread-pool --workers 8 --protocol framed --json")]
pub struct ServeArgs {
    /// Name of a model from `echolab list`
    model: String,
    /// Address to listen on [default: a free port of 127.0.0.1]
    ///
    /// Write ADDR:PORT (port 0: the system chooses one), unix:PATH, or udp:ADDR:PORT for a model that serves datagrams.
    #[arg(short, long, value_name = "ADDRESS")]
    listen: Option<Listen>,
    /// echo (RFC 862: every byte comes back) or framed (work and reply sizes)
    #[arg(short, long, value_name = "NAME", default_value_t = Protocol::Echo)]
    protocol: Protocol,
    /// Length of the accept queue; the kernel limits it to net.core.somaxconn
    #[arg(long, value_name = "N", default_value_t = ServeOptions::default().backlog, value_parser = clap::value_parser!(i32).range(1..))]
    backlog: i32,
    /// Threads, processes or event loops [default: the model's own number]
    ///
    /// Models with a fixed number of workers ignore this option.
    #[arg(short, long, value_name = "N", value_parser = positive::<NonZero<usize>>)]
    workers: Option<NonZero<usize>>,
    /// Open connections at a time; further clients wait [default: no limit]
    ///
    /// The clients wait in the accept queue of the kernel.
    #[arg(long, value_name = "N", value_parser = positive::<NonZero<u64>>)]
    max_connections: Option<NonZero<u64>>,
    /// Time that open conversations have after the first signal
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = loadgen::parse_time)]
    grace: Duration,
    /// Longest payload of a frame or a datagram, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().max_frame, value_parser = number::<usize>)]
    max_frame: usize,
    /// Bytes that a conversation may buffer before the server stops reading
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().high_water, value_parser = number::<usize>)]
    high_water: usize,
    /// Print both lines as JSON: {"ready":…} and {"stats":…}
    #[arg(long)]
    json: bool,
}

/// Runs `echolab serve`.
///
/// # Errors
/// The model is unknown or cannot run here, or the server cannot listen on the address.
pub fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let model = find(&args.model)?;
    let options = args.options(model.about().transport);
    if !options.listen.is_local() {
        note(format_args!(
            "note: clients on other machines can reach {}, and there is no authentication; listen on 127.0.0.1 to exclude them",
            options.listen
        ));
    }
    let report = serve(model, &options, |address| {
        print_ready(address, args.json);
    })?;
    print_stats(&report, args.json)?;
    Ok(ExitCode::SUCCESS)
}

impl ServeArgs {
    fn options(&self, transport: Transport) -> ServeOptions {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let free_port = match transport {
            Transport::Stream => Listen::Tcp(address),
            Transport::Datagram => Listen::Udp(address),
        };
        ServeOptions {
            listen: self.listen.clone().unwrap_or(free_port),
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

fn print_ready(address: &Listen, json: bool) {
    let mut out = io::stdout().lock();
    let address = address.to_string();
    let line = if json {
        json!({ "ready": address }).to_string()
    } else {
        Line::Ready(address).to_string()
    };
    // The server runs even if the reader of stdout has ended.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn print_stats(report: &Report, json: bool) -> Result<(), Failure> {
    let stats = serde_json::to_value(report)?;
    let line = if json {
        json!({ "stats": stats }).to_string()
    } else {
        Line::Stats(stats.to_string()).to_string()
    };
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}
