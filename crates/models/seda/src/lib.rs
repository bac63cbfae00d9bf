#![doc = include_str!("../README.md")]

use std::io;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use model::{
    About, Capacity, Claim, Conn, Context, Family, Io, Listener, Model, Transport, WorkPlace,
    Workers, perform,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use slab::Slab;

/// Three stages (read, work, write) with a queue before each; a request travels through them.
pub struct Seda;

/// The tokens of the listener and of the bell; clients have their places, from 0.
const LISTENER: u64 = u64::MAX;
const BELL: u64 = u64::MAX - 1;

/// A client on its way through the stages.
struct Client {
    conn: Conn,
    /// Its place among the clients of the first stage, which is kept for it.
    place: u64,
}

/// Both ends of a queue of batches, of which an empty one is the end. All together hold no more than there are clients.
type Queue = (Sender<Vec<Client>>, Receiver<Vec<Client>>);

/// What the stages share: a queue before each.
struct Stages {
    read: Queue,
    work: Queue,
    write: Queue,
    /// The first stage waits for sockets too.
    epoll: Epoll,
    /// Rings when somebody has come to be read, since epoll cannot watch a channel.
    bell: EventFd,
}

impl Model for Seda {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let stages = &Stages {
            read: unbounded(),
            work: unbounded(),
            write: unbounded(),
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            bell: EventFd::new()?,
        };
        thread::scope(|scope| {
            let named = |name: &str| thread::Builder::new().name(name.into());
            named("write").spawn_scoped(scope, || stages.write())?;
            cx.list_workers();
            let work = |worker| named("work").spawn_scoped(scope, move || stages.work(worker));
            let made = (0..cx.workers()).try_for_each(|worker| work(worker).map(drop));
            let served = made.and_then(|()| stages.read(&listener, cx));
            hand(&stages.write, Vec::new());
            (0..cx.workers()).for_each(|_| hand(&stages.work, Vec::new()));
            served
        })
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

impl Stages {
    /// Accepts, waits for sockets, reads, and says goodbye: who has left the server has left from here.
    fn read(&self, listener: &Listener, cx: &Context) -> io::Result<()> {
        let (mut clients, mut batch, mut listening) = (Slab::new(), Vec::new(), false);
        let mut events = [EpollEvent::empty(); 256];
        let epoll = &self.epoll;
        epoll.add(&self.bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        epoll.add(listener, once(EpollFlags::empty(), LISTENER))?;
        while !(cx.stopping() && clients.is_empty()) {
            if !listening && cx.has_room() {
                listening = true;
                epoll.modify(listener, &mut once(EpollFlags::EPOLLIN, LISTENER))?;
            }
            let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
            for event in &events[..ready] {
                match event.data() {
                    LISTENER => {
                        listening = false;
                        while let Some(stream) = cx.try_accept(listener) {
                            let client = clients.vacant_entry();
                            let event = once(EpollFlags::EPOLLIN, client.key() as u64);
                            if epoll.add(&stream, event).is_ok() {
                                client.insert(Some(cx.open(stream)));
                            } else {
                                cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
                            }
                        }
                    }
                    BELL => {
                        self.bell.read()?;
                        let mut back = self.read.1.try_iter().flatten(); // who comes later rings again
                        back.try_for_each(|client| self.park(&mut clients, client))?;
                    }
                    place => {
                        let conn = clients[place as usize].take();
                        let mut conn: Conn = conn.expect("who is elsewhere has no events");
                        if !conn.wants_write() {
                            conn.read();
                        }
                        batch.push(Client { conn, place });
                    }
                }
            }
            self.pass_on(&mut batch);
        }
        Ok(())
    }

    /// Its socket is waited for; one whose conversation is over is let go.
    fn park(&self, clients: &mut Slab<Option<Conn>>, client: Client) -> io::Result<()> {
        let Client { conn, place } = client;
        if conn.is_done() {
            clients.remove(place as usize); // closing takes it out of the epoll set
            return Ok(());
        }
        let mut interest = EpollFlags::EPOLLIN;
        if conn.wants_write() {
            interest = EpollFlags::EPOLLOUT; // and nothing else, or it would be ready all the time
        }
        self.epoll.modify(&conn, &mut once(interest, place))?;
        clients[place as usize] = Some(conn);
        Ok(())
    }

    /// Does what requests ask for, in several threads; this stage waits for nothing but its queue.
    fn work(&self, worker: usize) {
        for mut batch in self.work.1.iter().take_while(|batch| !batch.is_empty()) {
            for Client { conn, .. } in &mut batch {
                perform(conn.work().expect("others are not sent here")); // only this one waits, if a thread is free
                conn.worked_by(worker);
            }
            self.pass_on(&mut batch);
        }
    }

    /// Writes what can be written at once; who does not take it is waited for in the first stage.
    fn write(&self) {
        for mut batch in self.write.1.iter().take_while(|batch| !batch.is_empty()) {
            let blocked = batch.extract_if(.., |client| client.conn.write() == Io::Blocked);
            self.back(blocked.collect());
            self.pass_on(&mut batch);
        }
    }

    /// Each to the stage whose turn it is. Replies go before work, and nobody is read from who has not taken his replies.
    fn pass_on(&self, batch: &mut Vec<Client>) {
        let (mut read, mut write) = (Vec::new(), Vec::new());
        for client in batch.drain(..) {
            match client.conn.work() {
                _ if client.conn.wants_write() => write.push(client),
                Some(_) => hand(&self.work, vec![client]), // alone: whichever thread is free takes it
                None => read.push(client),
            }
        }
        self.back(read);
        if !write.is_empty() {
            hand(&self.write, write);
        }
    }

    /// Back to the first stage.
    fn back(&self, batch: Vec<Client>) {
        if !batch.is_empty() {
            hand(&self.read, batch);
            let _ = self.bell.write(1); // it blocks only at 2^64 - 1
        }
    }
}

fn hand(queue: &Queue, batch: Vec<Client>) {
    queue.0.send(batch).expect("the stages have both ends");
}

/// An event that is told once, and then not until it is asked for again.
fn once(interest: EpollFlags, token: u64) -> EpollEvent {
    EpollEvent::new(interest | EpollFlags::EPOLLONESHOT, token)
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "seda",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "Reading, working and writing are stages with threads of their own, and a queue before each.",
    capacity: Capacity::System,
    workers: Workers::PerCpu,
    work: WorkPlace::Pool,
    source: "Welsh, Culler and Brewer, SEDA (SOSP 2001)",
    claims: &[
        Claim::FIXED_THREADS,
        Claim::IDLE_CLIENTS_ARE_FREE,
        Claim::LIGHT_REQUESTS_GO_AHEAD,
    ],
};
