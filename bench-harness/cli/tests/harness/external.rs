//! External servers in a plan: the Python peers, and commands that are not echo servers.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use measure::external::External;
use measure::process::Seat;
use measure::server::Server;
use measure::stop::Stop;
use measure::trial::{Processes, Runner as _};
use record::pinning::Pinning;
use record::plan::{Load, Plan, PlanOptions, Timing};
use record::sample::Sample;
use record::store::Run;

use crate::scripted::{choice, ladder};

/// More bytes than the kernel buffers between a client and its server.
const MOST: usize = 64 << 20;

/// The peers that can run here. The others are named on stderr.
pub fn peers() -> Vec<(String, PathBuf)> {
    let python = |code: &str| {
        let output = Command::new("python3").args(["-c", code]).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !python("") {
        eprintln!("left out: no python3 here (Debian: apt-get install python3)");
        return Vec::new();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers");
    let mut peers = Vec::new();
    for entry in folder.read_dir().unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // The others serve datagrams, or do not echo.
        let Some(name) = name
            .strip_suffix(".py")
            .filter(|name| name.starts_with("echo_") && *name != "echo_udp")
        else {
            continue;
        };
        if name == "echo_gevent" && !python("import gevent") {
            eprintln!("left out: gevent is not installed (pip install gevent)");
            continue;
        }
        peers.push((name.to_owned(), entry.path()));
    }
    assert!(peers.len() >= 11, "{peers:?}");
    peers
}

fn plan(servers: &[(String, String)], connections: u32) -> Plan {
    let external = servers.iter().map(|(name, command)| External {
        name: name.clone(),
        command: command.clone(),
    });
    let contenders = external
        .enumerate()
        .map(|(place, server)| server.contender(place));
    let timing = Timing {
        gate_s: 0.0,
        gate_limit_s: 0.0,
        warm_up_s: 0.05,
        duration_s: 0.3,
        slice_s: 0.05,
    };
    let choice = PlanOptions {
        scenarios: vec![ladder(&[connections])],
        blocks: 1,
        timing,
        ..choice()
    };
    Plan::new(contenders.collect(), &choice).unwrap()
}

fn trials(plan: &Plan) -> Vec<Sample> {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = Processes {
        program: env!("CARGO_BIN_EXE_echolab").into(),
        pinning: Pinning::Off,
        stderr: folder.path().to_owned(),
        stop: Stop::manual(),
    };
    plan.trials()
        .map(|trial| runner.run(plan, trial, None).unwrap())
        .collect()
}

/// Runs one trial of a command that is not an echo server, and gives the reason of its failure.
fn reason(command: &str) -> String {
    let plan = plan(&[("it".to_owned(), command.to_owned())], 1);
    trials(&plan).remove(0).failure.unwrap().reason
}

#[test]
fn every_python_peer_echoes_and_is_measured_like_a_model() {
    let command =
        |(name, path): (String, PathBuf)| (name, format!("python3 '{}' {{port}}", path.display()));
    let servers: Vec<_> = peers().into_iter().map(command).collect();
    if servers.is_empty() {
        return;
    }
    for sample in trials(&plan(&servers, 3)) {
        let name = &sample.contender;
        assert_eq!(sample.failure, None, "{name}");
        let outcome = sample.outcome.unwrap();
        assert_eq!(outcome.verification.mismatched, 0, "{name}");
        assert!(outcome.requests > 0, "{name}");
        let cost = sample.server.unwrap();
        assert!(
            cost.cpu_s > 0.0 && cost.pss_kib > 1000.0,
            "{name}: {cost:?}"
        );
        // A child per client, and perhaps the child for the connection that checked whether the server was ready.
        let forks = ["echo_fork", "echo_multiprocessing"].contains(&&**name);
        let children = if forks { 3..=4 } else { 0..=0 };
        assert!(children.contains(&(cost.processes - 1)), "{name}: {cost:?}");
    }
}

/// Sends until the server accepts no more bytes, or has accepted all; then reads. Gives the number of bytes sent and
/// received.
fn push(stream: &mut TcpStream) -> (usize, usize) {
    let bytes: Vec<u8> = (0..=250).cycle().take(251 * 256).collect();
    let (mut sent, mut back) = (0, 0);
    stream
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    while sent < MOST {
        match stream.write(&bytes[sent % bytes.len()..]) {
            Ok(n) => sent += n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    stream.shutdown(Shutdown::Write).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut buffer = vec![0; bytes.len()];
    loop {
        let room = bytes.len() - back % bytes.len();
        match stream.read(&mut buffer[..room]).unwrap() {
            0 => return (sent, back),
            n => {
                let first = back % bytes.len();
                assert!(
                    buffer[..n] == bytes[first..first + n],
                    "other bytes at {back}"
                );
                back += n;
            }
        }
    }
}

#[test]
fn every_python_peer_stops_reading_from_a_client_that_does_not_read() {
    let folder = tempfile::tempdir().unwrap();
    for (name, path) in peers() {
        let external = External {
            command: format!("python3 '{}' {{port}}", path.display()),
            name: name.clone(),
        };
        let load: Load = plan(&[("it".to_owned(), "cat".to_owned())], 1)
            .loads
            .remove(0);
        let stderr = folder.path().join(&name);
        let contender = external.contender(0);
        let server = Server::start(&seat(stderr), &contender, &load).unwrap();
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let (sent, back) = push(&mut stream);
        assert!(sent < MOST, "{name} buffers without limit");
        assert_eq!(sent, back, "{name}");
        drop(stream);
        assert_eq!(server.stop().fault, None, "{name}");
    }
}

#[test]
fn a_server_that_exits_before_it_listens_is_a_failed_trial_with_its_last_words() {
    let reason = reason("echo no port {port} left >&2; exit 3");
    assert!(
        reason.starts_with(
            "the server exited with code 3 before it was ready, with the message `no port"
        ),
        "{reason}"
    );
}

#[test]
fn a_server_that_cannot_be_started_is_a_failed_trial() {
    let reason = reason("/nowhere/server {port}");
    assert!(
        reason.starts_with("the server process could not be started"),
        "{reason}"
    );
}

/// The shell and the processes that it started are killed.
#[test]
fn a_server_that_ignores_signals_is_killed_with_all_its_processes() {
    if peers().is_empty() {
        return;
    }
    let (_, path) = peers().remove(0);
    let path = path.display();
    let command = format!("trap '' TERM; echo $$ >&2; python3 '{path}' {{port}} & wait");
    let folder = tempfile::tempdir().unwrap();
    let stderr = folder.path().join("stderr");
    let external = External {
        name: "stubborn".to_owned(),
        command,
    };
    let load = plan(&[("it".to_owned(), "cat".to_owned())], 1)
        .loads
        .remove(0);
    let contender = external.contender(0);
    let server = Server::start(&seat(stderr), &contender, &load).unwrap();
    let group = server.group();
    assert!(group.has_living());
    server.stop();
    assert!(!group.has_living());
}

/// A seat whose program is not used, because the server is external.
fn seat(stderr: PathBuf) -> Seat<'static> {
    Seat {
        program: Path::new("/"),
        cpus: None,
        stderr,
    }
}

/// Compares external servers under one closed loop of one client.
pub fn compare(args: &[&str], out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(["compare", "--models", "none", "--connections", "1"])
        .args(["--blocks", "1", "--duration", "200ms", "--no-twin"])
        .env("XDG_RUNTIME_DIR", out.parent().expect("a temporary folder"))
        .args(args)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

#[test]
fn a_comparison_of_external_servers_needs_no_model() {
    let Some((_, path)) = peers().into_iter().next() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let server = format!("mine=python3 '{}' {{port}}", path.display());
    let output = compare(&["--external", &server], &out);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("mine"),
        "{output:?}"
    );
    let run = Run::read(&out).unwrap();
    let failed = run.samples.iter().find_map(|row| row.failure.as_ref());
    assert_eq!(failed, None);
    assert!(
        run.plan.contenders[0]
            .command
            .as_deref()
            .unwrap()
            .contains("{port}")
    );
}

#[test]
fn a_server_that_does_not_start_or_echo_is_found_before_the_first_trial() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let refused = |server: &str, code: i32| {
        let output = compare(&["--external", server], &out);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(!out.exists());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = refused("bad=cat /nowhere/{port}", 1);
    assert!(
        error.contains("the external server `bad`: the server exited with code 1")
            && error.contains("No such file"),
        "{error}"
    );
    let error = refused("bad=no-such-program-here {port}", 2);
    assert!(
        error.contains("there is no program `no-such-program-here`"),
        "{error}"
    );
    if peers().is_empty() {
        return;
    }
    let talker = "import socket; s = socket.create_server(('127.0.0.1', {port})); exec('while 1: s.accept()[0].sendall(bytes(99))')";
    let error = refused(&format!("bad=python3 -c \"{talker}\""), 1);
    assert!(error.contains("compare only echo servers"), "{error}");
}

#[test]
fn two_servers_need_two_names() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--external", "a=cat {port}", "--external", "a=tac {port}"];
    let output = compare(&args, &folder.path().join("run"));
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("two contenders have the name `a`"),
        "{error}"
    );
}
