//! Starts a known server as another process of this program, on other CPUs than the generator.

use std::env;
use std::fs::File;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use contract::server::Line;
use loadgen::Target;
use measure::process::{Process, Seat};
use nix::sys::signal::Signal;
use nix::unistd::dup2_stdout;
use record::pinning::Pinning;

use super::known_server::serve;
use super::script::Script;
use crate::failure::{Explain as _, Failure};

/// Longest time until a peer prints its address.
const START: Duration = Duration::from_secs(10);

/// Time after which a peer ends by itself, in case its owner does not end it.
const LONGEST: Duration = Duration::from_mins(10);

/// A known server that is ready.
pub struct Peer {
    process: Process,
    /// The address of the server.
    pub target: Target,
}

impl Peer {
    /// Starts a known server and waits until it listens.
    ///
    /// # Errors
    /// The process cannot be started, or does not print its address.
    pub fn start(script: Script, pinning: &Pinning) -> Result<Self, Failure> {
        let program = env::current_exe().explain(
            "this program cannot find itself to start a known server",
            "call it by its full path",
        )?;
        let arguments = ["calibrate", "--role", &script.to_string()].map(str::to_owned);
        let stderr = env::temp_dir().join(format!("echolab-calibrate-{}", std::process::id()));
        let seat = Seat {
            program: &program,
            cpus: pinning.server(),
            stderr,
        };
        let process = Process::start(&seat, &arguments).explain(
            "cannot start the known server",
            "check `ulimit -u` and the space on the disk",
        )?;
        let line = process.line(Instant::now() + START).unwrap_or_default();
        let Some(address) = Line::ready(&line) else {
            let words = process.stderr_tail();
            return Err(Failure::failed(format!(
                "the known server did not start, its last words were `{words}`; try `echolab calibrate --role {script}`"
            )));
        };
        let target = address.parse().expect("a peer prints a valid address");
        Ok(Self { process, target })
    }

    /// Suspends the server.
    pub fn suspend(&self) {
        self.process.signal(Signal::SIGSTOP);
    }

    /// Lets a suspended server continue.
    pub fn resume(&self) {
        self.process.signal(Signal::SIGCONT);
    }
}

/// Runs as a peer: prints the address, and serves until the owner kills the process, for at most ten minutes.
///
/// # Errors
/// The system has no free port or descriptor.
pub fn run(script: Script) -> Result<(), Failure> {
    let deadline = Instant::now() + LONGEST;
    let may_continue = || Instant::now() < deadline;
    serve(script, may_continue, |address| {
        // The server runs even if the reader of stdout has ended.
        let _ = writeln!(io::stdout(), "{}", Line::Ready(address.to_string()));
        // This closes the pipe, which ends the thread at its other end: a generator with a single thread is faster.
        let _ = File::open("/dev/null").map(dup2_stdout);
    })
    .explain(
        "the known server cannot continue",
        "free some ports and descriptors, and try again",
    )
}
