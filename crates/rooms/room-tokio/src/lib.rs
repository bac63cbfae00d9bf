#![doc = include_str!("../README.md")]

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

use model::chat::{Mistake, Name, Reply, Request};
use model::{
    AboutRoom, Context, Family, Io, Listener, Order, Reader, RoomModel, SlowReceiver, Transport,
    Workers, Writer, check_threads,
};
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};
use tokio::runtime::Builder;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::task::JoinSet;

/// A tokio task for every client, and a broadcast channel for every room.
pub struct RoomTokio;

/// Messages that a channel keeps for members that have not received them yet. Then the oldest is dropped.
const KEPT: usize = 1024;
const WHOLE: &str = "no task panics while it has the lock";

type Message = Arc<[u8]>;
/// The channels of all rooms. A task that sends, joins or leaves has the lock, so that the number of receivers is exact.
type Hall = Arc<Mutex<HashMap<Name, Sender<Message>>>>;

/// One client beside its reader.
struct Client {
    writer: Writer,
    seat: Option<Seat>,
    hall: Hall,
    cx: Context,
}

/// A place in a room.
struct Seat {
    name: Name,
    messages: Receiver<Message>,
}

impl RoomModel for RoomTokio {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        check_threads(cx.workers())?; // the runtime panics if it cannot start one
        let runtime = Builder::new_multi_thread()
            .worker_threads(cx.workers())
            .enable_io()
            .build()?;
        cx.ready();
        runtime.block_on(converse_with_all(listener, cx))
    }

    fn about(&self) -> &'static AboutRoom {
        &ABOUT
    }
}

/// Spawns a task for every client; returns after a stop, when the last of them has ended.
async fn converse_with_all(listener: Listener, cx: &Context) -> io::Result<()> {
    // SAFETY: a listener keeps its one descriptor open until it is dropped.
    let listener = unsafe { AsyncFd::register_with_interest(listener, Interest::READABLE) }?;
    let hall = Hall::default();
    let mut tasks = JoinSet::new();
    while !cx.stopping() || !tasks.is_empty() {
        // After every wake-up: readiness is reported once, and some clients may have found no room at that time.
        while let Some(stream) = cx.try_accept(listener.get_ref()) {
            let (reader, writer) = cx.talk(stream);
            let (hall, cx) = (Arc::clone(&hall), cx.clone());
            tasks.spawn(converse(
                reader,
                Client {
                    writer,
                    seat: None,
                    hall,
                    cx,
                },
            ));
        }
        tokio::select! {
            ready = listener.readable(), if cx.has_room() => ready?.clear_ready(), // after a stop there is no room
            Some(_) = tasks.join_next() => {} // there may be room again
            else => {} // a stop came in between, and no task is left
        }
    }
    Ok(())
}

/// One conversation. The task waits for its client and for its room at the same time.
async fn converse(reader: Reader, mut client: Client) -> io::Result<()> {
    // SAFETY: both halves together keep their one descriptor open until they are dropped.
    let mut socket = unsafe { AsyncFd::register(reader) }.map_err(io::Error::from)?;
    loop {
        // A client that is behind its room sends no more: otherwise one burst could fill the channel.
        while client.writer.has_room()
            && client
                .seat
                .as_ref()
                .is_none_or(|seat| seat.messages.is_empty())
            && let Some(request) = socket.get_mut().next_request()
        {
            if let Some(reply) = client.carry_out(request) {
                client.writer.reply(&reply);
            }
        }
        let Client { writer, seat, .. } = &mut client;
        if writer.is_lost() || socket.get_ref().is_done() && !writer.wants_write() {
            client.leave();
            return Ok(());
        }
        let wants_read = socket.get_ref().wants_read() && writer.has_room();
        let interest = match (wants_read, writer.wants_write()) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, _) => Interest::WRITABLE,
        };
        tokio::select! {
            biased; // first all that has come from the room, so that it goes out with one write
            received = receive(seat), if writer.has_room() => match received {
                Ok(message) => _ = writer.queue(&message),
                Err(RecvError::Lagged(messages)) => writer.drop_messages(messages), // the oldest ones
                Err(RecvError::Closed) => {} // never while the room has this member
            },
            ready = socket.ready_mut(interest), if wants_read || writer.wants_write() => {
                let mut socket = ready?;
                if writer.wants_write() && writer.write() == Io::Blocked {
                    socket.clear_ready_matching(Ready::WRITABLE);
                }
                if wants_read && socket.ready().is_readable() && socket.get_inner_mut().read() == Io::Blocked {
                    socket.clear_ready_matching(Ready::READABLE);
                }
            }
        }
    }
}

impl Client {
    /// Carries out a request, and returns the reply, if there is one.
    fn carry_out(&mut self, request: Request) -> Option<Reply> {
        match request {
            Request::Join(name) => Some(self.join(name)),
            Request::Leave => Some(self.leave()),
            Request::Reply(reply) => Some(reply),
            Request::End => {
                self.leave();
                None
            }
            Request::Say(message) => {
                let Some(seat) = &self.seat else {
                    return Some(Reply::Mistake(Mistake::NoRoom));
                };
                // The room has a member, the sender, which is a receiver, too.
                let receivers = self.hall.lock().expect(WHOLE)[&seat.name].send(message);
                self.cx.said(receivers.unwrap_or(0));
                None
            }
        }
    }

    /// Enters a room, which begins with its first member, and leaves the old one.
    fn join(&mut self, name: Name) -> Reply {
        let limits = self.cx.chat_limits();
        let mut rooms = self.hall.lock().expect(WHOLE);
        if self.seat.as_ref().is_some_and(|seat| seat.name == name) {
            return Reply::Joined(name, rooms[&name].receiver_count());
        }
        let members = rooms.get(&name).map(Sender::receiver_count);
        if let Some(mistake) = limits.refusal(members, rooms.len()) {
            return Reply::Mistake(mistake);
        }
        let room = rooms.entry(name).or_insert_with(|| channel(KEPT).0);
        let messages = room.subscribe();
        drop(rooms);
        self.leave();
        self.seat = Some(Seat { name, messages });
        Reply::Joined(name, members.unwrap_or(0) + 1)
    }

    /// Leaves the room. What was sent before is queued. A room without members ends.
    fn leave(&mut self) -> Reply {
        let Some(Seat { name, mut messages }) = self.seat.take() else {
            return Reply::Mistake(Mistake::NoRoom);
        };
        let mut rooms = self.hall.lock().expect(WHOLE);
        loop {
            match messages.try_recv() {
                Ok(message) => _ = self.writer.queue(&message),
                Err(TryRecvError::Lagged(n)) => self.writer.drop_messages(n),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        drop(messages);
        if rooms[&name].receiver_count() == 0 {
            rooms.remove(&name);
        }
        Reply::Left(name)
    }
}

/// The next message of the room; without a room it never comes.
async fn receive(seat: &mut Option<Seat>) -> Result<Message, RecvError> {
    match seat {
        Some(seat) => seat.messages.recv().await,
        None => std::future::pending().await,
    }
}

/// The description of this chat server.
const ABOUT: AboutRoom = AboutRoom {
    name: "room-tokio",
    family: Family::Runtimes,
    transport: Transport::Stream,
    summary: "Every client is a tokio task and every room a broadcast channel: a message is stored once, and each member receives it when it can.",
    workers: Workers::PerCpu,
    slow: SlowReceiver::Drops,
    order: Order::OfRoom,
    source: "tokio, sync::broadcast; the chat examples of tokio and axum",
};
