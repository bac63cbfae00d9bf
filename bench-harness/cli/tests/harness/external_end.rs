//! The end of external servers: none of their processes stays, however the command starts them, and however the run ends.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use record::store::Run;

use crate::external::peers;
use crate::killed::{marker, processes};

/// Deadline of every wait.
const DEADLINE: Duration = Duration::from_secs(20);

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A comparison of one external server, whose processes are found by an environment variable.
fn compare(command: &str, folder: &Path) -> Command {
    let mut compare = Command::new(env!("CARGO_BIN_EXE_echolab"));
    compare
        .args(["compare", "--models", "none", "--connections", "2"])
        .args(["--blocks", "1", "--duration", "200ms", "--no-twin"])
        .args(["--external", &format!("mine={command}"), "--out"])
        .arg(folder)
        .env("XDG_RUNTIME_DIR", marker(folder))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    compare
}

/// The server of the first peer, if Python is here, as words of a command.
fn echo_server() -> Option<String> {
    let (_, path) = peers().into_iter().next()?;
    Some(format!("python3 '{}' {{port}}", path.display()))
}

/// These servers never listen, so the comparison waits for them when it is killed.
#[test]
fn a_killed_comparison_leaves_no_process_of_an_external_server() {
    for command in [
        "cd /; sleep 600 {port}; true",
        "setsid -w sleep 600 {port}",
        "cd /; setsid sleep 600 {port} & wait",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("run");
        let mut run = compare(command, &folder)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("the server runs", || {
            let all = processes(&folder);
            all.iter().any(|(_, text)| text.starts_with("sleep 600"))
        });
        run.kill().unwrap();
        run.wait().unwrap();
        until("nothing is left", || processes(&folder).is_empty());
    }
}

#[test]
fn a_server_that_leaves_its_group_is_refused_and_does_not_stay() {
    let Some(server) = echo_server() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run");
    for command in [
        format!("setsid -w {server}"),
        format!("cd /; setsid {server} & wait"),
    ] {
        let output = compare(&command, &folder).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(
            error.contains("(`python3`) into another process group")
                && error.contains("start it without `setsid` and not as a daemon"),
            "{error}"
        );
        assert_eq!(processes(&folder), [], "{command}");
    }
}

/// The processes of its clients leave the group, and the process that was there at the start does not.
#[test]
fn a_trial_of_a_server_whose_children_leave_its_group_fails() {
    if echo_server().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("server.py");
    std::fs::write(&script, LATE_DAEMON).unwrap();
    let folder = folder.path().join("run");
    let command = format!("python3 '{}' {{port}}", script.display());
    let output = compare(&command, &folder).output().unwrap();
    assert_eq!(processes(&folder), [], "{output:?}");
    let run = Run::read(&folder).unwrap();
    for row in &run.samples {
        let reason = &row.failure.as_ref().expect("its costs are unknown").reason;
        assert!(reason.contains("into another process group"), "{reason}");
    }
}

/// An echo server that serves the first client itself, and each later one in a process with a session of its own.
const LATE_DAEMON: &str = r"
import os, socket, sys

def echo(client):
    while data := client.recv(65536):
        client.sendall(data)

listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
clients = 0
while True:
    client, _ = listener.accept()
    clients += 1
    if clients <= 2:
        echo(client)
    elif os.fork() == 0:
        os.setsid()
        echo(client)
        import time; time.sleep(600)
    client.close()
";
