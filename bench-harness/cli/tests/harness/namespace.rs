//! Steps of lessons that run in a network namespace of their own, as `echolab lesson` starts them.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Runs the hidden command with this text on stdin.
fn lesson_step(order: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.arg("lesson-step");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(order.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// The last event that a step says.
fn last_event(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn without_an_order_the_hidden_command_names_a_lesson_to_start() {
    let output = lesson_step("");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("there is no order on stdin"), "{text}");
    assert!(
        text.trim_end()
            .ends_with("start a lesson instead, for example `echolab lesson time-wait`"),
        "{text}"
    );
}

#[test]
fn a_sysctl_of_the_namespace_leaves_that_of_the_machine_alone() {
    let file = "/proc/sys/net/core/somaxconn";
    let before = fs::read_to_string(file).unwrap();
    let order = r#"{"step": "backlog", "folder": "/tmp", "server_cpus": null, "client_cpus": null, "seed": 15, "short": true,
        "table": {"do": "backlog", "model": "iterative", "backlogs": [100], "clients": 8, "somaxconn": 3}}"#;
    let output = lesson_step(&order.replace('\n', ""));
    assert_eq!(fs::read_to_string(file).unwrap(), before);
    let event = last_event(&output);
    if let Some(reason) = event["not-here"].as_str() {
        assert!(reason.contains("run the lesson as root"), "{reason}");
        return;
    }
    // The kernel keeps one connection more than somaxconn.
    let row = &event["measured"]["rows"][0];
    assert_eq!(
        (row["label"].as_str(), row["values"][0].as_f64()),
        (Some("backlog 100"), Some(4.0))
    );
}

#[test]
fn a_step_that_runs_in_no_namespace_is_a_mistake() {
    let order = r#"{"step": "compare", "folder": "/tmp", "server_cpus": null, "client_cpus": null, "seed": 15, "short": true, "table": {}}"#;
    let event = last_event(&lesson_step(order));
    let reason = event["failed"].as_str().or(event["not-here"].as_str());
    let reason = reason.unwrap_or_default();
    assert!(
        reason.contains("correct `lesson.toml`") || reason.contains("run the lesson as root"),
        "{event}"
    );
}
