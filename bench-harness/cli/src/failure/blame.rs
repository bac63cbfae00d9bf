//! Decides for each error type that reaches a command whether it means wrong use or a failure.

use std::error::Error;
use std::io;

use course::catalogue::LessonError;
use course::predict::PredictionError;
use course::run::RunError;
use course::store::KeepError;
use course::watch::WatchError;
use course::watch::script::ScriptError;
use echo_server::{ServeError, UnknownModel};
use loadgen::{FileError, HistogramError, HlogError, LoadError};
use measure::cpus::PinError;
use measure::external::ExternalError;
use measure::lock::LockError;
use measure::resume::ResumeError;
use measure::server::ServerError;
use nix::errno::Errno;
use record::plan::PlanError;
use record::store::StoreError;
use report::ReportError;
use report::site::SiteError;

use workshop::WorkshopError;

use super::{Blame, Fault};
use crate::commands::diff::DiffError;
use crate::commands::load::PartFailed;
use crate::commands::report::NotInRun;

/// Error types whose variants all mean the same.
macro_rules! always {
    ($fault:ident: $($error:ty),+ $(,)?) => {$(
        impl Blame for $error {
            fn fault(&self) -> Fault {
                Fault::$fault
            }
        }
    )+};
}

always!(WrongUse: DiffError, ExternalError, FileError, LockError, NotInRun, PinError, PlanError, PredictionError, ScriptError, SiteError, UnknownModel);
always!(Failed: Errno, HistogramError, HlogError, ReportError);

/// Commands explain all errors of the system but those of stdout.
impl Blame for io::Error {
    fn fault(&self) -> Fault {
        fault_of_stdout(self.kind())
    }

    fn sentence(&self) -> String {
        sentence_of_stdout(self)
    }
}

impl Blame for serde_json::Error {
    fn fault(&self) -> Fault {
        self.io_error_kind().map_or(Fault::Failed, fault_of_stdout)
    }

    fn sentence(&self) -> String {
        sentence_of_stdout(self)
    }
}

fn fault_of_stdout(kind: io::ErrorKind) -> Fault {
    if kind == io::ErrorKind::BrokenPipe {
        Fault::ReaderGone
    } else {
        Fault::Failed
    }
}

fn sentence_of_stdout(error: &dyn Error) -> String {
    format!("cannot write to stdout ({error}); redirect it to a file on a disk with enough space")
}

impl Blame for LoadError {
    fn fault(&self) -> Fault {
        match self {
            Self::Orders(error) if error.kind() == io::ErrorKind::InvalidData => Fault::WrongUse,
            Self::Orders(_) | Self::System(_) => Fault::Failed,
            _ => Fault::WrongUse,
        }
    }
}

impl Blame for LessonError {
    fn fault(&self) -> Fault {
        match self {
            Self::Unknown { .. } => Fault::WrongUse,
            Self::Document { .. } | Self::Text { .. } => Fault::Failed,
        }
    }
}

impl Blame for RunError {
    fn fault(&self) -> Fault {
        match self {
            Self::UnknownKey { .. } => Fault::WrongUse,
            Self::Stopped(_) => Fault::Stopped,
            Self::Step { .. } | Self::Rows { .. } | Self::Folder(_) => Fault::Failed,
        }
    }
}

impl Blame for KeepError {
    fn fault(&self) -> Fault {
        match self {
            Self::Write { .. } => Fault::WrongUse,
            Self::Read { .. } => Fault::Failed,
        }
    }
}

impl Blame for PartFailed {
    fn fault(&self) -> Fault {
        if self.is_wrong_use() {
            Fault::WrongUse
        } else {
            Fault::Failed
        }
    }
}

impl Blame for ServeError {
    fn fault(&self) -> Fault {
        match self {
            Self::Failed { .. } => Fault::Failed,
            Self::Unsupported { .. }
            | Self::AddressInUse { .. }
            | Self::NotASocket { .. }
            | Self::NotPermitted { .. }
            | Self::Listen { .. }
            | Self::OtherTransport { .. }
            | Self::OtherProtocol { .. }
            | Self::NoRooms { .. }
            | Self::OnlyRooms { .. }
            | Self::TcpOnly { .. } => Fault::WrongUse,
        }
    }
}

impl Blame for ServerError {
    fn fault(&self) -> Fault {
        match self {
            Self::Command(error) => error.fault(),
            Self::Start(_)
            | Self::Died { .. }
            | Self::NotReady { .. }
            | Self::NotListening { .. }
            | Self::NoEcho { .. }
            | Self::NoHttp { .. }
            | Self::Stray { .. }
            | Self::Contract { .. } => Fault::Failed,
        }
    }
}

impl Blame for WatchError {
    fn fault(&self) -> Fault {
        match self {
            Self::Stopped => Fault::Stopped,
            Self::Command(_) | Self::NoCommand => Fault::WrongUse,
            Self::System(_) | Self::Died { .. } | Self::NotReady | Self::NoAddress(_) => {
                Fault::Failed
            }
        }
    }
}

impl Blame for StoreError {
    fn fault(&self) -> Fault {
        match self {
            Self::Exists(_) | Self::InUse(_) | Self::NoRun(_) | Self::Newer { .. } => {
                Fault::WrongUse
            }
            Self::Damaged { .. }
            | Self::Contradiction { .. }
            | Self::Gone(_)
            | Self::NoRoom { .. }
            | Self::Full { .. }
            | Self::Io { .. } => Fault::Failed,
        }
    }
}

impl Blame for ResumeError {
    fn fault(&self) -> Fault {
        match self {
            Self::Store(error) => error.fault(),
            Self::Differs { .. } | Self::Cpus { .. } => Fault::WrongUse,
        }
    }
}

impl Blame for WorkshopError {
    fn fault(&self) -> Fault {
        match self {
            Self::NoTree(_) | Self::NoCargo(_) => Fault::WrongUse,
            Self::Stopped => Fault::Stopped,
            Self::File { .. } | Self::Form { .. } | Self::Compile(_) | Self::NoResult(_) => {
                Fault::Failed
            }
        }
    }
}
