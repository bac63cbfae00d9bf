//! Starts a server on one CPU and its client on another, for benches that need whole runs with fresh processes.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

use contract::server::Line;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The program under test.
pub const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");

/// This program again, with arguments that give it another role.
fn own(role: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().expect("a running program has a path"));
    command.args(role);
    command
}

/// `command` on a single CPU: this program starts again, pins itself, and executes `command`.
pub fn pinned(cpu: usize, command: &Command) -> Command {
    let mut pinned = own(&["pinned", &cpu.to_string()]);
    pinned.arg(command.get_program()).args(command.get_args());
    pinned
}

/// The role that [`pinned`] starts.
pub fn become_pinned(cpu: &str, program: &str, arguments: &[String]) -> ExitCode {
    let mut cpus = CpuSet::new();
    cpus.set(cpu.parse().expect("a CPU's number"))
        .expect("a CPU this machine could have");
    sched_setaffinity(Pid::this(), &cpus).expect("two CPUs: this benchmark needs them");
    let error = Command::new(program).args(arguments).exec();
    eprintln!("cannot start {program}: {error}");
    ExitCode::FAILURE
}

/// A running server, which is killed when this is dropped.
pub struct Server {
    /// The process.
    pub child: Child,
    /// The address of the server.
    pub address: SocketAddr,
}

impl Server {
    /// Starts the server on CPU 0 and waits for its first line.
    pub fn start(command: &Command) -> Self {
        let mut child = pinned(0, command)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("a server says where it listens");
        let address = Line::ready(&line).and_then(|text| text.parse().ok());
        Self {
            address: address.expect("the first line is `ready ADDR`"),
            child,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill(
            Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGKILL,
        );
        let _ = self.child.wait();
    }
}
