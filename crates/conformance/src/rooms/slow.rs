//! Cases about receivers that do not keep up: the server does what it declares, and no more.

use model::SlowReceiver;

use super::chatter::{Chatter, Heard};
use super::delivery::{everybody_hears_everybody, members};
use super::endings::{all_leave, balanced, ends_with};
use super::log::Log;
use crate::cases::waiting::does_not_spin;
use crate::finding::{Checked, ensure, ensure_eq};
use crate::server::Server;
use crate::subject::Subject;

/// Lines that are sent to a member that never reads, and the size of each: more than the kernel takes for it.
const LINES: u64 = 4_000;
const SIZE: usize = 1_000;
/// Lines between two looks at the other room.
const BETWEEN: u64 = 500;
/// Limit of the memory that the server needs for them.
const GROWTH: u64 = 2 << 20;
/// A request that is much shorter than its reply.
const REQUEST: &[u8] = b"/x\n";

pub fn a_receiver_that_never_reads_harms_nobody_beyond_the_policy(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut other_room = members(&server, "other", 2)?;
    let mut room = members(&server, "slow", 2)?;
    let mut deaf = Chatter::connect_narrow(&server, "deaf")?;
    deaf.join("slow", 3)?;
    let before = server.group().memory();
    let mut logs = [Log::default(), Log::default()];
    let waits = speak_until_it_waits(&server, &mut room, &mut logs, &mut other_room)?;
    let grown = server.group().memory().saturating_sub(before);
    ensure!(
        grown <= GROWTH,
        Grows,
        "the server's memory has grown by {grown} bytes"
    );
    everybody_hears_everybody(&mut other_room)?;
    let policy = subject.room_about().slow;
    let declares_it = policy == SlowReceiver::Waits;
    ensure_eq!(waits, declares_it, "the senders wait for the slow receiver");
    match policy {
        SlowReceiver::Waits => hears_everything(&mut deaf, room[0].sent)?,
        SlowReceiver::Drops => hears_what_was_not_dropped(&server, &mut deaf, &mut room[0])?,
        SlowReceiver::Disconnects => is_disconnected(&mut deaf)?,
    }
    let sent = room[0].sent;
    for (member, log) in room.iter_mut().zip(&mut logs) {
        while log.known() < sent {
            log.take(member.hear()?)?;
        }
        log.accounts_for(sent, &member.name)?;
        ensure_eq!(log.dropped, 0, "messages dropped for a member that reads");
    }
    drop(deaf);
    all_leave(room.into_iter().chain(other_room))?;
    server.end()?.check(|stats| {
        balanced(stats)?;
        let rooms = stats.rooms.unwrap_or_default();
        let disconnects = u64::from(policy == SlowReceiver::Disconnects);
        ensure_eq!(rooms.disconnected, disconnects, "receivers disconnected");
        ensure_eq!(
            rooms.dropped > 0,
            policy != SlowReceiver::Waits,
            "messages were dropped: {rooms:?}"
        );
        Ok(())
    })
}

/// The first member speaks, line by line, and both hear each line, until the server waits for the one that never reads. True
/// if it does so.
fn speak_until_it_waits(
    server: &Server,
    room: &mut [Chatter],
    logs: &mut [Log],
    other_room: &mut [Chatter],
) -> Checked<bool> {
    for number in 0..LINES {
        room[0].say_long(SIZE)?;
        for (member, log) in room.iter_mut().zip(&mut *logs) {
            match member.hear_or_rest(server)? {
                Some(heard) => log.take(heard)?,
                None => return Ok(true),
            }
        }
        if number % BETWEEN == 0 {
            everybody_hears_everybody(other_room)?;
        }
    }
    Ok(false)
}

/// The slow receiver reads at last, and nothing is missing.
fn hears_everything(deaf: &mut Chatter, sent: u64) -> Checked {
    let mut log = Log::default();
    while log.known() < sent {
        log.take(deaf.hear()?)?;
    }
    log.accounts_for(sent, "the slow receiver")?;
    ensure_eq!(log.dropped, 0, "messages dropped");
    Ok(())
}

/// The slow receiver reads at last. One more message tells it what was dropped.
fn hears_what_was_not_dropped(
    server: &Server,
    deaf: &mut Chatter,
    speaker: &mut Chatter,
) -> Checked {
    let mut log = Log::default();
    while let Some(heard) = deaf.hear_or_rest(server)? {
        log.take(heard)?;
    }
    speaker.say()?;
    let last = speaker.sent - 1;
    while log.messages.last().is_none_or(|(_, number)| *number < last) {
        log.take(deaf.hear()?)?;
    }
    ensure!(
        log.dropped > 0,
        "the slow receiver hears all {last} messages: nothing was dropped"
    );
    log.accounts_for(speaker.sent, "the slow receiver")
}

/// The slow receiver reads at last: the beginning of what was said, without a gap, and then the end.
fn is_disconnected(deaf: &mut Chatter) -> Checked {
    let mut log = Log::default();
    loop {
        match deaf.hear()? {
            Heard::End => break,
            heard => log.take(heard)?,
        }
    }
    log.accounts_for(log.messages.len() as u64, "the slow receiver")?;
    ensure_eq!(log.dropped, 0, "messages dropped");
    Ok(())
}

pub fn a_client_that_asks_and_reads_late_is_bounded(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut room = members(&server, "a", 2)?;
    let before = server.group().memory();
    let mut greedy = Chatter::connect_narrow(&server, "greedy")?;
    let requests = REQUEST.repeat(1 << 18);
    let taken = greedy.send_until_full(&server, &requests)?;
    ensure!(
        taken < requests.len(),
        Grows,
        "the server took {taken} bytes of requests from a client that reads no reply"
    );
    let grown = server.group().memory().saturating_sub(before);
    ensure!(
        grown <= GROWTH,
        Grows,
        "the server's memory has grown by {grown} bytes"
    );
    everybody_hears_everybody(&mut room)?;
    // It reads at last: the server must notice that there is room again, and go on.
    for request in 0..taken / REQUEST.len() {
        let heard = greedy.hear()?;
        let is_reply =
            matches!(&heard, Heard::Mistake(text) if text.starts_with("no such command"));
        ensure!(is_reply, "request {request} is answered with {heard:?}");
    }
    greedy.leave()?;
    all_leave(room)?;
    ends_with(server, 4)
}

pub fn waiting_costs_no_cpu_time(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut room = members(&server, "a", 3)?;
    everybody_hears_everybody(&mut room)?;
    does_not_spin(&server, false, "with silent members")?;
    let mut lines: Vec<u8> = Vec::new();
    let mut deaf = Chatter::connect_narrow(&server, "deaf")?;
    deaf.send(b"/join b\n")?;
    lines.extend((0..2_000).flat_map(|_| deaf.next_message(SIZE)));
    deaf.send_until_full(&server, &lines)?;
    deaf.end()?;
    does_not_spin(
        &server,
        false,
        "with a member that has ended its side and reads nothing",
    )?;
    server.stop();
    server.refuses_to_connect()?;
    does_not_spin(&server, false, "after a stop")?;
    deaf.reset();
    all_leave(room)?;
    server.ended()?.check(|stats| balanced(stats).map(drop))
}
