//! Properties that hold for any input: chunking does not change the output, nothing panics, memory stays bounded, and
//! client and server understand each other.

use std::time::Duration;

use echo_protocol::frame::{HEADER, Header};
use echo_protocol::{
    ClientSession, Limits, Protocol, ProtocolError, ReplyError, Request, ServerSession, Work,
};
use proptest::prelude::*;

const SMALL: Limits = Limits {
    max_frame: 4096,
    high_water: 256,
    amplify: true,
};

/// Feeds `input` to a server in pieces of the given sizes, takes its output in pieces too, and returns the whole
/// output.
fn serve(protocol: Protocol, input: &[u8], pieces: &[usize]) -> (Vec<u8>, Option<ProtocolError>) {
    let mut server = ServerSession::new(protocol, SMALL);
    let mut sizes = pieces.iter().copied().cycle();
    let mut output = Vec::new();
    let mut unread = input;
    while !server.is_done() {
        if server.wants_read() {
            let spare = server.spare();
            assert!(!spare.is_empty() && spare.len() <= SMALL.high_water);
            let n = unread
                .len()
                .min(spare.len())
                .min(sizes.next().expect("cycles"));
            spare[..n].copy_from_slice(&unread[..n]);
            unread = &unread[n..];
            server.received(n);
        }
        if server.wants_work() {
            server.worked();
        }
        let n = server.pending().len().min(sizes.next().expect("cycles"));
        output.extend_from_slice(&server.pending()[..n]);
        server.sent(n);
    }
    (output, server.error().copied())
}

fn work() -> impl Strategy<Value = Option<Work>> {
    let duration = (0..0x00ff_ffff_u64).prop_map(Duration::from_micros);
    prop_oneof![
        Just(None),
        duration.clone().prop_map(|d| Some(Work::Spin(d))),
        duration.prop_map(|d| Some(Work::Sleep(d))),
    ]
}

fn request() -> impl Strategy<Value = Request<Vec<u8>>> {
    let payload = prop::collection::vec(any::<u8>(), 1..600);
    (any::<u64>(), work(), 0..2000_u32, payload).prop_map(|(id, work, reply_size, payload)| {
        Request {
            id,
            work,
            reply_size,
            payload,
        }
    })
}

/// All requests, encoded.
fn encode(protocol: Protocol, requests: &[Request<Vec<u8>>]) -> Vec<u8> {
    let mut client = ClientSession::new(protocol, SMALL, true);
    requests
        .iter()
        .cloned()
        .for_each(|request| client.request(request));
    let mut bytes = Vec::new();
    while client.wants_write() {
        bytes.extend_from_slice(client.pending());
        client.sent(client.pending().len());
    }
    bytes
}

/// Feeds the answer of a server to a client that has sent `requests`, and returns the replies.
fn read_replies(
    protocol: Protocol,
    requests: &[Request<Vec<u8>>],
    answer: &[u8],
    pieces: &[usize],
) -> Result<Vec<(u64, u32)>, ReplyError> {
    let mut client = ClientSession::new(protocol, SMALL, true);
    requests
        .iter()
        .cloned()
        .for_each(|request| client.request(request));
    let mut sizes = pieces.iter().copied().cycle();
    let (mut replies, mut unread) = (Vec::new(), answer);
    loop {
        let spare = client.spare();
        let n = unread
            .len()
            .min(spare.len())
            .min(sizes.next().expect("cycles"));
        spare[..n].copy_from_slice(&unread[..n]);
        unread = &unread[n..];
        client.received(n);
        while let Some(reply) = client.reply()? {
            replies.push((reply.id, reply.bytes));
        }
        if n == 0 {
            return Ok(replies);
        }
    }
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..300_usize, 1..20)
}

proptest! {
    #[test]
    fn echo_returns_every_byte_whatever_the_chunks(input in prop::collection::vec(any::<u8>(), 0..2000), pieces in pieces()) {
        let (output, error) = serve(Protocol::Echo, &input, &pieces);
        prop_assert_eq!(output, input);
        prop_assert_eq!(error, None);
    }

    #[test]
    fn chunking_never_changes_the_output(requests in prop::collection::vec(request(), 0..8), tail in prop::collection::vec(any::<u8>(), 0..50), pieces in pieces()) {
        let mut input = encode(Protocol::Framed, &requests);
        input.extend(tail);
        let whole = serve(Protocol::Framed, &input, &[usize::MAX]);
        prop_assert_eq!(serve(Protocol::Framed, &input, &pieces), whole);
    }

    #[test]
    fn no_input_panics_a_server(input in prop::collection::vec(any::<u8>(), 0..500), pieces in pieces()) {
        serve(Protocol::Framed, &input, &pieces);
    }

    #[test]
    fn no_answer_panics_a_client(requests in prop::collection::vec(request(), 0..4), answer in prop::collection::vec(any::<u8>(), 0..500), pieces in pieces()) {
        let _ = read_replies(Protocol::Framed, &requests, &answer, &pieces);
        let _ = read_replies(Protocol::Echo, &requests, &answer, &pieces);
    }

    #[test]
    fn a_client_understands_the_replies_of_a_server(requests in prop::collection::vec(request(), 0..8), pieces in pieces()) {
        for protocol in Protocol::ECHOES {
            let (answer, error) = serve(protocol, &encode(protocol, &requests), &pieces);
            prop_assert_eq!(error, None);
            let expected: Vec<_> = requests.iter().map(|r| match protocol {
                Protocol::Echo | Protocol::Http | Protocol::Line => (r.id, r.payload.len() as u32),
                Protocol::Framed => (r.id, r.reply_size),
            }).collect();
            prop_assert_eq!(read_replies(protocol, &requests, &answer, &pieces), Ok(expected));
        }
    }

    #[test]
    fn what_a_client_sends_does_not_depend_on_when_it_sends(requests in prop::collection::vec(request(), 0..8), pieces in pieces()) {
        for protocol in Protocol::ALL {
            let mut client = ClientSession::new(protocol, SMALL, true);
            let mut sizes = pieces.iter().copied().cycle();
            let mut sent = Vec::new();
            for request in requests.iter().cloned() {
                client.request(request);
                let n = client.pending().len().min(sizes.next().expect("cycles") - 1);
                sent.extend_from_slice(&client.pending()[..n]);
                client.sent(n);
            }
            while client.wants_write() {
                sent.extend_from_slice(client.pending());
                client.sent(client.pending().len());
            }
            prop_assert_eq!(sent, encode(protocol, &requests));
        }
    }

    #[test]
    fn a_plain_echo_server_answers_frames_without_work(mut requests in prop::collection::vec(request(), 1..8), pieces in pieces()) {
        for request in &mut requests {
            request.work = None;
            request.reply_size = request.payload.len() as u32;
        }
        let input = encode(Protocol::Framed, &requests);
        let (answer, _) = serve(Protocol::Echo, &input, &pieces);
        prop_assert_eq!(read_replies(Protocol::Framed, &requests, &answer, &pieces).map(|r| r.len()), Ok(requests.len()));
    }

    #[test]
    fn a_client_finds_one_wrong_byte(requests in prop::collection::vec(request(), 1..4), at in any::<prop::sample::Index>(), flip in 1..=255_u8, pieces in pieces()) {
        for protocol in Protocol::ECHOES {
            let (mut answer, _) = serve(protocol, &encode(protocol, &requests), &[usize::MAX]);
            let at = at.index(answer.len());
            let unchecked = protocol == Protocol::Framed && is_unchecked(&requests, at);
            answer[at] ^= flip;
            prop_assert!(unchecked || read_replies(protocol, &requests, &answer, &pieces).is_err());
        }
    }

    #[test]
    fn a_header_survives_its_encoding(work in work(), done in any::<bool>(), id in any::<u64>(), reply_size in 0..4096_u32, payload in 0..4096_u32) {
        let header = Header { work, done: done && work.is_some(), id, reply_size, payload };
        prop_assert_eq!(Header::decode(&header.encode(), 0, SMALL), Ok(header));
    }
}

/// True if byte `at` of the answer is one that a client does not check: kind and duration of work, and the reply size,
/// which the server only repeats.
fn is_unchecked(requests: &[Request<Vec<u8>>], at: usize) -> bool {
    let mut start = 0;
    for request in requests {
        let end = start + HEADER + request.reply_size as usize;
        if at < end {
            return (4..8).contains(&(at - start)) || (16..20).contains(&(at - start));
        }
        start = end;
    }
    false
}

/// An encoded frame.
fn frame(work: Option<Work>, reply_size: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        work,
        done: false,
        id: 7,
        reply_size,
        payload: payload.len() as u32,
    };
    [&header.encode(), payload].concat()
}

#[test]
fn the_example_in_the_documentation_is_correct() {
    let spin = Some(Work::Spin(Duration::from_micros(250)));
    let mut bytes = frame(spin, 5, b"hello");
    assert_eq!(
        bytes,
        b"\x00\x00\x00\x15\x01\x00\x00\xfa\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x05hello"
    );
    let (reply, _) = serve(Protocol::Framed, &bytes, &[usize::MAX]);
    bytes[4] = 0x81;
    assert_eq!(reply, bytes);
}

#[test]
fn a_server_answers_only_after_the_work_is_done() {
    let mut server = ServerSession::new(Protocol::Framed, SMALL);
    let bytes = frame(Some(Work::Sleep(Duration::from_secs(1))), 2, b"hi");
    server.spare()[..bytes.len()].copy_from_slice(&bytes);
    server.received(bytes.len());
    assert_eq!(server.work(), Some(Work::Sleep(Duration::from_secs(1))));
    assert!(!server.wants_write() && !server.wants_read());
    server.worked();
    assert!(server.wants_write() && server.wants_read());
}

#[test]
fn a_long_reply_needs_no_memory_and_stops_reading() {
    let limits = Limits {
        max_frame: 8 << 20,
        high_water: 256,
        amplify: true,
    };
    let mut server = ServerSession::new(Protocol::Framed, limits);
    let bytes = frame(None, 8 << 20, b"more");
    server.spare()[..bytes.len()].copy_from_slice(&bytes);
    server.received(bytes.len());
    let mut total = 0;
    while server.wants_write() {
        assert!(
            !server.wants_read(),
            "back-pressure while {total} bytes are sent"
        );
        let n = server.pending().len();
        total += n;
        server.sent(n);
    }
    assert_eq!(total, HEADER + (8 << 20));
    assert!(server.wants_read());
}

#[test]
fn a_session_stops_reading_at_the_high_water_mark() {
    let mut server = ServerSession::new(Protocol::Echo, SMALL);
    server.spare().fill(1);
    server.received(SMALL.high_water);
    assert!(!server.wants_read() && server.wants_write());
    server.sent(SMALL.high_water);
    assert!(server.wants_read());
}

#[test]
fn errors_for_malformed_frames_say_what_is_wrong_and_where() {
    let good = frame(None, 2, b"hi");
    let long = frame(None, 2, &[0; 5000]);
    let greedy = frame(None, 5000, b"hi");
    let short = [&[0, 0, 0, 3][..], &[0; 16]].concat();
    let strange = [&good[..4], &[9], &good[5..]].concat();
    for (bad, kind, words) in [
        (
            &short,
            "too-short",
            "the frame at byte 22 is 3, but every frame has at least 16",
        ),
        (
            &long,
            "too-long",
            "at byte 22 has 5000 bytes, more than the limit of 4096",
        ),
        (
            &greedy,
            "reply-too-long",
            "at byte 22 asks for a reply of 5000 bytes",
        ),
        (
            &strange,
            "unknown-work",
            "at byte 22 asks for work of kind 9",
        ),
    ] {
        let input = [&good[..], bad].concat();
        let (output, error) = serve(Protocol::Framed, &input, &[usize::MAX]);
        let error = error.expect(kind);
        assert_eq!(
            output, good,
            "the frame before the malformed one is still answered"
        );
        assert_eq!(ProtocolError::KINDS[error.kind()], kind);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn an_end_of_file_is_an_error_inside_a_frame_but_not_between_frames() {
    let frame = frame(None, 2, b"hi");
    for cut in 0..=frame.len() {
        let (_, error) = serve(Protocol::Framed, &frame[..cut], &[usize::MAX]);
        let truncated = error.map(|error| ProtocolError::KINDS[error.kind()]) == Some("truncated");
        assert_eq!(
            truncated,
            cut != 0 && cut != frame.len(),
            "after {cut} bytes: {error:?}"
        );
    }
}

#[test]
fn replies_that_do_not_match_the_requests_are_errors() {
    let request = |id| Request {
        id,
        work: None,
        reply_size: 2,
        payload: b"hi".to_vec(),
    };
    let answer = encode(Protocol::Framed, &[request(1), request(2)]);
    let read = |requests: &[_]| read_replies(Protocol::Framed, requests, &answer, &[usize::MAX]);
    assert_eq!(read(&[request(1)]), Err(ReplyError::Surplus { bytes: 22 }));
    assert_eq!(
        read(&[request(2)]),
        Err(ReplyError::WrongId {
            expected: 2,
            got: 1
        })
    );
    let three = [request(1), request(2), request(3)];
    assert_eq!(read(&three), Err(ReplyError::Unanswered { requests: 1 }));
    let work = Request {
        work: Some(Work::Spin(Duration::ZERO)),
        ..request(1)
    };
    assert_eq!(read(&[work]), Err(ReplyError::WorkNotDone { id: 1 }));
    let longer = Request {
        reply_size: 3,
        ..request(1)
    };
    assert_eq!(
        read(&[longer]),
        Err(ReplyError::WrongSize {
            id: 1,
            expected: 3,
            got: 2
        })
    );
}
