//! Feeds arbitrary bytes in pieces to one client of a chat server: nothing may panic, no queue may grow, every message counts.
//!
//! Run it in `crates/echo-protocol` with `cargo +nightly fuzz run chat`.

#![no_main]

use echo_protocol::chat::{ChatLimits, Lines, Mistake, Outbox, Reply, Request, Rooms, Stamp};
use libfuzzer_sys::fuzz_target;

const LIMITS: ChatLimits = ChatLimits {
    line: 48,
    queue: 300,
    rooms: 2,
    members: 3,
};

fuzz_target!(|input: &[u8]| {
    let Some((&cut, input)) = input.split_first() else {
        return;
    };
    serve(usize::from(cut).max(1), input);
    let _ = Stamp::of(input);
});

/// Serves a client that sends the input in pieces of `cut` bytes and reads as much at a time. Member 1 never reads.
fn serve(cut: usize, mut input: &[u8]) {
    let mut lines = Lines::new(LIMITS);
    let mut rooms = Rooms::new(LIMITS);
    let mut boxes = [Outbox::new(LIMITS), Outbox::new(LIMITS)];
    rooms.join(1, echo_protocol::chat::Name::GUEST);
    let mut owed = 0;
    while !lines.is_done() {
        if lines.wants_read() {
            let spare = lines.spare();
            let n = spare.len().min(cut).min(input.len());
            spare[..n].copy_from_slice(&input[..n]);
            input = &input[n..];
            lines.received(n);
        }
        while boxes[0].has_room()
            && let Some(request) = lines.next_request()
        {
            match request {
                Request::Join(room) => boxes[0].reply(&rooms.join(0, room)),
                Request::Leave => boxes[0].reply(&rooms.leave(0)),
                Request::Reply(reply) => boxes[0].reply(&reply),
                Request::End => {
                    rooms.leave(0);
                }
                Request::Say(message) => {
                    assert!(message.len() <= LIMITS.message() && message.ends_with(b"\n"));
                    if rooms.with(0).is_empty() {
                        boxes[0].reply(&Reply::Mistake(Mistake::NoRoom));
                    }
                    for &member in rooms.with(0) {
                        owed += 1;
                        boxes[member].queue(&message);
                    }
                }
            }
            for outbox in &boxes {
                assert!(outbox.pending().len() <= LIMITS.queue + LIMITS.message());
            }
        }
        let n = boxes[0].pending().len().min(cut);
        boxes[0].sent(n);
    }
    let fates = boxes.map(|mut outbox| {
        outbox.close();
        let fate = outbox.fate();
        fate.delivered + fate.dropped + fate.lost
    });
    assert_eq!(fates.iter().sum::<u64>(), owed);
}
