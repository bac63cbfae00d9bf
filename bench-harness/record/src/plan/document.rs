//! The plan as it is stored in `plan.json`, and its trials in order.

use serde::{Deserialize, Serialize};

use super::contender::Contender;
use super::index::{ContenderId, LoadId};
use super::load::Load;
use super::scenario::Scenario;
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
    /// The cells of each block, in the order in which they run. Cell `c` is contender `c / loads` under load `c % loads`. If
    /// a load needs the peak, the first blocks hold only the probe.
    pub blocks: Vec<Vec<usize>>,
    /// Minimum number of blocks (the probe's aside) after which the run may end because it is precise enough. Absent if the
    /// run never ends early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_blocks: Option<usize>,
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
    pub const SCHEMA: u32 = 3;

    /// True if the plan has a cell, and its blocks name only cells that exist. A plan from a file may be damaged.
    pub fn is_sound(&self) -> bool {
        let cells = self.contenders.len() * self.loads.len();
        cells > 0 && self.blocks.iter().flatten().all(|&cell| cell < cells)
    }

    /// All trials in the order in which they run, without repeats.
    pub fn trials(&self) -> impl Iterator<Item = Trial> + '_ {
        (0..self.blocks.len()).flat_map(|block| self.trials_of(block))
    }

    /// The trials of one block in the order in which they run, without repeats.
    pub fn trials_of(&self, block: usize) -> impl Iterator<Item = Trial> + '_ {
        let before: usize = self.blocks[..block].iter().map(Vec::len).sum();
        let cells = self.blocks[block].iter().enumerate();
        cells.map(move |(index, &cell)| Trial {
            number: before + index,
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
