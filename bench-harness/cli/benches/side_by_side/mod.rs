//! Runs two contenders in turn, A B B A A B …
//!
//! Each run has fresh processes, the server on one CPU and the client on another.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

use contract::server::Line;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Number of rounds without `--rounds N`.
const ROUNDS: usize = 10;

/// The program under test.
pub const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");

/// The result of one run of a server and a client.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Requests per second.
    pub rate: f64,
    /// CPU time of the measured side, in microseconds per request.
    pub cpu_us: f64,
}

/// This program again, with arguments that give it another role.
pub fn own(role: &[&str]) -> Command {
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

/// Runs `a` and `b` in turn, prints each round and then the medians of the ratios A/B, and returns that of the
/// throughput.
pub fn compare(a: (&str, &dyn Fn() -> Measured), b: (&str, &dyn Fn() -> Measured)) -> f64 {
    println!("\nA: {}\nB: {}", a.0, b.0);
    println!("round     A req/s    B req/s   ratio     A us/req   B us/req   ratio");
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for round in 0..rounds() {
        let (ran_a, ran_b) = if round % 2 == 0 {
            let ran_a = a.1();
            (ran_a, b.1())
        } else {
            let ran_b = b.1();
            (a.1(), ran_b)
        };
        let (rate, cost) = (ran_a.rate / ran_b.rate, ran_a.cpu_us / ran_b.cpu_us);
        println!(
            "{round:5}  {:10.0} {:10.0}  {rate:6.3}   {:10.3} {:10.3}  {cost:6.3}",
            ran_a.rate, ran_b.rate, ran_a.cpu_us, ran_b.cpu_us
        );
        rates.push(rate);
        costs.push(cost);
    }
    println!("throughput A/B: {}", spread(&mut rates));
    println!("CPU per request A/B: {}", spread(&mut costs));
    median(&rates)
}

/// The median of sorted figures.
pub fn median(sorted: &[f64]) -> f64 {
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

fn spread(ratios: &mut [f64]) -> String {
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    let median = median(ratios);
    format!(
        "median {median:.3} (least {least:.3}, most {most:.3}, {} rounds)",
        ratios.len()
    )
}

fn rounds() -> usize {
    let mut arguments = env::args()
        .skip_while(|argument| argument != "--rounds")
        .skip(1);
    arguments
        .next()
        .map_or(ROUNDS, |n| n.parse().expect("--rounds N"))
}
