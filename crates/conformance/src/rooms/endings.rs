//! Cases about the end: clients leave, reset or stay, and the server stops.

use model::Stats;

use super::chatter::{Chatter, Heard};
use super::delivery::{everybody_hears_everybody, members};
use super::log::Log;
use crate::finding::{Checked, Finding, ensure_eq};
use crate::options::Options;
use crate::server::Server;
use crate::subject::Subject;
use crate::texts::Symptom;
use crate::watch::within;

/// Everybody leaves, and waits for the end of its conversation.
pub fn all_leave(members: impl IntoIterator<Item = Chatter>) -> Checked {
    members.into_iter().try_for_each(Chatter::leave)
}

/// Ends the server. It has counted this number of copies, and what happened to each of them.
pub fn ends_with(server: Server, owed: u64) -> Checked {
    server.end()?.check(|stats| {
        ensure_eq!(balanced(stats)?, owed, "copies that were due");
        Ok(())
    })
}

/// The number of copies of messages that were due. Each of them was delivered, dropped or lost.
pub fn balanced(stats: &Stats) -> Checked<u64> {
    let Some(rooms) = stats.rooms else {
        return Err(Finding::new("the server counts no messages"));
    };
    let settled = rooms.delivered + rooms.dropped + rooms.lost;
    ensure_eq!(settled, rooms.owed, "copies with a fate: {rooms:?}");
    Ok(rooms.owed)
}

pub fn a_member_that_has_left_hears_no_more(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut all = members(&server, "a", 3)?;
    let mut leaver = all.pop().expect("there are three");
    leaver.send(b"/leave\n")?;
    ensure_eq!(
        leaver.reply()?,
        Heard::Notice("left a".into()),
        "the reply to /leave"
    );
    everybody_hears_everybody(&mut all)?;
    leaver.join("b", 1)?;
    everybody_hears_everybody(std::slice::from_mut(&mut leaver))?;
    leaver.join("a", 3)?;
    all.push(leaver);
    everybody_hears_everybody(&mut all)?;
    all_leave(all)?;
    ends_with(server, 2 * 2 + 1 + 3 * 3)
}

pub fn the_end_of_a_client_is_a_leave_and_it_hears_what_it_is_owed(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut both = members(&server, "a", 2)?;
    let mut leaver = both.pop().expect("there are two");
    let mut other = both.pop().expect("there was one more");
    other.say()?;
    let mut log = Log::default();
    log.take(other.hear()?)?;
    let words: Vec<u8> = (0..50).flat_map(|_| leaver.next_message(40)).collect();
    leaver.send(&words)?;
    leaver.end()?;
    let mut last = Log::default();
    loop {
        match leaver.hear()? {
            Heard::End => break,
            heard => last.take(heard)?,
        }
    }
    last.accounts_for(51, "the leaver")?;
    while log.known() < 51 {
        log.take(other.hear()?)?;
    }
    let mut alone = Chatter::connect(&server, "next")?;
    alone.join("a", 2)?;
    all_leave([other, alone])?;
    ends_with(server, 2 * 51)
}

pub fn a_reset_harms_nobody(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut stay = members(&server, "a", 3)?;
    let mut owed = 0;
    let mut witness = Chatter::connect(&server, "witness")?;
    for round in 0..10 {
        let mut guest = Chatter::connect(&server, &format!("guest-{round}"))?;
        guest.join("a", 4)?;
        guest.say()?;
        guest.hear_message()?;
        stay[0].say()?;
        for member in &mut stay {
            member.hear_message()?;
            member.hear_message()?;
        }
        owed += 8;
        // One message waits for the guest, which never reads it.
        guest.reset();
        let mut others = Ok(0);
        server.until("the guest has left the room", || {
            others = witness.count_others("a");
            others.as_ref().is_ok_and(|others| *others == stay.len())
        })?;
        others?;
    }
    witness.leave()?;
    everybody_hears_everybody(&mut stay)?;
    all_leave(stay)?;
    ends_with(server, owed + 9)
}

pub fn descriptors_and_threads_return(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    members_come_and_leave(&server)?;
    let mut grown = String::new();
    for _ in 0..3 {
        let before = server.group().holdings();
        for _ in 0..4 {
            members_come_and_leave(&server)?;
        }
        let has_returned = || server.group().holdings().is_within(before);
        if within(server.deadline() / 3, has_returned) {
            server.end()?;
            return Ok(());
        }
        grown = before.compared_with(server.group().holdings());
    }
    let what = format!("40 members have come and left, and the server has {grown}");
    Err(Finding::of(Symptom::Leaks, what))
}

/// Ten members come, talk and leave; one of them resets its connection.
fn members_come_and_leave(server: &Server) -> Checked {
    let mut all = Vec::new();
    for index in 0..10 {
        let mut member = Chatter::connect(server, &format!("m{index}"))?;
        member.send(b"/join come-and-leave\n")?;
        member.reply()?;
        member.say()?;
        all.push(member);
    }
    all.pop().expect("there are ten").reset();
    all_leave(all)
}

pub fn a_stop_lets_conversations_end(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut all = members(&server, "a", 3)?;
    server.stop();
    server.refuses_to_connect()?;
    everybody_hears_everybody(&mut all)?;
    all_leave(all)?;
    server.ended()?.check(|stats| {
        ensure_eq!(stats.cut_off, 0, "conversations cut off");
        ensure_eq!(balanced(stats)?, 9, "copies that were due");
        Ok(())
    })
}

pub fn the_grace_period_ends_conversations(subject: &Subject) -> Checked {
    let options = Options {
        grace_seconds: 1,
        ..subject.room_options()
    };
    let server = subject.start(options)?;
    let mut all = members(&server, "a", 3)?;
    let mut deaf = Chatter::connect_narrow(&server, "deaf")?;
    deaf.join("a", 4)?;
    // Enough for all buffers of a client that reads nothing, whatever the server does about it.
    let lines: Vec<u8> = (0..500).flat_map(|_| all[0].next_message(1000)).collect();
    all[0].send(&lines)?;
    server.stop();
    let mut conversations = 0;
    server.ended()?.check(|stats| {
        conversations = stats.cut_off;
        balanced(stats)?;
        Ok(())
    })?;
    // A server that has disconnected the deaf member has nothing left to cut off there.
    ensure_eq!(
        (3..=4).contains(&conversations),
        true,
        "{conversations} conversations cut off"
    );
    drop((all, deaf));
    Ok(())
}
