//! Cases about the protocols `line` and `http`: the server may speak first, it may end the conversation, and many requests may
//! come at once.
//!
//! What the bytes mean is the business of the session, whose own tests compare them with transcripts. These cases ask whether
//! a model brings all of them to its client, in every situation.

use echo_protocol::line::GREETING;
use echo_protocol::{Limits, Protocol, ServerSession};

use crate::finding::{Checked, ensure_eq};
use crate::server::Server;
use crate::subject::Subject;

/// A request that keeps the connection.
const GET: &str = "GET /64 HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Wrong requests, and how the replies to them begin.
const WRONG: [(&str, &str); 5] = [
    ("GET /64 HTTP/1.1\r\n\r\n", "HTTP/1.1 400"),
    ("GET /wrong HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404"),
    (
        "POST /64 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 405",
    ),
    ("GET /64 HTTP/1.1\r\nX:", "HTTP/1.1 431"),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 505"),
];

/// The server greets clients that have said nothing, and answers them.
pub fn the_server_speaks_first(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Line)?;
    for line in ["Ada", "Grüße", ""] {
        let mut client = server.connect()?;
        client.expect(GREETING)?;
        client.send(format!("{line}\r\n").as_bytes())?;
        client.expect(format!("Hello, {line}!\n").as_bytes())?;
        client.leave()?;
    }
    server.end()?.check(|stats| {
        ensure_eq!(
            (stats.opened, stats.requests),
            (3, 3),
            "clients and lines counted"
        );
        Ok(())
    })
}

/// The server ends the conversation. Its last reply arrives whole, and then the end of file, although the client has sent
/// more than the server reads.
pub fn the_server_closes_first(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Line)?;
    for more in [0, 1, 50_000] {
        all_at_once(&server, &[b"exit\n", &vec![b'x'; more][..]].concat())?;
    }
    server.end()?.check(|stats| {
        ensure_eq!(stats.broken, 0, "conversations counted as broken");
        Ok(())
    })?;
    let server = subject.serve(Protocol::Http)?;
    let last = "GET /500000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    all_at_once(&server, &[last.as_bytes(), &vec![b'x'; 50_000]].concat())?;
    server.end()?;
    Ok(())
}

/// Sends everything while the server is suspended, on a new connection, and receives what the server must say until its end.
fn all_at_once(server: &Server, input: &[u8]) -> Checked {
    let mut client = server.connect()?;
    server.freeze()?;
    client.send(input)?;
    server.thaw();
    client.expect(&said(server.protocol(), input))?;
    client.expect_end()
}

/// One connection carries many requests: one after another, many in one segment, one in many segments, and a long reply.
pub fn http_requests_are_answered_in_their_order(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Http)?;
    let mut client = server.connect()?;
    let head = GET.replace("GET", "HEAD");
    let long = GET.replace("64", "1000000");
    let (many, old) = (GET.repeat(200), GET.replace("1.1", "1.0"));
    for requests in [GET, &head, &many, &long, GET] {
        client.send(requests.as_bytes())?;
        client.expect(&said(Protocol::Http, requests.as_bytes()))?;
    }
    for byte in GET.as_bytes() {
        client.send(&[*byte])?;
    }
    client.expect(&said(Protocol::Http, GET.as_bytes()))?;
    client.send(old.as_bytes())?;
    client.expect(&said(Protocol::Http, old.as_bytes()))?;
    client.expect_end()?;
    drop(client);
    server.end()?.check(|stats| {
        ensure_eq!(stats.requests, 206, "requests counted");
        Ok(())
    })
}

/// Wrong requests get their status, and end their own connections only.
pub fn a_wrong_http_request_ends_its_connection_only(subject: &Subject) -> Checked {
    let server = subject.serve(Protocol::Http)?;
    for (request, status) in WRONG {
        let filler = if status.ends_with("431") { 9_000 } else { 0 };
        let input = format!("{GET}{request}{}", "y".repeat(filler));
        let mut client = server.connect()?;
        client.send(input.as_bytes())?;
        let said = said(Protocol::Http, input.as_bytes());
        let replies = String::from_utf8_lossy(&said);
        ensure_eq!(replies.matches(status).count(), 1, "replies with {status}");
        client.expect(&said)?;
        client.expect_end()?;
    }
    let mut client = server.connect()?;
    client.send(GET.as_bytes())?;
    client.expect(&said(Protocol::Http, GET.as_bytes()))?;
    client.leave()?;
    server.end()?.check(|stats| {
        let errors: u64 = stats.protocol_errors.values().sum();
        ensure_eq!(errors, WRONG.len() as u64, "errors counted");
        Ok(())
    })
}

/// What a server says to this input of a client.
fn said(protocol: Protocol, mut input: &[u8]) -> Vec<u8> {
    let mut session = ServerSession::new(protocol, Limits::default());
    let mut output = Vec::new();
    loop {
        output.extend_from_slice(session.pending());
        session.sent(session.pending().len());
        if session.wants_read() && !input.is_empty() {
            let room = session.spare();
            let n = room.len().min(input.len());
            room[..n].copy_from_slice(&input[..n]);
            session.received(n);
            input = &input[n..];
        } else if !session.wants_write() {
            return output;
        }
    }
}
