//! A load that several generator processes share. They begin together and end together; their outcomes are merged.
//!
//! ```text
//!   owner                                part (the same program and options with --part I/N)
//!     ── options ─────────────────────────▶  connects
//!     ◀───────────────────────── connected ──
//!     ── the time to begin, when all are ──▶  sends requests from then on
//!     ◀───────────────────────── measuring ──
//!     ◀───────────────────── reading {…} ──  once a second
//!     ◀───────────────────── outcome {…} ──
//! ```
//!
//! Each part has its own process group, so that Ctrl-C reaches only the owner, which passes it on once. If a part
//! fails, the owner kills the others; if the owner is killed, the kernel kills the parts.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use contract::generator;
use contract::part::{Line, order_begin};
use loadgen::{Outcome, Phase};
use measure::stop::Stop;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::live::{Live, Reading};
use super::part_failed::PartFailed;
use crate::failure::{Explain as _, Failure};
use crate::notes::tell;

/// How often the owner looks at the signals.
const LOOK: Duration = Duration::from_millis(20);

/// Time from the order to begin until the first request. All parts must have received the order by then.
const NOTICE: Duration = Duration::from_millis(50);

/// Longest error text that the owner takes from a part.
const LAST_WORDS: u64 = 4096;

/// What the owner receives from a part.
enum Message {
    Line(Line),
    /// The part has closed its stdout; this is its stderr.
    Ended(String),
}

/// Starts this number of processes with the options of this one, and merges their outcomes.
///
/// # Errors
/// A process cannot be started, or ends without an outcome.
pub fn run(
    processes: usize,
    stop: &Stop,
    live: &mut Live,
    announce: bool,
) -> Result<Outcome, Failure> {
    let (mut parts, messages) = Parts::start(processes)?;
    let mut connected = 0;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; processes];
    while outcomes.iter().any(Option::is_none) {
        parts.pass_on(stop);
        match messages.recv_timeout(LOOK) {
            Ok((_, Message::Line(Line::Connected))) => {
                connected += 1;
                if connected == processes {
                    parts.begin();
                }
            }
            Ok((_, Message::Line(Line::Measuring))) => {
                parts.measuring += 1;
                if parts.measuring == processes && announce {
                    tell(generator::Line::Measuring);
                }
            }
            Ok((i, Message::Line(Line::Reading(json)))) => {
                // The live view can do without one reading.
                if let Ok(reading) = serde_json::from_str(&json) {
                    parts.readings[i] = reading;
                }
            }
            Ok((i, Message::Line(Line::Outcome(json)))) => {
                let outcome = serde_json::from_str(&json).explain(
                    "cannot read the outcome of a generator process",
                    "start it again",
                )?;
                outcomes[i] = Some(outcome);
            }
            Ok((i, Message::Ended(_))) if outcomes[i].is_some() => {}
            Ok((i, Message::Ended(words))) => return Err(parts.failure(i, &words)),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        live.show(parts.phase(), |elapsed| Reading {
            elapsed,
            ..Reading::sum(&parts.readings)
        });
    }
    merge(outcomes.into_iter().flatten())
}

fn merge(outcomes: impl Iterator<Item = Outcome>) -> Result<Outcome, Failure> {
    let mut merged: Option<Outcome> = None;
    for outcome in outcomes {
        match &mut merged {
            Some(merged) => merged.merge(&outcome)?,
            None => merged = Some(outcome),
        }
    }
    merged.ok_or_else(|| Failure::wrong_use("a load needs a process; use --processes 1 or more"))
}

/// The processes. When this is dropped, it kills those that still run.
struct Parts {
    children: Vec<Child>,
    readings: Vec<Reading>,
    measuring: usize,
    stopping: bool,
}

impl Parts {
    fn start(processes: usize) -> Result<(Self, Receiver<(usize, Message)>), Failure> {
        let program = env::current_exe().explain(
            "this program cannot find itself to start processes",
            "call it by its full path",
        )?;
        let (sender, messages) = mpsc::channel();
        let mut parts = Self {
            children: Vec::new(),
            readings: vec![Reading::default(); processes],
            measuring: 0,
            stopping: false,
        };
        for i in 0..processes {
            let child = Command::new(&program)
                .args(env::args_os().skip(1))
                .args(["--part", &format!("{i}/{processes}")])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .process_group(0)
                .spawn()
                .explain(
                    "cannot start a generator process",
                    "use fewer --processes, or check `ulimit -u`",
                )?;
            parts.children.push(child);
            listen(&mut parts.children[i], i, sender.clone())?;
        }
        Ok((parts, messages))
    }

    /// Lets all of them begin at the same moment.
    fn begin(&mut self) {
        let begin = Instant::now() + NOTICE;
        for child in &mut self.children {
            // A part that has ended in the meantime shows by the end of its lines.
            let stdin = child.stdin.as_mut();
            let _ = stdin.map(|stdin| order_begin(stdin, begin));
        }
    }

    /// The phase of the slowest part.
    fn phase(&self) -> Phase {
        let phases = self.readings.iter().map(|reading| reading.phase);
        let slowest = phases.min().unwrap_or_default();
        if self.measuring == self.children.len() {
            slowest.max(Phase::Measuring)
        } else {
            slowest
        }
    }

    /// Passes the stop signal on, once: a second signal would end the parts without an outcome.
    fn pass_on(&mut self, stop: &Stop) {
        if !stop.is_requested() || self.stopping {
            return;
        }
        self.stopping = true;
        for child in &self.children {
            // A part that has ended keeps its process ID until `wait`, so that the signal reaches no other process.
            let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM);
        }
    }

    /// The error of a part that ended without an outcome.
    fn failure(&mut self, i: usize, stderr: &str) -> Failure {
        match self.children[i].wait() {
            Ok(status) => PartFailed::new(status, stderr, self.stopping).into(),
            Err(error) => Failure::failed(format!(
                "a generator process is lost ({error}); start it again"
            )),
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for child in &mut self.children {
            // A part that has sent its outcome would exit soon; the kill only saves time.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Receives the messages of a part in a new thread, which ends with the part.
fn listen(child: &mut Child, i: usize, sender: Sender<(usize, Message)>) -> Result<(), Failure> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        unreachable!("stdout and stderr were asked to be pipes");
    };
    let listener = move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Some(line) = Line::parse(&line) else {
                break;
            };
            if sender.send((i, Message::Line(line))).is_err() {
                return;
            }
        }
        let mut words = Vec::new();
        // On an error, the text that was read so far is used.
        let _ = stderr.take(LAST_WORDS).read_to_end(&mut words);
        let words = String::from_utf8_lossy(&words).into_owned();
        // The owner may have stopped listening.
        let _ = sender.send((i, Message::Ended(words)));
    };
    let name = format!("part-{i}");
    thread::Builder::new()
        .name(name)
        .spawn(listener)
        .map(drop)
        .explain(
            "cannot start a thread for a generator process",
            "use fewer --processes",
        )
}
