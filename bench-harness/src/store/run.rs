//! A run as it was read back from its folder, also one that stopped early or was torn.

use std::fs;
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::error::failed;
use super::file::{lines, read_json, whole_lines};
use super::{ENVIRONMENT, PLAN, StoreError, TRIALS};
use crate::environment::Environment;
use crate::plan::Plan;
use crate::sample::Sample;
use crate::warning::Warning;

/// A run that has been read.
#[derive(Clone, Debug)]
pub struct Run {
    /// The name of its folder.
    pub name: String,
    /// Where it ran.
    pub environment: Environment,
    /// What was to be done.
    pub plan: Plan,
    /// What was done, in order.
    pub samples: Vec<Sample>,
    /// SHA-256 of the raw rows, in hexadecimal.
    pub digest: String,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl Run {
    /// Reads a run, also one that stopped early or was torn.
    ///
    /// # Errors
    /// The folder holds no run, or one of a newer version, or a file is damaged.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        let (environment, plan) = read_head(folder)?;
        let path = folder.join(TRIALS);
        let text = fs::read(&path).map_err(failed("read", &path))?;
        let ((samples, warnings), digest) =
            rayon::join(|| parse_trials(&text), || hex(&Sha256::digest(&text)));
        Ok(Self {
            name: name(folder),
            environment,
            plan,
            samples,
            digest,
            warnings,
        })
    }
}

/// What is known of a run before its first trial.
pub(super) fn read_head(folder: &Path) -> Result<(Environment, Plan), StoreError> {
    if !folder.join(PLAN).exists() {
        return Err(StoreError::NoRun(folder.to_owned()));
    }
    let environment = read_json(&folder.join(ENVIRONMENT), Environment::SCHEMA)?;
    let plan: Plan = read_json(&folder.join(PLAN), Plan::SCHEMA)?;
    if plan.is_sound() {
        Ok((environment, plan))
    } else {
        Err(StoreError::Contradiction(folder.join(PLAN)))
    }
}

/// What a folder is called, also where it is given as `.`.
pub(super) fn name(folder: &Path) -> String {
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn parse_trials(text: &[u8]) -> (Vec<Sample>, Vec<Warning>) {
    let mut warnings = Vec::new();
    if whole_lines(text).len() < text.len() {
        warnings.push(Warning::TornLine);
    }
    let lines: Vec<&[u8]> = lines(text).collect();
    // Reading a row takes longer than everything that is made of it: all CPUs take part.
    let parsed: Vec<Option<Sample>> = lines
        .par_iter()
        .map(|line| serde_json::from_slice(line).ok())
        .collect();
    let samples: Vec<Sample> = parsed.into_iter().flatten().collect();
    let unknown = lines.len() - samples.len();
    if unknown > 0 {
        warnings.push(Warning::UnknownLines { lines: unknown });
    }
    (samples, warnings)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all text");
        text
    })
}
