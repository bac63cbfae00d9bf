//! When a client waited and when it was served, from its events and those of the server.

use contract::event::What;

use super::event::{ClientId, Did, Happening};
use super::record::Record;

/// Shortest service that is drawn for many requests: what is left between two moments of the same send is none.
const BRIEF: f64 = 0.001;

/// A span of time: its begin and its end.
pub type Span = (f64, f64);

/// The spans in which a client waited for the server to begin, and those in which it was served.
pub fn of_clients(record: &Record, client: ClientId) -> (Vec<Span>, Vec<Span>) {
    let waits = record.waits.iter().filter(|wait| wait.client == client);
    let (mut waiting, mut served) = (Vec::new(), Vec::new());
    for wait in waits {
        // A server whose side cannot be seen has begun at the reply.
        let begin = first_read(record, client, (wait.from, wait.to)).unwrap_or(wait.to);
        waiting.push((wait.from, begin));
        served.push((begin, wait.to));
    }
    for asking in asking(record, client) {
        let parts = without(asking, &waiting).into_iter();
        served.extend(parts.filter(|(from, to)| to - from > BRIEF));
    }
    (merged(waiting, 0.0), merged(served, 0.0))
}

/// The first moment in this span at which the server read something from the client.
fn first_read(record: &Record, client: ClientId, (from, to): Span) -> Option<f64> {
    let mut events = record
        .events
        .iter()
        .filter(|event| (from..=to).contains(&event.at));
    events.find_map(|event| match event.what {
        Happening::Server(_, Some(of), What::Read(1..)) if of == client => Some(event.at),
        Happening::Server(..) | Happening::Client(..) | Happening::Kernel(..) => None,
    })
}

/// The spans in which a client asked one request after the other.
fn asking(record: &Record, client: ClientId) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut begin = None;
    for event in &record.events {
        match &event.what {
            Happening::Client(by, Did::Asks(..)) if *by == client => begin = Some(event.at),
            Happening::Client(by, Did::Answered(..)) if *by == client => {
                spans.extend(begin.take().map(|begin| (begin, event.at)));
            }
            Happening::Client(..) | Happening::Server(..) | Happening::Kernel(..) => {}
        }
    }
    spans
}

/// The parts of a span that lie outside of all others.
fn without(span: Span, others: &[Span]) -> Vec<Span> {
    let mut parts = vec![span];
    for &(from, to) in others {
        let cut = |(a, b): Span| [(a, b.min(from)), (a.max(to), b)];
        parts = parts
            .into_iter()
            .flat_map(cut)
            .filter(|(a, b)| a < b)
            .collect();
    }
    parts
}

/// The spans in order; those closer together than `gap` are one.
pub fn merged(mut spans: Vec<Span>, gap: f64) -> Vec<Span> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut all: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match all.last_mut() {
            Some(last) if from <= last.1 + gap => last.1 = last.1.max(to),
            Some(_) | None => all.push((from, to)),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::event::{Event, Thread, Wait};
    use super::*;

    #[test]
    fn a_client_waits_until_the_server_reads_and_is_served_until_the_reply() {
        let thread = Thread {
            process: 1,
            thread: 1,
        };
        let read = Happening::Server(thread, Some(0), What::Read(5));
        let record = Record {
            events: vec![Event {
                at: 3.0,
                what: read,
            }],
            waits: vec![Wait {
                client: 0,
                from: 0.1,
                to: 3.2,
                answered: true,
            }],
            ..Record::default()
        };
        let (waits, served) = of_clients(&record, 0);
        assert_eq!((waits, served), (vec![(0.1, 3.0)], vec![(3.0, 3.2)]));
    }

    #[test]
    fn the_first_wait_of_many_requests_is_not_service() {
        let parts = without((0.0, 4.0), &[(0.0, 3.0)]);
        assert_eq!(parts, [(3.0, 4.0)]);
        assert_eq!(without((0.0, 4.0), &[(1.0, 2.0)]), [(0.0, 1.0), (2.0, 4.0)]);
        assert_eq!(without((0.0, 4.0), &[(5.0, 6.0)]), [(0.0, 4.0)]);
    }

    #[test]
    fn spans_that_touch_are_one() {
        let spans = vec![(2.0, 3.0), (0.0, 1.0), (1.2, 1.5)];
        assert_eq!(merged(spans, 0.3), [(0.0, 1.5), (2.0, 3.0)]);
    }
}
