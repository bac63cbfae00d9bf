//! The options of `echolab load`.

mod addresses;
mod build;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use echo_protocol::Protocol;
use loadgen::{Ending, Load, Rate, Sizes, Sources, Spacing, WorkTimes, limits, parse_time};

use addresses::Addresses;

use crate::http_args::HttpArgs;
use crate::values::{rate, whole};

/// Load-test any echo server and report throughput and latency
///
/// Every client has its own connection. In a closed loop (the default) a client sends a request, waits for the reply,
/// compares it byte for byte, and sends the next one. In an open loop (--rate) requests are due at times that do not
/// depend on the server, and response times count from those times. Requests start when all connections are open;
/// measurement starts after the warm-up.
///
/// The generator checks itself. The figures are invalid if it was too slow or was disturbed.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab load 127.0.0.1:7007
  echolab load 127.0.0.1:7007 --rate 20000 --arrivals poisson
  echolab load 127.0.0.1:7007 --connections 1000 --payload 4KiB --duration 30s
  echolab load 127.0.0.1:7007 --rate ramp:1000..50000/10s --idle 5000 --slow-senders 20
  echolab load 127.0.0.1:7007 --conversation 1              one request per connection
  echolab load 127.0.0.1:7007 --load mixed.toml             client classes from a file
  echolab load udp:127.0.0.1:7007 --reply-timeout 50ms      datagrams; lost ones are counted
  echolab load 10.0.0.9:7007 -c 50000 --processes 3 --sources 10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4
  echolab load unix:/tmp/echo --requests 100000 --json > outcome.json
  echolab load 127.0.0.1:7007 --protocol framed --work spin:exp:250us --think 10ms
  echolab load 127.0.0.1:80 --protocol http --path /index.html --rate 5000

A load file (all keys of a class; only `connections` is required):
  duration = \"30s\"           timeline = 8
  [[class]]
  name = \"users\"             connections = 64       behaviour = \"honest\" (idle, short, slow-sender,
  rate = 20000               arrivals = \"poisson\"   half-request, slow-receiver, never-reading,
  think = \"1ms\"              payload = \"exp:1KiB\"   half-closing, resetting, awaiting)
  work = \"spin:exp:20us\"     reply-size = 100       send = \"drip:1/100ms\" or \"stop:32\"
  pipeline = 4               queue = 1000           receive = \"sip:1/100ms\" or \"never\"
  connect-rate = 100         connect-at = \"3s\"      conversation = 3        pause = \"5ms\"
  reconnects = 1             ending = \"close\", \"half-close\", \"reset\" or \"await-server\"")]
pub struct LoadArgs {
    /// Address of the server: ADDR:PORT, unix:PATH, or udp:ADDR:PORT for datagrams
    ///
    /// ADDR may be a host name; if it has several addresses, the first one at which a server listens is used. unix:@NAME is a
    /// socket without a file (abstract). The target may be another machine; the generator says so then.
    #[arg(value_name = "ADDRESS")]
    target: Addresses,
    #[command(flatten)]
    clients: Clients,
    /// Read the client classes from a TOML file (format below)
    #[arg(long = "load", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Add N clients, 0 to 10000000, that connect and stay silent
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole(0..=limits::CONNECTIONS))]
    idle: usize,
    /// Add N clients, 0 to 10000000, that send one byte every 100 ms
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole(0..=limits::CONNECTIONS))]
    slow_senders: usize,
    /// Add N clients, 0 to 10000000, that read one byte every 100 ms
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole(0..=limits::CONNECTIONS))]
    slow_receivers: usize,
    /// Measured time [default: 10s; with --requests: at most 60s]
    #[arg(short, long, value_name = "TIME", value_parser = parse_time)]
    duration: Option<Duration>,
    /// Stop after N requests, 1 to 1000000000000
    #[arg(short = 'n', long, value_name = "N", value_parser = whole(1..=limits::REQUESTS))]
    requests: Option<u64>,
    /// Time under full load before the measurement [default: 1s; with --requests: none]
    #[arg(short, long, value_name = "TIME", value_parser = parse_time)]
    warmup: Option<Duration>,
    /// echo (any RFC 862 server), framed (work, reply sizes) or http [default: echo]
    ///
    /// `http` asks any HTTP/1.1 server with GET, and checks the status and the length of every reply. A body may have a
    /// Content-Length or chunks, or end with the connection. If the server closes a connection, the client opens a new one.
    #[arg(short, long, value_name = "NAME")]
    protocol: Option<Protocol>,
    /// What clients of HTTP ask for.
    #[command(flatten)]
    http: HttpArgs,
    /// Connect timeout [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    connect_timeout: Option<Duration>,
    /// Reply timeout; a datagram without a reply by then is lost [default: 100ms]
    ///
    /// Only for udp: addresses. The client of a lost datagram continues with its next request.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    reply_timeout: Option<Duration>,
    /// Source addresses: N or ADDR,ADDR [default: as many as the ports need]
    ///
    /// Each source address has its own ports, about 28,000 by default (net.ipv4.ip_local_port_range). When more than half
    /// of them are in use, the kernel searches long for a free one at each connect. For a server on loopback, a number N
    /// stands for 127.0.0.1, 127.0.0.2, …; for another server, for addresses of the interface that leads to it.
    #[arg(long, value_name = "N|LIST")]
    sources: Option<Sources>,
    /// Worker threads of each generator process, 1 to 1024 [default: 1]
    #[arg(short, long, value_name = "N", value_parser = whole(1..=limits::THREADS))]
    threads: Option<usize>,
    /// Generator processes that share the load, 1 to 1024
    ///
    /// Use several if you need more connections than one process may open. The processes start together and report one
    /// result.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole(1..=limits::PROCESSES))]
    processes: usize,
    /// Run as part I of N; the generator starts its own processes with this option
    #[arg(long, value_name = "I/N", hide = true, value_parser = parse_part)]
    part: Option<(usize, usize)>,
    /// Record the first requests of N clients, 0 to 64, for --json [default: 0]
    ///
    /// For each of these clients, `timelines` in the JSON document has when its first requests were sent and how long
    /// each took. They are spread evenly over the clients.
    #[arg(long, value_name = "N", value_parser = whole(0..=limits::TIMELINES))]
    timeline: Option<usize>,
    /// Seed of payloads and random times [default: 1]
    ///
    /// The same seed sends the same bytes. It is a number from 0 to 18446744073709551615.
    #[arg(long, value_name = "N", value_parser = whole(0..=u64::MAX))]
    seed: Option<u64>,
    /// Do not compare replies with requests
    #[arg(long)]
    no_verify: bool,
    /// Spin instead of sleeping
    ///
    /// Each thread then uses a whole CPU, and sends requests on time to the microsecond.
    #[arg(long)]
    busy: bool,
    /// What is printed, and when.
    #[command(flatten)]
    pub output: Output,
}

/// The clients of a load without a file.
#[derive(Args, Clone, Debug)]
#[group(id = "clients", multiple = true, conflicts_with = "file")]
struct Clients {
    /// Clients, one connection each, 1 to 10000000 [default: 64]
    ///
    /// All classes of clients together may have 10000000 connections.
    #[arg(short, long, value_name = "N", value_parser = whole(1..=limits::CONNECTIONS))]
    connections: Option<usize>,
    /// Open loop: requests per second of all clients together
    ///
    /// A rate is a number such as 20000, or changes over time: ramp:1000..20000/10s, steps:1000,2000,4000/2s, or
    /// bursts:20000/100ms/900ms (on/off).
    #[arg(long, value_name = "RATE", conflicts_with = "think")]
    rate: Option<Rate>,
    /// Spacing of requests in an open loop: constant or poisson [default: constant]
    #[arg(long, value_name = "NAME", requires = "rate")]
    arrivals: Option<Spacing>,
    /// Open loop: requests that may queue, 1 to 100000000 [default: 1048576]
    ///
    /// They wait for a free connection. Further requests are dropped and counted.
    #[arg(long, value_name = "N", requires = "rate", value_parser = whole(1..=limits::QUEUE))]
    queue: Option<usize>,
    /// Closed loop: pause between a reply and the next request of the client
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    think: Option<Duration>,
    /// Payload size in bytes, or a distribution of sizes [default: 64]
    ///
    /// Write 64, 4KiB, uniform:16..1024, 64:0.9,4096:0.1 (weights), exp:1KiB, or pareto:64:1.5.
    #[arg(short = 's', long, value_name = "SIZES")]
    payload: Option<Sizes>,
    /// Work that each request asks of the server; needs --protocol framed
    ///
    /// Write spin:TIME (the server computes) or sleep:TIME (the server waits). TIME is 250us, 100us:0.9,10ms:0.1
    /// (weights), exp:250us, or pareto:100us:1.5.
    #[arg(long, value_name = "WORK")]
    work: Option<WorkTimes>,
    /// Reply size, 0 to 16777216; for --protocol framed, http [default: the payload]
    ///
    /// Over HTTP, it is the length of every body, and needs a --path without `{bytes}`. Without it a body may have any length.
    #[arg(long, value_name = "BYTES", value_parser = whole(0..=Load::LONGEST))]
    reply_size: Option<u32>,
    /// Requests in flight per client, 1 to 10000 [default: 1]
    ///
    /// A client sends this many requests before it waits for the oldest reply. All clients together may have 10000000 requests
    /// in flight.
    #[arg(long, value_name = "N", value_parser = whole(1..=limits::PIPELINE))]
    pipeline: Option<usize>,
    /// Short conversations: reconnect after every N requests, 1 to 1000000000000
    #[arg(long, value_name = "N", value_parser = whole(1..=limits::REQUESTS))]
    conversation: Option<u64>,
    /// Conversations end by close, half-close, reset or await-server [default: close]
    #[arg(long, value_name = "HOW", requires = "conversation")]
    ending: Option<Ending>,
    /// New connections per second, up to 1000000000 [default: as fast as accepted]
    #[arg(long, value_name = "RATE", value_parser = rate)]
    connect_rate: Option<f64>,
    /// Reconnects of a client that has lost its connection, 0 to 1000000 [default: 0]
    #[arg(long, value_name = "N", value_parser = whole(0..=limits::RECONNECTS))]
    reconnects: Option<u32>,
}

/// What is printed, and when.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Output {
    /// Print the whole outcome as JSON instead of a summary
    #[arg(long)]
    pub json: bool,
    /// Also write a histogram log for other HDR tools
    #[arg(long, value_name = "FILE")]
    pub hlog: Option<PathBuf>,
    /// Print a line per second on stderr instead of the live view
    #[arg(long)]
    pub lines: bool,
    /// Announce the phases of the run on stdout, for a program that reads them
    ///
    /// The lines are: `answered REQUESTS NANOSECONDS` from time to time in the warm-up, `measuring` when the measured
    /// window begins, and `measured` when it ends. Then the generator waits up to half a second for the end of stdin.
    #[arg(long)]
    pub announce: bool,
    /// Measure in slices, as a program orders on stdin
    ///
    /// When all clients are connected, `connected` is printed. Each line `slice AT SETTLE WINDOW` on stdin (nanoseconds, AT
    /// on CLOCK_MONOTONIC) then starts a slice: SETTLE is not counted, WINDOW is. Its figures are printed as `slice JSON`.
    /// The pause between two slices does not exist for the clients. The end of stdin ends the run; the outcome covers all
    /// slices, in JSON.
    #[arg(long, conflicts_with_all = ["duration", "requests", "warmup"])]
    pub slices: bool,
    /// Show no live view, and do not explain exit code 3
    #[arg(short, long)]
    pub quiet: bool,
    /// Exit with 0 even if the figures are invalid
    #[arg(long)]
    pub allow_invalid: bool,
}

/// Reads the number of a part and the number of all parts.
fn parse_part(text: &str) -> Result<(usize, usize), String> {
    let parts = text
        .split_once('/')
        .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parts
        .filter(|(i, n)| i < n && *n <= limits::PROCESSES)
        .ok_or_else(|| format!("`{text}` is not a part; write for example 0/2"))
}

#[cfg(test)]
mod tests;
