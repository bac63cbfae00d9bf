//! The last sentences of a watch: which client waited for which, and how long.

use super::event::{ClientId, Did, Event, Happening, Wait};
use super::record::Record;
use super::words::seconds;

/// Shortest wait that counts as one.
const LONG: f64 = 0.1;
/// Longest time between what another client did and the reply that it made possible. A traced server is slow.
const SOON: f64 = 0.1;

/// A sentence for each client that waited long, or one that none did.
pub fn closing(record: &Record) -> Vec<String> {
    let longest = (0..record.names.len()).filter_map(|client| longest(record, client));
    let longest: Vec<&Wait> = longest.collect();
    let long = longest.iter().filter(|wait| is_long(wait));
    let sentences: Vec<String> = long.map(|wait| sentence(record, wait)).collect();
    if !sentences.is_empty() {
        return sentences;
    }
    let longest = longest
        .into_iter()
        .max_by(|a, b| time(a).total_cmp(&time(b)));
    vec![longest.map_or_else(
        || "No client waited for a reply.".to_owned(),
        |wait| {
            let (name, time) = (&record.names[wait.client], seconds(time(wait)));
            format!("No client waited for another one. The longest wait for a reply was {time} ({name}).")
        },
    )]
}

fn longest(record: &Record, client: ClientId) -> Option<&Wait> {
    let waits = record.waits.iter().filter(|wait| wait.client == client);
    waits.max_by(|a, b| time(a).total_cmp(&time(b)))
}

fn is_long(wait: &Wait) -> bool {
    !wait.answered || time(wait) >= LONG
}

fn time(wait: &Wait) -> f64 {
    wait.to - wait.from
}

fn sentence(record: &Record, wait: &Wait) -> String {
    let name = &record.names[wait.client];
    let time = seconds(time(wait));
    if !wait.answered {
        return format!("{name} waited {time}, and got no reply.");
    }
    match released_by(record, wait) {
        Some((other, verb)) => {
            let other = &record.names[other];
            format!("{name} waited {time} for {other} {verb}.")
        }
        None => format!("{name} waited {time} for its reply."),
    }
}

/// The last thing that another client did before the reply, if it was one that sets the server free.
fn released_by(record: &Record, wait: &Wait) -> Option<(ClientId, &'static str)> {
    let before = |event: &&Event| {
        let begin = wait.from.max(wait.to - SOON);
        (begin..=wait.to).contains(&event.at)
    };
    let mut events = record.events.iter().rev().filter(before);
    events.find_map(|event| match &event.what {
        Happening::Client(client, did) if *client != wait.client => Some((*client, verb(did)?)),
        Happening::Client(..) | Happening::Server(..) | Happening::Kernel(..) => None,
    })
}

const fn verb(did: &Did) -> Option<&'static str> {
    match did {
        Did::Left => Some("to leave"),
        Did::Reset => Some("to reset its connection"),
        Did::Ended => Some("to end its side"),
        Did::Dismissed => Some("to be dismissed"),
        Did::Answered(..) | Did::Got(..) => Some("to be served"),
        Did::Connected | Did::Silent(_) | Did::Sent(_) | Did::Asks(..) | Did::Failed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(waits: Vec<Wait>, events: &[(f64, ClientId, Did)]) -> Record {
        let events = events.iter().map(|(at, client, did)| Event {
            at: *at,
            what: Happening::Client(*client, did.clone()),
        });
        Record {
            names: ["c1", "c2"].map(str::to_owned).to_vec(),
            events: events.collect(),
            waits,
            ..Record::default()
        }
    }

    fn wait(from: f64, to: f64, answered: bool) -> Wait {
        Wait {
            client: 1,
            from,
            to,
            answered,
        }
    }

    #[test]
    fn a_long_wait_names_the_client_whose_leaving_ended_it() {
        let left = [(0.0, 0, Did::Connected), (3.0, 0, Did::Left)];
        let record = record(vec![wait(0.002, 3.002, true)], &left);
        assert_eq!(closing(&record), ["c2 waited 3.000 s for c1 to leave."]);
    }

    #[test]
    fn what_happened_long_before_the_reply_is_not_its_reason() {
        let left = [(1.0, 0, Did::Left)];
        let record = record(vec![wait(0.0, 3.0, true)], &left);
        assert_eq!(closing(&record), ["c2 waited 3.000 s for its reply."]);
    }

    #[test]
    fn a_wait_without_a_reply_is_said() {
        let record = record(vec![wait(0.0, 10.0, false)], &[]);
        assert_eq!(closing(&record), ["c2 waited 10.000 s, and got no reply."]);
    }

    #[test]
    fn short_waits_are_none() {
        let record = record(vec![wait(0.0, 0.0003, true), wait(0.0, 0.0001, true)], &[]);
        assert_eq!(
            closing(&record),
            ["No client waited for another one. The longest wait for a reply was 0.3 ms (c2)."]
        );
    }
}
