//! `echolab serve`: runs one server in this process until a signal stops it.

mod language;
mod verbose;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args};
use contract::clock::now;
use contract::server::Line;
use echo_protocol::{Limits, Protocol};
use echo_server::{
    Listen, Observer, Report, ServeOptions, Transport, find, find_room, serve, serve_rooms,
};
use record::plan::ServerOptions;
use serde_json::json;

use crate::failure::Failure;
use crate::notes::{note, tell};
use crate::values::{on_or_off, whole};
use language::Language;

/// Serve echoes, HTTP or lines with a model, or rooms with a chat server
///
/// The first line on stdout is `ready ADDRESS`, printed when clients can connect and all workers have started. On the first SIGTERM or Ctrl-C the
/// server stops accepting, and open conversations may continue for the grace period; a second signal ends them at once.
/// The last line is `stats` and a JSON document. There is no authentication: every client that reaches the address is
/// served.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab serve epoll-level --listen 127.0.0.1:7007     then, in a second terminal: nc 127.0.0.1 7007
  echolab serve epoll-level --listen 127.0.0.1:7007 --protocol line       greets people who come with nc
  echolab serve epoll-level --listen 127.0.0.1:8080 --protocol http       then: curl http://127.0.0.1:8080/64
  echolab serve iterative --listen unix:/tmp/echo.sock
  echolab serve udp-iterative --listen udp:127.0.0.1:7007
  echolab serve epoll-level --verbose                   one line for each accept, read, write and end
  echolab serve room-epoll --listen 127.0.0.1:7007      then, in two terminals: nc 127.0.0.1 7007, and /join lobby
  echolab serve accept-shared --workers 4 --exclusive off                 wakes all loops for each client
  echolab serve epoll-level --idle-timeout 30s --keepalive 60s            ends silent and dead clients
  echolab serve thread-pool --workers 8 --protocol framed --json")]
#[expect(clippy::struct_excessive_bools, reason = "they are options")]
pub struct ServeArgs {
    /// Model of `echolab list`, or chat server of `echolab list --rooms`
    model: String,
    /// Address to listen on [default: a free port of 127.0.0.1]
    ///
    /// Write ADDR:PORT (port 0: the system chooses one), unix:PATH, unix:@NAME for a socket without a file, or udp:ADDR:PORT
    /// for a model that serves datagrams.
    #[arg(short, long, value_name = "ADDRESS")]
    listen: Option<Listen>,
    /// echo, framed, http or line; chat for rooms [default: echo, chat for rooms]
    ///
    /// echo: every byte comes back (RFC 862). framed: a request can ask for work and for the size of its reply. http: HTTP/1.1,
    /// GET and HEAD; the target `/64` is a body of 64 bytes, and `/64?sleep=5ms` comes after work. line: for people with nc;
    /// the server greets first, answers each line, and ends at `exit`. Servers of datagrams speak echo and framed. Chat servers
    /// speak chat, and nothing else: its lines are for people too, so `line` is another name for it.
    #[arg(short, long, value_name = "NAME")]
    protocol: Option<Language>,
    /// Length of the accept queue, 1 to 2147483647
    ///
    /// The kernel limits it to net.core.somaxconn.
    #[arg(long, value_name = "N", default_value_t = ServeOptions::default().backlog, value_parser = whole(1..=i32::MAX))]
    backlog: i32,
    /// Threads, processes or event loops, 1 to 4096 [default: the model's own number]
    ///
    /// Models with a fixed number of workers ignore this option.
    #[arg(short, long, value_name = "N", value_parser = whole(NonZero::<usize>::MIN..=ServerOptions::WORKERS))]
    workers: Option<NonZero<usize>>,
    /// Open connections at a time, 1 to 10000000 [default: no limit]
    ///
    /// Further clients wait in the accept queue of the kernel.
    #[arg(long, value_name = "N", value_parser = whole(NonZero::<u64>::MIN..=ServerOptions::CONNECTIONS))]
    max_connections: Option<NonZero<u64>>,
    /// Wake one loop for a new client, or all loops that watch the same listener
    ///
    /// `on` sets EPOLLEXCLUSIVE (epoll_ctl(2)). Only `accept-shared` has several loops on one listener; other models ignore
    /// this option.
    #[arg(long, value_name = "on|off", default_value = "on", value_parser = on_or_off, action = ArgAction::Set)]
    exclusive: bool,
    /// Time that open conversations have after the first signal
    ///
    /// Then the server ends them, abandons the work that requests have asked for, and counts them as `cut_off`. The
    /// server rounds the time up to seconds.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = loadgen::parse_time)]
    grace: Duration,
    /// End conversations of clients that are silent for this long [default: never]
    ///
    /// A client is silent while no byte comes from it and none goes to it. Time in which the server works for the client
    /// does not count. Servers of datagrams ignore this option.
    #[arg(long, value_name = "TIME", value_parser = idle_timeout)]
    idle_timeout: Option<Duration>,
    /// Probe a silent TCP client after this time, 1s to 9h [default: never]
    ///
    /// The kernel of the client answers, whatever its program does. If it does not answer three probes, a third of the time
    /// apart, the server ends the conversation. So keepalive finds a machine that is gone or a network that is cut, and never
    /// a client that is slow, stuck or silent: --idle-timeout does that. Unix-domain sockets and datagrams ignore it.
    #[arg(long, value_name = "TIME", value_parser = keepalive)]
    keepalive: Option<Duration>,
    /// Send each write at once (TCP_NODELAY), or let the kernel collect small writes
    ///
    /// With `off`, Nagle's algorithm holds a small write back until the client has acknowledged the one before it.
    #[arg(long, value_name = "on|off", default_value = "on", value_parser = on_or_off, action = ArgAction::Set)]
    nodelay: bool,
    /// Longest frame, datagram or HTTP body, 0 to 1073741824 bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().max_frame, value_parser = whole(0..=Limits::MAX_FRAME))]
    max_frame: usize,
    /// Bytes a conversation may buffer before reading stops, 0 to 67108864
    ///
    /// In a chat server it is the queue of a receiver: beyond it, the server does what its policy says.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().high_water, value_parser = whole(0..=Limits::MAX_HIGH_WATER))]
    high_water: usize,
    /// Let datagrams of other machines ask for replies longer than themselves
    ///
    /// The sender of a datagram can be forged. So a server of datagrams that other machines can reach refuses requests whose
    /// reply would be longer, unless this option is given. On loopback and for streams, it changes nothing.
    #[arg(long)]
    amplify: bool,
    /// Print both lines as JSON: {"ready":…} and {"stats":…}
    #[arg(long)]
    json: bool,
    /// Show each accept, read, write and end as a line on stderr
    ///
    /// A line has the time in seconds, the thread and its process, what it did, and the client. `read 0` is the end of the
    /// client's side. Without this option the events cost nothing. The server waits for the reader of stderr.
    #[arg(short, long)]
    verbose: bool,
    /// Begin of the times of --verbose, 0 to 18446744073709551615 ns of CLOCK_MONOTONIC
    #[arg(long, value_name = "NS", hide = true, requires = "verbose", value_parser = whole(0..=u64::MAX))]
    since: Option<u64>,
}

/// Runs `echolab serve`.
///
/// # Errors
/// The model is unknown or cannot run here, or the server cannot listen on the address.
pub fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let json = args.json;
    let ready = move |address: &Listen| {
        print_ready(address, json);
        if !address.is_local() {
            note(format_args!(
                "note: clients on other machines can reach {address}, and there is no authentication; listen on 127.0.0.1 to exclude them"
            ));
        }
    };
    let report = if let Some(room) = find_room(&args.model)? {
        let about = room.about();
        Language::check_for_rooms(args.protocol, about.name)?;
        let options = args.options(about.transport, Protocol::default());
        serve_rooms(room, &options, ready)?
    } else {
        let model = find(&args.model)?;
        let about = model.about();
        let protocol = Language::of_model(args.protocol, about.name)?;
        serve(model, &args.options(about.transport, protocol), ready)?
    };
    print_stats(&report, args.json)?;
    Ok(ExitCode::SUCCESS)
}

impl ServeArgs {
    /// Clients of the same machine may ask for long replies. Others can forge the sender of a datagram, and a server that sends
    /// more than it receives would multiply their attack on that sender.
    fn may_amplify(&self, listen: &Listen) -> bool {
        self.amplify || listen.is_local()
    }

    fn options(&self, transport: Transport, protocol: Protocol) -> ServeOptions {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let free_port = match transport {
            Transport::Stream => Listen::Tcp(address),
            Transport::Datagram => Listen::Udp(address),
        };
        let listen = self.listen.clone().unwrap_or(free_port);
        ServeOptions {
            protocol,
            limits: Limits {
                max_frame: self.max_frame,
                high_water: self.high_water,
                amplify: self.may_amplify(&listen),
            },
            listen,
            backlog: self.backlog,
            workers: self.workers,
            max_connections: self.max_connections,
            exclusive: self.exclusive,
            grace: self.grace,
            observer: self.observer(),
            nodelay: self.nodelay,
            idle_timeout: self.idle_timeout,
            keepalive: self.keepalive,
        }
    }

    fn observer(&self) -> Option<Observer> {
        let begin = self.since.map_or_else(now, Duration::from_nanos);
        self.verbose.then(|| {
            verbose::begin(begin);
            verbose::show as Observer
        })
    }
}

/// Reads an idle timeout.
fn idle_timeout(text: &str) -> Result<Duration, String> {
    let time = loadgen::parse_time(text).map_err(|error| error.to_string())?;
    if time.is_zero() {
        return Err(
            "no client can send that soon; write for example 30s, or remove the option".to_owned(),
        );
    }
    Ok(time)
}

/// Reads the silence before the first probe.
fn keepalive(text: &str) -> Result<Duration, String> {
    let time = loadgen::parse_time(text).map_err(|error| error.to_string())?;
    if ServerOptions::KEEPALIVE.contains(&time) {
        return Ok(time);
    }
    Err("the kernel takes 1s to 9h; write for example 60s, or remove the option".to_owned())
}

fn print_ready(address: &Listen, json: bool) {
    let address = address.to_string();
    let line = if json {
        json!({ "ready": address }).to_string()
    } else {
        Line::Ready(address).to_string()
    };
    tell(line);
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
