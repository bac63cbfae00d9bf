//! What a comparison will run, known before it begins: contenders x loads x blocks, in an order that a seed decides.
//!
//! The order is a randomised complete block design: each block runs every cell (one contender under one load) exactly
//! once, in an order of its own. What drifts during a run, such as the temperature of the machine, then meets all
//! contenders alike.

use std::time::Duration;

use echo_server::nearest;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Time that starting and stopping two processes takes, beside what is waited for on purpose.
const START_AND_STOP: Duration = Duration::from_millis(20);
/// Time that one more connection adds to a trial, at both ends together.
const CONNECT: Duration = Duration::from_micros(120);

/// Everything that a comparison will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this document: [`Plan::SCHEMA`] when it was written.
    pub schema: u32,
    /// What decides the order of trials and the bytes of payloads.
    pub seed: u64,
    /// How long the parts of a trial take.
    pub timing: Timing,
    /// How often a disturbed trial is repeated at the end of its block, at most.
    pub repeats: u32,
    /// The contender that the others are compared with, by name.
    pub baseline: String,
    /// Who takes part.
    pub contenders: Vec<Contender>,
    /// What they are put under.
    pub loads: Vec<Load>,
    /// The cells of each block in the order in which they run; cell `c` is contender `c / loads` under load `c % loads`.
    pub blocks: Vec<Vec<usize>>,
}

/// Who takes part in a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// What reports call it, and the model to serve.
    pub name: String,
    /// The way it waits.
    pub family: String,
    /// Its place in its family, which decides its colour and mark in every report.
    pub place: usize,
    /// What it is, in one sentence.
    pub summary: String,
    /// How many clients it declares to serve at once; none means as many as the system allows.
    pub capacity: Option<usize>,
    /// Why it cannot run on this machine, if it cannot.
    pub unsupported: Option<String>,
    /// Of whom it is the twin: the baseline a second time, which shows what the measurement itself makes of two equal
    /// servers.
    #[serde(default)]
    pub twin_of: Option<String>,
}

/// What clients do in a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The kind of load. `ladder`: a closed loop, each step with more connections, all of them busy.
    pub scenario: String,
    /// Clients that are connected and busy at the same time.
    pub connections: usize,
    /// Bytes in a request.
    pub payload: usize,
    /// The language spoken: `echo` or `framed`.
    pub protocol: String,
    /// Its place on the axis of its scenario: connections, idle connections, offered rate as a share of the peak.
    #[serde(default)]
    pub step: f64,
}

/// How long the parts of a trial take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The machine must have been quiet for so long.
    pub gate_s: f64,
    /// It is waited for a quiet machine at most so long.
    pub gate_limit_s: f64,
    /// Full load before the measured window.
    pub warm_up_s: f64,
    /// The measured window.
    pub duration_s: f64,
}

/// What the user chose, and defaults for the rest.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Numbers of connections, one load each.
    pub connections: Vec<usize>,
    /// Bytes in a request.
    pub payload: usize,
    /// How often every cell is measured.
    pub blocks: usize,
    /// What decides the order.
    pub seed: u64,
    /// How long the parts of a trial take.
    pub timing: Timing,
    /// How often a disturbed trial is repeated.
    pub repeats: u32,
    /// The contender to compare with.
    pub baseline: Option<String>,
}

/// One contender under one load, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Its number in the plan, from 0.
    pub number: usize,
    /// Its block, from 0.
    pub block: usize,
    /// 0, or how often this trial has been repeated because it was disturbed.
    pub attempt: u32,
    /// Index into [`Plan::contenders`].
    pub contender: usize,
    /// Index into [`Plan::loads`].
    pub load: usize,
}

/// A plan that makes no sense.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// There is nobody to measure.
    #[error("no models to compare; name some with --models, or all with --models all")]
    NoContenders,
    /// There is no load.
    #[error(
        "{0} connections are no load; give --connections one or more numbers from 1 on, as in 1,10,100"
    )]
    Connections(usize),
    /// Nothing would be measured.
    #[error("a comparison of 0 blocks measures nothing; give --blocks a number from 1 on")]
    NoBlocks,
    /// The window is empty.
    #[error("a measured window of no length; give --duration something like 600ms or 2s")]
    NoDuration,
    /// The payload is empty.
    #[error("requests of 0 bytes have no echo; give --payload a number from 1 on")]
    NoPayload,
    /// The baseline does not take part.
    #[error("the baseline `{name}` is not among the models{}; choose one of them with --baseline",
            nearest.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default())]
    Baseline {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
}

impl Plan {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 1;

    /// Lays out a comparison of these contenders.
    ///
    /// # Errors
    /// The choice makes no sense.
    pub fn new(contenders: Vec<Contender>, choice: &Choice) -> Result<Self, PlanError> {
        check(&contenders, choice)?;
        let baseline = baseline(&contenders, choice)?;
        let loads: Vec<_> = choice
            .connections
            .iter()
            .map(|&n| ladder(n, choice.payload))
            .collect();
        let cells = contenders.len() * loads.len();
        Ok(Self {
            schema: Self::SCHEMA,
            seed: choice.seed,
            timing: choice.timing,
            repeats: choice.repeats,
            baseline,
            blocks: shuffled_blocks(cells, choice.blocks, choice.seed),
            contenders,
            loads,
        })
    }

    /// Whether it has something to measure, and no cell that does not exist: plans are read from files too.
    pub fn is_sound(&self) -> bool {
        let cells = self.contenders.len() * self.loads.len();
        cells > 0 && self.blocks.iter().flatten().all(|&cell| cell < cells)
    }

    /// All trials in the order in which they run, repeats of disturbed ones aside.
    pub fn trials(&self) -> impl Iterator<Item = Trial> + '_ {
        let cells = self.blocks.iter().enumerate();
        let flat = cells.flat_map(|(block, cells)| cells.iter().map(move |&cell| (block, cell)));
        flat.enumerate().map(|(number, (block, cell))| Trial {
            number,
            block,
            attempt: 0,
            contender: cell / self.loads.len(),
            load: cell % self.loads.len(),
        })
    }

    /// About how long the whole comparison takes on a quiet machine.
    pub fn expected(&self) -> Duration {
        self.trials().map(|trial| self.expected_trial(trial)).sum()
    }

    /// About how long one trial takes on a quiet machine.
    pub fn expected_trial(&self, trial: Trial) -> Duration {
        if self.contenders[trial.contender].unsupported.is_some() {
            return Duration::ZERO;
        }
        let timing = &self.timing;
        let waits = timing.gate_s + timing.warm_up_s + timing.duration_s;
        let connections = self.loads[trial.load].connections as u32;
        Duration::from_secs_f64(waits) + START_AND_STOP + CONNECT * connections
    }

    /// How many clients of this load the contender declares to leave waiting.
    pub fn declared_waiting(&self, contender: usize, load: usize) -> usize {
        let connections = self.loads[load].connections;
        let capacity = self.contenders[contender].capacity.unwrap_or(usize::MAX);
        connections.saturating_sub(capacity)
    }
}

impl Load {
    /// What a heading calls it.
    pub fn label(&self) -> String {
        crate::number::counted(self.connections, "connection")
    }
}

fn check(contenders: &[Contender], choice: &Choice) -> Result<(), PlanError> {
    if contenders.is_empty() {
        return Err(PlanError::NoContenders);
    }
    if choice.connections.is_empty() || choice.connections.contains(&0) {
        return Err(PlanError::Connections(0));
    }
    if choice.blocks == 0 {
        return Err(PlanError::NoBlocks);
    }
    if choice.timing.duration_s <= 0.0 {
        return Err(PlanError::NoDuration);
    }
    if choice.payload == 0 {
        return Err(PlanError::NoPayload);
    }
    Ok(())
}

/// The chosen baseline, or the first contender that promises to serve everybody.
fn baseline(contenders: &[Contender], choice: &Choice) -> Result<String, PlanError> {
    let names = || contenders.iter().map(|contender| contender.name.as_str());
    match &choice.baseline {
        Some(name) if names().any(|other| other == name) => Ok(name.clone()),
        Some(name) => Err(PlanError::Baseline {
            name: name.clone(),
            nearest: nearest(name, names()).map(str::to_owned),
        }),
        None => {
            let everybody = |c: &&Contender| c.capacity.is_none() && c.unsupported.is_none();
            let first = contenders.iter().find(everybody).unwrap_or(&contenders[0]);
            Ok(first.name.clone())
        }
    }
}

fn ladder(connections: usize, payload: usize) -> Load {
    Load {
        scenario: "ladder".to_owned(),
        connections,
        payload,
        protocol: echo_protocol::Protocol::Echo.name().to_owned(),
        step: connections as f64,
    }
}

fn shuffled_blocks(cells: usize, blocks: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut random = ChaCha12Rng::seed_from_u64(seed);
    let mut block = || {
        let mut order: Vec<usize> = (0..cells).collect();
        order.shuffle(&mut random);
        order
    };
    (0..blocks).map(|_| block()).collect()
}
