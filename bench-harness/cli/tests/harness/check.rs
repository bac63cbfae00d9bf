//! `echolab check` as a user and a shell see it: what it refuses, what it prints and writes, and its exit codes.

mod servers;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use conformance::{CASES, DATAGRAM_CASES};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use record::check::{Check, Outcome, Verdict};
use serde_json::Value;
use servers::{concurrent, echo, sequential, turn_bits};

use crate::signals::heed_ctrl_c;

const PUBLISHED: &str = include_str!("../../../record/schema/check.schema.json");

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.arg("check").args(args);
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// What it prints, which ends with this exit code.
fn text(args: &[&str], code: i32) -> String {
    let output = run(args);
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}{error}");
    text
}

/// The same in one line, so that a test need not know where lines break.
fn words(args: &[&str], code: i32) -> String {
    let text = text(args, code);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The document, which must obey its schema.
fn document(args: &[&str], code: i32) -> Check {
    let text = text(&[args, &["--json"]].concat(), code);
    let value: Value = serde_json::from_str(&text).unwrap();
    let schema = jsonschema::draft202012::new(&Check::json_schema()).unwrap();
    let errors: Vec<String> = schema
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    serde_json::from_str(&text).unwrap()
}

fn outcome(check: &Check, name: &str) -> Outcome {
    let case = check.cases.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("{name} is not in {check:?}"))
        .outcome
}

#[test]
fn the_published_schema_of_a_check_is_current() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    assert!(
        published == Check::json_schema(),
        "the types have changed; run `cargo run -p record --example schema -- check > bench-harness/record/schema/check.schema.json`"
    );
}

#[test]
fn wrong_use_is_refused_with_what_to_do() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "name a model of `echolab list`, give an address"),
        (
            &["poll", "--external", "cat {port}"],
            "are two servers; remove one of them",
        ),
        (&["pol"], "did you mean `poll`?"),
        (
            &["poll", "--expect", "sequential"],
            "remove --expect, and see `echolab list poll`",
        ),
        (&["poll", "--udp"], "remove --udp, and write udp:ADDR:PORT"),
        (&["poll", "--only", "one_bite"], "did you mean `one_byte`?"),
        (&["poll", "--skip", "byte"], "did you mean `bytes`?"),
        (
            &["poll", "--only", "bytes", "--skip", "bytes"],
            "leave no case; remove one of them",
        ),
        (
            &["poll", "--only", "one_datagram"],
            "is not among the cases for this kind of server",
        ),
        (
            &["127.0.0.1:9", "--only", "work_is_done"],
            "no chosen case applies to this server",
        ),
        (
            &["127.0.0.1:9", "--expect", "parallel"],
            "sequential or at-most:N",
        ),
        (&["127.0.0.1"], "no model is called `127.0.0.1`"),
        (&["a:b"], "`a:b` is not an address"),
        (
            &["--external", "cat"],
            "write {port} in place of the port number",
        ),
        (
            &["--external", "no-such-program {port}"],
            "there is no program `no-such-program`",
        ),
        (
            &["poll", "--points", "/nonexistent"],
            "check the path given to --points",
        ),
        (
            &["poll", "--only=one_byte", "--junit", "/nonexistent/a.xml"],
            "in a folder that exists with --junit",
        ),
        (&["--list", "--json"], "--json"),
    ];
    for (args, words) in cases {
        let output = run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(
            output.stdout.is_empty() && error.contains(words),
            "{args:?}: {error}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_is_said_before_the_first_case() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let udp = format!("udp:{address}");
    let cases: &[(&[&str], &str)] = &[
        (&[&address], "start the server first, or use --external"),
        (&[&udp], "start the server first, or use --external"),
        (
            &["unix:/nonexistent/socket"],
            "start the server first, or use --external",
        ),
        (
            &["--external", "sh -c 'echo no luck >&2; exit 3' {port}"],
            "exited with code 3 before it listened on port",
        ),
        (
            &["--external", "sh -c 'echo no luck >&2; exit 3' {port}"],
            "with the message `no luck`",
        ),
    ];
    for (args, words) in cases {
        let output = run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(
            output.stdout.is_empty() && error.contains(words),
            "{args:?}: {error}"
        );
    }
}

#[test]
fn the_list_has_every_case_and_for_a_server_also_what_does_not_apply() {
    let all = text(&["--list"], 0);
    for case in CASES.iter().chain(DATAGRAM_CASES) {
        assert!(
            all.contains(&format!("\n  {} (", case.name)),
            "{}\n{all}",
            case.name
        );
    }
    let of_address = text(&["127.0.0.1:9", "--list"], 0);
    assert!(of_address.contains("left out, because"), "{of_address}");
    let endings = text(&["--list", "--only", "endings"], 0);
    assert!(!endings.contains("one_byte") && endings.contains("the_next_client_is_served"));
}

#[test]
fn a_correct_server_passes() {
    let address = concurrent(echo).to_string();
    let only = [
        "--only",
        "one_byte,the_next_client_is_served,two_clients_at_once",
    ];
    let args = [&[address.as_str()][..], &only].concat();
    let words = words(&args, 0);
    assert!(words.contains("pass one_byte"), "{words}");
    assert!(words.contains("3 passed in"), "{words}");
    assert!(
        words.ends_with(&format!("echolab load {address}")),
        "{words}"
    );
    let check = document(&args, 0);
    assert_eq!((check.verdict, check.counts.passed), (Verdict::Passed, 3));
}

#[test]
fn a_wrong_server_fails_one_case_and_what_builds_on_it_is_not_tried() {
    let address = concurrent(turn_bits).to_string();
    let check = document(&[&address], 1);
    assert_eq!((check.verdict, check.counts.failed), (Verdict::Failed, 1));
    assert_eq!(check.counts.passed, 0);
    assert_eq!(outcome(&check, "one_byte"), Outcome::Failed);
    assert_eq!(outcome(&check, "two_clients_at_once"), Outcome::NotTried);
    let words = words(&[&address], 1);
    let port = address.rsplit(':').next().unwrap();
    for part in [
        "FAIL one_byte it checks",
        "it means",
        "explained in crates/models/",
        "by hand",
        port,
        "(because one_byte failed)",
        &format!("echolab check {address} --only one_byte"),
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
}

#[test]
fn a_sequential_server_needs_its_claim() {
    let address = sequential(echo).to_string();
    let claimed = [
        address.as_str(),
        "--expect",
        "sequential",
        "--only",
        "one_byte,serves_no_more_than_it_declares",
    ];
    let check = document(&claimed, 0);
    assert_eq!(check.expect.as_deref(), Some("sequential"));
    assert_eq!(
        outcome(&check, "serves_no_more_than_it_declares"),
        Outcome::Passed
    );
}

#[test]
fn a_command_and_a_model_are_started_for_each_case() {
    let program = env!("CARGO_BIN_EXE_echolab");
    let command = format!("'{program}' serve poll --listen 127.0.0.1:{{port}}");
    let only = ["--only", "one_byte,stop_while_idle"];
    let check = document(&[&["--external", &command][..], &only].concat(), 0);
    assert_eq!(check.counts.passed, 2);
    let check = document(&[&["poll"][..], &only].concat(), 0);
    assert_eq!((check.counts.passed, check.expect), (2, None));
    let command = format!("'{program}' serve udp-iterative --listen udp:127.0.0.1:{{port}}");
    let check = document(
        &["--external", &command, "--udp", "--only", "one_datagram"],
        0,
    );
    assert_eq!(check.counts.passed, 1);
}

#[test]
fn points_are_given_for_what_passes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.toml");
    fs::write(
        &path,
        "title = \"Echo\"\n[points]\nendings = 1\none_byte = 2.5\nwork = 4\n",
    )
    .unwrap();
    let address = concurrent(echo).to_string();
    let args = [
        &address,
        "--points",
        path.to_str().unwrap(),
        "--only",
        "one_byte,work",
    ];
    let words = words(&args, 0);
    assert!(
        words.contains("pass one_byte, 2.5 of 2.5 points"),
        "{words}"
    );
    assert!(words.contains("Echo: 2.5 of 2.5 points"), "{words}");
    let points = document(&args, 0).points.unwrap();
    assert!(points.left_out.contains(&"work_is_done".to_owned()));
    assert!(
        points
            .not_chosen
            .contains(&"the_next_client_is_served".to_owned())
    );
    fs::write(&path, "[points]\none_bite = 1\n").unwrap();
    let output = run(&args);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("did you mean `one_byte`?"), "{error}");
}

/// A file from an earlier run that was longer must not show at the end.
#[test]
fn junit_xml_is_written_even_if_stdout_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("junit.xml");
    fs::write(&path, "old ".repeat(100_000)).unwrap();
    let address = concurrent(echo).to_string();
    let args = [
        &address,
        "--only",
        "one_byte",
        "--junit",
        path.to_str().unwrap(),
    ];
    let full = File::options().write(true).open("/dev/full").unwrap();
    let status = command(&args)
        .arg("--json")
        .stdout(full)
        .stderr(Stdio::null())
        .status();
    assert_eq!(status.unwrap().code(), Some(1));
    let xml = fs::read_to_string(&path).unwrap();
    assert!(
        xml.starts_with("<?xml ") && xml.ends_with("</testsuites>\n"),
        "{xml}"
    );
    assert!(
        xml.contains("<testcase name=\"one_byte\" classname=\"echolab.bytes\""),
        "{xml}"
    );
}

/// The processes whose command line has this word.
fn processes_with(word: &str) -> usize {
    let has_word = |process: &procfs::process::Process| {
        let words = process.cmdline().unwrap_or_default();
        words.iter().any(|other| other.contains(word))
    };
    let all = procfs::process::all_processes().unwrap().flatten();
    all.filter(has_word).count()
}

#[test]
fn ctrl_c_ends_the_servers_and_shows_what_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    // The link gives the servers of this test a name of their own.
    std::os::unix::fs::symlink(Path::new(env!("CARGO_BIN_EXE_echolab")), &mark).unwrap();
    let external = format!(
        "'{}' serve poll --listen 127.0.0.1:{{port}}",
        mark.display()
    );
    let mut command = command(&["--external", &external]);
    heed_ctrl_c(&mut command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("server "), "{line}");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("not tried"), "{rest}");
    assert!(
        rest.contains("\nStopped. Begin again:\n  echolab check --external"),
        "{rest}"
    );
    let mark = mark.display().to_string();
    assert_eq!(processes_with(&mark), 0, "a server is left");
}
