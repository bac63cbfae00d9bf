//! The cost tables of a run in rounds, on the page and in Markdown.

use std::fs;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};
use record::store::Run;
use record::warning::TrialWarning;
use serde_json::Value;

use crate::made_up::Script;

struct Written {
    summary: Summary,
    page: String,
    markdown: String,
    json: Value,
}

impl Written {
    fn of(script: &Script, change: impl Fn(&mut Run)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut run = script.run(folder.path());
        change(&mut run);
        let summary = Summary::of(&run);
        report::write(folder.path(), &run, &summary).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        Self {
            summary,
            page: read("report.html"),
            markdown: read("report.md"),
            json: serde_json::from_str(&read("summary.json")).unwrap(),
        }
    }

    fn usual() -> Self {
        Self::of(&Script::default(), |_| {})
    }

    /// The block of a load, from its heading to its last note.
    fn block(&self, load: LoadId) -> &str {
        let start = format!("data-load={}", load.0);
        let (_, rest) = self.page.split_once(&start).expect("the load has a table");
        rest.split_once("</details>").expect("it ends").0
    }

    /// The cells of a contender in a table: text without tags.
    fn row(&self, load: LoadId, contender: ContenderId) -> Vec<String> {
        let start = format!("<tr data-c={}", contender.0);
        let block = self.block(load);
        let found = block.split(&start).nth(1).unwrap_or_else(|| {
            panic!("{contender:?} has no row: {block}");
        });
        let row = found.split("<tr").next().unwrap_or_default();
        let row = row.split("</table").next().unwrap_or_default();
        let cells = row.split("<td").skip(1);
        cells.map(|cell| text(&format!("<td{cell}"))).collect()
    }

    /// The names of the columns of a table, without the first one, which names the row.
    fn columns(&self, load: LoadId) -> Vec<&str> {
        let head = self.block(load).split("<tbody").next().unwrap_or_default();
        let names = head.split("data-m=").skip(2);
        names
            .map(|name| name.split([' ', '>']).next().unwrap_or_default())
            .collect()
    }

    fn id(&self, name: &str) -> ContenderId {
        self.summary
            .find_contender(|contender| contender.name == name)
            .expect("it takes part")
    }
}

/// A text without its tags.
fn text(markup: &str) -> String {
    let mut parts = markup.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('>').map_or("", |(_, rest)| rest)
    })
}

/// The number at the start of a cell.
fn number(cell: &str) -> f64 {
    let cell = cell.trim_start_matches("≥\u{a0}");
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ',';
    let digits: String = cell
        .chars()
        .take_while(|&letter| is_digit(letter))
        .collect();
    digits.replace(',', "").parse().unwrap_or(f64::NAN)
}

#[test]
fn the_numbers_of_the_tables_are_those_of_the_data() {
    let written = Written::usual();
    let cells = written.json["cells"].as_array().unwrap();
    let mut compared = 0;
    for cell in cells {
        let load = LoadId(cell["load"].as_u64().unwrap() as usize);
        let contender = ContenderId(cell["model"].as_u64().unwrap() as usize);
        if written.summary.loads[load].is_probe() {
            continue;
        }
        let row = written.row(load, contender);
        for (name, shown) in written.columns(load).into_iter().zip(&row) {
            let Some(metric) = Metric::named(name).filter(|_| row.len() > 1) else {
                continue;
            };
            let is_time = matches!(metric, Metric::P50 | Metric::P99);
            let unit = if is_time { 1e3 } else { 1.0 };
            let median = cell["metrics"][name][0].as_f64().unwrap() / unit;
            let error = (number(shown) - median).abs();
            assert!(error <= 0.006 * median + 0.005, "{name}: {shown} {median}");
            if let Some(ratio) = cell["compared"][name]["ratio"].as_f64()
                && shown.contains('×')
            {
                let (_, after) = shown.split_once('×').unwrap();
                assert!(
                    (number(after) - ratio).abs() < 0.006,
                    "{name}: {shown} {ratio}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn rows_are_sorted_by_the_figure_that_decides() {
    let written = Written::usual();
    for load in written.summary.measured_loads() {
        let metric = written.summary.deciding(load);
        let ranked = written.block(load).split("<tbody class=ranked>").nth(1);
        let ranked = ranked.and_then(|rows| rows.split("<tbody").next()).unwrap();
        let ids = ranked.split("data-c=").skip(1);
        let ids = ids.map(|id| id.split([' ', '>']).next().unwrap().parse().unwrap());
        let medians: Vec<f64> = ids
            .map(|id| {
                written
                    .summary
                    .median(ContenderId(id), load, metric)
                    .unwrap()
            })
            .collect();
        let is_sorted = if metric.more_is_better() {
            medians.is_sorted_by(|a, b| a >= b)
        } else {
            medians.is_sorted()
        };
        assert!(is_sorted && medians.len() > 4, "{metric:?} {medians:?}");
    }
}

#[test]
fn who_did_not_keep_up_has_a_reason_and_no_rank() {
    let written = Written::usual();
    let load = written.summary.shown_load();
    let tired = written.row(load, written.id("tired"));
    assert_eq!(tired.len(), 1, "{tired:?}");
    assert!(
        tired[0].starts_with("answered only 80\u{a0}% of the offered requests. Measured: "),
        "{tired:?}"
    );
    let block = written.block(load);
    let [unranked, control] = ["tbody class=unranked", "tbody class=control"]
        .map(|part| block.find(part).expect("it is there"));
    assert!(unranked < control);
    assert!(
        written
            .markdown
            .contains("- No rank: tired: answered only 80")
    );
}

#[test]
fn who_leaves_clients_out_says_how_many_it_served() {
    let mut script = Script::default();
    for role in script
        .roles
        .iter_mut()
        .filter(|role| role.name == "threads")
    {
        role.leaves_out = 0.4;
    }
    let written = Written::of(&script, |_| {});
    let load = written.summary.shown_load();
    let row = written.row(load, written.id("threads"));
    assert!(
        row[0].starts_with("served only 60 of 100 clients, and the others waited until the end"),
        "{row:?}"
    );
}

#[test]
fn the_word_is_a_letter_and_the_baseline_is_marked() {
    let written = Written::usual();
    let load = written.summary.shown_load();
    let letter = |name: &str| written.row(load, written.id(name))[0].clone();
    assert_eq!(letter("ready-scan"), "D");
    assert_eq!(letter("ready-edge"), "E");
    assert_eq!(letter("spinner"), "P");
    assert_eq!(letter("ready-list"), "baseline");
    assert_eq!(letter("ready-list (again)"), "control");
    for meaning in [
        "D dearer",
        "P spins: uses a whole CPU",
        "no difference of 10\u{a0}% shown",
    ] {
        assert!(written.page.contains(meaning), "{meaning}");
    }
}

#[test]
fn a_difference_is_tinted_only_where_a_word_shows_it() {
    let written = Written::usual();
    let load = written.summary.shown_load();
    for (id, contender) in written
        .summary
        .contender_ids()
        .zip(&written.summary.contenders)
    {
        let row = written.row(load, id);
        let compared = written.summary.cell(id, load).compared.get(&Metric::Cpu);
        let Some(compared) = compared.filter(|_| row.len() > 1) else {
            continue;
        };
        let has_word = compared.verdict.is_clear() && row[0] != "E" || row[0] == "P";
        let is_marked = row[1].contains('▲') || row[1].contains('▼');
        assert_eq!(has_word, is_marked, "{}: {row:?}", contender.name);
    }
}

#[test]
fn an_undecided_model_says_what_would_decide_it() {
    let noisy = Script {
        noise: 0.5,
        ..Script::default()
    };
    let text = Written::of(&noisy, |_| {}).markdown;
    let mut lines = text.lines();
    let found = lines.any(|line| {
        line.starts_with("- Undecided: ")
            && line.contains(" ×")
            && line.contains("would decide it, about ")
    });
    assert!(found, "{text}");
}

#[test]
fn a_model_whose_slices_were_all_disturbed_says_so() {
    let disturb = |run: &mut Run| {
        for slice in &mut run.slices {
            if slice.contender == "threads" {
                slice.warnings = vec![TrialWarning::Disturbed { delay: 0.3 }];
            }
        }
    };
    let written = Written::of(&Script::default(), disturb);
    let said = "No verdict: threads: other programs disturbed all of its 30 slices; close them and measure again";
    assert!(written.markdown.contains(said), "{}", written.markdown);
    let load = written.summary.shown_load();
    let row = written.row(load, written.id("threads"));
    assert_eq!(row[0], "N", "{row:?}");
    assert!(!row[1].contains('×'), "{row:?}");
}

#[test]
fn every_heading_has_its_quantity_and_the_load_stands_above() {
    let written = Written::usual();
    for load in written.summary.measured_loads() {
        let block = written.block(load);
        let head = block.split("<tbody").next().unwrap();
        assert!(head.contains("CPU per request, µs"), "{head}");
        assert!(head.contains("memory per connection, KiB"), "{head}");
        assert!(head.contains(">at "), "{head}");
        assert!(head.contains(">over the steps of ladder"), "{head}");
    }
}

#[test]
fn no_figure_is_below_zero() {
    let written = Written::usual();
    assert!(!written.page.contains(">-0") && !written.markdown.contains("| -0"));
}
