//! Properties that hold for any input: the segments do not change the replies, nothing panics, and memory stays bounded.

use echo_protocol::Protocol;
use proptest::prelude::*;

use crate::talk::{SMALL, talk};

/// Pieces of requests, correct and wrong, so that random inputs reach far.
fn http_input() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "GET ",
        "HEAD ",
        "POST ",
        "/",
        "/7",
        "/600",
        "/x",
        "?spin=5us",
        " HTTP/1.1\r\n",
        " HTTP/1.0\n",
        " HTTP/2.0\r\n",
        "Host: x\r\n",
        "Host: y\n",
        "Connection: close\r\n",
        "Connection: keep-alive\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "\r\n",
        "\n",
        "\r",
        "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /9 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "\0",
        "é",
        ":",
        " ",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(str::as_bytes);
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    let part = prop_oneof![9 => word.prop_map(<[u8]>::to_vec), 1 => noise];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn line_input() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec!["exit", "\n", "\r\n", "Ada", "é", "\r"]);
    let long = prop::collection::vec(any::<u8>(), 0..300);
    let part = prop_oneof![9 => word.prop_map(|word| word.as_bytes().to_vec()), 1 => long];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn segments_never_change_an_http_conversation(input in http_input(), pieces in prop::collection::vec(1..300_usize, 1..20)) {
        let whole = talk(Protocol::Http, SMALL, &input, &[usize::MAX]).without_end();
        prop_assert_eq!(talk(Protocol::Http, SMALL, &input, &pieces).without_end(), whole.clone());
        prop_assert_eq!(talk(Protocol::Http, SMALL, &input, &[1]).without_end(), whole);
    }

    #[test]
    fn segments_never_change_a_greeting_conversation(input in line_input(), pieces in prop::collection::vec(1..300_usize, 1..20)) {
        let whole = talk(Protocol::Line, SMALL, &input, &[usize::MAX]).without_end();
        prop_assert_eq!(talk(Protocol::Line, SMALL, &input, &pieces).without_end(), whole.clone());
        prop_assert_eq!(talk(Protocol::Line, SMALL, &input, &[1]).without_end(), whole);
    }
}
