//! Signals to `echolab load`: the parts of one load start and end together, and the terminal is restored.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use loadgen::Outcome;
use nix::pty::openpty;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;

/// Lets a program heed Ctrl-C. A shell that runs the tests in the background of a script ignores it for all of them.
pub fn heed_ctrl_c(command: &mut Command) {
    // SAFETY: one system call, between fork and exec.
    unsafe {
        command.pre_exec(|| {
            signal(Signal::SIGINT, SigHandler::SigDfl)?;
            Ok(())
        });
    }
}

/// An echo server that reports each new connection (true) and each ended one (false).
fn server() -> (SocketAddr, Receiver<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, events) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            let _ = sender.send(true);
            thread::spawn(move || {
                echo(stream);
                let _ = sender.send(false);
            });
        }
    });
    (address, events)
}

fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}

/// A load that runs until it is stopped.
fn command(address: SocketAddr, options: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command
        .args(["load", &address.to_string(), "-d", "600s", "-w", "0s"])
        .args(options.split_whitespace());
    command
}

/// Starts a load of two processes with two connections each, and waits until it measures.
fn two_parts(address: SocketAddr) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut owner = command(address, "--processes 2 -c 4 --rate 100 --json --announce")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(owner.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "measuring\n");
    (owner, stdout)
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Waits until this number of connections has ended, at the latest with their process.
fn wait_for_ends(events: &Receiver<bool>, connections: usize) {
    let ends = events.iter().filter(|made| !made);
    assert_eq!(ends.take(connections).count(), connections);
}

#[test]
fn no_client_sends_before_the_clients_of_all_processes_are_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = "--processes 3 -c 9 --connect-rate 200 -n 90 --json --allow-invalid";
    let load = command(listener.local_addr().unwrap(), options)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut clients: Vec<TcpStream> = Vec::new();
    for stream in listener.incoming().take(9) {
        for earlier in &clients {
            earlier.set_nonblocking(true).unwrap();
            assert!(
                earlier.peek(&mut [0]).is_err(),
                "{} are connected",
                clients.len()
            );
        }
        clients.push(stream.unwrap());
    }
    for client in clients {
        client.set_nonblocking(false).unwrap();
        thread::spawn(|| echo(client));
    }
    let output = load.wait_with_output().unwrap();
    let outcome: Outcome = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((outcome.requests, outcome.load.processes), (90, 3));
}

#[test]
fn a_stop_reaches_all_processes_and_their_outcome_is_reported() {
    let (address, events) = server();
    let (mut owner, mut stdout) = two_parts(address);
    kill(pid(&owner), Signal::SIGTERM).unwrap();
    let mut json = String::new();
    stdout.read_to_string(&mut json).unwrap();
    let outcome: Outcome = serde_json::from_str(&json).unwrap();
    assert!(outcome.interrupted);
    assert_eq!(outcome.connections.established, 4);
    owner.wait().unwrap();
    wait_for_ends(&events, 4);
}

#[test]
fn a_failed_process_ends_the_others() {
    let (address, events) = server();
    let (owner, _stdout) = two_parts(address);
    let children = format!("/proc/{0}/task/{0}/children", owner.id());
    let children = fs::read_to_string(children).unwrap();
    let first = children.split_whitespace().next().unwrap();
    kill(Pid::from_raw(first.parse().unwrap()), Signal::SIGKILL).unwrap();
    let output = owner.wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("was killed by SIGKILL"), "{words}");
    wait_for_ends(&events, 4);
}

#[test]
fn the_error_of_a_process_is_reported_once_with_its_exit_code() {
    let (address, _events) = server();
    let load = command(address, "--processes 2 -c 100");
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 60; exec \"$@\"", "sh"])
        .arg(load.get_program())
        .args(load.get_args())
        .output()
        .unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert_eq!(
        words
            .matches("file descriptors, but this process may open")
            .count(),
        1,
        "{words}"
    );
    assert!(words.starts_with("echolab: "), "{words}");
}

#[test]
fn no_part_outlives_its_owner() {
    let (address, events) = server();
    let (mut owner, _stdout) = two_parts(address);
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_for_ends(&events, 4);
}

#[test]
fn a_second_ctrl_c_restores_the_terminal() {
    let (address, _events) = server();
    let terminal = openpty(None, None).unwrap();
    let mut load = command(address, "-c 1")
        .env("TERM", "xterm")
        .stdout(Stdio::null())
        .stderr(terminal.slave)
        .spawn()
        .unwrap();
    let mut screen = File::from(terminal.master);
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("measuring") {
        let mut bytes = [0; 4096];
        let n = screen.read(&mut bytes).unwrap();
        seen.extend_from_slice(&bytes[..n]);
    }
    // While the process is stopped, both signals are queued; it receives them together.
    for signal in [
        Signal::SIGSTOP,
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGCONT,
    ] {
        kill(pid(&load), signal).unwrap();
    }
    let status = load.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    // Reading a terminal whose other side is closed ends with an error.
    let _ = screen.read_to_end(&mut seen);
    let text = String::from_utf8_lossy(&seen);
    let (entered, left) = (text.rfind("\x1b[?1049h"), text.rfind("\x1b[?1049l"));
    assert!(entered.is_some() && left > entered, "{text:?}");
    assert!(
        text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"),
        "{text:?}"
    );
}
