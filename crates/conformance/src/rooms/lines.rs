//! Cases about requests: in pieces, many at once, wrong, and too long.

use super::chatter::{Chatter, Heard};
use super::delivery::{everybody_hears_everybody, members};
use super::endings::{all_leave, ends_with};
use crate::finding::{Checked, ensure, ensure_eq};
use crate::subject::Subject;

fn message(from: &str, text: &str) -> Heard {
    Heard::Message {
        from: from.to_owned(),
        text: text.as_bytes().to_vec(),
    }
}

pub fn requests_may_come_in_pieces_or_together(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut client = Chatter::connect(&server, "ada")?;
    for byte in b"/join a\r\nhello\r\n" {
        client.send(&[*byte])?;
    }
    client.send(b"\n\n/name bob\nhi, \xc3\xa9\x1b\n/join b\nhere\n/leave\n")?;
    let expected = [
        Heard::Notice("joined a, members: 1".into()),
        message("ada", "hello"),
        Heard::Notice("your name is bob".into()),
        message("bob", "hi, \u{e9}?"),
        Heard::Notice("joined b, members: 1".into()),
        message("bob", "here"),
        Heard::Notice("left b".into()),
    ];
    for expected in expected {
        ensure_eq!(client.hear()?, expected, "what the client hears");
    }
    client.send(b"/quit\nnever heard\n")?;
    ensure_eq!(client.hear()?, Heard::End, "after /quit");
    drop(client);
    ends_with(server, 3)
}

pub fn a_mistake_is_answered_and_ends_nothing(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut client = Chatter::connect(&server, "ada")?;
    let wrong = [
        ("/dance\n", "/join ROOM"),
        ("/join\n", "choose another one"),
        ("/join a/b\n", "choose another one"),
        ("/leave\n", "/join lobby"),
        ("hello\n", "/join lobby"),
    ];
    for (line, advice) in wrong {
        client.send(line.as_bytes())?;
        let heard = client.hear()?;
        let is_advice = matches!(&heard, Heard::Mistake(text) if text.contains(advice));
        ensure!(is_advice, "{line:?} is answered with {heard:?}");
    }
    client.join("a", 1)?;
    everybody_hears_everybody(std::slice::from_mut(&mut client))?;
    client.leave()?;
    ends_with(server, 1)
}

pub fn a_line_that_is_too_long_ends_its_conversation_only(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut others = members(&server, "a", 2)?;
    let mut client = Chatter::connect(&server, "endless")?;
    client.join("a", 3)?;
    client.send(&[b'x'; 1025])?;
    client.send(b"\n")?;
    let heard = client.hear()?;
    let is_advice = matches!(&heard, Heard::Mistake(text) if text.ends_with("send shorter lines"));
    ensure!(is_advice, "a long line is answered with {heard:?}");
    ensure_eq!(client.hear()?, Heard::End, "after a long line");
    drop(client);
    everybody_hears_everybody(&mut others)?;
    all_leave(others)?;
    ends_with(server, 4)
}
