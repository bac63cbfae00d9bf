//! `echolab plan`: what a comparison would do. The options are those of `echolab compare`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use echo_server::REFERENCE;
use measure::cpus::{self, Pin};
use measure::external::{self, External};
use record::pinning::Pinning;
use record::plan::{
    BUILT_IN, Contender, Objective, Plan, PlanError, PlanOptions, Profile, Recipe, names,
};

use crate::contenders;

/// Prints what `compare` would do with the same options, and how long it would take.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab plan
  echolab plan --models poll,epoll-level --connections 10,1000 --blocks 10 --order
  echolab plan --profile standard --scenarios rate,capacity --slo 'p99<5ms'
  echolab plan --show > own.toml
  echolab plan --seed 7 --json > plan.json

A file of scenarios has the format that --show prints; a name with a dot or a slash in it is a file.")]
pub struct PlanArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Show the order of all trials too
    #[arg(long)]
    order: bool,
    /// Print the plan as a JSON document instead
    #[arg(long, conflicts_with_all = ["order", "show"])]
    json: bool,
    /// Print the built-in scenarios instead, as they would stand in a file
    #[arg(long, conflicts_with = "order")]
    show: bool,
}

/// What is to be compared, under which loads, how often.
#[derive(Args, Clone, Debug)]
pub struct ChoiceArgs {
    /// Models to compare, or `all`, or `none`; `echolab list` shows them. A reference line takes part only where it is named
    #[arg(
        short,
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "all"
    )]
    models: Vec<String>,
    /// A server of any language to compare with them, started with this command: a quoted line with {port} where it takes its
    /// port of 127.0.0.1. It must stay in the foreground; its process group is ended with SIGTERM, and 2 s later with SIGKILL
    #[arg(long, value_name = "NAME=COMMAND")]
    external: Vec<External>,
    /// How thorough: chooses scenarios, blocks and durations that are not given
    #[arg(long, value_enum, default_value_t = Profile::Quick)]
    profile: Profile,
    /// What to ask: ladder, idle, rate, churn, slow, work, blocking, burst, large, capacity, all, or a file of your own
    /// [default: ladder,idle; all with the profiles standard and full]
    #[arg(long, value_name = "NAME,…|FILE", value_delimiter = ',')]
    scenarios: Option<Vec<String>>,
    /// Numbers of busy connections for the ladder, one load each; without --scenarios only the ladder is measured
    /// [default: 1,10,100,1000]
    #[arg(short, long, value_name = "N,…", value_delimiter = ',')]
    connections: Option<Vec<usize>>,
    /// What must hold for the scenario capacity, as a percentile of the response time; without --scenarios it is added
    /// [default: p99<2ms]
    #[arg(long, value_name = "SLO")]
    slo: Option<Objective>,
    /// How often every model is measured under every load [default: 5; 10 with standard; 10 to 30 with full]
    #[arg(short, long, value_name = "N")]
    blocks: Option<usize>,
    /// Measured time of a trial [default: what makes quick last six minutes, standard an hour and full three, from 200ms to 1s with quick and from 1s to 5s with the others]
    #[arg(short, long, value_name = "TIME", value_parser = loadgen::parse_time)]
    duration: Option<Duration>,
    /// Bytes in a request, where a scenario says nothing else
    #[arg(short = 's', long, value_name = "BYTES", default_value_t = 64)]
    payload: usize,
    /// What decides the order of the trials [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[arg(long, value_name = "NAME", help = format!(
        "The model that the others are compared with [default: {REFERENCE} where it takes part, or else the first that serves \
         everybody]"
    ))]
    baseline: Option<String>,
    /// Leave the baseline's twin out, which shows what measuring makes of two equals: then nothing checks the verdicts
    #[arg(long)]
    no_twin: bool,
    /// CPUs: auto (half each), off, or those of the server and those of the generator, as in 0/1 or 0-1/2,3
    #[arg(long, value_name = "auto|off|SERVER/CLIENT", default_value = "auto")]
    pin: Pin,
}

/// Carries out `echolab plan`.
///
/// # Errors
/// The options make no plan, or stdout is closed.
pub fn run(args: &PlanArgs) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if args.show {
        write!(out, "{BUILT_IN}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = args.choice.plan(&args.choice.pinning()?)?;
    if args.json {
        serde_json::to_writer_pretty(&mut out, &plan)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report::plan(&plan, args.order))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl ChoiceArgs {
    /// Who runs on which CPUs.
    ///
    /// # Errors
    /// A chosen CPU is not allowed here.
    pub fn pinning(&self) -> anyhow::Result<Pinning> {
        Ok(self.pin.on(&cpus::allowed())?)
    }

    /// The plan that these options ask for.
    ///
    /// # Errors
    /// They make no plan.
    pub fn plan(&self, pinning: &Pinning) -> anyhow::Result<Plan> {
        let mut contenders = contenders::contenders(&self.models, pinning)?;
        let external = self.external.iter().enumerate();
        contenders.extend(external.map(|(place, server)| server.contender(place)));
        external::check_names(&contenders)?;
        Ok(self.plan_of(contenders)?)
    }

    /// The plan that these options ask for, with these contenders.
    ///
    /// # Errors
    /// They make no plan.
    pub fn plan_of(&self, contenders: Vec<Contender>) -> Result<Plan, PlanError> {
        let plan = Plan::new(contenders, &self.choice()?)?;
        Ok(match self.duration {
            Some(_) => plan,
            None => plan.within_budget(self.profile),
        })
    }

    fn choice(&self) -> Result<PlanOptions, PlanError> {
        let profile = self.profile;
        Ok(PlanOptions {
            scenarios: self.recipes()?,
            payload: self.payload,
            blocks: self.blocks.unwrap_or(profile.blocks()),
            least_blocks: profile.least_blocks().filter(|_| self.blocks.is_none()),
            seed: self.seed.unwrap_or_else(seed_from_clock),
            timing: profile.timing(self.duration),
            repeats: Profile::REPEATS,
            baseline: self.baseline.clone(),
            reference: Some(REFERENCE.to_owned()),
            twin: !self.no_twin,
        })
    }

    /// The scenarios that were chosen, with what options change in them.
    fn recipes(&self) -> Result<Vec<Recipe>, PlanError> {
        let mut recipes = match &self.scenarios {
            Some(words) => self.quickly(Recipe::select(words)?),
            None if self.connections.is_some() => vec![Recipe::named(names::LADDER)?],
            None => self.profile.scenarios(),
        };
        let missing =
            |recipes: &[Recipe], name: &str| recipes.iter().all(|recipe| recipe.name != name);
        if self.slo.is_some() && self.scenarios.is_none() && missing(&recipes, names::CAPACITY) {
            recipes.push(Recipe::named(names::CAPACITY)?);
        }
        if let Some(connections) = &self.connections {
            let steps = connections.iter().map(|&n| n as f64).collect();
            let ladder = recipes
                .iter_mut()
                .find(|recipe| recipe.name == names::LADDER);
            let unused = PlanError::Unused {
                option: "--connections",
                scenario: names::LADDER,
            };
            ladder.ok_or(unused)?.steps = steps;
        }
        if let Some(slo) = self.slo {
            let searches = |recipe: &&mut Recipe| recipe.objective.is_some();
            let mut searching = recipes.iter_mut().filter(searches).peekable();
            if searching.peek().is_none() {
                return Err(PlanError::Unused {
                    option: "--slo",
                    scenario: names::CAPACITY,
                });
            }
            searching.for_each(|recipe| recipe.objective = Some(slo));
        }
        Ok(recipes)
    }

    /// With the steps of the quick profile, if it is that.
    fn quickly(&self, recipes: Vec<Recipe>) -> Vec<Recipe> {
        match self.profile {
            Profile::Quick => recipes.into_iter().map(Recipe::with_quick_steps).collect(),
            Profile::Standard | Profile::Full => recipes,
        }
    }
}

/// Short enough to be typed again.
fn seed_from_clock() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    now.as_nanos() as u64 % 1_000_000
}
