#![doc = include_str!("../README.md")]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// Both ends of a queue. A client is in one place at a time, so none is longer than there are clients.
type Queue<T> = (Sender<T>, Receiver<T>);

/// What the stages share: a queue before each.
struct Stages {
    read: Queue<Client>,
    /// `None` is the end: nobody comes any more.
    work: Queue<Option<Client>>,
    write: Queue<Option<Client>>,
    /// The first stage waits for sockets too.
    epoll: Epoll,
    /// Rings when somebody has come to be read, since epoll cannot watch a channel.
    bell: EventFd,
    /// It rings already: many come for one call.
    rings: AtomicBool,
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
            rings: AtomicBool::new(false),
        };
        thread::scope(|scope| {
            let named = |name: &str| thread::Builder::new().name(name.into());
            named("write").spawn_scoped(scope, || stages.write())?;
            let work = |own| named("work").spawn_scoped(scope, move || stages.work(&own));
            let made = (0..cx.workers()).try_for_each(|n| work(cx.worker(n)).map(drop));
            let served = made.and_then(|()| stages.read(&listener, cx));
            hand(&stages.write, None);
            (0..cx.workers()).for_each(|_| hand(&stages.work, None));
            served
        })
    }

    fn about(&self) -> &'static About {
        &About {
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
        }
    }
}

impl Stages {
    /// Accepts, waits for sockets, reads, and says goodbye: who has left the server has left from here.
    fn read(&self, listener: &Listener, cx: &Context) -> io::Result<()> {
        let (mut clients, mut listening) = (Slab::new(), false);
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
                        self.rings.swap(false, Ordering::SeqCst); // who comes from now on rings again
                        let mut back = self.read.1.try_iter();
                        back.try_for_each(|client| self.park(&mut clients, client))?;
                    }
                    place => {
                        let conn = clients[place as usize].take();
                        let mut conn: Conn = conn.expect("who is elsewhere has no events");
                        if !conn.wants_write() {
                            conn.read();
                        }
                        self.pass_on(Client { conn, place });
                    }
                }
            }
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
    fn work(&self, own: &Context) {
        for mut client in self.work.1.iter().map_while(|client| client) {
            if let Some(work) = client.conn.work() {
                perform(work); // only this client waits, as long as a thread of this stage is free
                client.conn.worked_by(own);
            }
            self.pass_on(client);
        }
    }

    /// Writes what can be written at once; who does not take it is waited for in the first stage.
    fn write(&self) {
        for mut client in self.write.1.iter().map_while(|client| client) {
            if client.conn.write() == Io::Blocked {
                self.back(client);
            } else {
                self.pass_on(client);
            }
        }
    }

    /// To the stage whose turn it is. Replies go before work, and nobody is read from who has not taken his replies.
    fn pass_on(&self, client: Client) {
        match client.conn.work() {
            _ if client.conn.wants_write() => hand(&self.write, Some(client)),
            Some(_) => hand(&self.work, Some(client)),
            None => self.back(client),
        }
    }

    /// Back to the first stage.
    fn back(&self, client: Client) {
        hand(&self.read, client);
        if !self.rings.swap(true, Ordering::SeqCst) {
            let _ = self.bell.write(1); // it blocks only at 2^64 - 1
        }
    }
}

fn hand<T>(queue: &Queue<T>, what: T) {
    queue.0.send(what).expect("the stages have both ends");
}

/// An event that is told once, and then not until it is asked for again.
fn once(interest: EpollFlags, token: u64) -> EpollEvent {
    EpollEvent::new(interest | EpollFlags::EPOLLONESHOT, token)
}
