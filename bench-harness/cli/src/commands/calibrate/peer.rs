//! A known server as a process of this very program, on CPUs of its own; it ends with its owner.

use std::env;
use std::fs::File;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use contract::server::Line;
use loadgen::Target;
use measure::process::{Process, Seat};
use nix::sys::signal::Signal;
use nix::unistd::dup2_stdout;
use record::pinning::Pinning;

use super::known_server::{Script, serve};

/// Time until a peer says where it listens.
const START: Duration = Duration::from_secs(10);

/// The longest that a peer serves, should nobody end it.
const LONGEST: Duration = Duration::from_mins(10);

/// A known server that is ready.
pub struct Peer {
    process: Process,
    /// Where it listens.
    pub target: Target,
}

impl Peer {
    /// Starts one and waits until it listens.
    ///
    /// # Errors
    /// The process cannot be started, or does not say where it listens.
    pub fn start(script: Script, pinning: &Pinning) -> anyhow::Result<Self> {
        let program = env::current_exe()
            .context("this program cannot find itself; start it by its full path")?;
        let arguments = ["calibrate", "--role", &script.to_string()].map(str::to_owned);
        let words = env::temp_dir().join(format!("echolab-calibrate-{}", std::process::id()));
        let seat = Seat {
            program: &program,
            cpus: pinning.server(),
            stderr: words,
        };
        let process = Process::start(&seat, &arguments)
            .context("the known server cannot be started; check `ulimit -u` and the disk")?;
        let line = process.line(Instant::now() + START).unwrap_or_default();
        let Some(address) = Line::ready(&line) else {
            let words = process.stderr_tail();
            bail!(
                "the known server did not begin, saying `{words}`; try `echolab calibrate --role {script}`"
            );
        };
        let target = address.parse().expect("a peer says an address of its own");
        Ok(Self { process, target })
    }

    /// Stops it as it stands.
    pub fn stop(&self) {
        self.process.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.process.signal(Signal::SIGCONT);
    }
}

/// The role of a peer: says where it listens, and serves until it is ended, for ten minutes at most.
///
/// # Errors
/// The system has no port or no descriptor.
pub fn play(script: Script) -> anyhow::Result<()> {
    let deadline = Instant::now() + LONGEST;
    let may_go_on = || Instant::now() < deadline;
    serve(script, may_go_on, |address| {
        // Who started it sees what it says; who does not listen is served all the same.
        let _ = writeln!(io::stdout(), "{}", Line::Ready(address.to_string()));
        // The thread at the other end of the pipe is done: a generator with a single thread is faster.
        let _ = File::open("/dev/null").map(dup2_stdout);
    })
    .context("the known server cannot go on; free ports and descriptors, and try again")
}
