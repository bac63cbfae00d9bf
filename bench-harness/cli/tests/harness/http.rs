//! HTTP servers in a plan: asked before the run, measured like echo servers, and named by their request in the report.

use std::fs;
use std::path::Path;
use std::process::Command;

use echo_protocol::Protocol;
use record::store::Run;

use crate::external::{compare, peers};

/// A folder with a file of 64 bytes, and the option that serves it; `None` without Python.
fn python() -> Option<(tempfile::TempDir, String)> {
    if peers().is_empty() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("64"), [b'x'; 64]).unwrap();
    let site = site.display();
    let server = format!("py=python3 -m http.server {{port}} -b 127.0.0.1 -d '{site}'");
    Some((folder, server))
}

#[test]
fn an_http_server_joins_a_comparison() {
    let Some((folder, server)) = python() else {
        return;
    };
    let out = folder.path().join("run");
    let output = compare(&["--protocol", "http", "--external", &server], &out);
    assert!(output.status.success(), "{output:?}");
    let run = Run::read(&out).unwrap();
    assert_eq!(run.plan.loads[0].protocol, Protocol::Http);
    for row in &run.samples {
        assert_eq!(row.failure, None);
        let outcome = row.outcome.as_ref().unwrap();
        assert!(outcome.requests > 0 && outcome.errors.is_empty());
        // This server speaks HTTP/1.0, so every reply ends its connection.
        assert!(outcome.connections.renewed > 0);
    }
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("GET /64 over loopback"), "{report}");
}

#[test]
fn a_path_that_an_http_server_does_not_have_is_found_before_the_first_trial() {
    let Some((folder, server)) = python() else {
        return;
    };
    let out = folder.path().join("run");
    let http = ["--protocol", "http", "--external", &server];
    let refused = |more: &[&str]| {
        let output = compare(&[&http, more].concat(), &out);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(!out.exists());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let error = refused(&["--path", "/nothing"]);
    assert!(
        error.contains("the external server `py`: the server does not answer over HTTP")
            && error.contains("status 404 instead of 200")
            && error.contains("check --path"),
        "{error}"
    );
    let error = refused(&["--payload", "65"]);
    assert!(error.contains("status 404"), "{error}");
}

#[test]
fn the_options_of_http_need_the_protocol_and_line_has_no_generator() {
    let error = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_echolab"))
            .args(args)
            .output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for args in [
        &["plan", "--path", "/index.html"][..],
        &["load", "127.0.0.1:7", "--status", "404"],
    ] {
        let error = error(args);
        assert!(error.contains("use them with --protocol http"), "{error}");
    }
    let error = error(&["load", "127.0.0.1:7", "--protocol", "line"]);
    assert!(error.contains("or talk to the server with `nc`"), "{error}");
}

#[test]
fn the_script_that_compares_with_wrk_and_nginx_explains_itself() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/http-figures");
    let output = Command::new(script).arg("--help").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("is not installed"),
        "{text}"
    );
}
