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

/// One thread accepts clients and deals them out, in turn, to loops on other threads.
pub struct AcceptorWorkers;

/// The token of a worker's eventfd; clients have their keys in the slab, from 0.
const NEWS: u64 = u64::MAX;

/// The most clients that wait in front of one worker. The acceptor waits while a queue is full.
const QUEUE: usize = 64;

/// How a worker gets its clients: a queue, and an eventfd, because epoll cannot watch a queue.
struct Mailbox {
    clients: Sender<Stream>,
    news: Arc<EventFd>,
}

impl Model for AcceptorWorkers {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        thread::scope(|scope| {
            let mut mailboxes = Vec::new();
            let started = (0..cx.workers()).try_for_each(|worker| {
                let (mailbox, inbox, epoll) = mailbox()?;
                let (news, own) = (Arc::clone(&mailbox.news), cx.worker(worker));
                let thread = thread::Builder::new();
                thread.spawn_scoped(scope, move || run(&epoll, &inbox, &news, &own))?;
                mailboxes.push(mailbox);
                Ok(())
            });
            if started.is_ok() {
                cx.ready();
                deal(&listener, &mailboxes, cx);
            }
            // After a stop, each worker learns that no more clients come. The clients that are left may finish.
            for Mailbox { clients, news } in mailboxes {
                drop(clients);
                news.write(1)?;
            }
            started
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Makes a mailbox, and what its worker needs: the other end of the queue, and an epoll set that watches the eventfd.
fn mailbox() -> io::Result<(Mailbox, Receiver<Stream>, Epoll)> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    let news = Arc::new(EventFd::new()?);
    epoll.add(&*news, EpollEvent::new(EpollFlags::EPOLLIN, NEWS))?;
    let (clients, inbox) = bounded(QUEUE);
    Ok((Mailbox { clients, news }, inbox, epoll))
}

/// The acceptor: each client goes to the next worker, busy or not. Ends after a stop.
fn deal(listener: &Listener, mailboxes: &[Mailbox], cx: &Context) {
    for mailbox in mailboxes.iter().cycle() {
        let Some(stream) = cx.accept(listener) else {
            return;
        };
        // If the stream cannot be made nonblocking, or its worker has failed, it is closed here and counted.
        if stream.set_nonblocking().is_err() {
            drop(cx.open(stream));
        } else if let Err(refused) = mailbox.clients.send(stream) {
            drop(cx.open(refused.into_inner()));
        } else {
            let _ = mailbox.news.write(1); // it blocks only at 2^64 - 1
        }
    }
}

/// The loop of a worker, which gets its clients from a queue instead of a listener.
fn run(epoll: &Epoll, inbox: &Receiver<Stream>, news: &EventFd, cx: &Context) -> io::Result<()> {
    let mut clients = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    let mut more_come = true;
    while more_come || !clients.is_empty() {
        let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
        for event in &events[..ready] {
            if event.data() == NEWS {
                news.read()?; // before the queue is emptied: a client that comes in between rings again
            } else {
                give_turn(epoll, &mut clients, event)?;
            }
        }
        // After every wait: behind thousands of ready sockets, the event of the eventfd comes late.
        more_come = take_clients(epoll, inbox, cx, &mut clients);
    }
    Ok(())
}

/// Takes all clients out of the queue. Returns false if no more can come.
fn take_clients(
    epoll: &Epoll,
    inbox: &Receiver<Stream>,
    cx: &Context,
    clients: &mut Slab<Conn>,
) -> bool {
    loop {
        let stream = match inbox.try_recv() {
            Ok(stream) => stream,
            Err(error) => return error == TryRecvError::Empty,
        };
        let (client, conn) = (clients.vacant_entry(), cx.open(stream));
        let event = EpollEvent::new(interest_of(&conn), client.key() as u64);
        if epoll.add(&conn, event).is_ok() {
            client.insert(conn);
        } else {
            conn.refuse(); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Gives a client its turn. Then it leaves if its conversation is over, or epoll learns its new interest.
fn give_turn(epoll: &Epoll, clients: &mut Slab<Conn>, event: &EpollEvent) -> nix::Result<()> {
    let key = event.data() as usize;
    let conn = &mut clients[key];
    let watched = interest_of(conn);
    turn(conn, event.events() != EpollFlags::EPOLLOUT);
    let interest = interest_of(conn);
    if conn.is_done() {
        clients.remove(key); // closing a socket takes it out of the epoll set
    } else if interest != watched {
        epoll.modify(conn, &mut EpollEvent::new(interest, key as u64))?;
    }
    Ok(())
}

/// One turn of one client: at most one read, the work of one request, at most one write.
fn turn(conn: &mut Conn, readable: bool) {
    if readable && conn.wants_read() {
        conn.read();
    }
    if let Some(work) = conn.work() {
        perform(work); // in the loop: the other clients of this worker wait as well
        conn.worked();
    }
    if conn.wants_write() {
        conn.write();
    }
}

/// Write interest only while there is something to write: an idle socket is always ready for writing. It also brings a
/// client that has work left its next turn, after the turns of the others.
fn interest_of(conn: &Conn) -> EpollFlags {
    let mut interest = EpollFlags::empty();
    interest.set(EpollFlags::EPOLLIN, conn.wants_read());
    interest.set(EpollFlags::EPOLLOUT, conn.wants_room());
    interest
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "acceptor-workers",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "One thread accepts clients and deals them out, in turn, to one loop per CPU.",
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
