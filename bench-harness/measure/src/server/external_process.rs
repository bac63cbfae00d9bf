//! Starts and stops an external server: it is ready when it accepts a connection, and it is stopped with signals.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::Protocol;
use loadgen::{Class, Target};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use record::plan::Load;

use super::end::ServerEnd;
use super::error::{START, ServerError};
use crate::cost::{Group, Usage};
use crate::external::words;
use crate::process::{Process, Seat, describe_exit};

/// Time from SIGTERM to SIGKILL. A program that handles SIGTERM ends at once.
const STOP: Duration = Duration::from_secs(2);
/// Maximum time for the kernel to end the killed processes. They are not our children, so they cannot be waited for.
const DEATH: Duration = Duration::from_secs(1);
/// Time between two checks.
const STEP: Duration = Duration::from_millis(5);
/// Maximum time for the echo of the greeting.
const ECHO: Duration = Duration::from_secs(5);
/// The bytes that the server must echo.
const GREETING: &[u8] = b"Is anybody there?\n";

/// Starts the command with a free port, and waits until the server listens.
pub(super) fn start(
    command: &str,
    cpus: Option<&[usize]>,
    stderr: PathBuf,
) -> Result<(Process, SocketAddr), ServerError> {
    let address = free_address()?;
    let words = words(command, address.port())?;
    let (program, args) = words
        .split_first()
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let seat = Seat {
        program: Path::new(program),
        cpus,
        stderr,
    };
    let mut process = Process::start_external(&seat, args)?;
    let address = wait_for(&mut process, command, address)?;
    Ok((process, address))
}

/// The server did not answer as expected.
pub(super) enum Unanswered {
    /// It does not echo.
    Echo(io::Error),
    /// Its reply over HTTP is wrong or missing.
    Http(String),
}

/// Checks that the server answers a request of this load.
pub(super) fn check_reply(address: SocketAddr, load: &Load) -> Result<(), Unanswered> {
    if load.protocol == Protocol::Http {
        check_http(address, load).map_err(Unanswered::Http)
    } else {
        check_echo(address).map_err(Unanswered::Echo)
    }
}

/// Asks once, with the generator itself.
fn check_http(address: SocketAddr, load: &Load) -> Result<(), String> {
    let mut one = loadgen::Load {
        target: Target::Tcp(address),
        requests: Some(1),
        warmup: Duration::ZERO,
        duration: ECHO,
        timeline: 0,
        ..load.generated(1.0)
    };
    one.classes = vec![Class {
        payload: one.first_mut().payload.clone(),
        reply_size: one.first_mut().reply_size,
        ..Class::of("clients", 1)
    }];
    let outcome = one.run(&AtomicBool::new(false), &mut |_| {});
    let outcome = outcome.map_err(|error| error.to_string())?;
    let kinds = outcome.errors.keys().map(String::as_str);
    match outcome.verification.first_mismatch {
        Some(wrong) => Err(wrong),
        None if outcome.requests > 0 => Ok(()),
        None if outcome.errors.is_empty() => Err(format!(
            "no reply came within {} s; run its command and ask it with `curl`",
            ECHO.as_secs()
        )),
        None => Err(format!(
            "{}; run its command and ask it with `curl`",
            kinds.collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Checks that the server echoes a greeting.
fn check_echo(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, ECHO)?;
    stream.set_read_timeout(Some(ECHO))?;
    stream.write_all(GREETING)?;
    let mut reply = [0; GREETING.len()];
    stream.read_exact(&mut reply)?;
    if reply == GREETING {
        return Ok(());
    }
    Err(io::Error::other("it replied with other bytes"))
}

/// Ends the whole group: with SIGTERM, and with SIGKILL if it does not end in time. Then nothing listens on its address.
pub(super) fn stop(mut process: Process, address: SocketAddr) -> ServerEnd {
    let before = Usage::of_reaped_children();
    let ended_early = process.has_ended();
    let stray = process.strays().first().copied().map(describe_stray);
    process.signal_group(Signal::SIGTERM);
    let status = process.wait_or_kill(Instant::now() + STOP);
    let group = Group(process.pid());
    let deadline = Instant::now() + DEATH;
    while group.has_living() && Instant::now() < deadline {
        thread::sleep(STEP);
    }
    ServerEnd {
        stats: None,
        usage: Usage::of_reaped_children().since(before),
        fault: status
            .filter(|_| ended_early)
            .map(describe_exit)
            .or(stray)
            .or_else(|| is_listening(address).then(|| describe_listener(address))),
    }
}

/// The fault of a server with a process outside of its group, in words that follow "the server".
fn describe_stray(stray: Pid) -> String {
    format!(
        "has put process {} into another process group, where its costs are not measured; start it without `setsid` and not \
         as a daemon",
        named(stray)
    )
}

/// The fault of a server whose processes could not all be found, in the same words.
fn describe_listener(address: SocketAddr) -> String {
    format!(
        "has left a process behind that listens on {address}; end it yourself (`ss -lntp` shows it), and start the server \
         without `setsid` and not as a daemon"
    )
}

/// A process with the name of its program.
fn named(pid: Pid) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    format!("{pid} (`{}`)", name.trim())
}

/// An address with a port that is free now. The kernel is unlikely to give the same port to another program soon.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// Waits until the server listens on this port of `localhost`, which is an address of IPv4 or of IPv6. Returns that address.
fn wait_for(
    process: &mut Process,
    command: &str,
    address: SocketAddr,
) -> Result<SocketAddr, ServerError> {
    let deadline = Instant::now() + START;
    let both = [address, (Ipv6Addr::LOCALHOST, address.port()).into()];
    loop {
        if let Some(listening) = both.into_iter().find(|address| is_listening(*address)) {
            return Ok(listening);
        }
        let command = command.to_owned();
        if process.has_ended() {
            let stray = process.strays().first().copied().map(named);
            let status = process.wait_or_kill(deadline);
            let how = status.map_or("hung".to_owned(), describe_exit);
            return Err(ServerError::Died {
                how: match stray {
                    Some(stray) => format!("{how}, as a daemon does that leaves process {stray},"),
                    None => how,
                },
                stderr: process.stderr_tail(),
                command,
            });
        }
        if Instant::now() >= deadline {
            return Err(ServerError::NotListening {
                address,
                stderr: process.stderr_tail(),
                command,
            });
        }
        thread::sleep(STEP);
    }
}

/// True if a client can connect. The kernel may give the client the same port as its own; then it has connected to itself.
fn is_listening(address: SocketAddr) -> bool {
    let stream = TcpStream::connect_timeout(&address, STEP * 20);
    stream.is_ok_and(|stream| stream.local_addr().ok() != Some(address))
}
