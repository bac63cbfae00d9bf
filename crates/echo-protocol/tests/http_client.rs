//! Properties of the HTTP client: the pieces in which replies come change nothing, no bytes cause a panic, and every fault of a
//! server has its name.

use echo_protocol::{Framing, HttpAsk, HttpClient, HttpError, Limits, ReplyError};
use proptest::prelude::*;

const SMALL: Limits = Limits {
    max_frame: 4096,
    high_water: 256,
    amplify: true,
};

/// What came of a conversation: the length of each body or what was wrong with it, and the requests left over, if the server
/// ended the connection in order.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    replies: Vec<Result<u32, ReplyError>>,
    left: Option<usize>,
}

fn ask() -> HttpAsk {
    HttpAsk::new("/{bytes}", "127.0.0.1:7007", 200, None)
}

/// Sends requests for these numbers of bytes, and feeds `input` and the end of file in pieces of the given sizes.
fn hear(requests: &[u32], input: &[u8], pieces: &[usize]) -> Heard {
    let ask = ask();
    let mut client = HttpClient::new(&ask, SMALL, true);
    for (id, &bytes) in (0..).zip(requests) {
        client.request(id, bytes);
    }
    while client.wants_write() {
        client.sent(client.pending().len());
    }
    let mut heard = Heard {
        replies: Vec::new(),
        left: None,
    };
    let (mut sizes, mut unread) = (pieces.iter().copied().cycle(), input);
    loop {
        let spare = client.spare();
        assert!(!spare.is_empty() && spare.len() <= SMALL.high_water);
        let n = unread.len().min(spare.len());
        let n = n.min(sizes.next().expect("cycles"));
        spare[..n].copy_from_slice(&unread[..n]);
        unread = &unread[n..];
        client.received(n);
        loop {
            match client.reply() {
                Ok(Some(reply)) => heard.replies.push(Ok(reply.bytes)),
                Ok(None) => break,
                Err(ReplyError::Surplus { .. }) => {
                    // How many bytes have come by then is a matter of the pieces.
                    heard.replies.push(Err(ReplyError::Surplus { bytes: 1 }));
                    return heard;
                }
                Err(error) => {
                    heard.replies.push(Err(error));
                    if !error.is_complete() {
                        return heard;
                    }
                }
            }
        }
        if client.is_over() {
            heard.left = Some(client.outstanding());
            return heard;
        }
    }
}

fn whole(requests: &[u32], input: &str) -> Heard {
    hear(requests, input.as_bytes(), &[usize::MAX])
}

fn failed(error: HttpError) -> Result<u32, ReplyError> {
    Err(ReplyError::Http(error))
}

/// A reply with a body of this length, in chunks of this size if there is one.
fn reply(fields: &str, bytes: usize, chunk: Option<usize>) -> String {
    let body = "x".repeat(bytes);
    let Some(chunk) = chunk else {
        return format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {bytes}\r\n\r\n{body}");
    };
    let chunks = body.as_bytes().chunks(chunk.max(1));
    let chunks = chunks.map(|data| format!("{:x}\r\n{}\r\n", data.len(), "x".repeat(data.len())));
    let chunks: String = chunks.collect();
    format!("HTTP/1.1 200 OK\r\n{fields}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..300_usize, 1..5)
}

proptest! {
    #[test]
    fn every_body_is_counted_whatever_its_frame_and_the_pieces(bodies in prop::collection::vec((0..700_usize, prop::option::of(1..100_usize), any::<bool>()), 0..6), pieces in pieces()) {
        let requests: Vec<u32> = bodies.iter().map(|(bytes, ..)| *bytes as u32).collect();
        let replies = bodies.iter().map(|&(bytes, chunk, interim)| {
            let before = if interim { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" } else { "" };
            before.to_owned() + &reply("Server: x\r\n", bytes, chunk)
        });
        let heard = hear(&requests, replies.collect::<String>().as_bytes(), &pieces);
        let expected = requests.iter().map(|bytes| Ok(*bytes)).collect();
        prop_assert_eq!(heard, Heard { replies: expected, left: Some(0) });
    }

    #[test]
    fn no_bytes_cause_a_panic_and_the_pieces_change_nothing(input in prop::collection::vec(any::<u8>(), 0..500), pieces in pieces()) {
        let requests = [64, 5];
        prop_assert_eq!(hear(&requests, &input, &pieces), hear(&requests, &input, &[usize::MAX]));
    }

    #[test]
    fn a_reply_with_one_wrong_byte_is_judged_alike_in_all_pieces(chunk in prop::option::of(1..20_usize), at in any::<prop::sample::Index>(), byte in any::<u8>(), end in any::<prop::sample::Index>(), pieces in pieces()) {
        let mut input = (reply("", 40, chunk) + &reply("Connection: close\r\n", 5, None)).into_bytes();
        let at = at.index(input.len());
        input[at] = byte;
        input.truncate(end.index(input.len()) + 1);
        let requests = [40, 5, 7];
        prop_assert_eq!(hear(&requests, &input, &pieces), hear(&requests, &input, &[usize::MAX]));
    }

    #[test]
    fn what_is_sent_does_not_depend_on_when_it_is_sent(requests in prop::collection::vec(any::<u32>(), 0..20), sizes in pieces()) {
        let ask = ask();
        let mut client = HttpClient::new(&ask, SMALL, true);
        let (mut sent, mut expected) = (String::new(), String::new());
        let mut sizes = sizes.iter().copied().cycle();
        for &bytes in &requests {
            client.request(0, bytes);
            let asked = format!("GET /{bytes} HTTP/1.1\r\nHost: 127.0.0.1:7007\r\n\r\n");
            expected.push_str(&asked);
            let n = client.pending().len().min(sizes.next().expect("cycles") - 1);
            sent += std::str::from_utf8(&client.pending()[..n]).unwrap();
            client.sent(n);
        }
        while client.wants_write() {
            sent += std::str::from_utf8(client.pending()).unwrap();
            client.sent(client.pending().len());
        }
        prop_assert_eq!(sent, expected);
    }
}

#[test]
fn requests_that_are_made_together_are_sent_together() {
    let ask = ask();
    let mut client = HttpClient::new(&ask, Limits::default(), true);
    (0..3).for_each(|id| client.request(id, 64));
    let text = std::str::from_utf8(client.pending()).unwrap();
    assert_eq!(text.matches("GET /64 HTTP/1.1\r\n").count(), 3);
}

#[test]
fn a_server_that_announces_its_close_leaves_the_other_requests_for_a_new_connection() {
    for last in [
        reply("Connection: close\r\n", 5, None),
        "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
        "HTTP/1.0 200 OK\r\n\r\nhello".to_owned(),
    ] {
        let heard = whole(&[64, 5, 7], &(reply("", 64, None) + &last));
        assert_eq!(heard.replies, [Ok(64), Ok(5)], "{last}");
        assert_eq!(heard.left, Some(1));
    }
}

#[test]
fn a_close_between_two_replies_ends_the_connection_in_order() {
    let heard = whole(&[64], &reply("", 64, None));
    assert_eq!((heard.replies, heard.left), (vec![Ok(64)], Some(0)));
}

#[test]
fn a_wrong_status_is_named_and_the_next_reply_follows() {
    let busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";
    let heard = whole(&[64, 5], &(busy.to_owned() + &reply("", 5, None)));
    let (id, expected, got) = (0, 200, 503);
    let error = HttpError::Status { id, expected, got };
    assert_eq!(error.kind(), "status-5xx");
    assert_eq!(heard.replies, [failed(error), Ok(5)]);
}

#[test]
fn a_wrong_length_is_named_and_the_next_reply_follows() {
    for chunk in [None, Some(7)] {
        let heard = whole(&[64, 5], &(reply("", 63, chunk) + &reply("", 5, None)));
        let (id, expected, got) = (0, 64, 63);
        let error = HttpError::BodyLength { id, expected, got };
        assert_eq!(heard.replies, [failed(error), Ok(5)]);
    }
}

#[test]
fn a_connection_that_ends_too_early_is_named_by_what_is_missing() {
    let text = reply("", 64, None);
    let body = text.len() - 64;
    let cases = [
        (0, ReplyError::Unanswered { requests: 1 }),
        (9, HttpError::ShortHead { got: 9 }.into()),
        (body, HttpError::ShortBody { got: 0 }.into()),
        (body + 63, HttpError::ShortBody { got: 63 }.into()),
    ];
    for (end, error) in cases {
        assert_eq!(whole(&[64], &text[..end]).replies, [Err(error)], "{end}");
        assert!(error.is_close());
    }
    let chunked = reply("", 64, Some(60));
    let heard = whole(&[64], &chunked[..chunked.len() - 1]);
    assert_eq!(heard.replies, [failed(HttpError::ShortBody { got: 64 })]);
}

#[test]
fn bytes_after_a_body_are_no_reply() {
    let heard = whole(&[5], &(reply("", 5, None) + "x"));
    let surplus = ReplyError::Surplus { bytes: 1 };
    assert_eq!(heard.replies, [Ok(5), Err(surplus)]);
    let heard = whole(&[5, 5], &(reply("", 5, None) + "x\n"));
    let malformed = HttpError::Head(httparse::Error::Version);
    assert_eq!(heard.replies, [Ok(5), failed(malformed)]);
}

#[test]
fn a_head_is_bounded_and_its_framing_must_be_clear() {
    let long = format!("HTTP/1.1 200 OK\r\nCookie: {}", "x".repeat(300));
    let too_long = HttpError::HeadTooLong { most: 256 };
    assert_eq!(whole(&[5], &long).replies, [failed(too_long)]);
    let twice = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    let framing = HttpError::Framing(Framing::TwoLengths);
    assert_eq!(whole(&[5], twice).replies, [failed(framing)]);
}

#[test]
fn without_verification_any_complete_reply_will_do() {
    let ask = ask();
    let mut client = HttpClient::new(&ask, SMALL, false);
    client.request(0, 64);
    let text = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    client.spare()[..text.len()].copy_from_slice(text);
    client.received(text.len());
    assert_eq!(client.reply().unwrap().unwrap().bytes, 0);
}

#[test]
fn every_error_says_what_to_do() {
    let errors = [
        HttpError::Status {
            id: 1,
            expected: 200,
            got: 404,
        },
        HttpError::BodyLength {
            id: 1,
            expected: 64,
            got: 5,
        },
        HttpError::Head(httparse::Error::Version),
        HttpError::HeadTooLong { most: 256 },
        HttpError::Framing(Framing::LengthAndChunks),
        HttpError::Chunk { at: 7 },
        HttpError::ShortHead { got: 7 },
        HttpError::ShortBody { got: 7 },
    ];
    for error in errors {
        let text = error.to_string();
        let advice = ["check ", "look at ", "give ", "remove ", "mend "];
        assert!(advice.iter().any(|word| text.contains(word)), "{text}");
    }
}
