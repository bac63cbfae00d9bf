//! Resumes a run that was interrupted: by Ctrl-C, a full disk, `kill -9`, or a crash of the machine.

use std::path::{Path, PathBuf};

use record::circumstances::{Difference, differences, sentence};
use record::environment::{Environment, Resumed};
use record::pinning::{Pinning, list};
use record::store::{Run, Store, StoreError};
use thiserror::Error;

use crate::cpus;

/// The run cannot be resumed.
#[derive(Debug, Error)]
pub enum ResumeError {
    /// The folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The circumstances have changed, so new trials would not be comparable with the old ones.
    #[error(
        "`{folder}` was started under other circumstances ({}); resume it on the machine and with the program that started it, or add --force, and its report will have a warning",
        sentence(differences)
    )]
    Differs {
        /// The folder of the run.
        folder: PathBuf,
        /// The differences.
        differences: Vec<Difference>,
    },
    /// This process may not use the CPUs of the run.
    #[error(
        "`{folder}` needs the CPUs {}, but this process may use only {}; allow them with `taskset`, or measure again",
        list(needed),
        list(allowed)
    )]
    Cpus {
        /// The folder of the run.
        folder: PathBuf,
        /// The CPUs of the server and of the generator.
        needed: Vec<usize>,
        /// The CPUs that this process may use.
        allowed: Vec<usize>,
    },
}

/// Opens the run in this folder to resume it. `describe` returns the environment of this process with the pinning of the
/// run.
///
/// # Errors
/// The folder holds no run, or another process is writing it, or the circumstances differ and `force` is false.
pub fn open(
    folder: &Path,
    force: bool,
    describe: impl FnOnce(Pinning) -> Environment,
) -> Result<(Store, Run), ResumeError> {
    let (store, mut run) = Store::resume(folder)?;
    check_cpus(folder, &run.environment.pinning)?;
    let here = describe(run.environment.pinning.clone());
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
    store.update_environment(&run.environment)?;
    Ok((store, run))
}

/// Checks the CPUs of the run. Without them, all remaining trials would fail and be stored as failed.
fn check_cpus(folder: &Path, pinning: &Pinning) -> Result<(), ResumeError> {
    let lists = [pinning.server(), pinning.generator()];
    let needed: Vec<usize> = lists.into_iter().flatten().flatten().copied().collect();
    let allowed = cpus::allowed();
    if needed.iter().all(|cpu| allowed.contains(cpu)) {
        return Ok(());
    }
    Err(ResumeError::Cpus {
        folder: folder.to_owned(),
        needed,
        allowed,
    })
}
