//! The text for the end of a comparison.

use analysis::Summary;
use record::plan::{ContenderId, Family};
use record::prices::Prices;

use crate::made_up::{Role, Script, cast};

fn table(script: &Script) -> String {
    let folder = tempfile::tempdir().unwrap();
    report::terminal(&Summary::of(&script.run(folder.path())))
}

/// The line of the table that begins with this name.
fn line<'a>(table: &'a str, name: &str) -> &'a str {
    let (_, rows) = table.split_once("\nmodel ").expect(table);
    let found = rows
        .lines()
        .find(|line| line.split(' ').next() == Some(name));
    found.unwrap_or_else(|| panic!("{name} is not in\n{table}"))
}

/// The text with its lines joined.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True if no line is wider than a terminal. What a user named may be.
fn fits(text: &str) -> bool {
    text.lines().all(|line| line.chars().count() <= 80)
}

#[test]
fn the_table_has_the_figure_that_decides_first_and_the_ratio_with_its_interval() {
    let script = Script {
        scenarios: vec!["equal"],
        ..Script::default()
    };
    let table = table(&script);
    let (before, rows) = table.split_once("\nmodel ").unwrap();
    let heading = before.lines().rfind(|line| !line.is_empty()).unwrap();
    assert!(
        heading.ends_with("medians of 30 rounds in 5 sittings"),
        "{table}"
    );
    let columns: Vec<&str> = rows.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(columns, ["CPU/req", "p50", "p99", "ratio", "word"]);
    let scan = line(&table, "ready-scan");
    assert!(scan.contains("  ×1.") && scan.contains(" [1."), "{scan}");
    assert!(scan.ends_with("]  dearer"), "{table}");
    assert!(
        line(&table, "ready-list").ends_with("  ×1.00               baseline"),
        "{table}"
    );
    assert!(
        line(&table, "ready-edge").ends_with("  equivalent"),
        "{table}"
    );
    let legend = "Ratio: CPU/req against ready-list [95 % interval]; equivalent: within 10 %.";
    assert!(table.contains(legend), "{table}");
}

#[test]
fn rows_are_sorted_by_the_figure_that_decides_and_the_control_is_the_last() {
    let table = table(&Script::default());
    let (_, rows) = table.split_once("\nmodel ").unwrap();
    let place = |name: &str| rows.find(&format!("\n{name} ")).expect(name);
    assert!(place("ready-list") < place("threads"), "{table}");
    assert!(place("threads") < place("stages"), "{table}");
    assert!(place("stages") < place("ready-list (again)"), "{table}");
}

#[test]
fn each_load_has_a_line_with_the_cheapest_and_the_dearest() {
    let table = table(&Script::default());
    let (_, overview) = table.split_once("\nload ").unwrap();
    let (lines, _) = overview.split_once("\n\n").unwrap();
    let rows: Vec<&str> = lines.lines().skip(1).collect();
    assert!(rows[0].starts_with("100 clients, 10k/s "), "{table}");
    assert!(rows[0].contains("  stages ×1."), "{table}");
    assert!(
        rows.iter()
            .any(|row| row.starts_with("1,000 silent, 8 busy ")),
        "{table}"
    );
    assert!(
        rows.iter()
            .any(|row| row.starts_with("100 clients, flat out ")),
        "{table}"
    );
    assert!(rows.iter().all(|row| !row.contains("spinner")), "{table}");
}

#[test]
fn the_table_is_that_of_the_load_with_the_most_differences() {
    let busy = Script {
        roles: vec![
            Role::new("ready-list", Family::Readiness, 8.0, 12.0),
            Role::new("ready-scan", Family::Readiness, 8.2, 40.0),
            Role::new("ready-edge", Family::Readiness, 8.1, 12.0),
        ],
        ..Script::default()
    };
    assert!(table(&busy).contains("\n10,000 requests a second from 100 clients: medians"));
    let flat_out = Script {
        roles: vec![
            Role::new("ready-list", Family::Readiness, 8.0, 12.0),
            Role::new("threads", Family::Blocking, 60.0, -40.0),
        ],
        ..Script::default()
    };
    let table = table(&flat_out);
    assert!(!table.contains("\n10,000 requests a second"), "{table}");
}

#[test]
fn a_server_that_spins_says_so_and_one_that_falls_behind_is_not_ranked() {
    let script = Script {
        scenarios: vec!["equal"],
        ..Script::default()
    };
    let table = table(&script);
    assert!(line(&table, "spinner").ends_with("  spins"), "{table}");
    let meaning = "spins: it uses a whole CPU even if no client asks";
    assert!(table.contains(meaning), "{table}");
    let unranked = "not ranked:\n  tired: answered only 80 % of the offered requests\n";
    assert!(table.contains(unranked), "{table}");
}

#[test]
fn the_throughput_of_a_saturated_generator_is_a_lower_bound() {
    let script = Script {
        scenarios: vec!["ladder"],
        ..Script::default()
    };
    let table = table(&script);
    assert!(line(&table, "ready-list").contains("≥ 12"), "{table}");
    assert!(!line(&table, "threads").contains('≥'), "{table}");
    assert!(
        table.contains("≥: at least that (the generator was saturated"),
        "{table}"
    );
    assert!(
        line(&table, "threads").ends_with("  dearer"),
        "CPU decides: {table}"
    );
}

#[test]
fn what_is_open_is_followed_by_a_command_with_its_time() {
    let noisy = Script {
        noise: 0.5,
        ..Script::default()
    };
    let table = table(&noisy);
    let (_, next) = table.rsplit_once("\n\n").unwrap();
    assert!(next.starts_with("Decided: "), "{table}");
    assert!(next.contains("no word yet"), "{next}");
    let command = joined(&next.replace('\\', ""));
    assert!(
        command.contains("Next: a new run of ") && command.contains(" s may decide "),
        "{next}"
    );
    assert!(
        command.contains(": `echolab compare --models ready-list,"),
        "{next}"
    );
    assert!(command.contains(" --rounds "), "{next}");
    assert!(
        command.contains("`echolab compare --profile standard` measures longer"),
        "{next}"
    );
    assert!(
        !next.contains("CPUs"),
        "no machine is asked for more: {next}"
    );
}

#[test]
fn a_command_is_one_line_for_a_shell() {
    let noisy = Script {
        noise: 0.5,
        ..Script::default()
    };
    let table = table(&noisy);
    let (_, rest) = table.split_once(":\n`").unwrap();
    let (command, _) = rest.split_once('`').unwrap();
    let lines: Vec<&str> = command.lines().collect();
    let (last, first) = lines.split_last().unwrap();
    assert!(first.iter().all(|line| line.ends_with(" \\")), "{command}");
    assert!(!last.ends_with('\\'), "{command}");
}

#[test]
fn a_user_who_named_the_baseline_gets_a_command_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = Script {
        noise: 0.5,
        ..Script::default()
    };
    let mut run = script.run(folder.path());
    assert!(!report::terminal(&Summary::of(&run)).contains("--baseline"));
    run.environment
        .command
        .push("--baseline=ready-list".to_owned());
    let text = report::terminal(&Summary::of(&run));
    assert!(text.contains("--baseline ready-list"), "{text}");
}

#[test]
fn differences_have_a_cause_where_the_run_has_prices() {
    let folder = tempfile::tempdir().unwrap();
    let script = Script {
        scenarios: vec!["equal"],
        ..Script::default()
    };
    let mut run = script.run(folder.path());
    assert!(!report::terminal(&Summary::of(&run)).contains("\nWhy: "));
    run.environment.prices = Some(Prices::default());
    let text = report::terminal(&Summary::of(&run));
    assert!(text.contains("\nWhy: "), "{text}");
    assert!(fits(&text), "{text}");
}

#[test]
fn every_made_up_run_fits_80_columns_and_cuts_no_word() {
    let external = |name: &str| Role::new(name, Family::External, 9.0, 12.0);
    let names = [
        "a-server-with-a-very-long-name-indeed",
        "thread-per-connection",
        "tokio-current-thread",
    ];
    let long = [cast(), names.map(external).to_vec()].concat();
    let few = cast()[..2].to_vec();
    let scenarios = [
        vec!["equal", "ladder", "idle"],
        vec!["ladder"],
        vec!["idle"],
    ];
    for seed in 0..4 {
        for (roles, noise) in [(&long, 0.03), (&long, 0.5), (&few, 0.1)] {
            for scenarios in &scenarios {
                let script = Script {
                    roles: roles.clone(),
                    scenarios: scenarios.clone(),
                    noise,
                    seed,
                    rounds: 2 + seed as usize,
                    ..Script::default()
                };
                check(&script);
            }
        }
    }
}

/// The text of this run fits, and contains every name as a whole but those that the table must shorten.
fn check(script: &Script) {
    let folder = tempfile::tempdir().unwrap();
    let summary = Summary::of(&script.run(folder.path()));
    let text = report::terminal(&summary);
    assert!(fits(&text), "{text}");
    let names = ContenderId::all(&summary.contenders).map(|id| &summary.contenders[id].name);
    for name in names.filter(|name| name.chars().count() <= 22) {
        assert!(text.contains(name.as_str()), "{name} is cut in\n{text}");
    }
    let is_end = |word: &str| word.ends_with('-') || word.ends_with('`');
    let cut = text
        .lines()
        .filter(|line| is_end(line) && line.ends_with('-'));
    assert_eq!(cut.count(), 0, "{text}");
}
