//! The plan as it is stored in `plan.json`, and its trials in order.

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::index::{ContenderId, LoadId};
use super::limits;
use super::load::Load;
use super::scenario::Scenario;
use super::sitting::{Sitting, sitting_trials};
use super::timing::Timing;

/// The plan of a comparison, stored as `plan.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this document: [`Plan::SCHEMA`] when it was written.
    pub schema: u32,
    /// The seed of all random choices: the order of trials and the bytes of payloads.
    pub seed: u64,
    /// Lengths of the parts of a trial.
    pub timing: Timing,
    /// Maximum number of repeats of a disturbed trial, at the end of its block.
    pub repeats: u32,
    /// The name of the contender that the others are compared with.
    pub baseline: String,
    /// The models and external servers that take part.
    pub contenders: Vec<Contender>,
    /// The scenarios: each asks a question and has its own loads. The first schema knew only the ladder and did not store
    /// it.
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
    /// The loads, of all scenarios. Each contender is measured under each of them.
    pub loads: Vec<Load>,
    /// The cells of each block that are measured with fresh processes, in the order in which they run. Cell `c` is contender
    /// `c / loads` under load `c % loads`. If the rate of a load follows from the probe, the first blocks hold only the
    /// probe.
    pub blocks: Vec<Vec<usize>>,
    /// The sittings, block by block, in the order in which they run: before the other cells of their block. Older plans have
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sittings: Vec<Sitting>,
    /// The zone of indifference: ratios within this factor of 1 count as equal. 1.05 in older plans.
    #[serde(default = "usual_zone")]
    pub zone: f64,
    /// Minimum number of blocks (the probe's aside) after which the run may end because it is precise enough. Absent if the
    /// run never ends early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_blocks: Option<usize>,
    /// Time of the whole run in seconds. What is left of it after all that was planned goes to undecided comparisons. Absent
    /// if the user chose the length of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_s: Option<f64>,
}

/// The largest zone of indifference that a stored plan may have.
const LARGEST_ZONE: f64 = 1000.0;

const fn usual_zone() -> f64 {
    Plan::USUAL_ZONE
}

/// One measurement of one contender under one load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Its number in the plan, from 0.
    pub number: usize,
    /// The number of its block, from 0.
    pub block: usize,
    /// 0 for the first attempt, 1, 2, … for repeats because of a disturbance.
    pub attempt: u32,
    /// The contender that is measured.
    pub contender: ContenderId,
    /// The load that the clients put on it.
    pub load: LoadId,
}

impl Plan {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 4;
    /// The zone of indifference of plans that do not store it.
    pub const USUAL_ZONE: f64 = 1.05;

    /// What makes no sense in this plan, as a text; `None` if it is sound. A plan from a file may be damaged.
    pub fn mistake(&self) -> Option<String> {
        let numbers = self
            .timing
            .mistake()
            .or_else(|| self.loads.iter().find_map(Load::mistake));
        let rounds = self.sittings.iter().map(|sitting| sitting.rounds).max();
        if numbers.is_some() {
            numbers
        } else if !self.names_what_exists() {
            Some("it names trials that do not exist".to_owned())
        } else if rounds > Some(limits::ROUNDS) {
            Some(format!("a sitting has more than {} rounds", limits::ROUNDS))
        } else if !(self.zone > 1.0 && self.zone <= LARGEST_ZONE) {
            Some(format!(
                "`zone` is {}, not above 1 and up to {LARGEST_ZONE}",
                self.zone
            ))
        } else if self.budget_s.is_some_and(|budget| !budget.is_finite()) {
            Some("`budget_s` is not a number of seconds".to_owned())
        } else {
            None
        }
    }

    /// True if the plan has a cell, and its blocks and sittings name only contenders and loads that exist.
    fn names_what_exists(&self) -> bool {
        let (contenders, loads) = (self.contenders.len(), self.loads.len());
        let cells = contenders * loads;
        let has_all = |sitting: &Sitting| {
            let members = &sitting.contenders;
            let exist = members.iter().all(|contender| contender.0 < contenders);
            exist
                && members.len() > 1
                && sitting.load.0 < loads
                && sitting.block < self.blocks.len()
        };
        cells > 0
            && self.blocks.iter().flatten().all(|&cell| cell < cells)
            && self.sittings.iter().all(has_all)
    }

    /// All trials in the order of their numbers, without repeats: those with fresh processes, then those of the sittings.
    pub fn trials(&self) -> impl Iterator<Item = Trial> + '_ {
        // Each part counts on from the one before: to add up all parts before each would be quadratic.
        let mut next = self.blocks.iter().map(Vec::len).sum();
        let of_sitting = move |sitting| {
            let first = next;
            next += sitting_trials(sitting, first).count();
            sitting_trials(sitting, first)
        };
        self.fresh_trials()
            .chain(self.sittings.iter().flat_map(of_sitting))
    }

    /// The trials with fresh processes, in the order in which they run, without repeats.
    pub fn fresh_trials(&self) -> impl Iterator<Item = Trial> + '_ {
        let mut next = 0;
        (0..self.blocks.len()).flat_map(move |block| {
            let first = next;
            next += self.blocks[block].len();
            self.trials_from(block, first)
        })
    }

    /// The trials of one block with fresh processes, in the order in which they run, without repeats.
    pub fn trials_of(&self, block: usize) -> impl Iterator<Item = Trial> + '_ {
        self.trials_from(block, self.blocks[..block].iter().map(Vec::len).sum())
    }

    /// The trials of one block with fresh processes, of which the first has this number.
    fn trials_from(&self, block: usize, first: usize) -> impl Iterator<Item = Trial> + '_ {
        let cells = self.blocks[block].iter().enumerate();
        cells.map(move |(index, &cell)| Trial {
            number: first + index,
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

    /// True if this load belongs to the probe, which only finds the peak.
    pub fn is_probe(&self, load: LoadId) -> bool {
        self.loads[load].is_probe()
    }
}
