//! The arrangement without rounds: each trial has fresh processes and stands alone.

use std::time::{Duration, Instant};

use analysis::{Ratio, ratio};
use measure::cpus;
use measure::stop::Stop;
use measure::trial::{Processes, Runner as _};
use record::pinning::Pinning;
use record::plan::{Contender, Family, Plan, PlanOptions, Profile, Recipe, names};
use record::sample::Sample;

use crate::paired::ECHOLAB;
use crate::{BASELINE, CONNECTIONS, print_row, side};

/// Trials of each server in each run.
const TRIALS: usize = 2;
/// The measured window of a trial.
const WINDOW: Duration = Duration::from_millis(200);

/// Measures these contenders and the baseline, and prints the row of the table.
pub fn measure(contenders: &[&str], runs: usize) {
    let plan = plan(contenders, runs * TRIALS);
    let folder = tempfile::tempdir().expect("a folder for messages");
    let mut processes = Processes {
        program: ECHOLAB.into(),
        pinning: Pinning::halves(&cpus::allowed()),
        stderr: folder.path().to_owned(),
        stop: Stop::manual(),
    };
    let began = Instant::now();
    let trials = plan.trials();
    let samples: Vec<Sample> = trials
        .filter_map(|trial| processes.run(&plan, trial, None))
        .collect();
    let ratios = |value: fn(&Sample) -> Option<f64>| -> Vec<Ratio> {
        let values = |name: &str| -> Vec<f64> {
            let own = samples.iter().filter(|sample| sample.contender == name);
            own.filter_map(value).collect()
        };
        let of = |name: &&str| ratio(&values(name), &values(BASELINE));
        contenders.iter().filter_map(of).collect()
    };
    let name = format!("{} single trials of 200 ms", runs * TRIALS);
    print_row(&name, began.elapsed(), &ratios(cpu_us), &ratios(rate));
}

fn plan(contenders: &[&str], blocks: usize) -> Plan {
    let mut ladder = Recipe::named(names::LADDER).expect("it is built in");
    ladder.steps = vec![CONNECTIONS as f64];
    let contender = |name: &&str| Contender {
        command: Some(side(name).command),
        ..Contender::new(*name, Family::External)
    };
    let options = PlanOptions {
        scenarios: vec![ladder],
        payload: 64,
        blocks,
        rounds: None,
        tasks: usize::MAX,
        zone: Plan::USUAL_ZONE,
        least_blocks: None,
        seed: 1,
        timing: Profile::Quick.timing(Some(WINDOW), None),
        repeats: 0,
        baseline: Some(BASELINE.to_owned()),
        reference: None,
        twin: false,
    };
    let all = [BASELINE].iter().chain(contenders).map(contender);
    Plan::new(all.collect(), &options).expect("the options are right")
}

fn rate(sample: &Sample) -> Option<f64> {
    Some(sample.outcome.as_ref()?.rate)
}

fn cpu_us(sample: &Sample) -> Option<f64> {
    let cost = sample.server.as_ref()?;
    Some(cost.cpu_s * 1e6 / (rate(sample)? * cost.window_s))
}
