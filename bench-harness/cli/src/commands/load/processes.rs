//! A load that several generator processes share: they begin together, end together, and their outcomes are merged.
//!
//! ```text
//!   owner                                part (the same program and options with --part I/N)
//!     ── options ─────────────────────────▶  connects
//!     ◀───────────────────────── connected ──
//!     ── the time to begin, when all are ──▶  asks from that moment on
//!     ◀───────────────────────── measuring ──
//!     ◀───────────────────── reading {…} ──  once a second
//!     ◀───────────────────── outcome {…} ──
//! ```
//!
//! Parts are in process groups of their own, so that Ctrl-C reaches only the owner, who passes it on once. A part that
//! fails ends the others; parts of an owner that was killed are killed by the kernel.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use contract::generator;
use contract::part::{Line, order_begin};
use loadgen::Outcome;
use measure::process::describe_exit;
use measure::stop::Stop;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use thiserror::Error;

use super::live::{Live, Reading};

/// How often the owner looks at the signals.
const LOOK: Duration = Duration::from_millis(20);

/// From the order to begin until asking begins: longer than all parts need to hear of it.
const NOTICE: Duration = Duration::from_millis(50);

/// How much of what a part says on stderr is passed on.
const LAST_WORDS: u64 = 4096;

/// A generator process ended without an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{words}")]
pub struct PartFailed {
    words: String,
    code: Option<i32>,
}

impl PartFailed {
    /// Whether what was asked of it makes no sense, or cannot be had here.
    pub fn is_wrong_use(&self) -> bool {
        self.code == Some(2)
    }

    fn new(status: ExitStatus, said: &str, stopping: bool) -> Self {
        let said = said.trim().trim_start_matches("echolab: ");
        let words = if !said.is_empty() {
            said.to_owned()
        } else if stopping {
            "stopped before all generator processes had begun; start it again for figures"
                .to_owned()
        } else {
            let how = describe_exit(status);
            format!(
                "a generator process {how} without an outcome, so the others were ended; start it again, with fewer --processes where memory is short"
            )
        };
        let code = status.code();
        Self { words, code }
    }
}

/// What the owner hears of a part.
enum Heard {
    Line(Line),
    /// It has closed its stdout, and said this on stderr.
    Ended(String),
}

/// Starts so many processes with the options of this one, and merges what they found out.
///
/// # Errors
/// A process cannot be started, or ends without an outcome.
pub fn run(
    processes: usize,
    stop: &Stop,
    live: &mut Live,
    announce: bool,
) -> anyhow::Result<Outcome> {
    let (mut parts, heard) = Parts::start(processes)?;
    let mut connected = 0;
    let mut outcomes: Vec<Option<Outcome>> = vec![None; processes];
    while outcomes.iter().any(Option::is_none) {
        parts.pass_on(stop);
        match heard.recv_timeout(LOOK) {
            Ok((_, Heard::Line(Line::Connected))) => {
                connected += 1;
                if connected == processes {
                    parts.begin();
                }
            }
            Ok((_, Heard::Line(Line::Measuring))) => {
                parts.measuring += 1;
                if parts.measuring == processes && announce {
                    println!("{}", generator::Line::Measuring);
                }
            }
            Ok((i, Heard::Line(Line::Reading(json)))) => {
                // A reading that cannot be read is one that the live view leaves out.
                if let Ok(reading) = serde_json::from_str(&json) {
                    parts.readings[i] = reading;
                }
            }
            Ok((i, Heard::Line(Line::Outcome(json)))) => {
                let outcome = serde_json::from_str(&json);
                outcomes[i] =
                    Some(outcome.context("a generator process wrote no outcome; start it again")?);
            }
            Ok((i, Heard::Ended(_))) if outcomes[i].is_some() => {}
            Ok((i, Heard::Ended(words))) => Err(parts.failure(i, &words)?)?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        live.show(|at| Reading {
            at,
            ..Reading::sum(&parts.readings)
        });
    }
    merge(outcomes.into_iter().flatten())
}

fn merge(outcomes: impl Iterator<Item = Outcome>) -> anyhow::Result<Outcome> {
    let mut merged: Option<Outcome> = None;
    for outcome in outcomes {
        match &mut merged {
            Some(merged) => merged.merge(&outcome)?,
            None => merged = Some(outcome),
        }
    }
    merged.context("a load has at least one process; give --processes 1 or more")
}

/// The processes; those that are left when it is dropped are killed.
struct Parts {
    children: Vec<Child>,
    readings: Vec<Reading>,
    measuring: usize,
    stopping: bool,
}

impl Parts {
    fn start(processes: usize) -> anyhow::Result<(Self, Receiver<(usize, Heard)>)> {
        let program = env::current_exe().context("this program cannot be found; start it again")?;
        let (say, heard) = mpsc::channel();
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
                .context(
                    "a generator process cannot be started; use fewer --processes or check `ulimit -u`",
                )?;
            parts.children.push(child);
            listen(&mut parts.children[i], i, say.clone())?;
        }
        Ok((parts, heard))
    }

    /// Lets all of them begin at the same moment.
    fn begin(&mut self) {
        let at = Instant::now() + NOTICE;
        for child in &mut self.children {
            // A part that has ended in the meantime shows by the end of its lines.
            let stdin = child.stdin.as_mut();
            let _ = stdin.map(|stdin| order_begin(stdin, at));
        }
    }

    /// Passes a wish to stop on, once: a second one would end them without an outcome.
    fn pass_on(&mut self, stop: &Stop) {
        if !stop.is_requested() || self.stopping {
            return;
        }
        self.stopping = true;
        for child in &self.children {
            // Who has ended needs no signal; nobody else has its number before it is waited for.
            let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM);
        }
    }

    /// Why a part ended without an outcome.
    fn failure(&mut self, i: usize, words: &str) -> anyhow::Result<PartFailed> {
        let status = self.children[i]
            .wait()
            .context("a generator process is lost; start it again")?;
        Ok(PartFailed::new(status, words, self.stopping))
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Who has given its outcome ends by itself, and is ended a little earlier.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Hears a part in a thread of its own, which ends with the part.
fn listen(child: &mut Child, i: usize, say: Sender<(usize, Heard)>) -> anyhow::Result<()> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        unreachable!("stdout and stderr were asked to be pipes");
    };
    let listener = move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Some(line) = Line::parse(&line) else {
                break;
            };
            if say.send((i, Heard::Line(line))).is_err() {
                return;
            }
        }
        let mut words = Vec::new();
        // What cannot be heard is not passed on.
        let _ = stderr.take(LAST_WORDS).read_to_end(&mut words);
        let words = String::from_utf8_lossy(&words).into_owned();
        // The owner may have given up.
        let _ = say.send((i, Heard::Ended(words)));
    };
    let name = format!("part-{i}");
    thread::Builder::new()
        .name(name)
        .spawn(listener)
        .context("a generator process cannot be heard; use fewer --processes")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn a_part_that_failed_speaks_for_itself() {
        let told = PartFailed::new(ExitStatus::from_raw(2 << 8), "echolab: no room\n", false);
        assert!(told.is_wrong_use());
        assert_eq!(told.to_string(), "no room");
        let killed = PartFailed::new(ExitStatus::from_raw(9), "", false);
        assert!(!killed.is_wrong_use());
        let words = killed.to_string();
        assert!(words.contains("was killed by SIGKILL") && words.contains("fewer --processes"));
        let stopped = PartFailed::new(ExitStatus::from_raw(15), "", true);
        assert!(stopped.to_string().contains("start it again"), "{stopped}");
    }
}
