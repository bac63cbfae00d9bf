#![doc = include_str!("../README.md")]

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use model::chat::{Mistake, Reply, Request};
use model::{
    AboutRoom, Context, Family, Listener, Order, Reader, RoomModel, SlowReceiver, Transport,
    Workers, Writer,
};

/// Threads that share nothing: a reader and a writer for every client, and one that owns the rooms, with channels between.
pub struct RoomActors;

/// Size of a thread's stack in bytes. A conversation needs little; the default of 2 MiB would use up address space.
const STACK: usize = 64 << 10;
/// Requests that wait for the owner of the rooms. Readers wait when it is full.
const DESK: usize = 256;
/// Messages that wait for one writer. Further ones are dropped.
const MAILBOX: usize = 256;

/// What a reader sends to the owner of the rooms, with the number of its client.
enum Letter {
    Arrives(Sender<Mail>),
    Asks(Request),
}

/// What the owner of the rooms sends to a writer.
struct Mail {
    /// Number of messages that did not fit into the mailbox before this.
    dropped: u64,
    line: Line,
}

enum Line {
    Message(Arc<[u8]>),
    Reply(Reply),
    /// The client leaves.
    End,
}

/// The way to a writer. There is one place more than messages may take: a client waits for a reply before it asks again.
struct Mailbox {
    mail: Sender<Mail>,
    dropped: u64,
}

impl RoomModel for RoomActors {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let thread = || thread::Builder::new().stack_size(STACK);
        thread::scope(|scope| {
            let (desk, letters) = bounded(DESK);
            thread().spawn_scoped(scope, move || own_rooms(&letters, cx))?;
            cx.ready();
            for number in 0_u64.. {
                let Some(stream) = cx.accept(&listener) else {
                    return Ok(()); // the desk closes when the last reader has ended
                };
                let (reader, writer) = cx.talk(stream);
                let (mail, mailbox) = bounded(MAILBOX + 1);
                let (answer, answers) = bounded(1);
                let desk = desk.clone();
                let started = thread()
                    .spawn_scoped(scope, move || write_mail(writer, &mailbox, &answer))
                    .and_then(|_| {
                        thread().spawn_scoped(scope, move || {
                            read_requests(reader, number, mail, &answers, &desk);
                        })
                    });
                if let Err(error) = started {
                    // No thread was left. This client's connection is closed; the other clients are served as before.
                    cx.pause(&error);
                }
            }
            Ok(())
        })
    }

    fn about(&self) -> &'static AboutRoom {
        &ABOUT
    }
}

/// The reader of one client. It waits for the reply to a request, so that a client cannot ask for more than it reads.
fn read_requests(
    mut reader: Reader,
    number: u64,
    mail: Sender<Mail>,
    answers: &Receiver<Reply>,
    desk: &Sender<(u64, Letter)>,
) {
    // The owner of the rooms ends after all readers, so a send cannot fail.
    let ask = |letter| desk.send((number, letter)).is_ok();
    ask(Letter::Arrives(mail));
    let mut has_room = false;
    while !reader.is_done() {
        let Some(mut request) = reader.next_request() else {
            reader.read();
            continue;
        };
        if matches!(request, Request::Say(_)) && !has_room {
            request = Request::Reply(Reply::Mistake(Mistake::NoRoom));
        }
        let has_reply = !matches!(request, Request::Say(_) | Request::End);
        ask(Letter::Asks(request));
        if has_reply {
            match answers.recv() {
                Ok(Reply::Joined(..)) => has_room = true,
                Ok(Reply::Left(_)) => has_room = false,
                Ok(Reply::Named(_) | Reply::Dropped(_) | Reply::Mistake(_)) => {}
                Err(_) => return, // never before the end of the mail
            }
        }
    }
}

/// The owner of the rooms. It never waits for a client, only for letters.
fn own_rooms(letters: &Receiver<(u64, Letter)>, cx: &Context) {
    let mut rooms = cx.rooms();
    let mut mailboxes = HashMap::new();
    for (client, letter) in letters {
        let reply = match letter {
            Letter::Arrives(mail) => {
                mailboxes.insert(client, Mailbox { mail, dropped: 0 });
                continue;
            }
            Letter::Asks(Request::Say(message)) => {
                cx.said(rooms.with(client).len());
                for member in rooms.with(client) {
                    if let Some(mailbox) = mailboxes.get_mut(member) {
                        mailbox.post(&message);
                    }
                }
                continue;
            }
            Letter::Asks(Request::End) => {
                rooms.leave(client);
                if let Some(mut mailbox) = mailboxes.remove(&client) {
                    mailbox.send(Line::End);
                }
                continue;
            }
            Letter::Asks(Request::Join(room)) => rooms.join(client, room),
            Letter::Asks(Request::Leave) => rooms.leave(client),
            Letter::Asks(Request::Reply(reply)) => reply,
        };
        if let Some(mailbox) = mailboxes.get_mut(&client) {
            mailbox.send(Line::Reply(reply));
        }
    }
}

impl Mailbox {
    /// Posts a message, or drops it if the mailbox is full: the policy for slow receivers.
    fn post(&mut self, message: &Arc<[u8]>) {
        if self.mail.len() < MAILBOX {
            self.send(Line::Message(Arc::clone(message)));
        } else {
            self.dropped += 1;
        }
    }

    /// Sends a line, for which there is always a place. The writer receives until the end of its mail.
    fn send(&mut self, line: Line) {
        let dropped = std::mem::take(&mut self.dropped);
        let _ = self.mail.try_send(Mail { dropped, line });
    }
}

/// The writer of one client. While it waits in `write`, its mailbox fills.
fn write_mail(mut writer: Writer, mailbox: &Receiver<Mail>, answer: &Sender<Reply>) {
    for first in mailbox {
        let mut answered = None;
        let mut next = Some(first);
        // What has come meanwhile goes out with the same write.
        while let Some(Mail { dropped, line }) = next {
            writer.drop_messages(dropped);
            match line {
                Line::Message(message) => _ = writer.queue(&message),
                Line::Reply(reply) => {
                    writer.reply(&reply);
                    answered = Some(reply);
                }
                Line::End => {}
            }
            next = writer.has_room().then(|| mailbox.try_recv().ok()).flatten();
        }
        while writer.wants_write() {
            writer.write();
        }
        if let Some(reply) = answered {
            let _ = answer.send(reply); // the reader may have ended
        }
    }
}

/// The description of this chat server.
const ABOUT: AboutRoom = AboutRoom {
    name: "room-actors",
    family: Family::Blocking,
    transport: Transport::Stream,
    summary: "Every client has a reader and a writer; one thread owns the rooms and posts messages into the writers' mailboxes. No locks.",
    workers: Workers::Fixed,
    slow: SlowReceiver::Drops,
    order: Order::OfRoom,
    source: "Hewitt, Bishop and Steiger, actors (1973); Armstrong, Erlang; Go's chat of Donovan and Kernighan, ch. 8",
};
