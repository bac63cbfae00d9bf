//! Why a run could not begin, or not go on, and what can be done about it.

use std::io;

use thiserror::Error;

use crate::plan::limits;

/// Why a run could not begin, or not go on.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No connections.
    #[error("a load needs at least one connection; say --connections 1 or more")]
    NoConnections,
    /// Threads without anything to do, or none.
    #[error(
        "{threads} threads cannot share {connections} connections; say --threads 1 to {connections}, all processes together"
    )]
    Threads {
        /// Threads asked for.
        threads: usize,
        /// Connections asked for.
        connections: usize,
    },
    /// A pipeline of nothing.
    #[error("a pipeline of 0 requests never sends one; say --pipeline 1 or more")]
    NoPipeline,
    /// A queue of nothing.
    #[error("no request can wait in a queue of 0; say --queue 1 or more")]
    NoQueue,
    /// No time and no requests.
    #[error(
        "a run of no duration or no requests measures nothing; give --duration and --requests more than 0"
    )]
    NothingToMeasure,
    /// A connect rate that never connects.
    #[error("the connect rate must be above 0; leave --connect-rate out to connect at full speed")]
    ConnectRate,
    /// A connect timeout that nothing can meet.
    #[error("no connect is done in no time; give --connect-timeout more than 0")]
    ConnectTimeout,
    /// More clients than are noted one by one.
    #[error(
        "only so many clients have a timeline; say --timeline 0 to {}",
        limits::TIMELINES
    )]
    Timeline,
    /// The stream echo cannot answer nothing.
    #[error("the echo of an empty payload cannot be seen; send at least 1 byte or use framed")]
    EmptyEcho,
    /// Work and reply sizes travel in frames.
    #[error("the stream echo knows neither work nor reply sizes; add --protocol framed")]
    NeedsFrames,
    /// More than a frame may carry.
    #[error(
        "{bytes} bytes are more than a request or reply may have; use at most {}",
        limits::LONGEST
    )]
    TooLong {
        /// What was asked for.
        bytes: u32,
    },
    /// Clients that do with a stream what nobody can do with datagrams.
    #[error(
        "the clients of `{class}` are {behaviour}, and datagrams have no stream to be so with; give an address without `udp:`, or leave that out"
    )]
    NeedsStream {
        /// The class.
        class: String,
        /// What its clients do.
        behaviour: String,
    },
    /// More than a datagram can carry.
    #[error(
        "{bytes} bytes do not fit into a datagram, which carries {most} at most; ask for less, or give an address without `udp:`"
    )]
    BeyondDatagram {
        /// What was asked for.
        bytes: u32,
        /// What fits.
        most: u32,
    },
    /// An echoed datagram without room for its number.
    #[error(
        "an echoed datagram of {bytes} bytes has no room for the number by which its reply is known; use --payload 8 or more, or --protocol framed"
    )]
    NoNumber {
        /// The smallest payload asked for.
        bytes: u32,
    },
    /// No patience with datagrams.
    #[error("no reply comes in no time; give --reply-timeout more than 0")]
    ReplyTimeout,
    /// Idle clients on an open schedule.
    #[error("the clients of `{class}` never ask anything; leave its rate out or give it requests")]
    IdleWithRate {
        /// The class.
        class: String,
    },
    /// Two classes that cannot be told apart.
    #[error("two classes are called `{name}`; give one of them another name")]
    SameName {
        /// Their name.
        name: String,
    },
    /// Source addresses that do not fit the target.
    #[error(
        "several source addresses need a target with an IPv4 address; leave --sources out for this one"
    )]
    Sources,
    /// The process may not open so many descriptors.
    #[error(
        "{needed} descriptors are needed but this process may open {allowed}; use fewer connections or more --processes, or raise the hard limit (ulimit -Hn {needed}, as root or in /etc/security/limits.conf)"
    )]
    Descriptors {
        /// How many the load needs.
        needed: u64,
        /// The hard limit.
        allowed: u64,
    },
    /// The operating system failed the generator itself.
    #[error(
        "the load generator cannot go on: {0}; free memory, descriptors or processes and try again"
    )]
    System(#[from] io::Error),
}
