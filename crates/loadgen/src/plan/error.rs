//! Errors of a load: why a run cannot start or continue, and what to do about it.

use std::io;
use std::net::IpAddr;

use echo_protocol::Protocol;
use thiserror::Error;

use crate::plan::limits;

/// A run cannot start or continue.
#[derive(Debug, Error)]
pub enum LoadError {
    /// There are no connections.
    #[error("a load needs at least one connection; use --connections 1 or more")]
    NoConnections,
    /// There are no threads, or more threads than connections.
    #[error(
        "{threads} threads cannot share {connections} connections; use --threads 1 to {connections}, counting all processes"
    )]
    Threads {
        /// Requested threads, all processes together.
        threads: usize,
        /// Requested connections.
        connections: usize,
    },
    /// A number is out of its range.
    #[error("--{option} is {value}; write a whole number from {least} to {most}")]
    OutOfRange {
        /// The option, which is also the key in a load document.
        option: &'static str,
        /// Its value.
        value: usize,
        /// The lowest possible value.
        least: usize,
        /// The highest possible value.
        most: usize,
    },
    /// There are too many connections.
    #[error(
        "the load has more than {} connections; use fewer, counting --connections, --idle, --slow-senders, --slow-receivers and all classes of a load file",
        limits::CONNECTIONS
    )]
    TooManyConnections,
    /// There are too many requests in flight.
    #[error(
        "class `{class}` may have more than {} requests in flight; use fewer --connections, or a smaller --pipeline",
        limits::IN_FLIGHT
    )]
    TooManyInFlight {
        /// Name of the class.
        class: String,
    },
    /// There is no time or there are no requests.
    #[error(
        "--duration and --requests must be above 0; write for example --duration 10s or --requests 1000"
    )]
    NothingToMeasure,
    /// The connect rate is not positive.
    #[error(
        "--connect-rate must be above 0 and at most a billion; remove it to connect at full speed"
    )]
    ConnectRate,
    /// The connect timeout is zero.
    #[error("--connect-timeout must be above 0; write for example --connect-timeout 5s")]
    ConnectTimeout,
    /// The generator has no client for the protocol.
    #[error(
        "the load generator does not speak `{protocol}`, in which the server speaks first; use --protocol echo, framed or http, or talk to the server with `nc`"
    )]
    NoClient {
        /// The protocol.
        protocol: Protocol,
    },
    /// The path cannot stand in a request.
    #[error(
        "`{path}` is no path of visible ASCII characters from `/` on, with at most {} bytes; write for example --path /index.html",
        limits::PATH
    )]
    Path {
        /// The path.
        path: String,
    },
    /// The host cannot stand in a request.
    #[error("`{host}` is no host; write for example --host example.org")]
    Host {
        /// The host.
        host: String,
    },
    /// Path, host and status are for HTTP.
    #[error("--path, --host and --status are for HTTP; use them with --protocol http")]
    NeedsHttp,
    /// HTTP over datagrams.
    #[error("HTTP/1.1 needs a stream, and UDP has none; use an address without `udp:`")]
    HttpNeedsStream,
    /// A request of HTTP cannot ask for work.
    #[error("a request of HTTP carries no work; remove --work, or use --protocol framed")]
    HttpWork,
    /// The length of the body is given twice.
    #[error(
        "{{bytes}} in the path already says how long a reply is; remove --reply-size, or give a --path without {{bytes}}"
    )]
    TwoReplySizes,
    /// The echo of an empty payload is invisible.
    #[error(
        "the echo protocol cannot send an empty payload; use --payload 1 or more, or --protocol framed"
    )]
    EmptyEcho,
    /// Work and reply sizes need frames.
    #[error("the echo protocol carries neither work nor reply sizes; add --protocol framed")]
    NeedsFrames,
    /// A payload or reply is longer than a frame may be.
    #[error(
        "{bytes} bytes are too many for a request or reply; use at most {}",
        limits::LONGEST
    )]
    TooLong {
        /// Requested bytes.
        bytes: u32,
    },
    /// A behaviour needs a stream, but the target takes datagrams.
    #[error(
        "class `{class}`: `{behaviour}` needs a stream, and UDP has none; use an address without `udp:`, or remove this behaviour"
    )]
    NeedsStream {
        /// Name of the class.
        class: String,
        /// Its behaviour.
        behaviour: String,
    },
    /// A request or reply does not fit into a datagram.
    #[error(
        "{bytes} bytes do not fit into a datagram, which carries at most {most}; use fewer bytes, or an address without `udp:`"
    )]
    BeyondDatagram {
        /// Requested bytes.
        bytes: u32,
        /// Bytes that fit.
        most: u32,
    },
    /// An echoed datagram has no room for its number.
    #[error(
        "a datagram of {bytes} bytes has no room for the number that identifies its reply; use --payload 8 or more, or --protocol framed"
    )]
    NoNumber {
        /// The smallest requested payload.
        bytes: u32,
    },
    /// The reply timeout is zero.
    #[error("--reply-timeout must be above 0; write for example --reply-timeout 100ms")]
    ReplyTimeout,
    /// An idle class has a rate.
    #[error(
        "the clients of class `{class}` send no requests; remove its rate, or choose another behaviour"
    )]
    IdleWithRate {
        /// Name of the class.
        class: String,
    },
    /// Two classes have the same name.
    #[error("two classes are named `{name}`; rename one of them")]
    SameName {
        /// The name.
        name: String,
    },
    /// The target has no address, or one of another kind than the source addresses.
    #[error(
        "--sources needs a target with an IP address of the same kind (IPv4 or IPv6); remove --sources for this target"
    )]
    Sources,
    /// A source address belongs to no interface of this machine.
    #[error(
        "{from} is not an address of this machine, so no connection can come from it; `ip address` lists the addresses that --sources can use"
    )]
    ForeignSource {
        /// The source address.
        from: IpAddr,
    },
    /// A loopback address cannot reach another machine.
    #[error(
        "{from} is a loopback address, from which only this machine can be reached, and not {to}; give --sources addresses of the interface that leads there (`ip route get {to}` shows it)"
    )]
    LoopbackSource {
        /// The source address.
        from: IpAddr,
        /// The target.
        to: IpAddr,
    },
    /// The interface that leads to the target has fewer addresses than requested.
    #[error(
        "{number} source addresses are requested, but the interface that leads to {to} ({interface}) has {}: {}; use at most --sources {}, add addresses to the interface (`ip address add`, as root), or list other addresses of this machine (--sources ADDR,ADDR)",
        found.len(),
        list(found),
        found.len()
    )]
    FewSources {
        /// Requested addresses.
        number: usize,
        /// The target.
        to: IpAddr,
        /// The name of the interface.
        interface: String,
        /// Its addresses that can reach the target.
        found: Vec<IpAddr>,
    },
    /// The system knows no way to the target.
    #[error("this machine has no route to {to} ({reason}); `ip route get {to}` shows why")]
    NoRoute {
        /// The target.
        to: IpAddr,
        /// The error of the system.
        reason: io::Error,
    },
    /// The process may not open enough descriptors.
    #[error(
        "the load needs {needed} file descriptors, but this process may open {allowed}; use fewer connections or more --processes, or raise the hard limit (ulimit -Hn {needed}, as root or in /etc/security/limits.conf)"
    )]
    Descriptors {
        /// Descriptors that the load needs.
        needed: u64,
        /// The hard limit.
        allowed: u64,
    },
    /// Slices need a single worker.
    #[error("slices need one worker; use --threads 1 and --processes 1")]
    SlicesNeedOneWorker,
    /// Slices end by time.
    #[error("a slice ends by time; remove --requests to measure in slices")]
    SlicesEndByTime,
    /// The clients of a class connect in the measured window.
    #[error(
        "the clients of class `{class}` connect in the measured window, which slices interrupt; remove its connect-at, or measure it in one window"
    )]
    SlicesNeedClients {
        /// Name of the class.
        class: String,
    },
    /// An order for a slice cannot be read, or a slice cannot be reported.
    #[error(
        "the exchange with the program that orders slices failed: {0}; keep stdin and stdout of the generator open"
    )]
    Orders(#[source] io::Error),
    /// A system call of the generator failed.
    #[error(
        "a system call of the load generator failed: {0}; free memory, descriptors or processes, and try again"
    )]
    System(#[from] io::Error),
}

/// The addresses for a sentence.
fn list(addresses: &[IpAddr]) -> String {
    let all: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    all.join(", ")
}
