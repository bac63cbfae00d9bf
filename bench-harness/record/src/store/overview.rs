//! The overview of a run for a list of runs. It is read without the outcomes.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::{StoreError, failed};
use super::file::lines;
use super::paths::TRIALS;
use super::run::{head, name};
use crate::number::counted;
use crate::tally::Tally;

/// A run in one line of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The name of its folder.
    pub name: String,
    /// The time at which it began.
    pub started: Timestamp,
    /// The name of the processor, and the number of CPUs that the run could use.
    pub machine: String,
    /// What of it is finished.
    #[serde(flatten)]
    pub tally: Tally,
    /// True if the run is complete.
    pub complete: bool,
    /// The name of its profile, if `echolab compare` started it.
    pub profile: Option<String>,
    /// Number of contenders.
    pub contenders: usize,
    /// Number of loads.
    pub loads: usize,
}

/// The part of a row that names its trial.
#[derive(Deserialize)]
struct Head {
    trial: usize,
}

/// Reads the overview of the run in this folder.
///
/// # Errors
/// It holds no run, or a damaged one, or one of a newer version.
pub fn overview(folder: &Path) -> Result<Overview, StoreError> {
    let (environment, plan) = head(folder)?;
    let path = folder.join(TRIALS);
    let text = fs::read(&path).map_err(failed("read", &path))?;
    let heads = lines(&text).filter_map(|line| serde_json::from_slice(line).ok());
    let finished: HashSet<usize> = heads.map(|head: Head| head.trial).collect();
    let tally = Tally::of(&plan, &finished);
    Ok(Overview {
        name: name(folder),
        started: environment.started,
        machine: format!("{}, {}", environment.cpu, counted(environment.cpus, "CPU")),
        tally,
        complete: tally.is_complete() || environment.completed.is_some(),
        profile: profile(&environment.command),
        contenders: plan.contenders.len(),
        loads: plan.loads.len(),
    })
}

/// The profile in a command `echolab compare`; `quick` if it names none.
fn profile(command: &[String]) -> Option<String> {
    let mut words = command.iter().skip_while(|word| *word != "compare");
    words.next()?;
    let option = words.find_map(|word| word.strip_prefix("--profile"));
    match option.map(|value| value.strip_prefix('=')) {
        None => Some("quick".to_owned()),
        Some(Some(name)) => Some(name.to_owned()),
        Some(None) => words.next().cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_read_from_the_command() {
        let profile = |command: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            profile(&words).unwrap_or_default()
        };
        assert_eq!(profile("echolab compare"), "quick");
        assert_eq!(profile("echolab compare --profile full -q"), "full");
        assert_eq!(profile("echolab compare --profile=standard"), "standard");
        assert_eq!(profile("something else"), "");
    }
}
