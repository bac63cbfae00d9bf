//! Carries out a step in a network namespace of its own, in a child process.
//!
//! ```text
//! lesson ── inside() ──> echolab lesson-step      stdin: an order, one line of JSON
//!             │              │ enter()            unshare(2), loopback up
//!             │              │ the step
//!             └── lines ─────┘                    stdout: events, one line of JSON each; the last one is the result
//! ```
//!
//! Sysctls, ports and captures in there touch nothing outside, and all of it ends with its last process. Root enters a
//! network namespace directly. An ordinary user enters a user namespace first, which only a process with a single thread
//! may do: so a step needs a process of its own.

use std::fs;
use std::io::{self, BufRead as _, Read as _, Write};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use measure::process::{NoLine, Process, Seat};
use measure::stop::Stop;
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::unistd::{getegid, geteuid};
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};
use toml::Table;

use crate::measured::Measured;
use crate::stage::Stage;
use crate::step::{INSIDE, StepError};

/// The hidden command that carries out a step.
pub const COMMAND: &str = "lesson-step";
/// Longest order in bytes. The table of a step is a few hundred bytes long.
const LONGEST_ORDER: u64 = 1 << 20;
/// Time between two looks at the user's wish to stop.
const LOOK: Duration = Duration::from_millis(100);
/// Time that the child has to end its processes after a stop.
const END: Duration = Duration::from_secs(3);

/// What the child shall do.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    step: String,
    table: Table,
    folder: PathBuf,
    server_cpus: Option<Vec<usize>>,
    client_cpus: Option<Vec<usize>>,
    seed: u64,
    short: bool,
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Event {
    /// What it does, and the share that is done.
    Progress(String, f64),
    /// The result.
    Measured(Measured),
    /// The machine does not allow the step.
    NotHere(String),
    /// The step failed.
    Failed(String),
}

/// Carries out the step of this name (in [`INSIDE`]) in a namespace of its own.
///
/// # Errors
/// The machine allows no namespace, the step fails, or the user stops it.
pub fn inside(stage: &mut Stage, step: &str, table: &Table) -> Result<Measured, StepError> {
    let order = Order {
        step: step.to_owned(),
        table: table.clone(),
        folder: stage.folder.to_owned(),
        server_cpus: stage.server_cpus.map(<[usize]>::to_vec),
        client_cpus: stage.client_cpus.map(<[usize]>::to_vec),
        seed: stage.seed,
        short: stage.short,
    };
    let seat = Seat {
        program: stage.program,
        cpus: None,
        stderr: stage.folder.join(format!("{step}-namespace.stderr")),
    };
    let mut child = Process::start_with_stdin(&seat, &[COMMAND.to_owned()])?;
    if let Some(stdin) = child.stdin() {
        writeln!(stdin, "{}", json(&order)?)?;
    }
    child.close_stdin();
    follow(stage, &mut child)
}

/// Reads what the child says until its result.
fn follow(stage: &Stage, child: &mut Process) -> Result<Measured, StepError> {
    loop {
        if stage.stop.is_requested() {
            child.signal(Signal::SIGTERM);
            child.wait_or_kill(Instant::now() + END);
            return Err(StepError::Stopped);
        }
        let line = match child.line(Instant::now() + LOOK) {
            Ok(line) => line,
            Err(NoLine::Timeout) => continue,
            Err(NoLine::Closed) => {
                child.wait_or_kill(Instant::now() + END);
                let stderr = child.stderr_tail();
                let what = format!("`echolab {COMMAND}` ended without a result: {stderr}");
                return Err(StepError::Process(what));
            }
        };
        match serde_json::from_str(&line).map_err(io::Error::other)? {
            Event::Progress(text, share) => (stage.progress)(&text, share),
            Event::Measured(measured) => return Ok(measured),
            Event::NotHere(reason) => return Err(StepError::NotHere(reason)),
            Event::Failed(reason) => return Err(StepError::Process(reason)),
        }
    }
}

/// The child's side: reads the order, enters the namespace, carries out the step, and prints its result. Call it while the
/// process has one thread.
///
/// # Errors
/// There is no order on stdin, or stdout is closed.
pub fn child(program: &Path, stop: &Stop) -> io::Result<()> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(LONGEST_ORDER)
        .read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line)?;
    let event = match enter().and_then(|()| carry_out(program, stop, &order)) {
        Ok(measured) => Event::Measured(measured),
        Err(StepError::NotHere(reason)) => Event::NotHere(reason),
        Err(error) => Event::Failed(error.to_string()),
    };
    say(&event)
}

fn carry_out(program: &Path, stop: &Stop, order: &Order) -> Result<Measured, StepError> {
    let mut stage = Stage {
        program,
        folder: &order.folder,
        server_cpus: order.server_cpus.as_deref(),
        client_cpus: order.client_cpus.as_deref(),
        seed: order.seed,
        short: order.short,
        stop,
        progress: &|text, share| {
            // Progress without a reader is lost; writing the result then fails.
            let _ = say(&Event::Progress(text.to_owned(), share));
        },
    };
    let run = INSIDE.iter().find(|(name, _)| *name == order.step);
    let (_, run) = run.ok_or_else(|| StepError::Mistake {
        step: order.step.clone(),
        reason: "it does not run in a namespace".to_owned(),
    })?;
    run(&mut stage, &order.table)
}

fn say(event: &Event) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json(event)?)?;
    out.flush()
}

fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// Moves this process to a new network namespace whose loopback device is up.
fn enter() -> Result<(), StepError> {
    let (user, group) = (geteuid(), getegid());
    if unshare(CloneFlags::CLONE_NEWNET).is_err() {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET;
        unshare(flags).map_err(|error| refused(&error.to_string()))?;
        // Inside, the user is root, and the kernel asks for this order of files (user_namespaces(7)).
        let map = |file: &str, text: String| fs::write(format!("/proc/self/{file}"), text);
        map("setgroups", "deny".to_owned())
            .and_then(|()| map("uid_map", format!("0 {user} 1")))
            .and_then(|()| map("gid_map", format!("0 {group} 1")))
            .map_err(|error| refused(&error.to_string()))?;
    }
    loopback_up().map_err(|error| refused(&error.to_string()))
}

/// The reason for the reader, with the sysctl to look at.
fn refused(error: &str) -> StepError {
    const SWITCHES: [(&str, &str); 3] = [
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("user/max_user_namespaces", "0"),
    ];
    let is_set = |(path, value): &&(&str, &str)| {
        fs::read_to_string(format!("/proc/sys/{path}")).is_ok_and(|text| text.trim() == *value)
    };
    let remedy = match SWITCHES.iter().find(is_set) {
        Some((path, value)) => format!(
            "the sysctl {} is {value} here; run the lesson as root, or let root change it",
            path.replace('/', ".")
        ),
        None => "run the lesson as root, or outside of the container".to_owned(),
    };
    StepError::NotHere(format!(
        "this machine allows no network namespace of its own ({error}): {remedy}"
    ))
}

/// Brings up the device `lo`, which is down in a new namespace.
fn loopback_up() -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    // SAFETY: `ifreq` is plain data, for which zero bytes are a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the request has a name that ends with a zero byte, and flags, which is what SIOCSIFFLAGS reads.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Sets a sysctl of this namespace, such as `net/ipv4/tcp_tw_reuse`. Call it in a step of [`INSIDE`] only.
///
/// # Errors
/// The kernel has no such sysctl, or refuses the value.
pub fn set(sysctl: &str, value: &str) -> Result<(), StepError> {
    fs::write(Path::new("/proc/sys").join(sysctl), value).map_err(|error| {
        let name = sysctl.replace('/', ".");
        StepError::NotHere(format!(
            "this kernel does not let the namespace set {name} to {value} ({error}); run the lesson on Linux 5.15 or newer"
        ))
    })
}

/// A counter of the namespace, such as `ListenOverflows` of `TcpExt`; 0 if the kernel has none.
pub fn counter(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/net/netstat").unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let found = lines.chunks_exact(2).find_map(|pair| {
        let at = pair[0].split_whitespace().position(|word| word == name)?;
        pair[1].split_whitespace().nth(at)?.parse().ok()
    });
    found.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_ends_with_what_the_reader_can_do() {
        let text = refused("EPERM: Operation not permitted").to_string();
        assert!(
            text.starts_with("this machine allows no network namespace of its own (EPERM"),
            "{text}"
        );
        assert!(text.contains("run the lesson as root, or "), "{text}");
    }

    #[test]
    fn an_order_and_an_event_survive_the_pipe() {
        let event = Event::Progress("connecting".to_owned(), 0.5);
        assert_eq!(json(&event).unwrap(), r#"{"progress":["connecting",0.5]}"#);
        let table: Table = toml::from_str("do = \"x\"\nlist = [1, 2]").unwrap();
        let order = Order {
            step: "x".to_owned(),
            table: table.clone(),
            folder: PathBuf::from("/tmp"),
            server_cpus: None,
            client_cpus: Some(vec![1]),
            seed: 15,
            short: true,
        };
        let read: Order = serde_json::from_str(&json(&order).unwrap()).unwrap();
        assert_eq!((read.table, read.client_cpus), (table, Some(vec![1])));
    }

    #[test]
    fn an_unknown_counter_is_zero() {
        assert_eq!(counter("NoSuchCounter"), 0);
    }
}
