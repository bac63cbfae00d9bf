#![doc = include_str!("../README.md")]

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use model::chat::{Mistake, Name, Reply, Request, Rooms};
use model::{
    AboutRoom, Context, Family, Listener, Order, Reader, RoomModel, SlowReceiver, Transport,
    Workers, Writer,
};
use slab::Slab;

/// A thread for every client, which writes to the other clients itself; a lock around each socket's writer.
pub struct RoomThreadsLock;

/// Size of a thread's stack in bytes. A conversation needs little; the default of 2 MiB would use up address space.
const STACK: usize = 64 << 10;

/// What all threads share.
struct Hall {
    members: Slab<Arc<Mutex<Member>>>,
    rooms: Rooms<usize>,
}

/// A client, as the threads of the others see it.
struct Member {
    writer: Writer,
    /// Its room. A message is only for those that are still in the room when it is written.
    room: Option<Name>,
}

impl RoomModel for RoomThreadsLock {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let hall = &Mutex::new(Hall {
            members: Slab::new(),
            rooms: cx.rooms(),
        });
        cx.ready();
        thread::scope(|scope| {
            while let Some(stream) = cx.accept(&listener) {
                let (reader, writer) = cx.talk(stream);
                let thread = thread::Builder::new().stack_size(STACK);
                let started =
                    thread.spawn_scoped(scope, move || converse(reader, writer, hall, cx));
                if let Err(error) = started {
                    // No thread was left. This client's connection is closed; the other clients are served as before.
                    cx.pause(&error);
                }
            }
        });
        Ok(())
    }

    fn about(&self) -> &'static AboutRoom {
        &ABOUT
    }
}

/// The whole conversation with one client.
fn converse(mut reader: Reader, writer: Writer, hall: &Mutex<Hall>, cx: &Context) {
    let member = Arc::new(Mutex::new(Member { writer, room: None }));
    let key = lock(hall).members.insert(Arc::clone(&member));
    while !reader.is_done() {
        match reader.next_request() {
            Some(request) => {
                if let Some(reply) = carry_out(request, key, &member, hall, cx) {
                    let mut member = lock(&member);
                    member.writer.reply(&reply);
                    send(&mut member.writer);
                }
            }
            None => {
                reader.read();
            }
        }
    }
    lock(hall).members.remove(key);
}

/// Carries out a request, and returns the reply, if there is one.
fn carry_out(
    request: Request,
    key: usize,
    member: &Mutex<Member>,
    hall: &Mutex<Hall>,
    cx: &Context,
) -> Option<Reply> {
    match request {
        Request::Join(room) => {
            let reply = lock(hall).rooms.join(key, room);
            if matches!(reply, Reply::Joined(..)) {
                lock(member).room = Some(room);
            }
            Some(reply)
        }
        Request::Leave => {
            let reply = lock(hall).rooms.leave(key);
            lock(member).room = None;
            Some(reply)
        }
        Request::Say(message) => {
            let Some(room) = lock(member).room else {
                return Some(Reply::Mistake(Mistake::NoRoom));
            };
            say(&message, room, &members_with(key, hall), cx);
            None
        }
        Request::Reply(reply) => Some(reply),
        Request::End => {
            lock(hall).rooms.leave(key);
            None
        }
    }
}

/// Everybody in the room of this member. The lock of the hall is free again when a message is written: a receiver that does
/// not read must hold up its own room only.
fn members_with(key: usize, hall: &Mutex<Hall>) -> Vec<Arc<Mutex<Member>>> {
    let hall = lock(hall);
    let members = hall.rooms.with(key).iter();
    members
        .map(|&member| Arc::clone(&hall.members[member]))
        .collect()
}

/// Writes a message to every member, one after the other, and waits for each that does not read.
fn say(message: &[u8], room: Name, members: &[Arc<Mutex<Member>>], cx: &Context) {
    let mut receivers = 0;
    for member in members {
        let mut member = lock(member);
        if member.room == Some(room) {
            receivers += 1;
            member.writer.queue(message);
            send(&mut member.writer);
        }
    }
    cx.said(receivers);
}

/// Sends all that is queued. The kernel wakes the thread when the receiver has made room, or has gone.
fn send(writer: &mut Writer) {
    while writer.wants_write() {
        writer.write();
    }
}

/// Locks. A thread that panics leaves nothing half-done behind a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The description of this chat server.
const ABOUT: AboutRoom = AboutRoom {
    name: "room-threads-lock",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client has a thread, which reads its messages and writes them to all members; a lock around each writer keeps lines whole.",
    workers: Workers::Fixed,
    slow: SlowReceiver::Waits,
    order: Order::OfSender,
    source: "Stevens, UNIX Network Programming vol. 1, 3rd ed., ch. 26; the chat servers of Java textbooks",
};
