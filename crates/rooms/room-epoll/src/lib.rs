#![doc = include_str!("../README.md")]

use std::io;

use model::chat::{Mistake, Reply, Request, Rooms};
use model::{
    AboutRoom, Context, Family, Listener, Order, Reader, RoomModel, SlowReceiver, Transport,
    Workers, Writer,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// One thread that owns all clients and all rooms: a message is copied into the queues of its receivers.
pub struct RoomEpoll;

/// The token of the listener; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;

/// A client, and what the loop knows of it.
struct Client {
    reader: Reader,
    writer: Writer,
    /// What epoll watches for.
    watched: EpollFlags,
    /// True if it has a turn at the end of this round.
    woken: bool,
}

/// All clients and rooms.
struct Hall<'a> {
    cx: &'a Context,
    clients: Slab<Client>,
    rooms: Rooms<usize>,
    woken: Vec<usize>,
}

impl RoomModel for RoomEpoll {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut hall = Hall {
            cx,
            clients: Slab::new(),
            rooms: cx.rooms(),
            woken: Vec::new(),
        };
        let mut events = [EpollEvent::empty(); 256];
        let mut listening = false;
        cx.ready();
        loop {
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            if listening != cx.has_room() {
                listening = !listening;
                watch_listener(&epoll, &listener, listening)?;
            }
            if cx.stopping() && hall.clients.is_empty() {
                return Ok(());
            }
            let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
            for event in &events[..ready] {
                if event.data() == LISTENER {
                    accept(&epoll, &listener, cx, &mut hall.clients);
                } else {
                    hall.hear(event.data() as usize, event.events());
                }
            }
            // Only now: a receiver gets all messages of this round with one write.
            hall.give_turns(&epoll)?;
        }
    }

    fn about(&self) -> &'static AboutRoom {
        &ABOUT
    }
}

/// Without room for another client the listener is not watched, because it would be ready all the time.
fn watch_listener(epoll: &Epoll, listener: &Listener, listening: bool) -> nix::Result<()> {
    if listening {
        epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Accepts all clients that are waiting.
fn accept(epoll: &Epoll, listener: &Listener, cx: &Context, clients: &mut Slab<Client>) {
    while let Some(stream) = cx.try_accept(listener) {
        let client = clients.vacant_entry();
        let watched = EpollFlags::EPOLLIN;
        let event = EpollEvent::new(watched, client.key() as u64);
        if epoll.add(&stream, event).is_ok() {
            let (reader, writer) = cx.talk(stream);
            client.insert(Client {
                reader,
                writer,
                watched,
                woken: false,
            });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

impl Hall<'_> {
    /// Reads once from a client, and carries out what it asks for.
    fn hear(&mut self, key: usize, events: EpollFlags) {
        let Client { reader, writer, .. } = &mut self.clients[key];
        if events != EpollFlags::EPOLLOUT && reader.wants_read() && writer.has_room() {
            reader.read();
        }
        self.carry_out(key);
        wake(&mut self.woken, &mut self.clients[key], key);
    }

    /// Carries out the requests of a client, as long as there is room for its replies.
    fn carry_out(&mut self, key: usize) {
        while self.clients[key].writer.has_room() {
            let Some(request) = self.clients[key].reader.next_request() else {
                return;
            };
            let reply = match request {
                Request::Join(room) => self.rooms.join(key, room),
                Request::Leave => self.rooms.leave(key),
                Request::Reply(reply) => reply,
                Request::Say(_) if self.rooms.with(key).is_empty() => {
                    Reply::Mistake(Mistake::NoRoom)
                }
                Request::Say(message) => {
                    self.say(key, &message);
                    continue;
                }
                Request::End => {
                    self.rooms.leave(key);
                    return;
                }
            };
            self.clients[key].writer.reply(&reply);
            wake(&mut self.woken, &mut self.clients[key], key);
        }
    }

    /// Queues a message for everybody in the room of its sender. No other client can wait here, only a queue can be full.
    fn say(&mut self, sender: usize, message: &[u8]) {
        let members = self.rooms.with(sender);
        self.cx.said(members.len());
        for &member in members {
            let client = &mut self.clients[member];
            if !client.writer.has_room() && client.writer.wants_write() {
                client.writer.write(); // the queue is full only if the kernel's buffer is full, too
            }
            if !client.writer.queue(message) {
                client.writer.disconnect(); // the policy for slow receivers
            }
            wake(&mut self.woken, client, member);
        }
    }

    /// Gives each client that was woken a turn: one write. Then it leaves if its conversation is over, or epoll learns its
    /// new interest.
    fn give_turns(&mut self, epoll: &Epoll) -> nix::Result<()> {
        let mut next = 0;
        while let Some(&key) = self.woken.get(next) {
            next += 1;
            let client = &mut self.clients[key];
            client.woken = false;
            if client.writer.wants_write() {
                client.writer.write();
                self.carry_out(key); // requests that have waited for room
            }
            let client = &mut self.clients[key];
            let (interest, over) = interest_of(client);
            if over && !client.woken {
                self.rooms.leave(key);
                self.clients.remove(key); // closing a socket takes it out of the epoll set
            } else if interest != client.watched {
                client.watched = interest;
                epoll.modify(&client.reader, &mut EpollEvent::new(interest, key as u64))?;
            }
        }
        self.woken.clear();
        Ok(())
    }
}

/// Notes that a client has a turn at the end of this round.
fn wake(woken: &mut Vec<usize>, client: &mut Client, key: usize) {
    if !client.woken {
        client.woken = true;
        woken.push(key);
    }
}

/// What epoll should watch for, and whether the conversation is over. A client whose queue is full is not read: it must
/// take its replies first.
fn interest_of(Client { reader, writer, .. }: &Client) -> (EpollFlags, bool) {
    let mut interest = EpollFlags::empty();
    interest.set(
        EpollFlags::EPOLLIN,
        reader.wants_read() && writer.has_room(),
    );
    interest.set(EpollFlags::EPOLLOUT, writer.wants_write());
    let over = writer.is_lost() || reader.is_done() && !writer.wants_write();
    (interest, over)
}

/// The description of this chat server.
const ABOUT: AboutRoom = AboutRoom {
    name: "room-epoll",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread owns all clients and rooms; it copies a message into the queue of every member, and writes when the sockets have room.",
    workers: Workers::Fixed,
    slow: SlowReceiver::Disconnects,
    order: Order::OfRoom,
    source: "Redis, pub/sub and client-output-buffer-limit; epoll(7)",
};
