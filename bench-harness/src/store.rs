//! Keeps a run in a folder: what was planned, where, and one line a finished trial. A finished trial is never lost.
//!
//! ```text
//! results/20260314-150926/
//!     environment.json    the machine, the program, the command
//!     plan.json           what was to be done
//!     trials.jsonl        one Sample a line, written and synced when its trial ends
//!     stderr/             what servers said, where they said something
//!     report.md, report.html, figures/
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::environment::Environment;
use crate::plan::Plan;
use crate::sample::Sample;
use crate::warning::Warning;

const ENVIRONMENT: &str = "environment.json";
const PLAN: &str = "plan.json";
const TRIALS: &str = "trials.jsonl";

/// A run that is being written.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    trials: File,
}

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

/// A folder that cannot be written or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder holds a run already.
    #[error("`{0}` holds a run already; choose another folder with --out")]
    Exists(PathBuf),
    /// The folder is no run.
    #[error(
        "`{0}` holds no run (there is no {PLAN}); give the folder that `echolab compare` named"
    )]
    NoRun(PathBuf),
    /// A newer version wrote it.
    #[error(
        "`{path}` has schema {found}, and this echolab reads up to {known}; use the version that wrote it or a newer one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest that is known.
        known: u32,
    },
    /// A file is not what it should be.
    #[error("`{path}` cannot be understood ({source}); restore it from a copy, or measure again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The plan names cells that it does not have.
    #[error("`{0}` contradicts itself; restore it from a copy, or measure again")]
    Contradiction(PathBuf),
    /// The system refused.
    #[error(
        "cannot {verb} `{path}` ({source}); check the permissions of the folder and the space on its disk"
    )]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Store {
    /// Makes the folder, and writes down what is known before the first trial.
    ///
    /// # Errors
    /// The folder holds a run already, or cannot be written.
    pub fn create(
        folder: &Path,
        environment: &Environment,
        plan: &Plan,
    ) -> Result<Self, StoreError> {
        if folder.join(PLAN).exists() {
            return Err(StoreError::Exists(folder.to_owned()));
        }
        fs::create_dir_all(folder).map_err(failed("make", folder))?;
        write_json(&folder.join(ENVIRONMENT), environment)?;
        write_json(&folder.join(PLAN), plan)?;
        let path = folder.join(TRIALS);
        let trials = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed("write", &path))?;
        Ok(Self {
            folder: folder.to_owned(),
            trials,
        })
    }

    /// Adds a finished trial. When this returns it is on the disk.
    ///
    /// # Errors
    /// The disk is full or broken. What was appended before stays.
    pub fn append(&mut self, sample: &Sample) -> Result<(), StoreError> {
        let mut line =
            serde_json::to_string(sample).expect("a sample holds only values that JSON knows");
        line.push('\n');
        // One write, so that a torn line can only be the last one.
        let written = self
            .trials
            .write_all(line.as_bytes())
            .and_then(|()| self.trials.sync_data());
        written.map_err(failed("write", &self.folder.join(TRIALS)))
    }

    /// Where the run is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Run {
    /// Reads a run, also one that stopped early or was torn.
    ///
    /// # Errors
    /// The folder holds no run, or one of a newer version, or a file is damaged.
    pub fn read(folder: &Path) -> Result<Self, StoreError> {
        if !folder.join(PLAN).exists() {
            return Err(StoreError::NoRun(folder.to_owned()));
        }
        let environment = read_json(&folder.join(ENVIRONMENT), Environment::SCHEMA)?;
        let plan: Plan = read_json(&folder.join(PLAN), Plan::SCHEMA)?;
        if !plan.is_sound() {
            return Err(StoreError::Contradiction(folder.join(PLAN)));
        }
        let path = folder.join(TRIALS);
        let text = fs::read(&path).map_err(failed("read", &path))?;
        let ((samples, warnings), digest) =
            rayon::join(|| parse_trials(&text), || hex(&Sha256::digest(&text)));
        let full = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let name = full
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            environment,
            plan,
            samples,
            digest,
            warnings,
        })
    }
}

fn parse_trials(text: &[u8]) -> (Vec<Sample>, Vec<Warning>) {
    let mut warnings = Vec::new();
    let torn = text
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |end| end + 1);
    if torn < text.len() {
        warnings.push(Warning::TornLine);
    }
    let lines: Vec<&[u8]> = text[..torn]
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .collect();
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

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StoreError> {
    let mut text =
        serde_json::to_string_pretty(value).expect("plans and environments are plain data");
    text.push('\n');
    fs::write(path, text).map_err(failed("write", path))
}

fn read_json<T: DeserializeOwned>(path: &Path, known: u32) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(failed("read", path))?;
    let damaged = |source| StoreError::Damaged {
        path: path.to_owned(),
        source,
    };
    let value: serde_json::Value = serde_json::from_slice(&text).map_err(damaged)?;
    let found = value["schema"].as_u64().unwrap_or(0);
    if found > u64::from(known) {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    serde_json::from_value(value).map_err(damaged)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all text");
        text
    })
}

fn failed(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { verb, path, source }
}
