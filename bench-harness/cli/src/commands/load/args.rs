//! What the user can ask of `echolab load`, and the load that it makes.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use echo_protocol::Protocol;
use loadgen::{
    Behaviour, Class, Ending, Load, Rate, Schedule, Sizes, Spacing, Target, WorkTimes, parse_time,
};

/// How long a run with a number of requests may last where no duration is given.
pub const WITH_REQUESTS: Duration = Duration::from_mins(1);

/// The most source addresses: 127.0.0.1 to 127.0.0.254.
const MOST_SOURCES: u8 = 254;

/// Drives an echo server, any echo server, and says how long its clients wait.
///
/// Every client has a connection of its own. In a closed loop (the default) it sends, waits for its reply, compares it byte
/// for byte, and sends again; in an open loop (--rate) requests come at their own times, whatever the server does, and
/// response times count from then. Asking begins when all connections are made; what is measured begins after the warm-up.
///
/// Exit code: 0; 1 where a reply was wrong or no request was answered at all; 2 where the options make no sense; 3 where
/// the figures mean nothing, because the generator was too slow or was disturbed.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab load 127.0.0.1:7007
  echolab load 127.0.0.1:7007 --rate 20000 --arrivals poisson
  echolab load 127.0.0.1:7007 --connections 1000 --payload 4KiB --duration 30s
  echolab load 127.0.0.1:7007 --rate ramp:1000..50000/10s --idle 5000 --slow-senders 20
  echolab load 127.0.0.1:7007 --conversation 1                     connect, ask once, close, again
  echolab load 127.0.0.1:7007 --load mixed.toml                    any mix of clients
  echolab load udp:127.0.0.1:7007 --reply-timeout 50ms               datagrams: what is lost is counted
  echolab load unix:/tmp/echo --requests 100000 --json > outcome.json
  echolab load 127.0.0.1:7007 --protocol framed --work spin:exp:250us --think 10ms

A load file (all keys of a class, none of which is needed but connections):
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
    /// Where the server is: ADDR:PORT, unix:PATH, or udp:ADDR:PORT to ask in datagrams
    #[arg(value_name = "ADDRESS")]
    target: Target,
    #[command(flatten)]
    clients: Clients,
    /// Who the clients are, from a file in TOML (see below)
    #[arg(long = "load", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Also so many clients that connect and never say anything
    #[arg(long, value_name = "N", default_value_t = 0)]
    idle: usize,
    /// Also so many clients that send a byte every 100 ms
    #[arg(long, value_name = "N", default_value_t = 0)]
    slow_senders: usize,
    /// Also so many clients that read a byte every 100 ms
    #[arg(long, value_name = "N", default_value_t = 0)]
    slow_receivers: usize,
    /// How long to measure [default: 10s; with --requests, at most 60s]
    #[arg(short, long, value_name = "TIME", value_parser = parse_time)]
    duration: Option<Duration>,
    /// End after so many requests
    #[arg(short = 'n', long, value_name = "N")]
    requests: Option<u64>,
    /// Full load before anything is measured [default: 1s; with --requests, none]
    #[arg(short, long, value_name = "TIME", value_parser = parse_time)]
    warmup: Option<Duration>,
    /// echo (any RFC 862 server), or framed (servers of EchoLab: work and reply sizes) [default: echo]
    #[arg(short, long, value_name = "NAME")]
    protocol: Option<Protocol>,
    /// After how long a connect has failed [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    connect_timeout: Option<Duration>,
    /// After how long a datagram counts as lost, and its client goes on [default: 100ms; udp only]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    reply_timeout: Option<Duration>,
    /// Connect from so many addresses, 127.0.0.1 and those after it, so that ports do not run out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(MOST_SOURCES)))]
    sources: Option<u8>,
    /// Worker threads of the generator [default: 1]
    #[arg(short, long, value_name = "N")]
    threads: Option<usize>,
    /// Generator processes, which share the load: for more connections than a process may have descriptors
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    processes: u16,
    /// Which of several processes this is
    #[arg(long, value_name = "I/N", hide = true, value_parser = parse_part)]
    part: Option<(usize, usize)>,
    /// Note the first requests of the first N clients one by one, when each was sent and how long it took: `timelines` in the
    /// outcome of --json [default: 0]
    #[arg(long, value_name = "N")]
    timeline: Option<usize>,
    /// What payloads and random times are made from: the same seed sends the same bytes [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Do not compare replies with what was sent
    #[arg(long)]
    no_verify: bool,
    /// Spin instead of sleeping: a busy core for each thread, and requests on time to the microsecond
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
    /// Clients, each with a connection of its own [default: 64]
    #[arg(short, long, value_name = "N")]
    connections: Option<usize>,
    /// Open loop: requests a second, all clients together: 20000, ramp:1000..20000/10s, steps:1000,2000,4000/2s or
    /// bursts:20000/100ms/900ms (on/off)
    #[arg(long, value_name = "RATE", conflicts_with = "think")]
    rate: Option<Rate>,
    /// How the requests of an open loop are spaced: constant or poisson [default: constant]
    #[arg(long, value_name = "NAME", requires = "rate")]
    arrivals: Option<Spacing>,
    /// Requests of an open loop that may wait for a free connection [default: 1048576]
    #[arg(long, value_name = "N", requires = "rate")]
    queue: Option<usize>,
    /// Closed loop: time from a reply to the same client's next request
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    think: Option<Duration>,
    /// Payload in bytes: 64, 4KiB, uniform:16..1024, 64:0.9,4096:0.1 (weights), exp:1KiB or pareto:64:1.5 [default: 64]
    #[arg(short = 's', long, value_name = "SIZES")]
    payload: Option<Sizes>,
    /// Work asked of the server with every request: spin:TIME (computing) or sleep:TIME (waiting), where TIME is 250us,
    /// 100us:0.9,10ms:0.1, exp:250us or pareto:100us:1.5; needs framed
    #[arg(long, value_name = "WORK")]
    work: Option<WorkTimes>,
    /// Bytes wanted back, where it is not the payload's size; needs framed
    #[arg(long, value_name = "BYTES")]
    reply_size: Option<u32>,
    /// Requests that a client sends before it waits for the oldest reply [default: 1]
    #[arg(long, value_name = "N")]
    pipeline: Option<usize>,
    /// Short conversations: after so many requests a client ends its connection, and makes another one
    #[arg(long, value_name = "N")]
    conversation: Option<u64>,
    /// How short conversations end: close, half-close, reset or await-server [default: close]
    #[arg(long, value_name = "HOW", requires = "conversation")]
    ending: Option<Ending>,
    /// Connections to begin a second [default: as fast as they are accepted]
    #[arg(long, value_name = "RATE")]
    connect_rate: Option<f64>,
    /// How often a client opens its lost connection again [default: 0]
    #[arg(long, value_name = "N")]
    reconnects: Option<u32>,
}

/// What is printed, and when.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Output {
    /// Print the whole outcome as one JSON document instead of a summary
    #[arg(long)]
    pub json: bool,
    /// Also write a histogram log, which other HDR tools read
    #[arg(long, value_name = "FILE")]
    pub hlog: Option<PathBuf>,
    /// Print a line on stderr every second instead of the live view
    #[arg(long)]
    pub lines: bool,
    /// Print lines before anything else: `answered REQUESTS NANOSECONDS` now and then in the warm-up, `measuring` when
    /// the measured window begins, `measured` when it has ended; then wait for the end of stdin, at most half a second
    #[arg(long)]
    pub announce: bool,
    /// No live view, and no explanation of exit code 3
    #[arg(short, long)]
    pub quiet: bool,
    /// Exit with 0 also where the figures mean nothing
    #[arg(long)]
    pub allow_invalid: bool,
}

impl LoadArgs {
    /// What the generator is to do.
    ///
    /// # Errors
    /// The load file cannot be read, or makes no sense.
    pub fn load(&self) -> anyhow::Result<Load> {
        let mut load = match &self.file {
            Some(path) => read(path)?,
            None => Load {
                classes: vec![self.clients.class()],
                ..Load::default()
            },
        };
        load.target = self.target.clone();
        self.change(&mut load);
        let others = [
            ("idle", "idle", self.idle),
            ("slow senders", "slow-sender", self.slow_senders),
            ("slow receivers", "slow-receiver", self.slow_receivers),
        ];
        for (name, behaviour, connections) in others.into_iter().filter(|other| other.2 > 0) {
            let behaviour =
                Behaviour::named(behaviour).expect("the name is one of those that exist");
            load.classes.push(Class {
                behaviour,
                ..Class::of(name, connections)
            });
        }
        load.check()?;
        Ok(load)
    }

    /// Whether this process does only its part of a load.
    pub const fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Options win over the file.
    fn change(&self, load: &mut Load) {
        if self.requests.is_some() {
            (load.requests, load.duration, load.warmup) =
                (self.requests, WITH_REQUESTS, Duration::ZERO);
        }
        load.duration = self.duration.unwrap_or(load.duration);
        load.warmup = self.warmup.unwrap_or(load.warmup);
        load.protocol = self.protocol.unwrap_or(load.protocol);
        load.connect_timeout = self.connect_timeout.unwrap_or(load.connect_timeout);
        load.reply_timeout = self.reply_timeout.unwrap_or(load.reply_timeout);
        load.threads = self.threads.unwrap_or(load.threads);
        load.seed = self.seed.unwrap_or(load.seed);
        load.timeline = self.timeline.unwrap_or(load.timeline);
        load.verify &= !self.no_verify;
        load.busy |= self.busy;
        load.process = self.part.unwrap_or((0, self.processes.into()));
        load.held = self.is_part();
        if let Some(sources) = self.sources {
            let address = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
            load.sources = (1..=sources).map(address).collect();
        }
    }
}

/// The load of a file, in TOML or in JSON.
fn read(path: &Path) -> anyhow::Result<Load> {
    let name = path.display();
    let text = fs::read_to_string(path)
        .with_context(|| format!("{name} cannot be read; check the path given to --load"))?;
    text.parse().with_context(|| format!("{name} is no load"))
}

impl Clients {
    fn class(&self) -> Class {
        let plain = Class::of("clients", self.connections.unwrap_or(64));
        let schedule = match &self.rate {
            Some(rate) => Schedule::Open {
                rate: rate.clone(),
                spacing: self.arrivals.unwrap_or_default(),
            },
            None => Schedule::Closed {
                think: self.think.unwrap_or_default(),
            },
        };
        Class {
            schedule,
            behaviour: Behaviour {
                conversation: self.conversation,
                ending: self.ending.unwrap_or_default(),
                ..Behaviour::default()
            },
            payload: self.payload.clone().unwrap_or(plain.payload),
            work: self.work.clone(),
            reply_size: self.reply_size,
            pipeline: self.pipeline.unwrap_or(plain.pipeline),
            queue: self.queue.unwrap_or(plain.queue),
            connect_rate: self.connect_rate,
            reconnects: self.reconnects.unwrap_or(plain.reconnects),
            name: plain.name,
            connections: plain.connections,
            connect_at: None,
        }
    }
}

fn parse_part(text: &str) -> Result<(usize, usize), String> {
    let parts = text
        .split_once('/')
        .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parts
        .filter(|(i, n)| i < n)
        .ok_or_else(|| format!("`{text}` is no part; write for example 0/2"))
}

#[cfg(test)]
mod tests;
