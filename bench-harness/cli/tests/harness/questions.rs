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
pub fn run(scenarios: &[&str], parent: &Path) -> Run {
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
    assert!(figure.contains("the knee: the highest rate with p99"));
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
fn service_times_stand_in_the_data_where_they_differ() {
    let text = Written::of(&["rate"]).text();
    assert!(text.contains("(service time "), "{text}");
    assert!(text.contains("The data has service times"));
}

#[test]
fn ticks_of_rates_stand_at_measured_rates() {
    let figure = Written::of(&["rate"]).figure("rate-waits");
    for rate in ["10 %", "50 %", "120 %"] {
        assert!(figure.contains(&format!(">{rate}</text>")), "{rate}");
    }
    assert!(
        !figure.contains(">20 %</text>"),
        "no rate of 20 % was measured"
    );
}

#[test]
fn lanes_show_who_waits_for_whom_under_a_load_that_records_its_clients() {
    let written = Written::of(&["blocking"]);
    let figure = written.figure("lanes");
    assert!(figure.contains("client 8") && figure.contains("class=\"span served\""));
    let text = written.text();
    assert!(
        text.contains("| poll | 5 ms | 40 ms | 0 clients |"),
        "{text}"
    );
    assert!(
        text.contains("| thread-per-connection | 5 ms | 5 ms | 0 clients |"),
        "{text}"
    );
    assert!(text.contains("the last 5 ms before its reply"));
}

#[test]
fn the_page_has_the_lanes_of_all_models_as_data() {
    let written = Written::of(&["blocking"]);
    let page = fs::read_to_string(written.folder.path().join("report.html")).unwrap();
    let (_, data) = page.split_once("id=lanes-data").unwrap();
    let data = data
        .split_once('>')
        .unwrap()
        .1
        .split_once("</script>")
        .unwrap()
        .0;
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let load = &data["loads"][0];
    let names = |model: &serde_json::Value| model["name"].as_str().unwrap().to_owned();
    let models: Vec<String> = load["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(names)
        .collect();
    assert_eq!(models, ["thread-per-connection", "poll", "ready-<scan>"]);
    assert_eq!(load["work"], 5000);
    // The third client of `poll`: its first reply after 15 ms, its second request at once, and its reply 40 ms later.
    assert_eq!(
        load["models"][1]["lanes"][2],
        serde_json::json!([2, 0, 15_000, 0, 40_000])
    );
}

#[test]
fn the_two_models_that_are_drawn_are_the_baseline_and_the_one_that_differs_most() {
    let written = Written::of(&["blocking"]);
    let figure = written.figure("lanes");
    let drawn = ["thread-per-connection", "poll", "ready-&lt;scan&gt;"];
    let drawn = drawn.map(|name| figure.matches(&format!(">{name}</text>")).count());
    assert_eq!(drawn.iter().sum::<usize>(), 2, "{drawn:?}");
}

#[test]
fn a_crowd_has_the_time_until_all_were_served() {
    let written = Written::of(&["blocking", "burst"]);
    let figure = written.figure("scenarios");
    assert!(figure.contains("burst: the first reply to every client"));
    assert!(figure.contains(">0.2 s</text>"), "{figure}");
}

#[test]
fn a_scenario_that_asks_for_waits_draws_waits_over_its_steps() {
    let figure = Written::of(&["ladder", "slow"]).figure("scenarios");
    assert!(figure.contains("response time p99, dotted p50"), "{figure}");
}

#[test]
fn throughput_is_drawn_where_requests_are_too_few_for_a_percentile() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = run(&["ladder", "slow"], folder.path());
    for outcome in run
        .samples
        .iter_mut()
        .filter_map(|row| row.outcome.as_mut())
    {
        outcome.response.count = 99;
    }
    report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
    let figure = fs::read_to_string(folder.path().join("figures/scenarios.svg")).unwrap();
    assert!(
        !figure.contains("p99") && figure.contains("requests/s"),
        "{figure}"
    );
}

#[test]
fn silent_clients_are_drawn_over_their_steps_with_the_collapsing_designs_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = run(&["idle"], folder.path());
    for row in &mut run.samples {
        let many = row.load.connections > 1000;
        if let Some(server) = row
            .server
            .as_mut()
            .filter(|_| many && row.contender == "poll")
        {
            server.cpu_s *= 5.0;
        }
    }
    report::write(folder.path(), &run, &Summary::of(&run)).unwrap();
    let figure = fs::read_to_string(folder.path().join("figures/idle.svg")).unwrap();
    let names: Vec<&str> = figure.split("class=\"who\"").skip(1).collect();
    assert_eq!(names.len(), 1, "{figure}");
    assert!(names[0].contains(">poll<"), "{figure}");
    assert!(figure.contains("class=\"context\""), "the others are grey");
}

#[test]
fn a_pipelining_depth_is_drawn_over_the_requests_in_flight() {
    let written = Written::of(&["ladder", "pipeline"]);
    let figure = written.figure("scenarios");
    for text in ["requests in flight of each of 8 clients", ">64</text>"] {
        assert!(figure.contains(text), "{text}: {figure}");
    }
    let text = written.text();
    assert!(
        text.contains("8 connections, 64 requests in flight each"),
        "{text}"
    );
    let alone = Written::of(&["pipeline"]);
    let figure = alone.figure("throughput");
    assert!(figure.contains("requests in flight of each of 8 clients"));
}
