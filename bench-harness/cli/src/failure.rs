//! Tells the user what went wrong, and the shell whose fault it was.

use std::io;
use std::process::ExitCode;

use echo_server::{ServeError, UnknownModel};
use loadgen::{FileError, LoadError};
use measure::cpus::PinError;
use measure::external::ExternalError;
use measure::lock::LockError;
use measure::resume::ResumeError;
use record::plan::PlanError;
use record::store::StoreError;

use crate::commands::diff::DiffError;
use crate::commands::load::PartFailed;
use crate::commands::report::ReportArgsError;

/// What was asked for makes no sense, or cannot be had here.
const WRONG_USE: u8 = 2;
/// It made sense, and failed.
const FAILED: u8 = 1;

/// Writes the error to stderr and chooses the exit code: 2 for wrong use, 1 for a failure.
pub fn tell(error: &anyhow::Error) -> ExitCode {
    if reader_has_gone(error) {
        return ExitCode::SUCCESS;
    }
    eprintln!("echolab: {error:#}");
    ExitCode::from(if is_wrong_use(error) {
        WRONG_USE
    } else {
        FAILED
    })
}

fn is_wrong_use(error: &anyhow::Error) -> bool {
    let serve = error
        .downcast_ref()
        .is_some_and(|error| !matches!(error, ServeError::Failed { .. }));
    let load = error
        .downcast_ref()
        .is_some_and(|error| !matches!(error, LoadError::System(_)));
    let store = error.downcast_ref().is_some_and(is_wrong_folder);
    let resume = error.downcast_ref().is_some_and(|error| match error {
        ResumeError::Store(error) => is_wrong_folder(error),
        ResumeError::Differs { .. } | ResumeError::Cpus { .. } => true,
    });
    let part = error.downcast_ref().is_some_and(PartFailed::is_wrong_use);
    let plan = error.is::<PlanError>() || error.is::<PinError>() || error.is::<UnknownModel>();
    let external = error.is::<ExternalError>();
    let report = error
        .downcast_ref()
        .is_some_and(|error| matches!(error, ReportArgsError::Unknown { .. }));
    let file = error.is::<FileError>() || error.is::<DiffError>() || error.is::<LockError>();
    serve || load || part || report || file || store || resume || plan || external
}

fn is_wrong_folder(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Exists(_)
            | StoreError::InUse(_)
            | StoreError::NoRun(_)
            | StoreError::Newer { .. }
    )
}

/// `echolab list | head -1` is no failure.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    let io = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    io.into_iter()
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
