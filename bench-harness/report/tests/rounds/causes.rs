//! The causes of differences in words, of a made-up run with made-up prices.

use std::collections::BTreeMap;

use analysis::Summary;
use record::plan::{ContenderId, Family, LoadId};
use record::prices::{CallPrice, PricedCall, Prices, SwitchPrice};
use record::sample::{Sample, SystemCalls};
use record::store::Run;
use report::causes::{because, sentence};

use crate::made_up::{Role, Script};

/// Requests in which calls are counted.
const REQUESTS: u64 = 1000;

fn prices() -> Prices {
    let price = CallPrice::flat;
    let list = CallPrice {
        us: 0.4,
        socket_us: 0.1,
        queue_us: 0.0,
    };
    Prices {
        switches: vec![SwitchPrice { tasks: 2, us: 3.0 }],
        wake_up_us: Some(10.0),
        calls: BTreeMap::from([
            (PricedCall::Entry, price(0.1)),
            (PricedCall::Nothing, price(0.3)),
            (PricedCall::EpollWait, price(0.4)),
            (PricedCall::Poll, list),
        ]),
        ..Prices::default()
    }
}

/// The made-up run, with what its servers ask of the kernel.
fn run() -> Run {
    let folder = tempfile::tempdir().unwrap();
    let mut script = Script::default();
    let forks = Role::new("forks", Family::Blocking, 16.2, 10.0);
    script.roles.push(forks);
    let mut run = script.run(folder.path());
    run.environment.prices = Some(prices());
    run.samples.iter_mut().for_each(ask_the_kernel);
    run
}

/// One thread waits for all clients once for two requests, or at full load once for a hundred.
fn ask_the_kernel(sample: &mut Sample) {
    let waits = if sample.load.is_equal_rate() { 500 } else { 10 };
    let (name, rate) = (
        sample.contender.as_str(),
        sample.outcome.as_ref().unwrap().rate,
    );
    let mut calls = BTreeMap::from([
        ("recvfrom".to_owned(), REQUESTS),
        ("sendto".to_owned(), REQUESTS),
    ]);
    let wait = match name {
        "threads" | "forks" => None,
        "ready-scan" => Some("poll"),
        _ => Some("epoll_wait"),
    };
    calls.extend(wait.map(|wait| (wait.to_owned(), waits)));
    sample.system_calls = Some(SystemCalls {
        by_name: calls,
        requests: REQUESTS,
        ..SystemCalls::default()
    });
    if let Some(server) = sample.server.as_mut().filter(|_| wait.is_none()) {
        server.voluntary = rate;
        server.threads = sample.load.connections + 1;
        server.threads_read = server.threads;
    }
}

fn find(summary: &Summary, name: &str) -> ContenderId {
    summary
        .find_contender(|contender| contender.name == name)
        .unwrap()
}

/// Half of the slowest server's rate, offered to all.
fn equal(summary: &Summary) -> LoadId {
    let mut loads = summary.measured_loads();
    let is_half = |load: &LoadId| {
        summary.loads[*load].is_equal_rate() && (summary.loads[*load].step - 0.5).abs() < 1e-9
    };
    loads.find(is_half).unwrap()
}

#[test]
fn each_contender_has_its_own_cause() {
    let summary = Summary::of(&run());
    let load = equal(&summary);
    let because = |name| because(&summary, find(&summary, name), load);
    assert_eq!(
        because("threads").as_deref(),
        Some("one sleep and one wake-up a request (1.00 context switches; ready-list: 0.10)")
    );
    assert_eq!(
        because("ready-scan").as_deref(),
        Some("a look at every socket at every call (100 sockets for 2.0 requests)")
    );
    assert_eq!(because("ready-edge"), None, "it is equivalent");
    assert_eq!(because("ready-list"), None, "it is the baseline");
    assert_eq!(
        because("spinner").as_deref(),
        Some("it uses a whole CPU even if no client asks")
    );
}

#[test]
fn a_sentence_says_where_its_cause_does_not_hold() {
    let summary = Summary::of(&run());
    let load = equal(&summary);
    let scan = [find(&summary, "ready-scan")];
    assert_eq!(
        sentence(&summary, &scan, load).unwrap(),
        "ready-scan uses more CPU time because of a look at every socket at every call (100 sockets for 2.0 requests); \
         flat out, one look finds 100 requests."
    );
}

#[test]
fn contenders_with_the_same_cause_share_a_sentence() {
    let summary = Summary::of(&run());
    let names = ["threads", "ready-list", "forks", "ready-scan"];
    let all = names.map(|name| find(&summary, name));
    let text = sentence(&summary, &all, equal(&summary)).unwrap();
    let first = "threads and forks use more CPU time because of one sleep and one wake-up a request (1.00 context switches; ready-list: 0.10). ";
    assert!(text.starts_with(first), "{text}");
    assert_eq!(text.matches("because of").count(), 2, "{text}");
}

#[test]
fn a_run_without_prices_explains_only_what_needs_none() {
    let mut run = run();
    run.environment.prices = None;
    let summary = Summary::of(&run);
    let load = equal(&summary);
    let [threads, spinner] = ["threads", "spinner"].map(|name| find(&summary, name));
    assert_eq!(because(&summary, threads, load), None);
    assert_eq!(sentence(&summary, &[threads], load), None);
    assert!(because(&summary, spinner, load).is_some());
}

#[test]
fn a_difference_that_prices_do_not_explain_is_called_so() {
    let mut run = run();
    if let Some(prices) = &mut run.environment.prices {
        (prices.wake_up_us, prices.switches[0].us) = (Some(0.5), 0.5);
    }
    let summary = Summary::of(&run);
    let threads = find(&summary, "threads");
    assert_eq!(because(&summary, threads, equal(&summary)), None);
    assert_eq!(
        sentence(&summary, &[threads], equal(&summary)).as_deref(),
        Some("The run does not explain why threads uses more CPU time.")
    );
}
