//! `echolab load --slices` as a process: it connects, measures when it is ordered, and ends with its stdin or a signal.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use contract::generator::Line;
use contract::slices::{Order, give};
use loadgen::{Outcome, SliceOutcome};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const MS: Duration = Duration::from_millis(1);

fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    if stream.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// A generator with four clients that are connected.
struct Generator {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Generator {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_echolab"))
            .args(["load", &echo_server().to_string(), "-c", "4", "--slices"])
            .args(["--quiet", "--allow-invalid"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        let mut generator = Self { process, lines };
        assert_eq!(generator.line(), Line::Connected);
        generator
    }

    fn line(&mut self) -> Line {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        Line::parse(line.trim_end()).unwrap_or_else(|| panic!("{line}"))
    }

    fn measure(&mut self) -> SliceOutcome {
        let order = Order {
            at: Instant::now() + MS,
            settle: 5 * MS,
            window: 20 * MS,
        };
        give(self.process.stdin.as_mut().unwrap(), &order).unwrap();
        match self.line() {
            Line::Slice(json) => serde_json::from_str(&json).unwrap(),
            other => panic!("{other}"),
        }
    }

    /// Its status, and what it still printed on stdout and stderr.
    fn end(mut self) -> (ExitStatus, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.lines.read_to_string(&mut out).unwrap();
        let mut stderr = self.process.stderr.take().unwrap();
        stderr.read_to_string(&mut err).unwrap();
        (self.process.wait().unwrap(), out, err)
    }
}

#[test]
fn a_generator_measures_when_it_is_ordered_and_ends_with_its_stdin() {
    let mut generator = Generator::start();
    let slices = [(); 3].map(|()| generator.measure());
    drop(generator.process.stdin.take());
    let (status, out, err) = generator.end();
    assert!(status.success(), "{err}");
    let outcome: Outcome = serde_json::from_str(&out).unwrap();
    assert_eq!((outcome.slices, outcome.interrupted), (3, false));
    let requests: u64 = slices.iter().map(|slice| slice.requests).sum();
    assert!(requests > 0);
    assert_eq!(outcome.requests, requests);
}

#[test]
fn a_signal_ends_the_wait_for_an_order() {
    let mut generator = Generator::start();
    let slice = generator.measure();
    let pid = Pid::from_raw(generator.process.id().cast_signed());
    kill(pid, Signal::SIGTERM).unwrap();
    let (status, out, err) = generator.end();
    assert!(status.success(), "{err}");
    let outcome: Outcome = serde_json::from_str(&out).unwrap();
    assert!(outcome.interrupted);
    assert_eq!(outcome.requests, slice.requests);
}

#[test]
fn a_line_that_is_no_order_is_refused_with_the_right_one() {
    let mut generator = Generator::start();
    let stdin = generator.process.stdin.as_mut().unwrap();
    stdin.write_all(b"go\n").unwrap();
    let (status, out, err) = generator.end();
    assert_eq!((status.code(), out.as_str()), (Some(2), ""), "{err}");
    assert!(err.contains("write `slice AT SETTLE WINDOW`"), "{err}");
}
