//! The options that choose what is compared, under which loads and how often, and the plan that follows from them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use echo_protocol::Protocol;
use echo_server::REFERENCE;
use loadgen::{Http, Load};
use measure::cpus::{self, Pin};
use measure::external::{self, External};
use measure::machine;
use record::pinning::Pinning;
use record::plan::{
    Contender, Objective, Plan, PlanError, PlanOptions, Profile, Recipe, limits, names,
};

use crate::contenders;
use crate::failure::Failure;
use crate::http_args::HttpArgs;
use crate::values::whole;

/// The options that `plan` and `compare` have in common.
#[derive(Args, Clone, Debug)]
pub struct ChoiceArgs {
    /// Models to compare: names from `echolab list`, `core`, `all` or `none`
    ///
    /// `core` is one model for each idea of the course. `all` does not include reference lines, which are no servers to
    /// deploy; a reference line takes part only if it is named.
    #[arg(
        short,
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "core"
    )]
    models: Vec<String>,
    /// Server of your own; `{port}` in its command becomes the port to listen on
    ///
    /// The command is a quoted shell command, in any language. The server must listen on that port of 127.0.0.1 and
    /// stay in the foreground. At the end of a trial its process group gets SIGTERM, and 2 s later SIGKILL.
    #[arg(long, value_name = "NAME=COMMAND")]
    external: Vec<External>,
    /// Effort: sets the scenarios, sittings, rounds and durations that are not given
    #[arg(long, value_enum, default_value_t = Profile::Quick)]
    profile: Profile,
    /// Scenarios, `all`, or a file [default: equal,ladder,idle; standard, full: all]
    ///
    /// The scenarios are equal, ladder, idle, rate, churn, slow, work, blocking, burst, large, pipeline and capacity.
    /// `echolab plan --show` prints them in the format of a file.
    #[arg(long, value_name = "NAME,…|FILE", value_delimiter = ',')]
    scenarios: Option<Vec<String>>,
    /// Protocol of scenarios without one: echo or http [default: echo]
    ///
    /// With http, every HTTP/1.1 server can be measured with --external. The scenarios `work` and `blocking` need frames, and
    /// stay as they are.
    #[arg(long, value_name = "NAME", value_parser = ["echo", "http"])]
    protocol: Option<String>,
    /// Connection counts of the ladder, 1 to 10000000 [default: 1,100,1000]
    ///
    /// Each is one load. The profiles `standard` and `full` also measure 10. Without --scenarios, only the ladder is measured.
    #[arg(short, long, value_name = "N,…", value_delimiter = ',', value_parser = whole(1..=loadgen::limits::CONNECTIONS))]
    connections: Option<Vec<usize>>,
    /// Objective for the capacity scenario [default: p99<2ms]
    ///
    /// The objective is a percentile of the response time and its upper bound. It adds the scenario if --scenarios is
    /// not given.
    #[arg(long, value_name = "SLO")]
    slo: Option<Objective>,
    /// Sittings per model and load, 1 to 10000 [default: 5]
    ///
    /// The default is 6 in `standard`, and 10 to 30 in `full`.
    ///
    /// In a sitting, fresh servers of the baseline and of up to three other models are measured in turn. Each block has
    /// one sitting of every model under every load, in a random order. Loads in which connecting is the question have one
    /// trial with fresh processes instead.
    #[arg(short, long, value_name = "N", value_parser = whole(1..=limits::BLOCKS))]
    blocks: Option<usize>,
    /// Rounds per sitting, 1 to 1000 [default: fits the run into the profile's budget]
    ///
    /// A round measures each model of a sitting once, between two slices of the baseline. The budgets are six minutes for
    /// quick, two hours for standard and three hours for full with the core models, and more for more models. The default
    /// stays between 2 and 12 for quick, and between 4 and 20 for the others. Time that is left at the end goes to
    /// comparisons that are not decided yet, unless --blocks or --rounds is given.
    #[arg(short, long, value_name = "N", value_parser = whole(1..=limits::ROUNDS))]
    rounds: Option<usize>,
    /// Least measured time per slice; some loads need longer ones
    #[arg(long, value_name = "TIME", value_parser = loadgen::parse_time, default_value = "50ms")]
    slice: Duration,
    /// Measure every load with fresh processes for each trial, without rounds
    ///
    /// This is how other tools measure. It needs far longer for the same certainty.
    #[arg(long, conflicts_with = "rounds")]
    fresh: bool,
    /// Measured time per trial with fresh processes [default: by the profile]
    ///
    /// The default stays between 200ms and 1s for quick, and between 1s and 5s for the others.
    #[arg(short, long, value_name = "TIME", value_parser = loadgen::parse_time)]
    duration: Option<Duration>,
    /// Request size, 1 to 16777216 bytes, unless the scenario sets it
    #[arg(short = 's', long, value_name = "BYTES", default_value_t = 64, value_parser = whole(1..=Load::LONGEST as usize))]
    payload: usize,
    /// Seed of the order of the trials [default: a new one for each run]
    ///
    /// It is a number from 0 to 18446744073709551615.
    #[arg(long, value_name = "N", value_parser = whole(0..=u64::MAX))]
    seed: Option<u64>,
    #[arg(
        long,
        value_name = "NAME",
        help = format!("Model to compare the others with [default: {REFERENCE}]"),
        long_help = format!(
            "Model to compare the others with [default: {REFERENCE}]\n\n\
             If {REFERENCE} does not take part, the default is the first model that serves all clients at once."
        )
    )]
    baseline: Option<String>,
    /// Do not measure the baseline a second time as a control
    ///
    /// The control shows how much two runs of the same server differ. Without it there are no verdicts.
    #[arg(long)]
    no_twin: bool,
    /// CPUs: auto (half each), off, or SERVER/CLIENT such as 0/1 or 0-1/2,3
    #[arg(long, value_name = "auto|off|SERVER/CLIENT", default_value = "auto")]
    pin: Pin,
}

impl ChoiceArgs {
    /// The CPUs of server and generator.
    ///
    /// # Errors
    /// This process may not use one of the CPUs.
    pub fn pinning(&self) -> Result<Pinning, Failure> {
        Ok(self.pin.on(&cpus::allowed())?)
    }

    /// The plan that these options ask for.
    ///
    /// # Errors
    /// They make no plan.
    pub fn plan(&self, http: &HttpArgs, pinning: &Pinning) -> Result<Plan, Failure> {
        let mut contenders = contenders::contenders(&self.models, pinning)?;
        let external = self.external.iter().enumerate();
        contenders.extend(external.map(|(place, server)| server.contender(place)));
        external::check_names(&contenders)?;
        Ok(self.plan_of(contenders, http)?)
    }

    /// The plan that these options ask for, with these contenders.
    ///
    /// # Errors
    /// They make no plan.
    pub fn plan_of(&self, contenders: Vec<Contender>, http: &HttpArgs) -> Result<Plan, PlanError> {
        let mut plan = Plan::new(contenders, &self.choice(http)?)?;
        plan.budget_s = self.budget(&plan).map(|time| time.as_secs_f64());
        let is_given = if plan.sittings.is_empty() {
            self.duration.is_some()
        } else {
            self.rounds.is_some()
        };
        Ok(if is_given {
            plan
        } else {
            plan.within_budget(self.profile)
        })
    }

    /// The time that the comparison may take with extra sittings; `None` if the user chose its length.
    fn budget(&self, plan: &Plan) -> Option<Duration> {
        let is_given = self.rounds.is_some() || self.blocks.is_some() || self.fresh;
        (!is_given).then(|| self.profile.budget(plan.contenders.len()))
    }

    fn choice(&self, http: &HttpArgs) -> Result<PlanOptions, PlanError> {
        let profile = self.profile;
        // Where rounds decide, trials with fresh processes are few and short.
        let [shortest, _] = profile.windows();
        let duration = self.duration.or((!self.fresh).then_some(shortest));
        Ok(PlanOptions {
            scenarios: self.over_http(self.recipes()?, http)?,
            payload: self.payload,
            blocks: self.blocks.unwrap_or(profile.blocks()),
            rounds: (!self.fresh).then(|| self.rounds.unwrap_or(profile.rounds()[0])),
            tasks: machine::tasks(),
            zone: profile.zone(),
            least_blocks: profile.least_blocks().filter(|_| self.blocks.is_none()),
            seed: self.seed.unwrap_or_else(seed_from_clock),
            timing: profile.timing(duration, Some(self.slice)),
            repeats: Profile::REPEATS,
            baseline: self.baseline.clone(),
            reference: Some(REFERENCE.to_owned()),
            twin: !self.no_twin,
        })
    }

    /// The chosen scenarios, changed by --connections and --slo.
    fn recipes(&self) -> Result<Vec<Recipe>, PlanError> {
        let mut recipes = self.scenarios()?;
        if let Some(connections) = &self.connections {
            set_ladder(&mut recipes, connections)?;
        }
        if let Some(objective) = self.slo {
            set_objective(&mut recipes, objective)?;
        }
        Ok(recipes)
    }

    /// The scenarios over HTTP, if --protocol says so.
    fn over_http(&self, recipes: Vec<Recipe>, http: &HttpArgs) -> Result<Vec<Recipe>, PlanError> {
        if self.protocol.as_deref() != Some(Protocol::Http.name()) {
            let is_unused = http.is_empty();
            return is_unused.then_some(recipes).ok_or(PlanError::NeedsHttp);
        }
        let http = http.over(&Http::default());
        let recipes = recipes.into_iter();
        Ok(recipes.map(|recipe| recipe.over_http(&http)).collect())
    }

    /// The chosen scenarios as they are built in or stand in their file.
    fn scenarios(&self) -> Result<Vec<Recipe>, PlanError> {
        let mut recipes = match &self.scenarios {
            Some(words) => self.shorten(Recipe::select(words)?),
            None if self.connections.is_some() => vec![Recipe::named(names::LADDER)?],
            None => self.profile.scenarios(),
        };
        let has_capacity = recipes.iter().any(|recipe| recipe.name == names::CAPACITY);
        if self.slo.is_some() && self.scenarios.is_none() && !has_capacity {
            recipes.push(Recipe::named(names::CAPACITY)?);
        }
        Ok(recipes)
    }

    /// The quick profile measures fewer steps of a scenario.
    fn shorten(&self, recipes: Vec<Recipe>) -> Vec<Recipe> {
        match self.profile {
            Profile::Quick => recipes.into_iter().map(Recipe::with_quick_steps).collect(),
            Profile::Standard | Profile::Full => recipes,
        }
    }
}

fn set_ladder(recipes: &mut [Recipe], connections: &[usize]) -> Result<(), PlanError> {
    let ladder = recipes
        .iter_mut()
        .find(|recipe| recipe.name == names::LADDER);
    let unused = PlanError::Unused {
        option: "--connections",
        scenario: names::LADDER,
    };
    ladder.ok_or(unused)?.steps = connections.iter().map(|&n| n as f64).collect();
    Ok(())
}

fn set_objective(recipes: &mut [Recipe], objective: Objective) -> Result<(), PlanError> {
    let searches = recipes
        .iter_mut()
        .filter(|recipe| recipe.objective.is_some());
    let changed = searches.map(|recipe| recipe.objective = Some(objective));
    if changed.count() == 0 {
        return Err(PlanError::Unused {
            option: "--slo",
            scenario: names::CAPACITY,
        });
    }
    Ok(())
}

/// A seed that is short enough to be typed again.
fn seed_from_clock() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    now.as_nanos() as u64 % 1_000_000
}
