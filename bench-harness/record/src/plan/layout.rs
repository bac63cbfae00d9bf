//! Lays out the measurements of a comparison: contenders x loads x blocks, in an order that a seed decides.
//!
//! The order is a randomised complete block design: each block measures every cell (one contender under one load) exactly
//! once, in its own random order. A drift during the run, such as the temperature of the machine, then affects all
//! contenders alike. A cell is measured in a sitting, in rounds beside the baseline, or with fresh processes of its own.

use echo_protocol::Protocol;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha12Rng;

use super::contender::Contender;
use super::document::Plan;
use super::error::PlanError;
use super::index::{ContenderId, LoadId};
use super::limits;
use super::load::Load;
use super::scenario::Recipe;
use super::sitting::{Sitting, groups};
use super::timing::Timing;
use crate::nearest::nearest;

/// The shortest slice in seconds.
const SHORTEST_SLICE_S: f64 = 0.001;
/// Number of times that the probe measures each contender.
const PROBES: usize = 2;

/// The options of a comparison, each chosen by the user or by default.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The scenarios to measure.
    pub scenarios: Vec<Recipe>,
    /// Bytes in a request, unless a scenario sets its own size.
    pub payload: usize,
    /// Number of sittings, or of trials, of every cell; a maximum if `least_blocks` is given.
    pub blocks: usize,
    /// Number of rounds in a sitting. `None` for no sittings: all cells are measured with fresh processes.
    pub rounds: Option<usize>,
    /// Number of processes and threads that this machine allows at the same time. Fewer servers sit together if they might
    /// need more.
    pub tasks: usize,
    /// The zone of indifference: ratios within this factor of 1 count as equal.
    pub zone: f64,
    /// Minimum number of blocks after which the run may end because it is precise enough.
    pub least_blocks: Option<usize>,
    /// The seed of all random choices.
    pub seed: u64,
    /// Lengths of the parts of a trial.
    pub timing: Timing,
    /// Maximum number of repeats of a disturbed trial.
    pub repeats: u32,
    /// The name of the baseline, if the user chose one.
    pub baseline: Option<String>,
    /// The name of the default baseline. It is used if it takes part and serves every client.
    pub reference: Option<String>,
    /// True if the baseline is measured a second time as a control.
    pub twin: bool,
}

impl Plan {
    /// Lays out a comparison of these contenders.
    ///
    /// # Errors
    /// An option has an impossible value, or a name is unknown.
    pub fn new(mut contenders: Vec<Contender>, options: &PlanOptions) -> Result<Self, PlanError> {
        check(&contenders, options)?;
        let baseline = baseline(&contenders, options)?;
        if options.twin {
            contenders.extend(twin(&contenders, &baseline));
        }
        let mut recipes = options.scenarios.clone();
        let mut loads = loads(&recipes, options.payload)?;
        let needs_peak = loads.iter().any(Load::needs_peak);
        if needs_peak {
            recipes.insert(0, probe(&loads));
            loads = self::loads(&recipes, options.payload)?;
        }
        check_names(&recipes)?;
        check_size(contenders.len(), loads.len(), options.blocks)?;
        let mut plan = Self {
            schema: Self::SCHEMA,
            seed: options.seed,
            timing: options.timing,
            repeats: options.repeats,
            baseline,
            scenarios: recipes.iter().map(Recipe::scenario).collect(),
            blocks: Vec::new(),
            sittings: Vec::new(),
            zone: options.zone,
            least_blocks: options.least_blocks,
            budget_s: None,
            contenders,
            loads,
        };
        let probes = if needs_peak { PROBES } else { 0 };
        let mut random = ChaCha12Rng::seed_from_u64(plan.seed);
        if let Some(rounds) = options.rounds {
            let blocks = probes..probes + options.blocks;
            let sittings = blocks.flat_map(|block| {
                plan.shuffled_sittings(block, rounds, options.tasks, &mut random)
            });
            plan.sittings = sittings.collect();
        }
        plan.blocks = plan.shuffled(probes, options.blocks, &mut random);
        Ok(plan)
    }

    /// The sittings of a block in random order: for each paired load as many as its contenders need.
    fn shuffled_sittings(
        &self,
        block: usize,
        rounds: usize,
        tasks: usize,
        random: &mut ChaCha12Rng,
    ) -> Vec<Sitting> {
        let mut sittings = Vec::new();
        for (load, document) in LoadId::all(&self.loads).zip(&self.loads) {
            let Some((baseline, others)) = self.sitters(load) else {
                continue;
            };
            for group in groups(others, document.connections, tasks, random) {
                sittings.push(Sitting {
                    block,
                    load,
                    contenders: [vec![baseline], group].concat(),
                    rounds,
                    extra: false,
                });
            }
        }
        sittings.shuffle(random);
        sittings
    }

    /// The baseline and the other contenders that can be measured under this load; `None` if it is not measured in sittings.
    fn sitters(&self, load: LoadId) -> Option<(ContenderId, Vec<ContenderId>)> {
        let can = |&contender: &ContenderId| self.unsupported_reason(contender, load).is_none();
        let able = ContenderId::all(&self.contenders).filter(can);
        let is_baseline =
            |contender: &ContenderId| self.contenders[*contender].name == self.baseline;
        let (baseline, others): (Vec<_>, Vec<_>) = able.partition(is_baseline);
        let is_paired = self.loads[load].is_paired() && !others.is_empty();
        Some((*baseline.first().filter(|_| is_paired)?, others))
    }

    /// The blocks of trials with fresh processes, those of the probe first, each with its cells in random order.
    fn shuffled(&self, probes: usize, blocks: usize, random: &mut ChaCha12Rng) -> Vec<Vec<usize>> {
        let cells = 0..self.contenders.len() * self.loads.len();
        // Asked once a load: a plan has many cells and many sittings.
        let loads = LoadId::all(&self.loads);
        let paired: Vec<bool> = loads.map(|load| self.is_paired(load)).collect();
        let is_fresh = |cell: &usize| !paired[self.load_of(*cell).0];
        let is_probe = |cell: &usize| self.is_probe(self.load_of(*cell));
        let (mut probe, others): (Vec<_>, Vec<_>) = cells.filter(is_fresh).partition(is_probe);
        // A twin would only repeat its original. A reference line may reach a peak that no model reaches; shares of it would overload all models.
        let is_model = |cell: &usize| {
            let contender = &self.contenders[self.contender_of(*cell)];
            !contender.reference_line && contender.twin_of.is_none()
        };
        if probe.iter().any(is_model) {
            probe.retain(is_model);
        }
        let kinds = [vec![probe; probes], vec![others; blocks]].concat();
        let shuffled = |mut block: Vec<usize>| {
            block.shuffle(random);
            block
        };
        kinds.into_iter().map(shuffled).collect()
    }
}

fn check(contenders: &[Contender], options: &PlanOptions) -> Result<(), PlanError> {
    if contenders.is_empty() {
        return Err(PlanError::NoContenders);
    }
    if options.scenarios.is_empty() {
        return Err(PlanError::NoScenarios);
    }
    check_count("--blocks", options.blocks, limits::BLOCKS)?;
    check_count("--rounds", options.rounds.unwrap_or(1), limits::ROUNDS)?;
    if options.rounds.is_some() && options.timing.slice_s < SHORTEST_SLICE_S {
        return Err(PlanError::ShortSlice);
    }
    if options.timing.duration_s <= 0.0 {
        return Err(PlanError::NoDuration);
    }
    if options.payload == 0 {
        return Err(PlanError::NoPayload);
    }
    Ok(())
}

const fn check_count(option: &'static str, value: usize, most: usize) -> Result<(), PlanError> {
    if value == 0 || value > most {
        return Err(PlanError::OutOfRange {
            option,
            value,
            most,
        });
    }
    Ok(())
}

/// Checks that the plan is not too large, before its blocks are allocated.
fn check_size(contenders: usize, loads: usize, blocks: usize) -> Result<(), PlanError> {
    let cells = contenders
        .checked_mul(loads)
        .and_then(|cells| cells.checked_mul(blocks));
    if loads <= limits::LOADS && cells.is_some_and(|cells| cells <= limits::CELLS) {
        return Ok(());
    }
    Err(PlanError::TooManyCells {
        contenders,
        loads,
        blocks,
    })
}

/// The probe, over HTTP if the shares of the peak are offered over HTTP.
pub(super) fn probe(loads: &[Load]) -> Recipe {
    let first = loads.iter().find(|load| load.needs_peak());
    match first.filter(|load| load.protocol == Protocol::Http) {
        Some(load) => Recipe::probe().over_http(&load.http),
        None => Recipe::probe(),
    }
}

/// Checks that no two scenarios have the same name.
fn check_names(recipes: &[Recipe]) -> Result<(), PlanError> {
    let is_duplicate = |(i, recipe): &(usize, &Recipe)| {
        let mut earlier = recipes[..*i].iter();
        earlier.any(|other| other.name == recipe.name)
    };
    match recipes.iter().enumerate().find(is_duplicate) {
        Some((_, recipe)) => Err(PlanError::SameScenario(recipe.name.clone())),
        None => Ok(()),
    }
}

fn loads(recipes: &[Recipe], payload: usize) -> Result<Vec<Load>, PlanError> {
    let steps: Result<Vec<_>, _> = recipes.iter().map(|recipe| recipe.loads(payload)).collect();
    Ok(steps?.concat())
}

/// The name of the baseline: the user's choice, else the reference, else the first contender that serves every client.
fn baseline(contenders: &[Contender], options: &PlanOptions) -> Result<String, PlanError> {
    let names = || contenders.iter().map(|contender| contender.name.as_str());
    match &options.baseline {
        Some(name) if names().any(|other| other == name) => Ok(name.clone()),
        Some(name) => Err(PlanError::Baseline {
            name: name.clone(),
            nearest: nearest(name, names()).map(str::to_owned),
        }),
        None => {
            let serves_every_client = |c: &&Contender| {
                c.capacity.is_none() && c.unsupported.is_none() && !c.reference_line
            };
            let candidates: Vec<_> = contenders.iter().filter(serves_every_client).collect();
            let is_reference = |c: &&&Contender| Some(&c.name) == options.reference.as_ref();
            let reference = candidates.iter().find(is_reference);
            let baseline = reference.or_else(|| candidates.first());
            Ok(baseline.map_or(&contenders[0], |c| *c).name.clone())
        }
    }
}

/// A copy of the baseline under another name, which is measured as a control.
fn twin(contenders: &[Contender], baseline: &str) -> Option<Contender> {
    let original = contenders
        .iter()
        .find(|contender| contender.name == baseline)?;
    Some(Contender {
        name: format!("{baseline} (again)"),
        twin_of: Some(baseline.to_owned()),
        ..original.clone()
    })
}
