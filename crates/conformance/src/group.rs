//! The topics of the cases, and what a case needs to know of a server.

use std::fmt;

use crate::subject::Subject;

/// The topic of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Every byte comes back.
    Bytes,
    /// Clients leave.
    Endings,
    /// The server ends.
    Stopping,
    /// Child processes.
    Processes,
    /// Many clients.
    Crowds,
    /// Slow clients.
    Patience,
    /// Descriptors, processes and memory.
    Limits,
    /// Nothing to do.
    Waiting,
    /// Requests that make the server compute.
    Work,
}

impl Group {
    /// All groups, in the order of the list.
    pub const ALL: [Self; 9] = [
        Self::Bytes,
        Self::Endings,
        Self::Stopping,
        Self::Processes,
        Self::Crowds,
        Self::Patience,
        Self::Limits,
        Self::Waiting,
        Self::Work,
    ];

    /// The name of the group.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Endings => "endings",
            Self::Stopping => "stopping",
            Self::Processes => "processes",
            Self::Crowds => "crowds",
            Self::Patience => "patience",
            Self::Limits => "limits",
            Self::Waiting => "waiting",
            Self::Work => "work",
        }
    }

    /// What its cases show, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Bytes => "Every byte comes back, whatever the segments in which it was sent.",
            Self::Endings => "However a client ends, no other client notices.",
            Self::Stopping => "The server ends when it is asked to, and can start again.",
            Self::Processes => "Child processes end with their server, which notices their end.",
            Self::Crowds => "The server serves as many clients at once as it claims.",
            Self::Patience => {
                "The server waits for slow clients, stores little, and serves others."
            }
            Self::Limits => "Descriptors and processes are limited, and come back.",
            Self::Waiting => "A server that has nothing to do uses no CPU time.",
            Self::Work => "Requests that make the server compute delay only whom they may.",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the suite must know of a server to try a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Its address.
    Address,
    /// Its process, which the suite has started: it sends signals, and reads what the kernel says about it.
    Process,
    /// Our contract: options, the line `ready`, and the counters in the line `stats`. Our models keep it.
    Contract,
}

impl Needs {
    /// The name of the need.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Process => "process",
            Self::Contract => "contract",
        }
    }

    /// What the suite needs, in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Address => "needs the server's address",
            Self::Process => "needs the command that starts the server",
            Self::Contract => "needs the options and the counters of EchoLab's own servers",
        }
    }

    /// Why a case with this need cannot be tried with the subject; `None` if it can.
    pub(crate) fn lacking(self, subject: &Subject) -> Option<&'static str> {
        match self {
            Self::Process if !subject.has_process() => Some(
                "it needs the server's process; let the suite start the server (`--external 'COMMAND {port}'`)",
            ),
            Self::Contract if !subject.keeps_contract() => {
                Some("it needs the options and the counters of EchoLab's own servers")
            }
            Self::Address | Self::Process | Self::Contract => None,
        }
    }
}
