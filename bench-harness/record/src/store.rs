//! Stores a run in a folder: plan, environment, and one line per finished trial. A finished trial is never lost.
//!
//! ```text
//! results/20260314-150926/
//!     environment.json    the machine, the program, the command
//!     plan.json           the plan
//!     lessons.json        texts about the models, so that a report needs nothing else; older runs have none
//!     trials.jsonl        one Sample per line, written and synced when its trial ends (schema/trial.schema.json)
//!     slices.jsonl        one Slice per line, written when it ends and synced with its round (schema/slice.schema.json)
//!     outcomes/           the whole outcome of each trial; the row has the lean one
//!     histograms/         the response times of each trial, as HDR histogram logs
//!     stderr/             the messages of servers and generators, if there were any
//!     report.md, report.html, figures/
//! ```
//!
//! The plan is written last. So a folder with a plan is a whole run, even if the writer is killed at any moment. Rows are
//! appended, so only the last line can be incomplete. The writer holds a lock on `trials.jsonl`; the kernel releases it when
//! the process ends, even by SIGKILL.

mod digest;
mod error;
mod file;
mod overview;
mod paths;
mod run;
mod skim;
mod slices;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use loadgen::HlogError;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::environment::Environment;
use crate::lesson::Lessons;
use crate::plan::Plan;
use crate::sample::Sample;
use crate::slice::Slice;
use crate::warning::RunWarning;

use paths::{ENVIRONMENT, HISTOGRAMS, LESSONS, OUTCOMES, PLAN, SLICES, TRIALS};

pub use digest::Digest;
pub use error::StoreError;
pub use overview::{Overview, overview};
pub use run::{Run, head, row};

/// A run that is being written.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    trials: Flock<File>,
    slices: File,
}

impl Store {
    /// Creates the folder, and writes the environment and the plan.
    ///
    /// # Errors
    /// The folder already holds a run, or cannot be written.
    pub fn create(
        folder: &Path,
        environment: &Environment,
        plan: &Plan,
    ) -> Result<Self, StoreError> {
        let exists = || StoreError::Exists(folder.to_owned());
        if folder.join(PLAN).exists() {
            return Err(exists());
        }
        make_folders(folder).map_err(StoreError::before_the_run)?;
        let trials = open_locked(folder).map_err(StoreError::before_the_run)?;
        if trials.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(exists());
        }
        file::write_json(&folder.join(ENVIRONMENT), environment)
            .and_then(|()| file::write_json(&folder.join(PLAN), plan))
            .map_err(StoreError::before_the_run)?;
        let slices = open(&folder.join(SLICES))?;
        Ok(Self {
            folder: folder.to_owned(),
            trials,
            slices,
        })
    }

    /// Opens a run to continue it, and returns its content. An incomplete last line is cut off.
    ///
    /// # Errors
    /// The folder holds no run, or a damaged one, or another process is writing it.
    pub fn resume(folder: &Path) -> Result<(Self, Run), StoreError> {
        if !folder.join(PLAN).exists() {
            return Err(StoreError::NoRun(folder.to_owned()));
        }
        let trials = open_locked(folder)?;
        let slices = open(&folder.join(SLICES))?;
        let mut run = Run::read(folder)?;
        if run.warnings.contains(&RunWarning::TornLine) {
            cut_torn_line(&trials, &folder.join(TRIALS))?;
            cut_torn_line(&slices, &folder.join(SLICES))?;
            run.warnings
                .retain(|warning| *warning != RunWarning::TornLine);
        }
        make_folders(folder)?;
        let store = Self {
            folder: folder.to_owned(),
            trials,
            slices,
        };
        Ok((store, run))
    }

    /// Replaces the environment, when the run is resumed under other circumstances, or complete.
    ///
    /// # Errors
    /// The disk is full or broken. The old file stays then.
    pub fn update_environment(&self, environment: &Environment) -> Result<(), StoreError> {
        file::write_json(&self.folder.join(ENVIRONMENT), environment)
    }

    /// Replaces the plan, when sittings were added to it.
    ///
    /// # Errors
    /// The disk is full or broken. The old file stays then.
    pub fn update_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        file::write_json(&self.folder.join(PLAN), plan)
    }

    /// Writes the texts about the models. A run without them is whole, but its report says less.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn write_lessons(&self, lessons: &Lessons) -> Result<(), StoreError> {
        file::write_json(&self.folder.join(LESSONS), lessons)
    }

    /// Appends a finished slice. It survives the end of this process. [`sync_slices`](Self::sync_slices) puts it on the disk.
    ///
    /// # Errors
    /// The disk is full or broken. Earlier rows stay.
    pub fn append_slice(&mut self, slice: &Slice) -> Result<(), StoreError> {
        self.check_in_place()?;
        let mut line =
            serde_json::to_string(slice).expect("a slice holds only values that JSON knows");
        line.push('\n');
        let written = self.slices.write_all(line.as_bytes());
        written.map_err(error::failed("write", &self.folder.join(SLICES)))
    }

    /// Puts all slices on the disk, so that a power failure does not lose them. Once a round is enough: it takes longer than
    /// writing all slices of the round.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn sync_slices(&mut self) -> Result<(), StoreError> {
        let synced = self.slices.sync_data();
        synced.map_err(error::failed("write", &self.folder.join(SLICES)))
    }

    /// Appends a finished trial. It is on the disk when this function returns.
    ///
    /// # Errors
    /// The disk is full or broken. Earlier rows stay.
    pub fn append(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.check_in_place()?;
        self.write_whole_outcome(sample)?;
        let mut line = serde_json::to_string(&sample.lean())
            .expect("a sample holds only values that JSON knows");
        line.push('\n');
        // One write, so that only the last line can be incomplete.
        let mut trials: &File = &self.trials;
        let written = trials
            .write_all(line.as_bytes())
            .and_then(|()| trials.sync_data());
        written.map_err(error::failed("write", &self.folder.join(TRIALS)))
    }

    /// Checks that both files of rows are still where they were opened. Rows in a removed file would be lost with this
    /// process, and nothing else would show that.
    ///
    /// # Errors
    /// One of them was moved or removed.
    pub fn check_in_place(&self) -> Result<(), StoreError> {
        for (name, file) in [(TRIALS, &*self.trials), (SLICES, &self.slices)] {
            let path = self.folder.join(name);
            let identity = |file: Metadata| (file.dev(), file.ino());
            let opened = file
                .metadata()
                .map(identity)
                .map_err(error::failed("read", &path))?;
            if fs::metadata(&path).map(identity).ok() != Some(opened) {
                return Err(StoreError::Gone(path));
            }
        }
        Ok(())
    }

    /// The folder of the run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the whole outcome and its histograms. This happens before the row is written, so that each row has its
    /// outcome.
    fn write_whole_outcome(&self, sample: &Sample) -> Result<(), StoreError> {
        let Some(outcome) = &sample.outcome else {
            return Ok(());
        };
        let name = format!("{:05}-{}", sample.trial, sample.attempt);
        let document = self.folder.join(OUTCOMES).join(format!("{name}.json"));
        let whole =
            serde_json::to_string(outcome).expect("an outcome holds only values that JSON knows");
        // Not synced: after a power failure it may be missing, but the row holds all that reports need.
        fs::write(&document, whole + "\n").map_err(error::failed("write", &document))?;
        let path = self.folder.join(HISTOGRAMS).join(format!("{name}.hlog"));
        let mut log = Vec::new();
        match outcome.write_hlog(sample.started.into(), &mut log) {
            Ok(()) => fs::write(&path, log).map_err(error::failed("write", &path)),
            Err(HlogError::Write(source)) => Err(error::failed("write", &path)(source)),
            // A damaged histogram gets no log. The outcome holds it as it is.
            Err(_) => Ok(()),
        }
    }
}

/// Creates the folders for files of single trials.
fn make_folders(run: &Path) -> Result<(), StoreError> {
    [HISTOGRAMS, OUTCOMES].iter().try_for_each(|name| {
        let folder = run.join(name);
        fs::create_dir_all(&folder).map_err(error::failed("create", &folder))
    })
}

/// Opens a file of rows for appending.
fn open(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).open(path);
    file.map_err(error::failed("write", path))
}

/// Cuts off an incomplete last line.
fn cut_torn_line(file: &File, path: &Path) -> Result<(), StoreError> {
    let text = fs::read(path).map_err(error::failed("read", path))?;
    let whole = file::whole_lines(&text).len() as u64;
    let truncated = file.set_len(whole).and_then(|()| file.sync_data());
    truncated.map_err(error::failed("write", path))
}

/// Opens the file of trials for appending, and takes the writer's lock on it.
fn open_locked(folder: &Path) -> Result<Flock<File>, StoreError> {
    let path = folder.join(TRIALS);
    let file = open(&path)?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|(_, errno)| match errno {
        Errno::EWOULDBLOCK => StoreError::InUse(folder.to_owned()),
        other => error::failed("lock", &path)(io::Error::from(other)),
    })
}
