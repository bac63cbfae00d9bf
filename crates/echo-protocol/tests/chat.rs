//! The chat protocol, byte by byte: what a client sends, and what the server makes of it.

use std::collections::BTreeMap;

use echo_protocol::chat::{ChatLimits, Fate, Lines, Mistake, Name, Outbox, Reply, Request, Rooms};
use proptest::prelude::*;

const LIMITS: ChatLimits = ChatLimits {
    line: 64,
    queue: 400,
    rooms: 2,
    members: 3,
};

fn name(text: &str) -> Name {
    Name::of(text.as_bytes()).expect("a test writes names")
}

fn say(line: &str) -> Request {
    Request::Say(line.as_bytes().into())
}

fn mistake(mistake: Mistake) -> Request {
    Request::Reply(Reply::Mistake(mistake))
}

/// The requests in these bytes, which come in pieces of this size and end.
fn requests(mut input: &[u8], piece: usize) -> Vec<Request> {
    let mut lines = Lines::new(LIMITS);
    let mut requests = Vec::new();
    while !lines.is_done() {
        if lines.wants_read() {
            let spare = lines.spare();
            let n = spare.len().min(piece).min(input.len());
            spare[..n].copy_from_slice(&input[..n]);
            input = &input[n..];
            lines.received(n);
        }
        requests.extend(std::iter::from_fn(|| lines.next_request()));
    }
    requests
}

#[test]
fn every_line_is_a_request() {
    let input =
        b"/join lobby\r\nhello\n/name ada\nhi, all\n\n\r\n /not a command\n/leave\n/quit\nlate\n";
    for piece in [1, 2, 3, 7, 1000] {
        assert_eq!(
            requests(input, piece),
            [
                Request::Join(name("lobby")),
                say("guest: hello\n"),
                Request::Reply(Reply::Named(name("ada"))),
                say("ada: hi, all\n"),
                say("ada:  /not a command\n"),
                Request::Leave,
                Request::End,
            ]
        );
    }
}

#[test]
fn a_line_without_its_end_is_dropped_and_the_end_comes_once() {
    assert_eq!(
        requests(b"whole\nhal", 4),
        [say("guest: whole\n"), Request::End]
    );
    assert_eq!(requests(b"", 4), [Request::End]);
}

#[test]
fn a_line_of_the_longest_length_is_a_message_and_a_longer_one_ends_the_conversation() {
    let longest = "x".repeat(LIMITS.line);
    for end in ["\n", "\r\n"] {
        let input = format!("{longest}{end}");
        let said = say(&format!("guest: {longest}\n"));
        assert_eq!(requests(input.as_bytes(), 9), [said, Request::End]);
    }
    let too_long = mistake(Mistake::LongLine(LIMITS.line));
    for input in [format!("{longest}x\nnext\n"), "x".repeat(100_000)] {
        for piece in [1, 50_000] {
            let expected = [too_long.clone(), Request::End];
            assert_eq!(requests(input.as_bytes(), piece), expected);
        }
    }
}

#[test]
fn mistakes_end_nothing_and_say_what_to_do() {
    let long = format!("/join {}\n", "r".repeat(Name::LONGEST + 1));
    for (line, expected) in [
        ("/dance\n", Mistake::UnknownCommand),
        ("/joinlobby\n", Mistake::UnknownCommand),
        ("/join\n", Mistake::BadName),
        ("/join two words\n", Mistake::BadName),
        ("/name a:b\n", Mistake::BadName),
        (&long, Mistake::BadName),
    ] {
        let input = format!("{line}hello\n");
        let all = requests(input.as_bytes(), 1000);
        let expected = [mistake(expected), say("guest: hello\n"), Request::End];
        assert_eq!(all, expected, "{line}");
    }
    let advice = [
        (Mistake::LongLine(9), "send shorter lines"),
        (Mistake::UnknownCommand, "put a space before the slash"),
        (Mistake::BadName, "choose another one"),
        (Mistake::NoRoom, "/join lobby"),
        (Mistake::TooManyRooms(9), "join one of them"),
        (Mistake::RoomFull(9), "join another one"),
    ];
    for (mistake, end) in advice {
        let text = Reply::Mistake(mistake).to_string();
        assert!(text.starts_with("! ") && text.ends_with(end), "{text}");
    }
}

#[test]
fn control_bytes_do_not_reach_the_terminals_of_others() {
    let input = b"a\x1b[2Jb\x07\tc\x7f\0 \xc3\xa9 \xff\n";
    let expected = Request::Say(b"guest: a?[2Jb?\tc?? \xc3\xa9 \xff\n"[..].into());
    assert_eq!(requests(input, 5), [expected, Request::End]);
}

#[test]
fn a_full_queue_drops_and_tells_the_receiver_how_many() {
    let mut outbox = Outbox::new(LIMITS);
    let message = [b'm'; 99].iter().chain(b"\n").copied().collect::<Vec<_>>();
    let queued = (0..6).filter(|_| outbox.queue(&message)).count();
    assert_eq!(queued, 4);
    // Room for the message, but not for the notice before it.
    outbox.sent(100);
    assert!(!outbox.queue(&message));
    outbox.sent(200);
    assert!(outbox.queue(&message));
    let rest = [&message[..], b"* 3 messages dropped\n", &message[..]].concat();
    assert_eq!(outbox.pending(), rest);
    outbox.sent(rest.len() - 1);
    let fate = |delivered, dropped, lost| Fate {
        delivered,
        dropped,
        lost,
    };
    assert_eq!(outbox.fate(), fate(4, 3, 0));
    outbox.close();
    assert!(!outbox.queue(&message));
    outbox.lose(2);
    assert_eq!(outbox.fate(), fate(4, 3, 4));
    assert!(!outbox.wants_write());
}

#[test]
fn replies_are_no_messages() {
    let mut outbox = Outbox::new(LIMITS);
    outbox.reply(&Reply::Joined(name("a"), 1));
    assert!(outbox.queue(b"x: 1\n"));
    outbox.reply(&Reply::Left(name("a")));
    while outbox.pending().len() > 1 {
        outbox.sent(1);
    }
    assert_eq!(outbox.fate().delivered, 1);
    outbox.sent(1);
    assert_eq!(outbox.fate().delivered, 1);
}

proptest! {
    /// A server and its clients agree on every message, whatever is sent, dropped and read in pieces of any size.
    #[test]
    fn what_is_meant_for_a_receiver_is_delivered_dropped_or_lost(
        sizes in prop::collection::vec(1_usize..90, 1..60),
        reads in prop::collection::vec(0_usize..300, 1..60),
    ) {
        let mut outbox = Outbox::new(LIMITS);
        let mut received = Vec::new();
        let mut queued = Vec::new();
        for (number, size) in sizes.iter().enumerate() {
            let message = format!("a: {number} {}\n", "x".repeat(*size));
            if outbox.queue(message.as_bytes()) {
                queued.push(message);
            }
            if number % 7 == 0 {
                outbox.reply(&Reply::Named(Name::GUEST));
            }
            let n = reads[number % reads.len()].min(outbox.pending().len());
            received.extend_from_slice(&outbox.pending()[..n]);
            outbox.sent(n);
            let bound = LIMITS.queue + 40 * sizes.len();
            prop_assert!(outbox.pending().len() <= bound);
        }
        let delivered = outbox.fate().delivered;
        outbox.close();
        let fate = outbox.fate();
        prop_assert_eq!(fate.delivered + fate.dropped + fate.lost, sizes.len() as u64);
        let text = String::from_utf8(received).expect("it is text");
        let whole: Vec<_> = text
            .split_inclusive('\n')
            .filter(|line| line.starts_with("a: ") && line.ends_with('\n'))
            .collect();
        prop_assert_eq!(whole.len() as u64, delivered);
        prop_assert_eq!(whole, &queued[..delivered as usize]);
    }

    /// A list of rooms never forgets a member, and never exceeds its bounds.
    #[test]
    fn members_are_where_they_joined_last(steps in prop::collection::vec((0_u8..6, 0_u8..5), 1..200)) {
        let mut rooms = Rooms::new(LIMITS);
        let mut places: BTreeMap<u8, Name> = BTreeMap::new();
        for (member, room) in steps {
            if room == 4 {
                let left = places.remove(&member);
                let expected = left.map_or(Reply::Mistake(Mistake::NoRoom), Reply::Left);
                prop_assert_eq!(rooms.leave(member), expected);
            } else {
                let room = name(["a", "b", "c", "d"][usize::from(room)]);
                if let Reply::Joined(joined, members) = rooms.join(member, room) {
                    prop_assert_eq!(joined, room);
                    places.insert(member, room);
                    let inside = places.values().filter(|place| **place == room).count();
                    prop_assert_eq!(members, inside);
                }
            }
            prop_assert!(rooms.count() <= LIMITS.rooms);
            for (member, room) in &places {
                let with = rooms.with(*member);
                prop_assert!(with.len() <= LIMITS.members && with.contains(member));
                prop_assert!(with.iter().all(|other| places.get(other) == Some(room)));
            }
        }
    }
}
