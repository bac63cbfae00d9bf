//! Conversations in `http` and `line`, byte by byte, and what holds for any input.

mod segments;
mod talk;

use std::fmt::Write as _;
use std::time::Duration;

use echo_protocol::http::{BODY_LINE, LONGEST_HEAD};
use echo_protocol::line::{GREETING, LONGEST};
use echo_protocol::{Limits, Protocol, ProtocolError, ServerSession, Work};

use talk::{SMALL, talk};

/// The output of a conversation, as text.
fn replies(protocol: Protocol, input: &str) -> String {
    let talk = talk(protocol, Limits::default(), input.as_bytes(), &[usize::MAX]);
    String::from_utf8(talk.output).unwrap()
}

/// The status of the only reply to these lines, whose ends become those of HTTP, and the kind of error.
fn status(lines: &str) -> (u16, Option<&'static str>) {
    let input = lines.replace('\n', "\r\n");
    let talk = talk(
        Protocol::Http,
        Limits::default(),
        input.as_bytes(),
        &[usize::MAX],
    );
    let text = String::from_utf8(talk.output).unwrap();
    let first = text.strip_prefix("HTTP/1.1 ").unwrap();
    assert_eq!(
        talk.error.is_some(),
        !first.starts_with("200"),
        "{lines}: {text}"
    );
    let kind = talk.error.map(|error| ProtocolError::KINDS[error.kind()]);
    (first[..3].parse().unwrap(), kind)
}

#[test]
fn a_greeting_conversation_byte_by_byte() {
    let golden = include_str!("transcripts/line.txt");
    assert_eq!(
        transcript(
            Protocol::Line,
            &["Ada\n", "Grace\r\n", "\n", "exit\n", "late\n"]
        ),
        golden
    );
}

#[test]
fn an_http_conversation_byte_by_byte() {
    let golden = include_str!("transcripts/http.txt");
    let requests = [
        "GET /64 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HEAD /64 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /0 HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "POST /64 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
    ];
    assert_eq!(transcript(Protocol::Http, &requests), golden);
}

/// A conversation as text: each line with its sender, and with `\r` for a carriage return.
fn transcript(protocol: Protocol, inputs: &[&str]) -> String {
    let mut server = ServerSession::new(protocol, Limits::default());
    let mut text = String::new();
    let mut say = |who: &str, bytes: &[u8]| {
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            writeln!(text, "{who} {}", line.escape_ascii()).unwrap();
        }
    };
    for input in inputs {
        while server.wants_write() {
            say("server", server.pending());
            server.sent(server.pending().len());
        }
        say("client", input.as_bytes());
        if server.wants_read() {
            server.spare()[..input.len()].copy_from_slice(input.as_bytes());
            server.received(input.len());
        }
    }
    while server.wants_write() {
        say("server", server.pending());
        server.sent(server.pending().len());
    }
    if server.ends_first() {
        text.push_str("server ends first\n");
    }
    text
}

#[test]
fn the_server_greets_before_any_input_and_http_waits() {
    let line = ServerSession::new(Protocol::Line, Limits::default());
    assert!(line.wants_write() && line.wants_read());
    assert_eq!(line.pending(), GREETING);
    for protocol in [Protocol::Echo, Protocol::Framed, Protocol::Http] {
        assert!(!ServerSession::new(protocol, Limits::default()).wants_write());
    }
}

#[test]
fn lines_of_any_encoding_come_back_unchanged() {
    let latin = b"J\xfcrgen \xff\x00\n";
    let talk = talk(Protocol::Line, SMALL, latin, &[3]);
    assert_eq!(talk.output, b"hello!\nHello, J\xfcrgen \xff\x00!\n");
    assert_eq!((talk.error, talk.server_ended), (None, false));
}

#[test]
fn the_end_of_the_client_ends_its_last_line() {
    assert_eq!(replies(Protocol::Line, "Ada"), "hello!\nHello, Ada!\n");
    assert_eq!(replies(Protocol::Line, ""), "hello!\n");
}

#[test]
fn a_line_is_answered_up_to_its_limit_and_refused_beyond() {
    let longest = "x".repeat(LONGEST - 1) + "\n";
    assert!(replies(Protocol::Line, &longest).ends_with("x!\n"));
    for longer in [format!("x{longest}"), "y".repeat(LONGEST)] {
        let text = replies(Protocol::Line, &(longer.clone() + "never\n"));
        assert_eq!(
            text,
            "hello!\nA line has at most 1024 bytes here. Goodbye!\n"
        );
        let error = talk(
            Protocol::Line,
            Limits::default(),
            longer.as_bytes(),
            &[usize::MAX],
        )
        .error
        .unwrap();
        assert_eq!(ProtocolError::KINDS[error.kind()], "too-long");
        assert!(error.to_string().contains("send shorter lines"));
    }
}

#[test]
fn after_the_last_reply_the_server_ends_and_drops_a_bounded_number_of_bytes() {
    let mut server = ServerSession::new(Protocol::Line, Limits::default());
    server.spare()[..5].copy_from_slice(b"exit\n");
    server.received(5);
    assert!(!server.ends_first() && !server.wants_read());
    server.sent(server.pending().len());
    assert!(server.ends_first() && server.wants_read() && !server.is_done());
    let mut dropped = 0;
    while server.wants_read() {
        let n = server.spare().len();
        server.received(n);
        assert!(!server.wants_write());
        dropped += n;
    }
    assert!(server.is_done());
    assert_eq!(dropped, 1 << 20);
}

#[test]
fn a_body_has_the_size_and_the_bytes_that_its_target_names() {
    for size in [0, 1, 63, 64, 65, 16_200, 16_384, 40_000, 8 << 20] {
        let request = format!("GET /{size} HTTP/1.1\r\nHost: x\r\n\r\n");
        let text = replies(Protocol::Http, &request);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {size}")), "{head}");
        let expected = BODY_LINE.iter().copied().cycle().take(size);
        assert!(body.len() == size && body.bytes().eq(expected), "{size}");
    }
}

#[test]
fn connections_stay_open_as_the_version_and_the_client_say() {
    let ends = |text: &str| {
        let input = text.replace('\n', "\r\n");
        let talk = talk(
            Protocol::Http,
            Limits::default(),
            input.as_bytes(),
            &[usize::MAX],
        );
        talk.server_ended
    };
    assert!(!ends("GET /1 HTTP/1.1\nHost: x\n\n"));
    assert!(ends("GET /1 HTTP/1.1\nHost: x\nConnection: close\n\n"));
    assert!(ends(
        "GET /1 HTTP/1.1\nHost: x\nconnection: Upgrade , CLOSE\n\n"
    ));
    assert!(ends("GET /1 HTTP/1.0\n\n"));
    assert!(!ends("GET /1 HTTP/1.0\nConnection: Keep-Alive\n\n"));
    assert!(ends("GET /1 HTTP/1.0\nConnection: keep-alive, close\n\n"));
}

#[test]
fn every_wrong_request_gets_its_status() {
    let refused = |status| (status, Some("refused"));
    let get = "GET /64 HTTP/1.1\nHost: x\n";
    for (expected, lines) in [
        (400, "GET /64 HTTP/1.1\n\n"),
        (400, "GET /64 HTTP/1.1\nHost: x\nHost: x\n\n"),
        (400, "GET /64 HTTP/1.1\nHost: a/b\n\n"),
        (400, "GET /64 HTTP/1.1\nHost : x\n\n"),
        (400, "GET  /64 HTTP/1.1\nHost: x\n\n"),
        (400, "\u{16}\u{3}\u{1}\n"),
        (400, &format!("{get}X: y")),
        (400, &format!("{get}Content-Length: 5\n\nhello")),
        (
            400,
            &format!("{get}Content-Length: 0\nContent-Length: 5\n\n"),
        ),
        (400, &format!("{get}Content-Length: 0, 0\n\n")),
        (400, &format!("{get}Content-Length: +0\n\n")),
        (400, &format!("{get}Content-Length:\n\n")),
        (400, &format!("{get}Transfer-Encoding: chunked\n\n0\n\n")),
        (400, &format!("{get}Transfer-Encoding: identity\n\n")),
        (400, "GET /64?spin=1h HTTP/1.1\nHost: x\n\n"),
        (400, "GET /64?spin=17s HTTP/1.1\nHost: x\n\n"),
        (400, "GET /64?spin=1ms&sleep=1ms HTTP/1.1\nHost: x\n\n"),
        (404, "GET /other HTTP/1.1\nHost: x\n\n"),
        (404, "GET /16777217 HTTP/1.1\nHost: x\n\n"),
        (404, "GET /18446744073709551617 HTTP/1.1\nHost: x\n\n"),
        (404, "GET /-1 HTTP/1.1\nHost: x\n\n"),
        (404, "GET /+1 HTTP/1.1\nHost: x\n\n"),
        (404, "GET //1 HTTP/1.1\nHost: x\n\n"),
        (
            405,
            "POST /64 HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello",
        ),
        (405, "get /64 HTTP/1.1\nHost: x\n\n"),
        (405, "OPTIONS * HTTP/1.1\nHost: x\n\n"),
        (405, "CONNECT x:80 HTTP/1.1\nHost: x:80\n\n"),
        (431, &format!("{get}X: {}\n\n", "y".repeat(LONGEST_HEAD))),
        (431, &format!("{get}{}\n", "X: y\n".repeat(64))),
        (431, &"z".repeat(LONGEST_HEAD)),
        (505, "PRI * HTTP/2.0\n\nSM\n\n"),
        (505, "GET /64 HTTP/1.2\nHost: x\n\n"),
    ] {
        assert_eq!(status(lines), refused(expected), "{lines}");
    }
}

#[test]
fn unusual_but_correct_requests_are_served() {
    for lines in [
        "\n\nGET /64 HTTP/1.1\nHost: x\n\n",
        "GET /64 HTTP/1.1\nHost:\n\n",
        "GET /64 HTTP/1.1\nhOST: [::1]:80\nContent-Length: 0\n\n",
        "GET http://example.org/64 HTTP/1.1\nHost: example.org\n\n",
        "GET HTTP://example.org HTTP/1.1\nHost: example.org\n\n",
        "GET http://example.org?spin=0us HTTP/1.1\nHost: example.org\n\n",
        "GET /64?cache=7&b HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.0\n\n",
    ] {
        assert_eq!(status(lines), (200, None), "{lines}");
    }
    let bare = replies(Protocol::Http, "GET /64 HTTP/1.0\n\n");
    assert!(bare.starts_with("HTTP/1.1 200 OK\r\n"), "{bare}");
}

#[test]
fn work_is_asked_for_in_a_query_and_done_before_the_reply() {
    let mut server = ServerSession::new(Protocol::Http, Limits::default());
    let input =
        "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2?sleep=250us HTTP/1.0\r\n\r\n";
    server.spare()[..input.len()].copy_from_slice(input.as_bytes());
    server.received(input.len());
    assert_eq!(server.work(), Some(Work::Sleep(Duration::from_micros(250))));
    let first = server.pending().to_vec();
    assert!(first.ends_with(b"\r\n\r\n0"));
    server.sent(first.len());
    assert!(!server.wants_write() && !server.wants_read() && !server.is_done());
    server.worked();
    assert!(server.pending().ends_with(b"\r\n\r\n01"));
}

#[test]
fn many_replies_share_one_write() {
    let mut server = ServerSession::new(Protocol::Http, Limits::default());
    let input = "GET /64 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(60);
    server.spare()[..input.len()].copy_from_slice(input.as_bytes());
    server.received(input.len());
    assert_eq!(server.requests(), 60);
    server.sent(server.pending().len());
    assert!(!server.wants_write());
}
