//! `echolab load`: what the user asks of the load generator, and what the user sees of it.

mod progress_line;
mod summary;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use echo_protocol::{Protocol, Work};
use loadgen::{Load, LoadError, Outcome, Phase, Schedule, Sizes, Target};

use crate::stop::Stop;
use crate::time;
use progress_line::ProgressLine;

/// How long a run with a number of requests may last where no duration is given.
const WITH_REQUESTS: Duration = Duration::from_secs(60);

/// Drives an echo server, any echo server, and says how long its clients wait.
///
/// Every client has a connection of its own, sends, waits for its reply, compares it byte for byte, and sends again (closed
/// loop). Asking begins when all connections are made; what is measured begins after the warm-up.
///
/// Exit code: 0; 1 where a reply was wrong or no request was answered at all; 2 where the options make no sense.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab load 127.0.0.1:7007
  echolab load 127.0.0.1:7007 --connections 1000 --payload 4KiB --duration 30s
  echolab load unix:/tmp/echo --requests 100000 --json > outcome.json
  echolab load 127.0.0.1:7007 --protocol framed --work spin:250us --think 10ms")]
pub struct LoadArgs {
    /// Where the server is: ADDR:PORT or unix:PATH
    #[arg(value_name = "ADDRESS")]
    target: Target,
    /// Clients, each with a connection of its own
    #[arg(short, long, value_name = "N", default_value_t = 64)]
    connections: usize,
    /// How long to measure [default: 10s; with --requests, at most 60s]
    #[arg(short, long, value_name = "TIME", value_parser = time::parse)]
    duration: Option<Duration>,
    /// End after so many requests
    #[arg(short = 'n', long, value_name = "N")]
    requests: Option<u64>,
    /// Full load before anything is measured [default: 1s; with --requests, none]
    #[arg(short, long, value_name = "TIME", value_parser = time::parse)]
    warmup: Option<Duration>,
    /// Payload in bytes: 64, 4KiB, uniform:16..1024, or sizes with weights 64:0.9,4096:0.1
    #[arg(short = 's', long, value_name = "SIZES", default_value = "64")]
    payload: Sizes,
    /// echo (any RFC 862 server), or framed (servers of EchoLab: work and reply sizes)
    #[arg(short, long, value_name = "NAME", default_value_t = Protocol::Echo)]
    protocol: Protocol,
    /// Work asked of the server with every request: spin:TIME (computing) or sleep:TIME (waiting); needs framed
    #[arg(long, value_name = "WORK", value_parser = parse_work)]
    work: Option<Work>,
    /// Bytes wanted back, where it is not the payload's size; needs framed
    #[arg(long, value_name = "BYTES")]
    reply_size: Option<u32>,
    /// Time from a reply to the same client's next request
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time::parse)]
    think: Duration,
    /// Requests that a client sends before it waits for the oldest reply
    #[arg(long, value_name = "N", default_value_t = 1)]
    pipeline: usize,
    /// Connections to begin a second [default: as fast as they are accepted]
    #[arg(long, value_name = "RATE")]
    connect_rate: Option<f64>,
    /// After how long a connect has failed
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time::parse)]
    connect_timeout: Duration,
    /// How often a client opens its lost connection again
    #[arg(long, value_name = "N", default_value_t = 0)]
    reconnects: u32,
    /// Worker threads of the generator
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    threads: usize,
    /// What the payloads are made from: the same seed sends the same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Do not compare replies with what was sent
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    output: Output,
}

/// What is printed, and when.
#[derive(Args, Clone, Debug)]
struct Output {
    /// Print the whole outcome as one JSON document instead of a summary
    #[arg(long)]
    json: bool,
    /// Print the line `measuring` when the measured window begins, before anything else
    #[arg(long)]
    announce: bool,
    /// No progress line
    #[arg(short, long)]
    quiet: bool,
}

/// Carries out `echolab load`.
///
/// # Errors
/// The options contradict each other, or the system fails the generator itself. What the server does wrong is part of
/// the outcome instead.
pub fn run(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let load = args.load();
    load.check()?;
    let stop = Stop::on_signals().context("Ctrl-C cannot be handled; try again")?;
    let outcome = watch(args, &load, &stop)?;
    let mut out = io::stdout().lock();
    let written = if args.output.json {
        let json =
            serde_json::to_string(&outcome).context("the outcome cannot be written as JSON")?;
        writeln!(out, "{json}")
    } else {
        write!(out, "{}", summary::summary(&outcome))
    };
    written.context("stdout is closed; redirect it to a file to keep the outcome")?;
    if outcome.connections.established == 0 {
        let target = &outcome.load.target;
        eprintln!("no connection to {target} could be made; is the server running there?");
    }
    let failed = outcome.verification.mismatched > 0 || outcome.requests == 0;
    Ok(ExitCode::from(u8::from(failed)))
}

impl LoadArgs {
    /// What the generator is to do.
    fn load(&self) -> Load {
        let (duration, warmup) = match self.requests {
            Some(_) => (WITH_REQUESTS, Duration::ZERO),
            None => (Duration::from_secs(10), Duration::from_secs(1)),
        };
        Load {
            target: self.target.clone(),
            protocol: self.protocol,
            connections: self.connections,
            schedule: Schedule::Closed { think: self.think },
            payload: self.payload.clone(),
            work: self.work,
            reply_size: self.reply_size,
            pipeline: self.pipeline,
            duration: self.duration.unwrap_or(duration),
            requests: self.requests,
            warmup: self.warmup.unwrap_or(warmup),
            connect_rate: self.connect_rate,
            connect_timeout: self.connect_timeout,
            reconnects: self.reconnects,
            threads: self.threads,
            seed: self.seed,
            verify: !self.no_verify,
        }
    }
}

/// Runs the load, and now and then looks at the signals and shows how it is going.
fn watch(args: &LoadArgs, load: &Load, stop: &Stop) -> Result<Outcome, LoadError> {
    let end = AtomicBool::new(false);
    let mut line = ProgressLine::new(args.output.quiet);
    let mut announced = !args.output.announce;
    let outcome = load.run(&end, &mut |progress| {
        end.store(stop.asked(), Ordering::Relaxed);
        if !announced && progress.phase() == Phase::Measuring {
            println!("measuring");
            announced = true;
        }
        line.show(progress);
    });
    line.clear();
    outcome
}

/// Reads a work directive such as `spin:250us`.
fn parse_work(text: &str) -> Result<Work, String> {
    let work = match text.split_once(':') {
        Some(("spin", time)) => Work::Spin(time::parse(time)?),
        Some(("sleep", time)) => Work::Sleep(time::parse(time)?),
        _ => {
            return Err(format!(
                "`{text}` is no work; write spin:250us or sleep:1ms"
            ));
        }
    };
    if work.duration() > Work::LONGEST {
        return Err("a request can ask for at most 16.7 s of work".to_owned());
    }
    Ok(work)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        load: LoadArgs,
    }

    fn parse(words: &str) -> Result<Load, String> {
        let words = ["load", "127.0.0.1:7"]
            .into_iter()
            .chain(words.split_whitespace());
        Program::try_parse_from(words)
            .map(|program| program.load.load())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_options_the_default_load_runs() {
        let load = parse("").unwrap();
        assert_eq!(load, Load::on("127.0.0.1:7".parse().unwrap()));
    }

    #[test]
    fn every_option_reaches_the_load() {
        let words = "-c 9 -d 2s -n 100 -w 1ms -s 4KiB -p framed --work spin:250us --reply-size 7 --think 3ms \
             --pipeline 2 --connect-rate 50 --connect-timeout 6s --reconnects 4 -t 3 --seed 8 --no-verify";
        let expected = Load {
            protocol: Protocol::Framed,
            connections: 9,
            schedule: Schedule::Closed {
                think: Duration::from_millis(3),
            },
            payload: Sizes::Fixed(4096),
            work: Some(Work::Spin(Duration::from_micros(250))),
            reply_size: Some(7),
            pipeline: 2,
            duration: Duration::from_secs(2),
            requests: Some(100),
            warmup: Duration::from_millis(1),
            connect_rate: Some(50.0),
            connect_timeout: Duration::from_secs(6),
            reconnects: 4,
            threads: 3,
            seed: 8,
            verify: false,
            ..Load::on("127.0.0.1:7".parse().unwrap())
        };
        assert_eq!(parse(words), Ok(expected));
    }

    #[test]
    fn a_number_of_requests_needs_neither_warm_up_nor_duration() {
        let load = parse("-n 5").unwrap();
        assert_eq!(
            (load.warmup, load.duration),
            (Duration::ZERO, WITH_REQUESTS)
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_an_example() {
        for (words, example) in [
            ("-d soon", "250us, 10ms or 30s"),
            ("-d=-1s", "250us, 10ms or 30s"),
            ("-s many", "64, 4KiB or 1MiB"),
            ("-p http", "`echo` and `framed`"),
            ("--work hard", "spin:250us or sleep:1ms"),
            ("--work spin:1m", "at most 16.7 s"),
        ] {
            let error = parse(words).unwrap_err();
            assert!(error.contains(example), "{words}: {error}");
        }
    }
}
