//! Keeps a run in a folder: what was planned, where, and one line a finished trial. A finished trial is never lost.
//!
//! ```text
//! results/20260314-150926/
//!     environment.json    the machine, the program, the command
//!     plan.json           what was to be done
//!     trials.jsonl        one Sample a line, written and synced when its trial ends (schema/trial.schema.json)
//!     outcomes/           all that the generator said of each trial; a row has what many rows are read for
//!     histograms/         what clients waited in each trial, as HDR histogram logs
//!     stderr/             what servers said, where they said something
//!     report.md, report.html, figures/
//! ```
//!
//! The plan is written last, so that a folder with a plan is a run, whenever the writer was killed; trials are appended,
//! so that only the last line can be torn. Whoever writes holds a lock on `trials.jsonl`, which the kernel takes away when
//! the process ends, however it ends.

mod digest;
mod error;
mod file;
mod glance;
mod run;
mod skim;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use loadgen::HlogError;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::environment::Environment;
use crate::plan::Plan;
use crate::sample::Sample;
use crate::warning::RunWarning;

pub use digest::Digest;
pub use error::StoreError;
pub use glance::{Glance, glance};
pub use run::Run;

const ENVIRONMENT: &str = "environment.json";
const PLAN: &str = "plan.json";
const TRIALS: &str = "trials.jsonl";
const HISTOGRAMS: &str = "histograms";
const OUTCOMES: &str = "outcomes";

/// A run that is being written.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    trials: Flock<File>,
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
        let taken = || StoreError::Exists(folder.to_owned());
        if folder.join(PLAN).exists() {
            return Err(taken());
        }
        make_folders(folder)?;
        let trials = open_locked(folder)?;
        if trials.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(taken());
        }
        file::write_json(&folder.join(ENVIRONMENT), environment)?;
        file::write_json(&folder.join(PLAN), plan)?;
        Ok(Self {
            folder: folder.to_owned(),
            trials,
        })
    }

    /// Opens a run to go on with it, and returns what is there. A torn last line is cut off.
    ///
    /// # Errors
    /// The folder holds no run, or one that cannot be read, or somebody else is writing it.
    pub fn resume(folder: &Path) -> Result<(Self, Run), StoreError> {
        let path = folder.join(TRIALS);
        if !folder.join(PLAN).exists() {
            return Err(StoreError::NoRun(folder.to_owned()));
        }
        let trials = open_locked(folder)?;
        let mut run = Run::read(folder)?;
        if run.warnings.contains(&RunWarning::TornLine) {
            let text = fs::read(&path).map_err(error::failed("read", &path))?;
            let whole = file::whole_lines(&text).len() as u64;
            let cut = trials.set_len(whole).and_then(|()| trials.sync_data());
            cut.map_err(error::failed("write", &path))?;
            run.warnings
                .retain(|warning| *warning != RunWarning::TornLine);
        }
        make_folders(folder)?;
        let store = Self {
            folder: folder.to_owned(),
            trials,
        };
        Ok((store, run))
    }

    /// Writes down again what is known about the run beside its trials: that it went on elsewhere, or came to its end.
    ///
    /// # Errors
    /// The disk is full or broken; then the file is what it was.
    pub fn note(&self, environment: &Environment) -> Result<(), StoreError> {
        file::write_json(&self.folder.join(ENVIRONMENT), environment)
    }

    /// Adds a finished trial. When this returns it is on the disk.
    ///
    /// # Errors
    /// The disk is full or broken. What was appended before stays.
    pub fn append(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.keep_whole(sample)?;
        let mut line = serde_json::to_string(&sample.lean())
            .expect("a sample holds only values that JSON knows");
        line.push('\n');
        // One write, so that a torn line can only be the last one.
        let mut trials: &File = &self.trials;
        let written = trials
            .write_all(line.as_bytes())
            .and_then(|()| trials.sync_data());
        written.map_err(error::failed("write", &self.folder.join(TRIALS)))
    }

    /// Where the run is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The whole outcome comes before its row, so that a row that is there has it.
    fn keep_whole(&self, sample: &Sample) -> Result<(), StoreError> {
        let Some(outcome) = &sample.outcome else {
            return Ok(());
        };
        let name = format!("{:05}-{}", sample.trial, sample.attempt);
        let document = self.folder.join(OUTCOMES).join(format!("{name}.json"));
        let whole = serde_json::to_string(outcome).expect("an outcome is what JSON knows");
        // It is not synced: who loses power loses what a row does not need.
        fs::write(&document, whole + "\n").map_err(error::failed("write", &document))?;
        let path = self.folder.join(HISTOGRAMS).join(format!("{name}.hlog"));
        let mut log = Vec::new();
        match outcome.write_hlog(sample.started.into(), &mut log) {
            Ok(()) => fs::write(&path, log).map_err(error::failed("write", &path)),
            Err(HlogError::Write(source)) => Err(error::failed("write", &path)(source)),
            // A damaged histogram has no log; the outcome shows it as it is.
            Err(_) => Ok(()),
        }
    }
}

/// Makes the folders of what belongs to single trials.
fn make_folders(run: &Path) -> Result<(), StoreError> {
    [HISTOGRAMS, OUTCOMES].iter().try_for_each(|name| {
        let folder = run.join(name);
        fs::create_dir_all(&folder).map_err(error::failed("make", &folder))
    })
}

/// Opens the file of trials for appending, and takes the lock of whoever writes it.
fn open_locked(folder: &Path) -> Result<Flock<File>, StoreError> {
    let path = folder.join(TRIALS);
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).open(&path);
    let file = file.map_err(error::failed("write", &path))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        Errno::EWOULDBLOCK => StoreError::InUse(folder.to_owned()),
        other => error::failed("lock", &path)(io::Error::from(other)),
    })
}
