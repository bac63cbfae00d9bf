//! The command that decides what a run has left open, with the time that it takes.

use analysis::{Needs, Summary, Unsure, Verdict};
use record::number::waiting;
use record::plan::{Contender, ContenderId, LoadId, Plan, PlanOptions, Profile, Recipe, names};

use crate::paragraph::columns;
use crate::phrases::all_of;

/// Comparisons that one command decides.
const NEAREST: usize = 3;
/// Most columns of the names in a command, which must not break.
const NAMES: usize = 64;
/// Fewest rounds of a sitting.
const FEWEST_ROUNDS: usize = 2;

/// What to run next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// What it may decide, and how long it takes.
    pub text: String,
    /// The command.
    pub command: String,
}

/// What decides the nearest comparisons that are open; `None` if there are none, or if the run had a scenario or a baseline of the
/// user's own.
pub fn what_next(summary: &Summary) -> Option<Next> {
    let open = nearest(summary)?;
    let time = waiting(open.plan()?.expected());
    let ids: Vec<ContenderId> = open.undecided.iter().map(|one| one.contender).collect();
    let names = all_of(summary, &ids, NEAREST);
    Some(Next {
        text: format!("Next: a new run of {time} may decide {names}:"),
        command: open.words(),
    })
}

/// An undecided comparison that more rounds or sittings decide.
#[derive(Clone, Copy)]
struct Undecided {
    contender: ContenderId,
    load: LoadId,
    /// Rounds that decide it, those of this run included.
    rounds: usize,
    /// Sittings that decide it, if sittings are the unit.
    sittings: Option<usize>,
    /// Rounds that are missing.
    more: usize,
}

/// The nearest undecided comparisons under one load.
struct Open<'a> {
    summary: &'a Summary,
    load: LoadId,
    undecided: Vec<Undecided>,
}

fn nearest(summary: &Summary) -> Option<Open<'_>> {
    let loads = summary.measured_loads();
    let all = loads.flat_map(|load| {
        let contenders = summary.models();
        contenders.filter_map(move |contender| undecided(summary, contender, load))
    });
    let mut all: Vec<Undecided> = all.collect();
    all.sort_by_key(|one| one.more);
    let load = all.first()?.load;
    all.retain(|one| one.load == load);
    all.truncate(NEAREST);
    let mut open = Open {
        summary,
        load,
        undecided: all,
    };
    while open.undecided.len() > 1 && columns(&open.models().join(",")) > NAMES {
        open.undecided.pop();
    }
    Some(open)
}

fn undecided(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<Undecided> {
    let cell = summary.cell(contender, load);
    let compared = cell.compared.get(&summary.deciding(load))?;
    let Verdict::Inconclusive(unsure) = &compared.verdict else {
        return None;
    };
    let (rounds, sittings) = (cell.rounds.count(), cell.rounds.sittings().max(1));
    let (more, needed_sittings) = match unsure {
        Unsure::Wide {
            needs: Some(Needs::Rounds { more, .. }),
            ..
        } => (*more, None),
        Unsure::Wide {
            needs: Some(Needs::Sittings { more, .. }),
            ..
        } => (more * rounds.div_ceil(sittings), Some(sittings + more)),
        Unsure::TooFewRounds { needed, .. } | Unsure::TooFewRoundsForFamily { needed, .. } => {
            (needed.saturating_sub(rounds), None)
        }
        Unsure::Wide { .. }
        | Unsure::TooFew { .. }
        | Unsure::TooFewForFamily { .. }
        | Unsure::OneOfMany { .. } => return None,
    };
    // A server of the user's own is started by a command, which is not a name.
    let is_model = summary.contenders[contender].command.is_none();
    is_model.then_some(Undecided {
        contender,
        load,
        rounds: rounds + more,
        sittings: needed_sittings,
        more,
    })
}

impl Open<'_> {
    /// The names of the models, the baseline first.
    fn models(&self) -> Vec<&str> {
        let others = self.undecided.iter().map(|one| one.contender);
        let ids = [self.summary.baseline].into_iter().chain(others);
        let names = ids.map(|id| self.summary.contenders[id].name.as_str());
        names.collect()
    }

    /// The command.
    fn words(&self) -> String {
        let summary = self.summary;
        let load = &summary.loads[self.load];
        let models = self.models();
        let scenario = match load.scenario.as_str() {
            names::LADDER => ("connections", load.connections.to_string()),
            scenario => ("scenarios", scenario.to_owned()),
        };
        let profile = self.profile();
        let is_quick = profile == Profile::Quick;
        let has_usual_blocks = self.blocks() == profile.blocks();
        let options = [
            Some(("models", models.join(","))),
            (!is_quick).then(|| ("profile", profile.name().to_owned())),
            Some(scenario),
            summary
                .names_baseline
                .then(|| ("baseline", models[0].to_owned())),
            (!has_usual_blocks).then(|| ("blocks", self.blocks().to_string())),
            Some(("rounds", self.rounds().to_string())),
        ];
        let options = options.into_iter().flatten();
        let options = options.map(|(option, value)| format!(" --{option} {value}"));
        format!("echolab compare{}", options.collect::<String>())
    }

    /// The plan of that command; `None` if the program cannot make it from names alone.
    fn plan(&self) -> Option<Plan> {
        let summary = self.summary;
        let baseline = &summary.contenders[summary.baseline];
        if baseline.command.is_some() {
            return None;
        }
        let load = &summary.loads[self.load];
        let mut recipe = Recipe::named(&load.scenario).ok()?;
        if load.scenario == names::LADDER {
            recipe.steps = vec![load.connections as f64];
        } else if self.profile() == Profile::Quick {
            recipe = recipe.with_quick_steps();
        }
        let others = self.undecided.iter();
        let others = others.map(|one| summary.contenders[one.contender].clone());
        let contenders: Vec<Contender> = [baseline.clone()].into_iter().chain(others).collect();
        let profile = self.profile();
        let [shortest, _] = profile.windows();
        let options = PlanOptions {
            scenarios: vec![recipe],
            payload: load.payload,
            blocks: self.blocks(),
            rounds: Some(self.rounds()),
            tasks: usize::MAX,
            zone: profile.zone(),
            least_blocks: None,
            seed: 0,
            timing: profile.timing(Some(shortest), Some(Profile::SLICE)),
            repeats: Profile::REPEATS,
            baseline: Some(baseline.name.clone()),
            reference: None,
            twin: true,
        };
        Plan::new(contenders, &options).ok()
    }

    /// The profile with the zone of this run.
    fn profile(&self) -> Profile {
        let zone = self.summary.zone();
        let profiles = [Profile::Full, Profile::Standard];
        let precise = profiles.into_iter().find(|profile| zone <= profile.zone());
        precise.unwrap_or(Profile::Quick)
    }

    /// Number of sittings.
    fn blocks(&self) -> usize {
        let usual = match self.profile() {
            profile @ (Profile::Quick | Profile::Standard) => profile.blocks(),
            profile @ Profile::Full => profile.least_blocks().unwrap_or(profile.blocks()),
        };
        let needed = self.undecided.iter().filter_map(|one| one.sittings);
        needed.max().unwrap_or(0).max(usual)
    }

    /// Rounds of a sitting.
    fn rounds(&self) -> usize {
        let all = self.undecided.iter().map(|one| one.rounds).max();
        let rounds = all.unwrap_or(0).div_ceil(self.blocks());
        rounds.max(FEWEST_ROUNDS)
    }
}
