//! Goes on with a run that ended early: by Ctrl-C, by a full disk, by `kill -9`, or with the machine.

use std::path::{Path, PathBuf};

use record::circumstances::{Difference, differences, sentence};
use record::environment::{Environment, Resumed};
use record::pinning::Pinning;
use record::store::{Run, Store, StoreError};
use thiserror::Error;

use crate::cpus;

/// A run that cannot be gone on with.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// Its folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rest would not be comparable with the beginning.
    #[error(
        "`{folder}` was begun under other circumstances ({}); go on where it was begun, or add --force, and its report will say so",
        sentence(differences)
    )]
    Differs {
        /// The run.
        folder: PathBuf,
        /// What is not the same.
        differences: Vec<Difference>,
    },
    /// The CPUs on which it ran are not to be had.
    #[error(
        "`{folder}` runs on the CPUs {wanted:?}, and this process may use {allowed:?}; start it with `taskset` where these are allowed, or measure again"
    )]
    Cpus {
        /// The run.
        folder: PathBuf,
        /// CPUs of server and generator.
        wanted: Vec<usize>,
        /// CPUs of this process.
        allowed: Vec<usize>,
    },
}

/// Opens the run in this folder to go on with it, here as `look` finds it when pinned as the run was.
///
/// # Errors
/// It is no run, or somebody else is writing it, or the circumstances differ and it is not done by force.
pub fn open(
    folder: &Path,
    force: bool,
    look: impl FnOnce(Pinning) -> Environment,
) -> Result<(Store, Run), ResumeError> {
    let (store, mut run) = Store::resume(folder)?;
    check_cpus(folder, &run.environment.pinning)?;
    let here = look(run.environment.pinning.clone());
    let differences = differences(&run.environment, &here);
    if differences.is_empty() {
        return Ok((store, run));
    }
    if !force {
        let folder = folder.to_owned();
        return Err(ResumeError::Differs {
            folder,
            differences,
        });
    }
    run.environment.resumed.push(Resumed {
        at: here.started,
        differences: differences.iter().map(Difference::to_string).collect(),
    });
    store.note(&run.environment)?;
    Ok((store, run))
}

/// Trials on CPUs that are not there would fail one by one, and be kept as failed.
fn check_cpus(folder: &Path, pinning: &Pinning) -> Result<(), ResumeError> {
    let sides = [pinning.server(), pinning.generator()];
    let wanted: Vec<usize> = sides.into_iter().flatten().flatten().copied().collect();
    let allowed = cpus::allowed();
    if wanted.iter().all(|cpu| allowed.contains(cpu)) {
        return Ok(());
    }
    Err(ResumeError::Cpus {
        folder: folder.to_owned(),
        wanted,
        allowed,
    })
}
