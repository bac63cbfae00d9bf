//! Tests of the causes, with made-up prices and known answers.

use record::prices::{CallPrice, SwitchPrice};

use super::*;

fn prices() -> Prices {
    let price = CallPrice::flat;
    let list = CallPrice {
        us: 0.5,
        socket_us: 0.05,
        queue_us: 0.15,
    };
    Prices {
        process_switches: vec![SwitchPrice { tasks: 2, us: 5.0 }],
        switches: vec![SwitchPrice { tasks: 2, us: 2.0 }],
        wake_up_us: Some(10.0),
        calls: BTreeMap::from([
            (PricedCall::Entry, price(0.1)),
            (PricedCall::Nothing, price(0.2)),
            (PricedCall::Sendto, price(3.0)),
            (PricedCall::EpollWait, price(0.5)),
            (PricedCall::Poll, list),
            (PricedCall::IoUringEnter, price(0.3)),
        ]),
        ..Prices::default()
    }
}

fn deeds(switches: f64, threads: usize, calls: &[(&str, f64)]) -> Deeds {
    let calls = calls
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count));
    Deeds {
        switches,
        tasks: Tasks::Threads(threads),
        busy: 1.0,
        calls: calls.collect(),
        sockets: 100.0,
    }
}

/// A server that waits for readiness, receives and sends.
fn ready() -> Deeds {
    let calls = [("epoll_wait", 0.5), ("recvfrom", 1.0), ("sendto", 1.0)];
    deeds(0.0, 1, &calls)
}

fn assert_close(value: f64, expected: f64) {
    assert!(
        (value - expected).abs() < 1e-9,
        "{value} and not {expected}"
    );
}

#[test]
fn a_thread_a_client_costs_switches_and_saves_a_call() {
    let threads = deeds(1.0, 100, &[("recvfrom", 1.0), ("sendto", 1.0)]);
    let causes = Causes::split(2.0, &prices(), &threads, &ready());
    assert_close(causes.switches.us, 2.0);
    assert_close(causes.calls_us(), -0.25);
    assert_close(causes.rest_us(), 0.25);
    assert_eq!(causes.main(), Some(Cause::Switches));
}

#[test]
fn a_single_thread_sleeps_on_an_idle_cpu() {
    let mut sleeps = ready();
    sleeps.switches = 0.5;
    let causes = Causes::split(6.0, &prices(), &sleeps, &ready());
    assert_close(causes.switches.us, 5.0);
    // Of several threads on a CPU that is busy for a quarter of the time, one follows another in a quarter of the switches.
    (sleeps.tasks, sleeps.busy) = (Tasks::Threads(8), 0.25);
    let causes = Causes::split(6.0, &prices(), &sleeps, &ready());
    assert_close(causes.switches.us, 0.5 * (0.25 * 2.0 + 0.75 * 10.0));
}

#[test]
fn a_list_of_sockets_is_a_cause_of_its_own() {
    let calls = [("ppoll", 0.5), ("recvfrom", 1.0), ("sendto", 1.0)];
    let causes = Causes::split(5.5, &prices(), &deeds(0.0, 1, &calls), &ready());
    assert_close(causes.sockets.count, 50.0);
    assert_close(causes.sockets.us, 5.0);
    assert_close(causes.calls_us(), 0.0);
    assert_close(causes.requests_a_call, 2.0);
    assert_close(causes.sockets_a_call, 100.0);
    assert_eq!(causes.main(), Some(Cause::Sockets));
}

#[test]
fn a_call_that_sleeps_enters_all_queues() {
    let calls = [("ppoll", 0.5), ("recvfrom", 1.0), ("sendto", 1.0)];
    let sockets_us = |switches| {
        let own = deeds(switches, 1, &calls);
        Causes::split(5.0, &prices(), &own, &ready()).sockets.us
    };
    // Of 100 sockets 2 are ready at once, so a third of the others come before the first of them.
    assert_close(sockets_us(0.0), 50.0 * (0.05 + 0.15 / 3.0));
    assert_close(sockets_us(0.5), 50.0 * (0.05 + 0.15));
    assert_close(sockets_us(0.25), 50.0 * (0.05 + 0.15 * (0.5 + 0.5 / 3.0)));
}

#[test]
fn a_switch_between_processes_has_its_own_price() {
    let mut own = deeds(1.0, 1, &[("recvfrom", 1.0), ("sendto", 1.0)]);
    own.tasks = Tasks::Processes(100);
    let causes = Causes::split(5.0, &prices(), &own, &ready());
    assert_close(causes.switches.us, 5.0);
}

#[test]
fn calls_that_find_nothing_are_a_cause() {
    let calls = [("recvfrom", 31.0), ("sendto", 1.0)];
    let causes = Causes::split(6.0, &prices(), &deeds(0.0, 1, &calls), &ready());
    assert_close(causes.calls_us(), 30.0 * 0.2 - 0.5 * 0.5);
    assert_eq!(causes.dearest_call().unwrap().0, "recvfrom");
    assert_eq!(causes.main(), Some(Cause::Calls));
}

#[test]
fn a_completion_model_does_not_save_the_work_of_the_network() {
    let ring = deeds(0.0, 1, &[("io_uring_enter", 1.0)]);
    let causes = Causes::split(-0.1, &prices(), &ring, &ready());
    assert_close(causes.calls_us(), 0.3 - (0.25 + 0.1 + 0.1));
}

#[test]
fn a_difference_that_no_part_explains_has_no_main_cause() {
    let threads = deeds(1.0, 100, &[("recvfrom", 1.0), ("sendto", 1.0)]);
    let main = |difference| Causes::split(difference, &prices(), &threads, &ready()).main();
    // Switches cost 2.0, and all parts together 1.75.
    assert_eq!(main(3.4), None, "the switches are less than 60 %");
    assert_eq!(main(2.9), Some(Cause::Switches));
    assert_eq!(main(1.1), None, "the switches are more than 167 %");
    assert_eq!(
        main(-2.0),
        None,
        "the switches point in the other direction"
    );
    assert_eq!(main(0.0), None);
}

#[test]
fn parts_that_cancel_each_other_explain_nothing() {
    let calls = [("ppoll", 1.0), ("recvfrom", 1.0), ("sendto", 1.0)];
    let mut baseline = ready();
    baseline.switches = 0.9;
    // Sockets cost 12.5 more, and switches 9 less.
    let causes = Causes::split(10.0, &prices(), &deeds(0.0, 1, &calls), &baseline);
    assert_close(causes.sockets.us, 12.5);
    assert_eq!(causes.main(), None);
}

#[test]
fn calls_that_were_counted_for_one_side_only_are_no_part() {
    let calls = [("ppoll", 1.0), ("recvfrom", 1.0), ("sendto", 1.0)];
    let causes = Causes::split(10.0, &prices(), &deeds(1.0, 1, &calls), &deeds(0.0, 1, &[]));
    assert_close(causes.calls_us() + causes.sockets.us, 0.0);
    assert_eq!(causes.main(), Some(Cause::Switches));
}
