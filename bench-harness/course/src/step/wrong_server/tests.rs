//! Tests of the wrong servers: the printed versions harm the clients that the lessons name, and the mended ones none.

use std::process::Command;

use measure::stop::Stop;

use super::*;
use crate::lesson::LESSONS;

fn harmed(bug: &str) -> Option<Measured> {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: no python3 here (Debian: apt-get install python3)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::manual();
    let mut stage = Stage {
        program: Path::new("/"),
        folder: folder.path(),
        server_cpus: None,
        client_cpus: None,
        seed: 1,
        short: true,
        stop: &stop,
        progress: &|_, _| {},
    };
    let table = format!("do = \"wrong-server\"\nbug = \"{bug}\"\nrounds = 1");
    Some(run(&mut stage, &table.parse().unwrap()).unwrap())
}

/// The value of this row, rounded down.
fn value(measured: &Measured, label: &str) -> u32 {
    let row = measured.rows.iter().find(|row| row.label == label);
    let row = row.unwrap_or_else(|| panic!("no row {label}: {measured:?}"));
    row.values[0].floor() as u32
}

#[test]
fn closing_in_the_loop_harms_every_client() {
    let Some(measured) = harmed("closing-in-the-loop") else {
        return;
    };
    assert_eq!(value(&measured, "stays, printed"), 50);
    assert_eq!(value(&measured, "harmed, printed"), 3);
    assert_eq!(value(&measured, "harmed, mended"), 0);
    assert!(measured.notes[0].starts_with("The printed server exited with code 1"));
}

#[test]
fn reading_once_at_an_edge_harms_the_client_with_a_long_message() {
    let Some(measured) = harmed("edge-triggered") else {
        return;
    };
    assert!(value(&measured, "long message, printed") < 50);
    assert_eq!(value(&measured, "harmed, printed"), 1);
    assert_eq!(value(&measured, "harmed, mended"), 0);
}

#[test]
fn taking_a_recv_for_a_message_harms_all_but_the_polite_client() {
    let Some(measured) = harmed("recv-is-a-message") else {
        return;
    };
    assert_eq!(value(&measured, "line by line, printed"), 100);
    assert_eq!(value(&measured, "harmed, printed"), 2);
    assert_eq!(value(&measured, "harmed, mended"), 0);
}

/// A reader of the lesson sees the program that runs, and the lines that mend it.
#[test]
fn each_text_shows_the_printed_server_and_the_lines_that_mend_it() {
    for (lesson, bug) in [
        ("wrong-closing-in-the-loop", Bug::ClosingInTheLoop),
        ("wrong-edge-triggered", Bug::EdgeTriggered),
        ("wrong-recv-is-a-message", Bug::RecvIsAMessage),
    ] {
        let (_, _, text) = LESSONS.iter().find(|(name, _, _)| *name == lesson).unwrap();
        let [printed, mended] = Version::ALL.map(|version| bug.script(version));
        let (_, listing) = printed.split_once("\"\"\"\n").unwrap();
        assert!(text.contains(listing.trim()), "{lesson}: another listing");
        let (_, patch) = text.split_once("```diff\n").unwrap();
        let (patch, _) = patch.split_once("```").unwrap();
        let mut changes = 0;
        for line in patch.lines() {
            let (mark, code) = line.split_at(1);
            let (is_printed, is_mended) = (has_line(printed, code), has_line(mended, code));
            match mark {
                "-" => assert!(is_printed, "{lesson}: not in the printed one: {line}"),
                "+" => assert!(is_mended, "{lesson}: not in the mended one: {line}"),
                _ => assert!(is_printed && is_mended, "{lesson}: not in both: {line}"),
            }
            changes += usize::from(mark != " ");
        }
        assert!(changes > 3, "{lesson}");
    }
}

fn has_line(script: &str, code: &str) -> bool {
    script.lines().any(|line| line == code)
}
