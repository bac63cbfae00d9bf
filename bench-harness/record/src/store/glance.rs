//! What a list of runs tells of each, without reading its outcomes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::failed;
use super::file::lines;
use super::run::{name, read_head};
use super::{StoreError, TRIALS};
use crate::number::counted;

/// A run in one line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Glance {
    /// The name of its folder.
    pub name: String,
    /// When it began.
    pub started: Timestamp,
    /// The processor, and how many CPUs the run could use.
    pub machine: String,
    /// Trials that are finished, repeats aside.
    pub finished: usize,
    /// Trials that were planned.
    pub planned: usize,
    /// Whether it came to its end.
    pub complete: bool,
    /// How thorough it was to be, where the plan was made from a profile.
    pub profile: Option<String>,
    /// Who takes part: how many.
    pub contenders: usize,
    /// Loads that each of them is put under.
    pub loads: usize,
}

/// Which trial a row is of.
#[derive(Deserialize)]
struct Head {
    trial: usize,
}

/// Reads what a list tells of the run in this folder.
///
/// # Errors
/// It holds no run, or one of a newer version, or a damaged one.
pub fn glance(folder: &Path) -> Result<Glance, StoreError> {
    let (environment, plan) = read_head(folder)?;
    let path = folder.join(TRIALS);
    let text = fs::read(&path).map_err(failed("read", &path))?;
    let heads = lines(&text).filter_map(|line| serde_json::from_slice(line).ok());
    let finished: HashSet<usize> = heads.map(|head: Head| head.trial).collect();
    let all: Vec<usize> = plan.trials().map(|trial| trial.number).collect();
    let missing = all
        .iter()
        .filter(|number| !finished.contains(number))
        .count();
    Ok(Glance {
        name: name(folder),
        started: environment.started,
        machine: format!("{}, {}", environment.cpu, counted(environment.cpus, "CPU")),
        finished: all.len() - missing,
        planned: all.len(),
        complete: missing == 0 || environment.completed.is_some(),
        profile: profile(&environment.command),
        contenders: plan.contenders.len(),
        loads: plan.loads.len(),
    })
}

/// The profile in a command: what was given, or the default of `echolab compare`.
fn profile(command: &[String]) -> Option<String> {
    let mut words = command.iter().skip_while(|word| *word != "compare");
    words.next()?;
    let given = |word: &String| word.strip_prefix("--profile").map(str::to_owned);
    let place = words.clone().position(|word| given(word).is_some());
    let Some(place) = place else {
        return Some("quick".to_owned());
    };
    let rest: Vec<&String> = words.skip(place).take(2).collect();
    match given(rest[0])?.strip_prefix('=') {
        Some(name) => Some(name.to_owned()),
        None => rest.get(1).map(|name| (*name).clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_stands_in_the_command() {
        let of = |command: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            profile(&words)
        };
        assert_eq!(of("echolab compare").as_deref(), Some("quick"));
        assert_eq!(
            of("echolab compare --profile full -q").as_deref(),
            Some("full")
        );
        assert_eq!(
            of("echolab compare --profile=standard").as_deref(),
            Some("standard")
        );
        assert_eq!(of("something else"), None);
    }
}
