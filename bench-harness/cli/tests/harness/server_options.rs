//! Options of a server: in `echolab serve`, and in a scenario whose axis varies one.

use std::fs;
use std::process::{Command, Output};

fn echolab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn a_wrong_server_option_is_refused_with_what_to_write() {
    for (args, words) in [
        (
            ["--idle-timeout", "0s"],
            "write for example 30s, or remove the option",
        ),
        (["--nodelay", "maybe"], "write on or off"),
        (["--keepalive", "900ms"], "the kernel takes 1s to 9h"),
    ] {
        let output = echolab(&[&["serve", "poll"], &args[..]].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn control_characters_of_a_scenario_file_do_not_reach_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let scenario = r#"
        [[scenario]]
        name = "queue"
        question = "How long?\u001b[2J"
        axis = "clients"
        steps = [4]
        [[scenario.class]]
        connections = "{step}"
    "#;
    fs::write(&file, scenario).unwrap();
    let output = echolab(&[
        "plan",
        "--scenarios",
        &file.to_string_lossy(),
        "--models",
        "poll,epoll-level",
    ]);
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{error}");
    assert!(
        !text.contains('\u{1b}') && text.contains("\\u{1b}[2J"),
        "{text}"
    );
}

#[test]
fn a_plan_shows_the_server_options_of_a_load_and_who_ignores_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let scenario = r#"
        [[scenario]]
        name = "queue"
        question = "How long do clients wait?"
        axis = "length of the accept queue"
        steps = [4, 64]
        [[scenario.class]]
        connections = 20
        [scenario.server]
        backlog = "{step}"
    "#;
    fs::write(&file, scenario).unwrap();
    let file = file.to_string_lossy();
    let args = ["plan", "--scenarios", &file, "--models", "poll,epoll-level"];
    let output = echolab(&[&args[..], &["--external", "mine=cat {port}"]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("20 connections, backlog 64"), "{text}");
    assert!(
        text.contains("ignores the server options of queue; set them in its own command"),
        "{text}"
    );
}
