//! A load that several generator processes share: each takes its part, and their outcomes are merged.

use std::env;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use loadgen::Outcome;

use crate::cost::Answered;
use crate::generator::MEASURING;

/// What every part is told, whatever the whole is told.
const TOLD: [&str; 3] = ["--json", "--announce", "--allow-invalid"];

/// Starts so many processes with the options of this one, and merges what they found out. Ctrl-C reaches them all, because
/// they are in the same process group.
///
/// # Errors
/// A process cannot be started, or ends without an outcome.
pub fn run(processes: usize, announce: bool) -> anyhow::Result<Outcome> {
    let program = env::current_exe().context("this program cannot be found; start it again")?;
    let given = env::args_os().skip(1);
    let options: Vec<_> = given
        .filter(|option| !TOLD.iter().any(|told| option == told))
        .collect();
    let mut children = Vec::new();
    for i in 0..processes {
        let part = format!("{i}/{processes}");
        let child = Command::new(&program)
            .args(&options)
            .args(TOLD)
            .args(["--part", &part])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context(
                "a generator process cannot be started; use fewer --processes or check `ulimit -u`",
            )?;
        children.push(child);
    }
    let mut readers = Vec::new();
    for child in &mut children {
        readers.push(BufReader::new(
            child
                .stdout
                .take()
                .context("a child process has a stdout")?,
        ));
    }
    let first_lines: Vec<String> = readers.iter_mut().map(line).collect::<Result<_, _>>()?;
    if announce {
        println!("{MEASURING}");
    }
    let mut merged: Option<Outcome> = None;
    for ((child, reader), first) in children.into_iter().zip(readers).zip(first_lines) {
        let outcome = outcome(child, reader, first)?;
        match &mut merged {
            Some(merged) => merged.merge(&outcome)?,
            None => merged = Some(outcome),
        }
    }
    merged.context("a load has at least one process")
}

/// The first line after what a part says in its warm-up, which is of no use to whoever wants to hear of the whole.
fn line(reader: &mut BufReader<ChildStdout>) -> anyhow::Result<String> {
    loop {
        let mut line = String::new();
        reader
            .read_line(&mut line)
            .context("a generator process cannot be heard; try again")?;
        if Answered::parse(line.trim_end()).is_none() {
            return Ok(line);
        }
    }
}

/// What one process found out. Its first line says only that it measures, unless it never came to that.
fn outcome(
    mut child: Child,
    mut reader: BufReader<ChildStdout>,
    first: String,
) -> anyhow::Result<Outcome> {
    let mut text = if first.trim() == MEASURING {
        String::new()
    } else {
        first
    };
    reader
        .read_to_string(&mut text)
        .context("a generator process cannot be heard; try again")?;
    let status = child
        .wait()
        .context("a generator process is lost; try again")?;
    if text.is_empty() {
        bail!("a generator process ended with {status} and no outcome; try with fewer --processes");
    }
    serde_json::from_str(&text)
        .context("a generator process printed no outcome; try with fewer --processes")
}
