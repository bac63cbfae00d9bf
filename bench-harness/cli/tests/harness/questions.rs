//! The figures of a report, scenario by scenario.

use std::fs;
use std::path::Path;

use analysis::Summary;
use loadgen::{Latency, Moment, Outcome, Timeline};
use record::plan::{Contender, Plan, PlanOptions, Queue, Recipe};
use record::store::Run;

use crate::scripted::{Script, carry_out, choice, contenders};

/// Two models that declare a queue, and one that does not.
fn models() -> Vec<Contender> {
    let named = |name: &str, of: usize, queue| Contender {
        name: name.to_owned(),
        queue: Some(queue),
        ..contenders()[of].clone()
    };
    vec![
        named("thread-per-connection", 1, Queue::Shared),
        named("poll", 2, Queue::OneServer),
        contenders()[3].clone(),
    ]
}

/// A scripted run of these scenarios, with timelines, crowds and service times that the script does not make.
fn run(scenarios: &[&str], parent: &Path) -> Run {
    let choice = PlanOptions {
        scenarios: scenarios
            .iter()
            .map(|name| Recipe::named(name).unwrap())
            .collect(),
        blocks: 2,
        ..choice()
    };
    let plan = Plan::new(models(), &choice).unwrap();
    let folder = parent.join("run");
    carry_out(&plan, &mut Script::to_the_end(), &folder);
    let mut run = Run::read(&folder).unwrap();
    run.samples = run.samples.iter().map(|row| run.whole(row)).collect();
    for sample in &mut run.samples {
        let at_once = sample.contender == "thread-per-connection";
        let outcome = sample.outcome.as_mut().unwrap();
        if sample.load.timeline > 0 {
            add_timelines(outcome, at_once);
        }
        if sample.load.connects_in_the_window() {
            outcome.over_time = crowd(sample.load.connections as u64);
        }
        outcome.service = halved(&outcome.response);
    }
    run
}

/// Adds eight clients whose requests take 5 ms each, all at once or one after the other.
fn add_timelines(outcome: &mut Outcome, at_once: bool) {
    outcome.load.work = Some("sleep:5ms".parse().unwrap());
    let client = |client: u64| Timeline {
        client,
        sent_us: vec![0, if at_once { 5_000 } else { 5_000 * (client + 1) }],
        took_us: if at_once {
            vec![5_000; 2]
        } else {
            vec![5_000 * (client + 1), 40_000]
        },
    };
    outcome.timelines = (0..8).map(client).collect();
}

/// All clients connect within 0.1 s and are served within 0.2 s.
fn crowd(clients: u64) -> Vec<Moment> {
    let moment = |(at_s, established, served)| Moment {
        at_s,
        attempted: established,
        established,
        served,
        open: established,
        ..Moment::default()
    };
    [
        (0.1, clients, 8),
        (0.2, clients, clients),
        (0.3, clients, clients),
    ]
    .map(moment)
    .to_vec()
}

/// Service times that are half of these response times.
fn halved(response: &Latency) -> Latency {
    let mut half = response.histogram().unwrap();
    half.reset();
    for value in response.histogram().unwrap().iter_recorded() {
        half.record_n(value.value_iterated_to() / 2, value.count_at_value())
            .unwrap();
    }
    Latency::of(&half)
}

struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    fn of(scenarios: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = run(scenarios, folder.path());
        report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
        Self { folder }
    }

    fn figure(&self, name: &str) -> String {
        let path = self
            .folder
            .path()
            .join("figures")
            .join(format!("{name}.svg"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!text.contains("NaN") && !text.contains("inf"), "{name}");
        text
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.path().join("report.md")).unwrap()
    }
}

#[test]
fn the_knee_stands_on_the_objective_where_the_search_found_it() {
    let written = Written::of(&["rate", "capacity"]);
    let figure = written.figure("rate-waits");
    assert!(figure.contains("objective p99&lt;2ms") || figure.contains("objective p99<2ms"));
    assert_eq!(figure.matches("class=\"knee\"").count(), 3);
    assert!(
        figure.contains("2ms up to 60 % of the peak")
            || figure.contains("2ms up to 59 % of the peak"),
        "{figure}"
    );
    assert!(
        written
            .text()
            .contains("found by the search for the capacity")
    );
}

#[test]
fn without_a_search_the_knee_is_the_highest_step_that_meets_the_objective() {
    let written = Written::of(&["rate"]);
    let figure = written.figure("rate-waits");
    assert_eq!(
        figure.matches("up to 120 % of the peak").count(),
        3,
        "{figure}"
    );
    assert!(
        written
            .text()
            .contains("the highest step whose median meets it")
    );
}

#[test]
fn theory_is_drawn_for_models_that_declare_a_queue() {
    let written = Written::of(&["rate"]);
    let figure = written.figure("rate-theory");
    assert_eq!(figure.matches("class=\"theory\"").count(), 2);
    assert!(figure.contains("M/D/1") && figure.contains("processor sharing"));
    assert!(
        !figure.contains("ready-&lt;scan&gt;"),
        "it declares no queue"
    );
    assert!(written.text().contains("(overloaded)"));
}

#[test]
fn service_times_are_dotted_where_they_differ() {
    let written = Written::of(&["rate"]);
    assert!(written.figure("rate-latency").contains("class=\"beneath\""));
    assert!(written.text().contains("Dotted: service times"));
}

#[test]
fn stairs_and_walls_are_drawn_for_a_scenario_that_records_its_clients() {
    let written = Written::of(&["blocking"]);
    let figure = written.figure("blocking-staircase");
    assert!(figure.contains("client 8") && figure.contains("class=\"span served\""));
    let text = written.text();
    assert!(text.contains("| poll | 5 ms | 40 ms | 0 |"), "{text}");
    assert!(
        text.contains("| thread-per-connection | 5 ms | 5 ms | 0 |"),
        "{text}"
    );
    assert!(text.contains("the last 5 ms before its reply"));
}

#[test]
fn connections_are_drawn_over_time_where_a_crowd_comes_at_once() {
    let written = Written::of(&["blocking", "burst"]);
    assert!(
        written
            .figure("burst-states")
            .contains("waiting for the first reply")
    );
    assert!(written.text().contains("| poll | 0.2 s | 1,024 | 0 |"));
}

#[test]
fn a_scenario_that_asks_for_waits_draws_waits_over_its_steps() {
    let written = Written::of(&["slow"]);
    assert!(written.figure("slow-waits").contains("p99, dotted p50"));
    assert!(
        !written
            .folder
            .path()
            .join("figures/slow-throughput.svg")
            .exists()
    );
}

#[test]
fn throughput_is_drawn_where_requests_are_too_few_for_a_percentile() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = run(&["slow"], folder.path());
    for outcome in run
        .samples
        .iter_mut()
        .filter_map(|row| row.outcome.as_mut())
    {
        outcome.response.count = 99;
    }
    report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
    assert!(folder.path().join("figures/slow-throughput.svg").exists());
    assert!(!folder.path().join("figures/slow-waits.svg").exists());
}
