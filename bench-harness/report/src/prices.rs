//! The prices of a machine in words: a sleep, a context switch, system calls, and a socket of a list.

use record::number::{grouped, nanoseconds};
use record::prices::{CallPrice, PricedCall, Prices, SwitchPrice};

/// Names and values, one line a kind of price. A price is CPU time of the thread that pays.
pub fn lines(prices: &Prices) -> Vec<(&'static str, String)> {
    let sleep = prices.wake_up_us.map(|price| {
        let price = us(price);
        format!("{price} for a sleep on an idle CPU, with the wake-up by another CPU")
    });
    let lines = [
        ("sleep", sleep.unwrap_or_default()),
        ("switch", switches(&prices.switches, "threads of a CPU")),
        ("", switches(&prices.process_switches, "processes of a CPU")),
        ("system calls", calls(prices)),
        ("sockets", sockets(prices)),
        ("no price", missing(prices)),
    ];
    let known = lines.into_iter().filter(|(_, words)| !words.is_empty());
    known.collect()
}

fn switches(prices: &[SwitchPrice], tasks: &str) -> String {
    let among = prices
        .iter()
        .map(|at| format!("{} among {}", us(at.us), grouped(at.tasks as u64)));
    let all = among.collect::<Vec<_>>().join(", ");
    if all.is_empty() {
        all
    } else {
        format!("{all} {tasks}")
    }
}

fn calls(prices: &Prices) -> String {
    let words = |(call, price): (&PricedCall, &CallPrice)| format!("{call} {}", us(price.us));
    prices
        .calls
        .iter()
        .map(words)
        .collect::<Vec<_>>()
        .join(", ")
}

/// What each socket of a list adds: a look, and, if the call sleeps, an entry in its queue.
fn sockets(prices: &Prices) -> String {
    let lists = prices
        .calls
        .iter()
        .filter(|(_, price)| price.socket_us > 0.0);
    let words = lists.map(|(call, price)| {
        let (look, sleeping) = (us(price.socket_us), us(price.socket_us + price.queue_us));
        format!("{call} {look}, or {sleeping} if it sleeps")
    });
    let all = words.collect::<Vec<_>>().join("; ");
    if all.is_empty() {
        all
    } else {
        format!("{all}; for each socket of the list")
    }
}

fn missing(prices: &Prices) -> String {
    let words = |(what, why): (&String, &String)| format!("{what} ({why})");
    prices
        .missing
        .iter()
        .map(words)
        .collect::<Vec<_>>()
        .join(", ")
}

fn us(us: f64) -> String {
    nanoseconds(us * 1e3)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn prices_are_listed_with_their_units_and_what_has_none() {
        let switch = |tasks, us| SwitchPrice { tasks, us };
        let list = CallPrice {
            us: 0.28,
            socket_us: 0.05,
            queue_us: 0.15,
        };
        let prices = Prices {
            switches: vec![switch(2, 1.34), switch(1000, 5.4)],
            process_switches: vec![switch(2, 2.5)],
            wake_up_us: Some(13.6),
            calls: BTreeMap::from([
                (PricedCall::Entry, CallPrice::flat(0.148)),
                (PricedCall::Poll, list),
            ]),
            missing: BTreeMap::from([("io_uring_enter".to_owned(), "EPERM".to_owned())]),
            took_s: 0.5,
        };
        let expected = [
            (
                "sleep",
                "13.6 us for a sleep on an idle CPU, with the wake-up by another CPU",
            ),
            (
                "switch",
                "1.34 us among 2, 5.4 us among 1,000 threads of a CPU",
            ),
            ("", "2.5 us among 2 processes of a CPU"),
            ("system calls", "getpid 148 ns, poll 280 ns"),
            (
                "sockets",
                "poll 50 ns, or 200 ns if it sleeps; for each socket of the list",
            ),
            ("no price", "io_uring_enter (EPERM)"),
        ];
        let lines = lines(&prices);
        assert_eq!(
            lines,
            expected.map(|(name, words)| (name, words.to_owned()))
        );
        assert_eq!(super::lines(&Prices::default()), []);
    }
}
