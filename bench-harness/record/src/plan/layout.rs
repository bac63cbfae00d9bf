//! Lays a comparison out: contenders x loads x blocks, in an order that a seed decides.
//!
//! The order is a randomised complete block design: each block runs every cell (one contender under one load) exactly
//! once, in an order of its own. Whatever drifts during a run, such as the temperature of the machine, then affects all
//! contenders alike.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;

use super::{Contender, Load, Plan, PlanError, Recipe, Timing};
use crate::names::nearest;

/// Number of times that the probe measures each contender.
const PROBES: usize = 3;

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

impl Plan {
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
