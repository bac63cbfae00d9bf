//! The first requests of the recorded clients of one model, as far as all of them are known.

use analysis::Cell;
use record::outcome::Timeline;

use crate::figure::{Doing, Span};

/// Minimum number of replies of each client on the axis, if the model gives as many.
const REPLIES: usize = 4;
/// The longest axis in microseconds. A slice lasts little longer, and between two slices nothing is sent.
const LONGEST_US: u64 = 50_000;

/// What is known of the clients of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The clients, in the order in which they connected.
    pub lanes: Vec<Lane>,
    /// The time at which the first record is full: afterwards it is not known what that client did. `None` if none is full.
    pub known_us: Option<u64>,
}

/// A client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// Its number.
    pub client: u64,
    /// Its requests in order: when each was sent, and how long it took; `None` without a reply.
    pub requests: Vec<(u64, Option<u64>)>,
}

impl Recorded {
    /// The clients of a cell.
    pub fn of(cell: &Cell) -> Self {
        let lanes: Vec<Lane> = cell.timelines.iter().map(Lane::of).collect();
        let full = lanes
            .iter()
            .filter(|lane| lane.requests.len() >= Timeline::REQUESTS);
        let known_us = full.filter_map(|lane| reply(lane.requests.last()?)).min();
        Self { lanes, known_us }
    }

    /// The same with at most this number of requests altogether, the earliest of all clients.
    #[must_use]
    pub fn shortened(&self, most: usize) -> Self {
        let mut sent: Vec<u64> = self.lanes.iter().flat_map(Lane::sent).collect();
        sent.sort_unstable();
        let Some(&end) = sent.get(most) else {
            return self.clone();
        };
        let mut shorter = self.clone();
        for lane in &mut shorter.lanes {
            lane.requests.retain(|(sent, _)| *sent < end);
        }
        shorter.known_us = Some(self.known_us.map_or(end, |known| known.min(end)));
        shorter
    }

    /// The time at which each client has had a few replies, as far as it gets any.
    fn enough_us(&self) -> Option<u64> {
        let some = |lane: &Lane| {
            lane.requests
                .iter()
                .take(REPLIES)
                .filter_map(reply)
                .next_back()
        };
        self.lanes.iter().filter_map(some).max()
    }
}

/// The end of the axis in microseconds for models on the same axis: when each client that is answered has had a few replies, if that is
/// known for one of them; `None` if no client was answered and none is full.
pub fn until(records: &[Recorded]) -> Option<u64> {
    let enough = records.iter().filter_map(Recorded::enough_us).max()?;
    let known = records
        .iter()
        .map(|record| record.known_us.unwrap_or(u64::MAX))
        .max()?;
    Some(enough.min(known).clamp(1, LONGEST_US))
}

impl Lane {
    fn of(timeline: &Timeline) -> Self {
        let took = timeline.took_us.iter().map(|took| Some(*took));
        let took = took.chain(std::iter::repeat(None));
        Self {
            client: timeline.client,
            requests: timeline.sent_us.iter().copied().zip(took).collect(),
        }
    }

    fn sent(&self) -> impl Iterator<Item = u64> {
        self.requests.iter().map(|(sent, _)| *sent)
    }

    /// What it did until then: each request waits, and is then served for as long as its work takes.
    pub fn spans(&self, work_us: u64, until_us: u64) -> Vec<Span> {
        let span = |from: u64, to: u64, doing: Doing| {
            let ends = doing == Doing::Waiting || to <= until_us;
            (from < until_us && ends).then(|| Span {
                from_ms: from as f64 / 1e3,
                to_ms: to.min(until_us) as f64 / 1e3,
                doing,
            })
        };
        let request = |&(sent, took): &(u64, Option<u64>)| match took {
            Some(took) => {
                let turn = sent + took.saturating_sub(work_us);
                [
                    span(sent, turn, Doing::Waiting),
                    span(turn, sent + took, Doing::Served),
                ]
            }
            None => [span(sent, until_us, Doing::Waiting), None],
        };
        self.requests.iter().flat_map(request).flatten().collect()
    }
}

/// When the reply to a request came.
fn reply(&(sent, took): &(u64, Option<u64>)) -> Option<u64> {
    Some(sent + took?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(requests: &[(u64, Option<u64>)]) -> Lane {
        Lane {
            client: 0,
            requests: requests.to_vec(),
        }
    }

    fn steady(requests: u64, took: u64) -> Lane {
        let request = |index| (index * took, Some(took));
        lane(&(0..requests).map(request).collect::<Vec<_>>())
    }

    fn record(lanes: Vec<Lane>, known_us: Option<u64>) -> Recorded {
        Recorded { lanes, known_us }
    }

    #[test]
    fn a_request_waits_until_its_work_begins() {
        let lane = lane(&[(0, Some(8_000)), (8_000, None)]);
        let spans = lane.spans(5_000, 20_000);
        let plain = spans
            .iter()
            .map(|span| (span.from_ms, span.to_ms, span.doing));
        assert_eq!(
            plain.collect::<Vec<_>>(),
            [
                (0.0, 3.0, Doing::Waiting),
                (3.0, 8.0, Doing::Served),
                (8.0, 20.0, Doing::Waiting)
            ]
        );
    }

    #[test]
    fn a_reply_after_the_end_is_not_drawn() {
        let spans = lane(&[(0, Some(30_000))]).spans(0, 20_000);
        assert_eq!(spans.len(), 1);
        assert_eq!((spans[0].to_ms, spans[0].doing), (20.0, Doing::Waiting));
    }

    #[test]
    fn the_axis_ends_with_the_fourth_reply_of_the_last_client_that_is_answered() {
        let slow = record(vec![steady(9, 80), lane(&[(0, None)])], None);
        assert_eq!(until(std::slice::from_ref(&slow)), Some(320));
        let fast = record(vec![steady(64, 3)], Some(192));
        assert_eq!(until(&[slow, fast]), Some(320));
        assert_eq!(until(&[]), None);
        assert_eq!(
            until(&[record(vec![steady(9, 80_000)], None)]),
            Some(LONGEST_US)
        );
    }

    #[test]
    fn a_record_is_known_until_its_first_client_is_full() {
        let timeline = |client: u64, requests: u64, took: u64| Timeline {
            client,
            sent_us: (0..requests).map(|index| index * took).collect(),
            took_us: vec![took; requests as usize],
        };
        let cell = |timelines| Cell {
            timelines,
            ..Cell::default()
        };
        let full = Timeline::REQUESTS as u64;
        let busy = Recorded::of(&cell(vec![timeline(0, full, 3), timeline(1, 2, 50)]));
        assert_eq!(busy.known_us, Some(3 * full));
        assert_eq!(Recorded::of(&cell(vec![timeline(0, 9, 3)])).known_us, None);
    }

    #[test]
    fn a_shortened_record_has_the_earliest_requests_of_all_clients() {
        let whole = record(vec![steady(10, 10), steady(3, 40)], None);
        let short = whole.shortened(6);
        let lengths: Vec<usize> = short.lanes.iter().map(|lane| lane.requests.len()).collect();
        assert_eq!((lengths, short.known_us), (vec![4, 1], Some(40)));
        assert_eq!(whole.shortened(99), whole);
    }
}
