//! Cases about delivery: every message reaches everybody in its room once, in the order of its sender.

use std::collections::BTreeSet;
use std::thread;

use model::Order;

use super::chatter::Chatter;
use super::endings::{all_leave, ends_with};
use super::log::Log;
use crate::finding::{Checked, ensure_eq};
use crate::server::Server;
use crate::subject::Subject;

/// Members of a crowd.
const CROWD: usize = 100;
/// Members that send at the same time.
const SENDERS: usize = 5;
/// Messages of each of them, in bursts.
const MESSAGES: usize = 200;
const BURST: usize = 10;

/// This number of clients in one room, in the order in which they joined it.
pub fn members(server: &Server, room: &str, number: usize) -> Checked<Vec<Chatter>> {
    let members = (0..number).map(|index| {
        let mut member = Chatter::connect(server, &format!("{room}-{index}"))?;
        member.join(room, index + 1)?;
        Ok(member)
    });
    members.collect()
}

/// Every member sends one message, and hears one of every member.
pub fn everybody_hears_everybody(members: &mut [Chatter]) -> Checked {
    members.iter_mut().try_for_each(Chatter::say)?;
    let number = members.len();
    for member in members {
        let senders = (0..number).map(|_| Ok(member.hear_message()?.0));
        let senders = senders.collect::<Checked<BTreeSet<_>>>()?;
        ensure_eq!(
            senders.len(),
            number,
            "senders that `{}` heard",
            member.name
        );
    }
    Ok(())
}

pub fn a_message_reaches_everybody_in_its_room_once(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut here = members(&server, "here", 3)?;
    let mut there = members(&server, "there", 1)?;
    let mut logs: Vec<Log> = here.iter().map(|_| Log::default()).collect();
    for sender in 0..here.len() {
        here[sender].say()?;
        for (member, log) in here.iter_mut().zip(&mut logs) {
            log.take(member.hear()?)?;
        }
    }
    for (member, log) in here.iter().zip(&logs) {
        log.accounts_for(3, &member.name)?;
        ensure_eq!(log.dropped, 0, "messages dropped");
    }
    // Whatever came here by mistake would come before its own message.
    everybody_hears_everybody(&mut there)?;
    here.append(&mut there);
    all_leave(here)?;
    ends_with(server, 3 * 3 + 1)
}

pub fn a_crowd_hears_every_message(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let mut crowd = members(&server, "crowd", CROWD)?;
    everybody_hears_everybody(&mut crowd)?;
    all_leave(crowd)?;
    ends_with(server, (CROWD * CROWD) as u64)
}

pub fn many_rooms_do_not_mix(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let rooms = (0..20).map(|room| members(&server, &format!("room{room}"), 3));
    let mut rooms = rooms.collect::<Checked<Vec<_>>>()?;
    for _ in 0..3 {
        for room in &mut rooms {
            room.iter_mut().try_for_each(Chatter::say)?;
        }
        for room in &mut rooms {
            let own = room[0].name.clone();
            let own = room_of(&own);
            for member in &mut *room {
                for _ in 0..3 {
                    let (from, _) = member.hear_message()?;
                    ensure_eq!(room_of(&from), own, "the room of a message");
                }
            }
        }
    }
    all_leave(rooms.into_iter().flatten())?;
    ends_with(server, 20 * 3 * 3 * 3)
}

pub fn messages_keep_the_order_of_their_sender(subject: &Subject) -> Checked {
    let server = subject.serve_rooms()?;
    let members = members(&server, "order", SENDERS)?;
    let talks = thread::scope(|scope| {
        let threads = members.into_iter();
        let threads: Vec<_> = threads
            .map(|member| scope.spawn(|| talk_and_listen(member)))
            .collect();
        let ended = threads.into_iter();
        let ended = ended.map(|thread| thread.join().expect("a client panics in its case only"));
        ended.collect::<Checked<Vec<_>>>()
    })?;
    let (members, logs): (Vec<_>, Vec<_>) = talks.into_iter().unzip();
    if subject.room_about().order == Order::OfRoom {
        for (member, log) in members.iter().zip(&logs) {
            let same = log.messages == logs[0].messages;
            ensure_eq!(same, true, "`{}` hears the order of the room", member.name);
        }
    }
    all_leave(members)?;
    ends_with(server, (SENDERS * SENDERS * MESSAGES) as u64)
}

/// The room in the name of a member.
fn room_of(name: &str) -> &str {
    name.split('-').next().unwrap_or_default()
}

/// Sends in bursts. After each, it hears the bursts of all, so that no member is far behind and no queue is full.
fn talk_and_listen(mut member: Chatter) -> Checked<(Chatter, Log)> {
    let mut log = Log::default();
    for round in 1..=MESSAGES / BURST {
        let burst: Vec<u8> = (0..BURST).flat_map(|_| member.next_message(40)).collect();
        member.send(&burst)?;
        while log.known() < (round * SENDERS * BURST) as u64 {
            log.take(member.hear()?)?;
        }
    }
    let all = (SENDERS * MESSAGES) as u64;
    ensure_eq!(log.dropped, 0, "messages dropped");
    log.accounts_for(all, &member.name)?;
    Ok((member, log))
}
