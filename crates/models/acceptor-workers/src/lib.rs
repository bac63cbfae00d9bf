#![doc = include_str!("../README.md")]

use std::io;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Listener, Model, Stream, Transport, WorkPlace,
    Workers, perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use slab::Slab;

/// One thread accepts, and deals the clients out to loops on other threads, in turn.
pub struct AcceptorWorkers;

/// The token of a worker's eventfd; clients have the numbers from 0.
const NEWS: u64 = u64::MAX;

/// Clients that may wait in front of one worker. The acceptor waits when they are so many.
const QUEUE: usize = 64;

/// Where a worker is given its clients: a queue, and a descriptor that epoll can watch, which a queue is not.
struct Mailbox {
    clients: Sender<Stream>,
    news: Arc<EventFd>,
}

/// A conversation, and what epoll watches its socket for.
struct Client {
    conn: Conn,
    interest: EpollFlags,
}

impl Model for AcceptorWorkers {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            let mut mailboxes = Vec::new();
            for worker in 0..cx.workers() {
                let made = mailbox().and_then(|(mailbox, inbox, epoll)| {
                    let (news, own) = (Arc::clone(&mailbox.news), cx.worker(worker));
                    let thread = thread::Builder::new();
                    thread.spawn_scoped(scope, move || run(&epoll, &inbox, &news, &own))?;
                    Ok(mailbox)
                });
                match made {
                    Ok(mailbox) => mailboxes.push(mailbox),
                    Err(error) if worker == 0 => return Err(error),
                    Err(error) => {
                        cx.pause(&error); // no more loops to be had; those that are there serve
                        break;
                    }
                }
            }
            deal(&listener, &mailboxes, cx);
            for Mailbox { clients, news } in mailboxes {
                drop(clients); // no more of them, and that is news
                news.write(1)?;
            }
            Ok(())
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// A mailbox, and what its worker needs: the other end, and an epoll set that watches it.
fn mailbox() -> io::Result<(Mailbox, Receiver<Stream>, Epoll)> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let news = Arc::new(EventFd::new()?);
    epoll.add(&*news, EpollEvent::new(EpollFlags::EPOLLIN, NEWS))?;
    let (clients, inbox) = bounded(QUEUE);
    Ok((Mailbox { clients, news }, inbox, epoll))
}

/// The life of the acceptor: to everybody in turn, whoever is busy.
fn deal(listener: &Listener, mailboxes: &[Mailbox], cx: &Context) {
    for mailbox in mailboxes.iter().cycle() {
        let Some(stream) = cx.accept(listener) else {
            return;
        };
        // A stream that cannot be made nonblocking, or whose worker has failed, ends here, and is counted.
        if stream.set_nonblocking().is_err() {
            drop(cx.open(stream));
        } else if let Err(refused) = mailbox.clients.send(stream) {
            drop(cx.open(refused.into_inner()));
        } else {
            let _ = mailbox.news.write(1); // it blocks only at 2^64 - 1
        }
    }
}

/// The life of a worker: a loop that is told of its clients by a queue instead of a listener.
fn run(epoll: &Epoll, inbox: &Receiver<Stream>, news: &EventFd, cx: &Context) -> io::Result<()> {
    let mut clients = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    let mut more_come = true;
    while more_come || !clients.is_empty() {
        let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
        for event in &events[..ready] {
            if event.data() == NEWS {
                news.read()?; // before the queue is looked at: what comes later is news again
            } else {
                turn(epoll, &mut clients, event);
            }
        }
        // Every time, since it takes long until news have their turn among thousands of sockets that are ready.
        more_come = take_in(epoll, inbox, cx, &mut clients);
    }
    Ok(())
}

/// Takes in all clients in the queue; whether more can come.
fn take_in(
    epoll: &Epoll,
    inbox: &Receiver<Stream>,
    cx: &Context,
    clients: &mut Slab<Client>,
) -> bool {
    loop {
        let stream = match inbox.try_recv() {
            Ok(stream) => stream,
            Err(error) => return error == TryRecvError::Empty,
        };
        let interest = EpollFlags::EPOLLIN;
        let client = clients.vacant_entry();
        let event = EpollEvent::new(interest, client.key() as u64);
        if epoll.add(&stream, event).is_ok() {
            client.insert(Client {
                conn: cx.open(stream),
                interest,
            });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// One turn of one client: at most one read, the work it asked for, at most one write.
fn turn(epoll: &Epoll, clients: &mut Slab<Client>, event: &EpollEvent) {
    let key = event.data() as usize;
    let Client { conn, interest } = &mut clients[key];
    if event.events() != EpollFlags::EPOLLOUT && conn.wants_read() {
        conn.read();
    }
    while let Some(work) = conn.work() {
        perform(work); // in the loop: all clients of this worker wait, and none of another
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
    let wanted = interest_of(conn);
    let mut event = EpollEvent::new(wanted, key as u64);
    if conn.is_done() || *interest != wanted && epoll.modify(&*conn, &mut event).is_err() {
        clients.remove(key); // closing a socket takes it out of the epoll set
    } else {
        *interest = wanted;
    }
}

/// Write interest only while there is something to write: an idle socket is always ready for writing.
fn interest_of(conn: &Conn) -> EpollFlags {
    let mut interest = EpollFlags::empty();
    interest.set(EpollFlags::EPOLLIN, conn.wants_read());
    interest.set(EpollFlags::EPOLLOUT, conn.wants_write());
    interest
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "acceptor-workers",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread accepts and deals the clients out, in turn, to a loop for each CPU.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Shard,
    source: "memcached's dispatcher and workers (2007-); Netty's boss and workers",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::SMALL_CONNECTIONS,
    ],
};
