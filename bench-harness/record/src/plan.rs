//! What a comparison will run, known before it begins: contenders x loads x blocks, in an order that a seed decides.
//!
//! The order is a randomised complete block design: each block runs every cell (one contender under one load) exactly
//! once, in an order of its own. What drifts during a run, such as the temperature of the machine, then meets all
//! contenders alike.

mod contender;
mod error;
mod index;
mod load;
mod objective;
mod profile;
mod scenario;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use crate::names::nearest;
use crate::number::grouped;
use crate::sample::Sample;

pub use contender::{Claim, Contender, Expect, Family, Queue};
pub use error::PlanError;
pub use index::{ContenderId, LoadId};
pub use load::{Load, Rate};
pub use objective::{Objective, ObjectiveError};
pub use profile::Profile;
pub use scenario::{BUILT_IN, Recipe, Scenario};

/// How often the probe measures each contender.
const PROBES: usize = 3;

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
    /// What is asked, each with its own loads. The first schema knew only the ladder, and left it unsaid.
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
    /// What they are put under.
    pub loads: Vec<Load>,
    /// The cells of each block in the order in which they run; cell `c` is contender `c / loads` under load `c % loads`. Where
    /// a load needs the peak, the first blocks hold the probe and nothing else.
    pub blocks: Vec<Vec<usize>>,
    /// After how many blocks, those of the probe aside, the run may end when it is precise enough; absent where it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_blocks: Option<usize>,
    /// The peak in requests a second, once the probe has found it: [`Plan::peak`]. Absent in a plan as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<f64>,
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
    /// What is asked.
    pub scenarios: Vec<Recipe>,
    /// Bytes in a request, where a scenario says nothing else.
    pub payload: usize,
    /// How often every cell is measured, at most.
    pub blocks: usize,
    /// After how many blocks the run may end when it is precise enough.
    pub least_blocks: Option<usize>,
    /// What decides the order.
    pub seed: u64,
    /// How long the parts of a trial take.
    pub timing: Timing,
    /// How often a disturbed trial is repeated.
    pub repeats: u32,
    /// The contender to compare with.
    pub baseline: Option<String>,
    /// The contender to compare with where the user chose none and it can serve every client.
    pub reference: Option<String>,
    /// Whether the baseline takes part a second time.
    pub twin: bool,
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
    /// The contender that serves.
    pub contender: ContenderId,
    /// What it is put under.
    pub load: LoadId,
}

impl Plan {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 2;

    /// Lays out a comparison of these contenders.
    ///
    /// # Errors
    /// The choice makes no sense.
    pub fn new(mut contenders: Vec<Contender>, choice: &Choice) -> Result<Self, PlanError> {
        check(&contenders, choice)?;
        let baseline = baseline(&contenders, choice)?;
        if choice.twin {
            contenders.extend(twin(&contenders, &baseline));
        }
        let mut recipes = choice.scenarios.clone();
        let mut loads = loads(&recipes, choice.payload)?;
        let needs_peak = loads.iter().any(Load::needs_peak);
        if needs_peak {
            recipes.insert(0, Recipe::probe());
            loads = self::loads(&recipes, choice.payload)?;
        }
        distinct(&recipes)?;
        let mut plan = Self {
            schema: Self::SCHEMA,
            seed: choice.seed,
            timing: choice.timing,
            repeats: choice.repeats,
            baseline,
            scenarios: recipes.iter().map(Recipe::described).collect(),
            blocks: Vec::new(),
            least_blocks: choice.least_blocks,
            peak: None,
            contenders,
            loads,
        };
        plan.blocks = plan.shuffled(if needs_peak { PROBES } else { 0 }, choice.blocks);
        Ok(plan)
    }

    /// Blocks in random order, those of the probe first.
    fn shuffled(&self, probes: usize, blocks: usize) -> Vec<Vec<usize>> {
        let mut random = ChaCha12Rng::seed_from_u64(self.seed);
        let cells = 0..self.contenders.len() * self.loads.len();
        let is_probe = |cell: &usize| self.is_probe(self.load_of(*cell));
        let (mut probe, others): (Vec<_>, Vec<_>) = cells.partition(is_probe);
        // What only a reference line reaches is no rate to offer to those who can be taken.
        let contends = |cell: &usize| !self.contenders[self.contender_of(*cell)].reference_line;
        if probe.iter().any(contends) {
            probe.retain(contends);
        }
        let kinds = [vec![probe; probes], vec![others; blocks]].concat();
        let shuffled = |mut block: Vec<usize>| {
            block.shuffle(&mut random);
            block
        };
        kinds.into_iter().map(shuffled).collect()
    }

    /// Whether it has something to measure, and no cell that does not exist: plans are read from files too.
    pub fn is_sound(&self) -> bool {
        let cells = self.contenders.len() * self.loads.len();
        cells > 0 && self.blocks.iter().flatten().all(|&cell| cell < cells)
    }

    /// All trials in the order in which they run, repeats of disturbed ones aside.
    pub fn trials(&self) -> impl Iterator<Item = Trial> + '_ {
        (0..self.blocks.len()).flat_map(|block| self.trials_of(block))
    }

    /// The trials of one block in the order in which they run.
    pub fn trials_of(&self, block: usize) -> impl Iterator<Item = Trial> + '_ {
        let before: usize = self.blocks[..block].iter().map(Vec::len).sum();
        let cells = self.blocks[block].iter().enumerate();
        cells.map(move |(place, &cell)| Trial {
            number: before + place,
            block,
            attempt: 0,
            contender: self.contender_of(cell),
            load: self.load_of(cell),
        })
    }

    /// The contender of a cell; see [`Plan::blocks`].
    pub fn contender_of(&self, cell: usize) -> ContenderId {
        ContenderId(cell / self.loads.len())
    }

    /// The cell of a contender under a load; see [`Plan::blocks`].
    pub fn cell_of(&self, contender: ContenderId, load: LoadId) -> usize {
        contender.0 * self.loads.len() + load.0
    }

    /// The load of a cell; see [`Plan::blocks`].
    pub fn load_of(&self, cell: usize) -> LoadId {
        LoadId(cell % self.loads.len())
    }

    /// Whether this load only finds the peak.
    pub fn is_probe(&self, load: LoadId) -> bool {
        self.loads[load].scenario == Recipe::PROBE
    }

    /// The first block that is not the probe's.
    pub fn first_block(&self) -> usize {
        let only_probe = |block: &&Vec<usize>| {
            let mut cells = block.iter();
            !block.is_empty() && cells.all(|&cell| self.is_probe(self.load_of(cell)))
        };
        self.blocks.iter().take_while(only_probe).count()
    }

    /// How often every cell is measured, at most; the probe does not count.
    pub fn rounds(&self) -> usize {
        self.blocks.len() - self.first_block()
    }

    /// Whether the run may end after this block, if it is precise enough.
    pub fn may_end_after(&self, block: usize) -> bool {
        let done = (block + 1).saturating_sub(self.first_block());
        self.least_blocks.is_some_and(|least| done >= least)
    }

    /// How many trials had to be finished, given the numbers of those that are: all, unless the run ended because it was precise
    /// enough, which it does only behind a whole block.
    pub fn due(&self, finished: &BTreeSet<usize>) -> usize {
        let last = finished.last().copied().unwrap_or(0);
        let through = |block: usize| self.blocks[..=block].iter().map(Vec::len).sum::<usize>();
        let all = (0..self.blocks.len()).map(|block| (block, through(block)));
        let whole = |&(block, end): &(usize, usize)| last + 1 == end && self.may_end_after(block);
        let mut ends = all.filter(whole).map(|(_, end)| end);
        let precise = ends.find(|&end| finished.len() == end);
        precise.unwrap_or_else(|| self.blocks.iter().map(Vec::len).sum())
    }

    /// The peak: of each contender's throughputs in the probe the median, and the highest of these. `None` where nobody answered.
    pub fn peak(&self, rows: &[Sample]) -> Option<f64> {
        let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let probes = rows.iter().filter(|row| row.load.scenario == Recipe::PROBE);
        for row in probes.filter(|row| row.failure.is_none()) {
            let rate = row.outcome.as_ref().map(|outcome| outcome.rate);
            rates.entry(&row.contender).or_default().extend(rate);
        }
        let medians = rates.values_mut().filter_map(|rates| {
            rates.sort_by(f64::total_cmp);
            let upper = *rates.get(rates.len() / 2)?;
            Some(f64::midpoint(rates[(rates.len() - 1) / 2], upper))
        });
        medians.filter(|rate| *rate > 0.0).reduce(f64::max)
    }

    /// Why this contender is not measured under this load, if it is not.
    pub fn cannot(&self, contender: ContenderId, load: LoadId) -> Option<String> {
        let (who, load) = (&self.contenders[contender], &self.loads[load]);
        if who.unsupported.is_some() {
            return who.unsupported.clone();
        }
        if who.datagrams
            && let Some(reason) = load.not_in_datagrams()
        {
            return Some(reason);
        }
        let echo = load.protocol == echo_protocol::Protocol::Echo.name();
        if who.command.is_some() && !echo {
            return Some(format!(
                "it is no server of EchoLab and speaks no {}; leave the scenario `{}` out",
                load.protocol, load.scenario
            ));
        }
        if who.echo_only && !echo {
            return Some(format!(
                "it sends back bytes and speaks no {}; see `echolab list`",
                load.protocol
            ));
        }
        let capacity = who.capacity.filter(|&capacity| capacity < load.connections);
        let few = |capacity: usize| {
            format!(
                "it declares to serve {} at once, and these are {}; see `echolab list`",
                grouped(capacity as u64),
                grouped(load.connections as u64)
            )
        };
        capacity.filter(|_| !load.beyond_capacity).map(few)
    }

    /// How many clients of this load the contender declares to leave waiting.
    pub fn declared_waiting(&self, contender: ContenderId, load: LoadId) -> usize {
        let connections = self.loads[load].connections;
        let capacity = self.contenders[contender].capacity.unwrap_or(usize::MAX);
        connections.saturating_sub(capacity)
    }
}

fn check(contenders: &[Contender], choice: &Choice) -> Result<(), PlanError> {
    if contenders.is_empty() {
        return Err(PlanError::NoContenders);
    }
    if choice.scenarios.is_empty() {
        return Err(PlanError::NoScenarios);
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

fn distinct(recipes: &[Recipe]) -> Result<(), PlanError> {
    let same = |(i, recipe): &(usize, &Recipe)| {
        let mut before = recipes[..*i].iter();
        before.any(|other| other.name == recipe.name)
    };
    let twice = recipes.iter().enumerate().find(same);
    twice.map_or(Ok(()), |(_, recipe)| {
        Err(PlanError::SameScenario(recipe.name.clone()))
    })
}

fn loads(recipes: &[Recipe], payload: usize) -> Result<Vec<Load>, PlanError> {
    let steps: Result<Vec<_>, _> = recipes.iter().map(|recipe| recipe.loads(payload)).collect();
    Ok(steps?.concat())
}

/// The chosen baseline, or the reference, or else the first contender that promises to serve every client.
fn baseline(contenders: &[Contender], choice: &Choice) -> Result<String, PlanError> {
    let names = || contenders.iter().map(|contender| contender.name.as_str());
    match &choice.baseline {
        Some(name) if names().any(|other| other == name) => Ok(name.clone()),
        Some(name) => Err(PlanError::Baseline {
            name: name.clone(),
            nearest: nearest(name, names()).map(str::to_owned),
        }),
        None => {
            let everybody = |c: &&Contender| {
                c.capacity.is_none() && c.unsupported.is_none() && !c.reference_line
            };
            let can: Vec<_> = contenders.iter().filter(everybody).collect();
            let reference = choice.reference.as_deref();
            let reference = can
                .iter()
                .copied()
                .find(|c| Some(c.name.as_str()) == reference);
            let first = reference.or_else(|| can.first().copied());
            Ok(first.unwrap_or(&contenders[0]).name.clone())
        }
    }
}

/// The baseline a second time.
fn twin(contenders: &[Contender], baseline: &str) -> Option<Contender> {
    let first = contenders
        .iter()
        .find(|contender| contender.name == baseline)?;
    Some(Contender {
        name: format!("{baseline} (again)"),
        twin_of: Some(baseline.to_owned()),
        ..first.clone()
    })
}
