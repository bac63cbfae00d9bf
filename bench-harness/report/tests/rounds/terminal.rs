//! The table for the end of a comparison.

use analysis::Summary;

use crate::made_up::{Role, Script, cast};

fn table(script: &Script) -> String {
    let folder = tempfile::tempdir().unwrap();
    report::terminal(&Summary::of(&script.run(folder.path())))
}

/// The line of the table that begins with this name.
fn line<'a>(table: &'a str, name: &str) -> &'a str {
    let found = table
        .lines()
        .find(|line| line.split(' ').next() == Some(name));
    found.unwrap_or_else(|| panic!("{name} is not in\n{table}"))
}

#[test]
fn the_table_shows_the_first_equal_rate_with_the_figure_that_decides() {
    let table = table(&Script::default());
    let first = "At 100 connections, 10k requests/s (equal), medians of 5 sittings (30 rounds):\n";
    assert!(table.starts_with(first), "{table}");
    let columns: Vec<&str> = table
        .lines()
        .find(|line| line.starts_with("model"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(
        columns,
        ["model", "CPU/req", "p50", "p99", "req/s", "verdict"]
    );
    assert!(line(&table, "ready-scan").ends_with("  dearer"), "{table}");
    assert!(
        line(&table, "ready-edge").ends_with("  equivalent"),
        "{table}"
    );
    let zone = "Verdict: CPU/req against ready-list; equivalent: within 10 %.";
    assert!(table.contains(zone), "{table}");
}

#[test]
fn a_server_that_spins_or_falls_behind_says_so_instead_of_a_verdict() {
    let table = table(&Script::default());
    assert!(line(&table, "spinner").ends_with("  spins"), "{table}");
    assert!(
        table.contains("spins: it uses a whole CPU even if no client asks"),
        "{table}"
    );
    assert!(line(&table, "tired").ends_with("  behind"), "{table}");
    assert!(
        table.contains("behind: the server did not keep up with the offered rate"),
        "{table}"
    );
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
    assert!(table.contains("≥: the generator was saturated"), "{table}");
    assert!(
        line(&table, "threads").ends_with("  dearer"),
        "CPU decides: {table}"
    );
}

#[test]
fn what_is_open_and_what_comes_next_takes_at_most_four_lines() {
    let noisy = Script {
        noise: 0.5,
        ..Script::default()
    };
    let table = table(&noisy);
    let (_, next) = table.rsplit_once("\n\n").unwrap();
    assert!(next.starts_with("Decided: "), "{table}");
    assert!(
        next.contains("no word yet") && next.contains("nearest need"),
        "{next}"
    );
    let plan = next.replace('\n', " ");
    assert!(
        plan.contains("`echolab compare --profile standard` measures longer"),
        "{next}"
    );
    assert!(
        plan.contains("`--models all` measures all models"),
        "{next}"
    );
    assert!(next.lines().count() <= 4, "{next}");
}

#[test]
fn the_table_fits_80_columns() {
    let long = Script {
        roles: [
            cast(),
            vec![Role::new(
                "a-server-with-a-very-long-name-indeed",
                record::plan::Family::External,
                9.0,
                12.0,
            )],
        ]
        .concat(),
        ..Script::default()
    };
    let table = table(&long);
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
}
