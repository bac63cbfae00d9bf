//! The program as a user and a shell see it: help, output, errors and exit codes.

use std::ffi::c_ulong;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};

use echo_server::MODELS;
use nix::libc;
use record::plan::{ContenderId, LoadId, Plan};

const COMMANDS: [&str; 19] = [
    "break",
    "check",
    "repair",
    "exercise",
    "lesson",
    "list",
    "serve",
    "load",
    "calibrate",
    "plan",
    "compare",
    "report",
    "runs",
    "site",
    "watch",
    "export",
    "diff",
    "completions",
    "man",
];

fn echolab(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_echolab"))
        .args(args)
        .output()
        .unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = echolab(args);
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the program with wrong options, and gives what it writes to stderr.
fn refused(args: &[&str]) -> String {
    let output = echolab(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn every_command_has_help_with_examples() {
    let all = stdout(&["--help"]);
    for command in COMMANDS {
        assert!(all.contains(&format!("\n  {command} ")), "{all}");
        let help = stdout(&[command, "--help"]);
        assert!(
            help.contains(&format!("Examples:\n  echolab {command}")),
            "{help}"
        );
    }
    assert!(all.contains("Examples:\n  echolab lesson"), "{all}");
}

/// The lines of a help text from `Exit codes:` to its end.
fn exit_codes(help: &str) -> &str {
    let (_, codes) = help.split_once("\nExit codes:\n").expect(help);
    codes
}

#[test]
fn every_help_has_the_same_exit_codes() {
    let all = stdout(&["--help"]);
    let codes = exit_codes(&all);
    for code in ["  0 ", "  1 ", "  2 ", "  3 ", "  4 ", "  5 ", "  130 "] {
        assert_eq!(codes.matches(code).count(), 1, "{code} in\n{all}");
    }
    for command in COMMANDS {
        for option in ["--help", "-h"] {
            let help = stdout(&[command, option]);
            assert_eq!(exit_codes(&help), codes, "{command} {option}");
            assert_eq!(help.matches("Exit codes").count(), 1, "{help}");
        }
    }
}

#[test]
fn a_browser_that_does_not_start_is_no_failure_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    crate::scripted::run(folder.path());
    let run = folder.path().join("20260314-150926");
    let empty = tempfile::tempdir().unwrap();
    let out = folder.path().join("diff");
    let commands = [
        vec!["report".as_ref(), run.as_os_str(), "--open".as_ref()],
        vec![
            "diff".as_ref(),
            run.as_os_str(),
            run.as_os_str(),
            "--open".as_ref(),
            "--out".as_ref(),
            out.as_os_str(),
        ],
    ];
    for args in commands {
        let mut program = Command::new(env!("CARGO_BIN_EXE_echolab"));
        let output = program
            .args(&args)
            .env("PATH", empty.path())
            .output()
            .unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {words}");
        assert!(words.contains("cannot start `xdg-open`"), "{words}");
        assert!(words.ends_with("in a browser yourself\n"), "{words}");
    }
}

#[test]
fn a_diff_has_one_line_for_each_kind_of_reason() {
    let folder = tempfile::tempdir().unwrap();
    crate::scripted::run(folder.path());
    let run = folder.path().join("20260314-150926");
    let text = stdout(&["diff", run.to_str().unwrap(), run.to_str().unwrap()]);
    let kinds = text.matches("without a clear verdict: ").count();
    assert!((1..=4).contains(&kinds), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn examples_in_the_help_are_understood() {
    for command in ["plan", "list"] {
        let help = stdout(&[command, "--help"]);
        let examples = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("echolab "));
        for example in examples {
            let words = example
                .split(['|', '>'])
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .map(|word| word.trim_matches('\''));
            stdout(&words.collect::<Vec<_>>());
        }
    }
}

#[test]
fn list_shows_the_registry() {
    let (short, long) = (stdout(&["list"]), stdout(&["list", "--long"]));
    let text = long.split_whitespace().collect::<Vec<_>>().join(" ");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&stdout(&["list", "--json"])).unwrap();
    assert_eq!(rows.len(), MODELS.len());
    for (model, row) in MODELS.iter().zip(rows) {
        let about = model.about();
        assert!(short.contains(about.name), "{short}");
        assert!(
            text.contains(about.name) && text.contains(about.summary),
            "{long}"
        );
        assert_eq!(
            (row["name"].as_str(), row["source"].as_str()),
            (Some(about.name), Some(about.source))
        );
    }
}

/// The test gives up the capabilities first, so that it also passes if root runs it.
#[test]
fn a_reference_line_without_permission_names_the_missing_capabilities() {
    let ordinary = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
        command.args(args);
        // SAFETY: system calls only, between fork and exec.
        unsafe {
            command.pre_exec(|| {
                give_up_bpf();
                Ok(())
            })
        };
        command.output().unwrap()
    };
    let reason = "cannot run here: bpf(2) says: Operation not permitted (os error 1); run it as root, or with the capabilities \
                  CAP_BPF and CAP_NET_ADMIN";
    for args in [
        &["list", "sockmap"][..],
        &["plan", "--models", "poll,sockmap"],
    ] {
        let output = ordinary(args);
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(output.status.success() && text.contains(reason), "{text}");
        assert!(text.contains("a reference line"), "{text}");
    }
    let output = ordinary(&["serve", "sockmap"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(&format!("`sockmap` {reason}")), "{text}");
}

/// Takes the capabilities that bpf(2) needs (capabilities(7)) from the program that is executed next, even if root runs
/// it.
fn give_up_bpf() {
    const NET_ADMIN: c_ulong = 12;
    const SYS_ADMIN: c_ulong = 21;
    const BPF: c_ulong = 39;
    for capability in [NET_ADMIN, SYS_ADMIN, BPF] {
        // SAFETY: the call takes numbers only. It fails if an ordinary user runs the test, who has nothing to give up.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
}

#[test]
fn a_plan_with_a_seed_is_the_same_every_time() {
    let args = [
        "plan",
        "--json",
        "--seed",
        "7",
        "--connections",
        "1,2",
        "--blocks",
        "3",
    ];
    let plan: Plan = serde_json::from_str(&stdout(&args)).unwrap();
    assert_eq!(plan, serde_json::from_str(&stdout(&args)).unwrap());
    let rounds = plan.sittings[0].rounds * 3;
    for (id, contender) in ContenderId::all(&plan.contenders).zip(&plan.contenders) {
        for load in LoadId::all(&plan.loads) {
            let all = plan.rounds_of(id, load);
            assert!(all == rounds || contender.name == plan.baseline, "{all}");
        }
    }
}

#[test]
fn the_default_comparison_fits_into_six_minutes_and_is_mostly_under_load() {
    let plan: Plan = serde_json::from_str(&stdout(&["plan", "--json"])).unwrap();
    let minutes = plan.expected().as_secs_f64() / 60.0;
    // The remaining seconds are for repeats of disturbed slices, and for undecided cells.
    assert!((4.5..5.4).contains(&minutes), "{minutes} minutes");
    assert!(
        plan.share_under_load() > 0.85,
        "{}",
        plan.share_under_load()
    );
    assert!(plan.timing.duration_s >= 0.2);
}

#[test]
fn the_built_in_scenarios_are_an_example_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.toml");
    std::fs::write(&path, stdout(&["plan", "--show"])).unwrap();
    let options = [
        "plan",
        "--json",
        "--seed",
        "1",
        "--profile",
        "standard",
        "--scenarios",
    ];
    let scenarios = |words: &str| stdout(&[&options[..], &[words]].concat());
    assert_eq!(scenarios(path.to_str().unwrap()), scenarios("all"));
}

#[test]
fn wrong_use_gets_advice_and_exit_code_2() {
    let known = MODELS[0].about().name;
    let misspelt = &known[..known.len() - 1];
    let advice = format!("did you mean `{known}`?");
    assert!(refused(&["compare", "--models", misspelt]).contains(&advice));
    assert!(refused(&["serve", misspelt]).contains(&advice));
    assert!(refused(&["plan", "--baseline", misspelt]).contains(&advice));
    assert!(refused(&["calibrate", "--repeat", "1"]).contains("from 2 to 20"));
    assert!(refused(&["calibrate", "--time", "0s"]).contains("--time must be above 0"));
    assert!(refused(&["plan", "--connections", "1,a"]).contains("from 1 to 10000000"));
    assert!(refused(&["serve", known, "--workers", "0"]).contains("from 1 to 4096"));
    assert!(refused(&["load", "127.0.0.1:7", "--load", "/nowhere"]).contains("check the path"));
    assert!(refused(&["calibrate", "--role", "clown"]).contains("write null"));
    assert!(refused(&["plan", "--scenarios", "lader"]).contains("did you mean `ladder`?"));
    assert!(refused(&["plan", "--slo", "fast"]).contains("p99<2ms"));
    assert!(refused(&["plan", "--pin", "0"]).contains("0-1/2,3"));
    assert!(refused(&["plan", "--pin", "0/0"]).contains("--pin off"));
    assert!(refused(&["plan", "--pin", "0/9999"]).contains("0-1/2,3"));
    let contradictory = ["plan", "--scenarios", "idle", "--connections", "1"];
    assert!(refused(&contradictory).contains("add it to --scenarios"));
    assert!(refused(&["plan", "--duration", "soon"]).contains("250us, 10ms or 30s"));
    assert!(refused(&["report", "/"]).contains("give the folder that `echolab compare` printed"));
    assert!(refused(&["man", "womam"]).contains("`echolab --help` lists all commands"));
    assert!(refused(&["serve", known, "--listen", "nowhere"]).contains("127.0.0.1:7007"));
}

#[test]
fn an_address_in_use_is_refused_with_exit_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refused(&["serve", MODELS[0].about().name, "--listen", &address]);
    assert!(
        error.contains(&format!("{address} is in use; choose another port")),
        "{error}"
    );
}

#[test]
fn completions_and_man_pages_cover_all_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&["completions", shell]);
        assert!(
            COMMANDS.iter().all(|command| script.contains(command)),
            "{shell}"
        );
    }
    assert!(stdout(&["man"]).contains(".TH echolab"));
    assert!(stdout(&["man", "compare"]).contains("results/mine"));
}

#[test]
fn a_report_against_an_unknown_model_lists_the_models_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    crate::scripted::run(folder.path());
    let run = folder.path().join("20260314-150926");
    let error = refused(&["report", run.to_str().unwrap(), "--baseline", "unknown"]);
    assert!(
        error.contains("`unknown` took no part in this run; choose one of "),
        "{error}"
    );
}

#[test]
fn a_reader_that_ends_early_is_no_error() {
    for args in [&["list"][..], &["list", "--json"], &["plan", "--json"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_echolab"));
        let program = program.args(args).stderr(Stdio::piped());
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}

#[test]
fn an_error_names_its_cause_once() {
    let output = echolab(&["runs", "/nowhere"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "echolab: cannot read `/nowhere` (No such file or directory (os error 2)); give the folder that holds your runs\n"
    );
}
