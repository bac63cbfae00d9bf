//! `echolab plan`: what a comparison would do. The options are those of `echolab compare`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use crate::cpus::{self, Pinning};
use crate::external::{self, External};
use crate::plan::{Choice, Plan, Timing};
use crate::{registry, report};

/// Prints what `compare` would do with the same options, and how long it would take.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab plan
  echolab plan --models poll,epoll-level --connections 10,1000 --blocks 10 --order
  echolab plan --seed 7 --json > plan.json")]
pub struct PlanArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Show the order of all trials too
    #[arg(long)]
    order: bool,
    /// Print the plan as a JSON document instead
    #[arg(long)]
    json: bool,
}

/// What is to be compared, under which loads, how often.
#[derive(Args, Clone, Debug)]
pub struct ChoiceArgs {
    /// Models to compare, or `all`, or `none`; `echolab list` shows them
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
    /// How thorough: chooses blocks and durations that are not given
    #[arg(long, value_enum, default_value_t = Profile::Quick)]
    profile: Profile,
    /// Numbers of busy connections, one load each
    #[arg(
        short,
        long,
        value_name = "N,…",
        value_delimiter = ',',
        default_value = "1,10,100,1000"
    )]
    connections: Vec<usize>,
    /// How often every model is measured under every load [default: 5, or 10 with the profile standard]
    #[arg(short, long, value_name = "N")]
    blocks: Option<usize>,
    /// Measured time of a trial [default: 650ms, or 2s with the profile standard]
    #[arg(short, long, value_name = "TIME", value_parser = loadgen::parse_time)]
    duration: Option<Duration>,
    /// Bytes in a request
    #[arg(short = 's', long, value_name = "BYTES", default_value_t = 64)]
    payload: usize,
    /// What decides the order of the trials [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The model that the others are compared with [default: the first that serves everybody]
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
}

/// How thorough a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// About five minutes for all models: finds differences of 40 %
    Quick,
    /// About 25 minutes for all models: finds differences of 20 %
    Standard,
}

/// Carries out `echolab plan`.
///
/// # Errors
/// The options make no plan, or stdout is closed.
pub fn run(args: &PlanArgs) -> anyhow::Result<ExitCode> {
    let plan = args.choice.plan(&Pinning::halves(&cpus::allowed()))?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &plan)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", report::plan(&plan, args.order))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl ChoiceArgs {
    /// The plan that these options ask for.
    ///
    /// # Errors
    /// They make no plan.
    pub fn plan(&self, pinning: &Pinning) -> anyhow::Result<Plan> {
        let mut contenders = registry::contenders(&self.models, pinning)?;
        let external = self.external.iter().enumerate();
        contenders.extend(external.map(|(place, server)| server.contender(place)));
        external::check_names(&contenders)?;
        Ok(Plan::new(contenders, &self.choice())?)
    }

    fn choice(&self) -> Choice {
        let (blocks, duration) = self.profile.thoroughness();
        Choice {
            connections: self.connections.clone(),
            payload: self.payload,
            blocks: self.blocks.unwrap_or(blocks),
            seed: self.seed.unwrap_or_else(seed_from_clock),
            timing: self.profile.timing(self.duration.unwrap_or(duration)),
            repeats: self.profile.repeats(),
            baseline: self.baseline.clone(),
        }
    }
}

impl Profile {
    /// Blocks, and the measured time of a trial.
    const fn thoroughness(self) -> (usize, Duration) {
        match self {
            Self::Quick => (5, Duration::from_millis(650)),
            Self::Standard => (10, Duration::from_secs(2)),
        }
    }

    const fn repeats(self) -> u32 {
        match self {
            Self::Quick => 1,
            Self::Standard => 3,
        }
    }

    fn timing(self, duration: Duration) -> Timing {
        let (gate_limit_s, warm_up_s) = match self {
            Self::Quick => (1.5, 0.15),
            Self::Standard => (10.0, 0.5),
        };
        Timing {
            gate_s: 0.3,
            gate_limit_s,
            warm_up_s,
            duration_s: duration.as_secs_f64(),
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
