//! `echolab load` as a whole: several processes, load files, exit codes, against a server that is this test.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::thread;

use loadgen::Outcome;

/// Starts an echo server for any number of clients.
fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener);
    address
}

fn serve(listener: TcpListener) {
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
}

fn load(address: SocketAddr, options: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(["load", &address.to_string()])
        .args(options.split_whitespace())
        .output()
        .unwrap()
}

fn outcome(output: &Output) -> Outcome {
    let words = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {words}"))
}

#[test]
fn several_processes_share_a_load_and_report_one_outcome() {
    let options = "--processes 3 -c 8 -n 900 --json --allow-invalid";
    let output = load(server(), options);
    assert_eq!(output.status.code(), Some(0));
    let outcome = outcome(&output);
    assert_eq!(
        (outcome.requests, outcome.verification.verified),
        (900, 900)
    );
    assert_eq!(outcome.response.histogram().unwrap().len(), 900);
    assert_eq!(
        (outcome.connections.established, outcome.load.processes),
        (8, 3)
    );
    assert_eq!(
        (
            outcome.fairness.clients,
            outcome.cost.worker_cpu_share.len()
        ),
        (8, 3)
    );
    assert_eq!(outcome.over_time.last().unwrap().requests, 900);
}

#[test]
fn several_processes_share_a_rate() {
    let options = "--processes 2 -c 8 --rate 2000 -d 500ms -w 50ms --json --allow-invalid";
    let outcome = outcome(&load(server(), options));
    assert_eq!(outcome.offered_rate.map(f64::round), Some(2000.0));
    assert!(
        (900..=1100).contains(&outcome.offered),
        "{}",
        outcome.offered
    );
}

#[test]
fn a_rate_that_cannot_be_kept_makes_the_run_invalid() {
    let address = server();
    let options = "-c 2 --rate 50000000 -d 50ms -w 0s --json";
    assert_eq!(load(address, options).status.code(), Some(3));
    let output = load(address, &format!("{options} --allow-invalid"));
    assert_eq!(output.status.code(), Some(0));
    assert!(!outcome(&output).valid);
}

#[test]
fn a_load_file_with_an_unknown_key_is_refused_with_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("load.toml");
    fs::write(&path, "[[class]]\nnmae = \"users\"\n").unwrap();
    let output = load(server(), &format!("--load {}", path.display()));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(
        words.contains("line 2, column 1") && words.contains("did you mean `name`?"),
        "{words}"
    );
}

#[test]
fn an_address_that_refuses_connections_is_named() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = load(address, "-c 2 --rate 100 -d 50ms -w 0s");
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("is the server running there?"), "{words}");
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.contains("connections 2 attempted"), "{summary}");
    assert!(
        !summary.contains("p99"),
        "a table without figures: {summary}"
    );
}

#[test]
fn a_server_that_dies_in_the_run_is_said_first_and_has_its_own_exit_code() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        let mut request = [0; 64];
        client.read_exact(&mut request).unwrap();
        client.write_all(&request).unwrap();
    });
    let output = load(address, "-c 1 -d 9s -w 0s");
    server.join().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{words}");
    assert!(words.starts_with("echolab: the server died"), "{words}");
    assert!(words.trim_end().ends_with("start it again"), "{words}");
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.starts_with("DIED "), "{summary}");
}

#[test]
fn a_log_that_cannot_be_written_is_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/x.hlog");
    let output = load(server(), &format!("-c 1 -d 9s --hlog {}", path.display()));
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.trim_end().ends_with("with --hlog"), "{words}");
}

#[test]
fn a_server_on_either_address_of_localhost_is_found() {
    for ip in ["127.0.0.1", "::1"] {
        let Ok(listener) = TcpListener::bind((ip, 0)) else {
            eprintln!("not tested here: this machine has no {ip}");
            continue;
        };
        let port = listener.local_addr().unwrap().port();
        serve(listener);
        let output = Command::new(env!("CARGO_BIN_EXE_echolab"))
            .args(["load", &format!("localhost:{port}")])
            .args(["-c", "2", "-n", "20", "--json", "--allow-invalid"])
            .output()
            .unwrap();
        assert_eq!(outcome(&output).requests, 20);
    }
}

#[test]
fn a_window_without_a_request_is_said_before_the_run() {
    let output = load(server(), "-c 1 --rate 0.5 -d 100ms -w 0s --allow-invalid");
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("fewer than one request"), "{words}");
    assert!(words.contains("a higher --rate"), "{words}");
    let summary = String::from_utf8(output.stdout).unwrap();
    assert!(summary.contains("0.5 a second intended"), "{summary}");
}

#[test]
fn a_source_address_that_cannot_reach_the_target_is_refused_with_the_reason() {
    // 203.0.113.0/24 is for documentation (RFC 5737), so no machine has it.
    for options in [
        "--sources 203.0.113.1",
        "--sources 203.0.113.1 --processes 2",
    ] {
        let output = load(server(), options);
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.contains("203.0.113.1 is not an address"), "{words}");
        assert!(words.contains("`ip address` lists"), "{words}");
    }
}

#[test]
fn a_load_says_which_source_addresses_it_used() {
    let output = load(server(), "-c 4 -n 100 --sources 127.0.0.3,127.0.0.4 --json");
    let used = outcome(&output).load.sources;
    assert_eq!(used, ["127.0.0.3", "127.0.0.4"]);
}

/// A network of its own, with 20 ports and two addresses of an interface, in which a server runs. `$1` is the program, `$2`
/// a folder.
const OWN_NETWORK: &str = r#"
ip link set lo up && ip link add left type veth peer name right &&
ip address add 10.77.0.1/24 dev left && ip address add 10.77.0.2/24 dev left &&
ip link set left up && ip link set right up &&
echo 40000 40019 > /proc/sys/net/ipv4/ip_local_port_range && mkfifo "$2/ready" || exit
"$1" serve epoll-level --listen 10.77.0.1:7007 > "$2/ready" & server=$!
read word address < "$2/ready"
"$1" load "$address" --processes 2 -c 16 -n 200 --json --allow-invalid > "$2/outcome"
"$1" load "$address" -c 4 --sources 3 2> "$2/refused"
kill $server
"#;

#[test]
fn a_load_on_another_address_takes_the_addresses_of_the_interface_for_all_its_processes() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c"])
        .args([OWN_NETWORK, "sh", env!("CARGO_BIN_EXE_echolab")])
        .arg(folder.path())
        .output();
    // The script makes this file when its network is complete.
    if !folder.path().join("ready").exists() {
        return eprintln!("not tested here: this user may not create a network ({output:?})");
    }
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let outcome: Outcome = serde_json::from_str(&read("outcome")).unwrap();
    // Each process opens 8 of the 20 ports, both together more than half of them.
    assert_eq!(outcome.load.sources, ["10.77.0.1", "10.77.0.2"]);
    assert_eq!(outcome.connections.established, 16);
    let refused = read("refused");
    let has = "the interface that leads to 10.77.0.1 (left) has 2: 10.77.0.1, 10.77.0.2";
    assert!(refused.contains(has), "{refused}");
    assert!(refused.contains("use at most --sources 2"), "{refused}");
}

/// Runs a command of a shell in which `$LOAD` is `echolab load` with an address and these options.
fn in_shell(options: &str, command: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_echolab");
    let address = server();
    Command::new("sh")
        .args(["-c", command])
        .env("LOAD", format!("{program} load {address} {options}"))
        .output()
        .unwrap()
}

#[test]
fn a_reader_that_has_gone_costs_no_figures() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.hlog");
    let options = format!(
        "-c 2 -d 1200ms -w 0s --lines --json --announce --allow-invalid --hlog {}",
        log.display()
    );
    for command in [
        "$LOAD 2>/dev/full </dev/null",
        // Stderr is a pipe whose reader has ended before the first line.
        "{ { $LOAD </dev/null 3>&-; echo $? >&2; } 2>&1 >&3 | true; } 3>&1",
    ] {
        let output = in_shell(&options, command);
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().unwrap_or_default();
        assert!(serde_json::from_str::<Outcome>(last).is_ok(), "{output:?}");
    }
    fs::remove_file(&log).unwrap();
    for (command, code) in [
        ("$LOAD >/dev/full </dev/null", 1),
        ("exec 3>&1; { $LOAD </dev/null; echo $? >&3; } | true", 0),
    ] {
        let output = in_shell(&options, command);
        let words = String::from_utf8_lossy(&output.stderr);
        let code_of_pipe = String::from_utf8_lossy(&output.stdout).trim().parse().ok();
        assert_eq!(
            output.status.code().max(code_of_pipe),
            Some(code),
            "{words}"
        );
        assert!(!words.contains("panicked"), "{words}");
        assert!(fs::metadata(&log).unwrap().len() > 0);
        fs::remove_file(&log).unwrap();
    }
}
