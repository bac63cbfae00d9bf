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

/// The tokens of the listener and of the bell; clients have their keys in the slab, from 0.
const LISTENER: u64 = u64::MAX;
const BELL: u64 = u64::MAX - 1;

/// One event when there is something to read, or room to write; then silence until the socket is re-armed.
const INPUT: EpollFlags = EpollFlags::EPOLLIN.union(EpollFlags::EPOLLONESHOT);
const ROOM: EpollFlags = EpollFlags::EPOLLOUT.union(EpollFlags::EPOLLONESHOT);

/// A client on its way through the stages. It is in one place at a time, which bounds all queues together.
struct Client {
    conn: Conn,
    /// Its key among the clients of the first stage, which keeps an empty place for it.
    key: u64,
}

/// Both ends of a queue of batches. An empty batch ends the thread that gets it.
type Queue = (Sender<Vec<Client>>, Receiver<Vec<Client>>);

/// What the stages share: a queue before each.
struct Stages {
    read: Queue,
    work: Queue,
    write: Queue,
    epoll: Epoll,
    /// An eventfd that rings when a client comes back to be read, because epoll cannot watch a channel.
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
            let started = (0..cx.workers()).try_for_each(|worker| {
                let thread = named("work").spawn_scoped(scope, move || stages.work(worker));
                thread.map(drop)
            });
            let served = started.and_then(|()| stages.read(&listener, cx));
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
    /// The first stage: accepts clients, waits for sockets, and reads. Clients also leave from here.
    fn read(&self, listener: &Listener, cx: &Context) -> io::Result<()> {
        let epoll = &self.epoll;
        epoll.add(&self.bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL))?;
        epoll.add(listener, EpollEvent::new(INPUT, LISTENER))?;
        let mut clients = Slab::new();
        let mut events = [EpollEvent::empty(); 256];
        let mut batch = Vec::new();
        let mut listening = true;
        cx.ready();
        loop {
            // After a stop `has_room` is false, so that the listener, which is then ready all the time, is not watched.
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            if !listening && cx.has_room() {
                listening = true;
                epoll.modify(listener, &mut EpollEvent::new(INPUT, LISTENER))?;
            }
            // After a stop, the clients that are left may finish.
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
            for event in &events[..ready] {
                match event.data() {
                    LISTENER => {
                        self.accept(listener, cx, &mut clients);
                        listening = false; // this event was the only one asked for
                    }
                    BELL => {
                        self.bell.read()?; // before the queue is emptied: a client that comes in between rings again
                        for client in self.read.1.try_iter().flatten() {
                            self.park(&mut clients, client)?;
                        }
                    }
                    key => {
                        let taken = clients[key as usize].take();
                        let mut conn = taken.expect("a client in another stage has no events");
                        if !conn.wants_write() {
                            conn.read();
                        }
                        batch.push(Client { conn, key });
                    }
                }
            }
            self.pass_on(&mut batch);
        }
    }

    /// Accepts all clients that are waiting.
    fn accept(&self, listener: &Listener, cx: &Context, clients: &mut Slab<Option<Conn>>) {
        while let Some(stream) = cx.try_accept(listener) {
            let (client, conn) = (clients.vacant_entry(), cx.open(stream));
            let interest = if conn.wants_write() { ROOM } else { INPUT };
            let event = EpollEvent::new(interest, client.key() as u64);
            if self.epoll.add(&conn, event).is_ok() {
                client.insert(Some(conn));
            } else {
                conn.refuse(); // the user's limit of watched sockets is reached (epoll(7))
            }
        }
    }

    /// Waits for the socket of a client that came back, or lets the client leave if its conversation is over.
    fn park(&self, clients: &mut Slab<Option<Conn>>, client: Client) -> io::Result<()> {
        let Client { conn, key } = client;
        if conn.is_done() {
            clients.remove(key as usize); // closing a socket takes it out of the epoll set
            return Ok(());
        }
        let interest = if conn.wants_write() { ROOM } else { INPUT }; // no input before the replies are taken
        self.epoll
            .modify(&conn, &mut EpollEvent::new(interest, key))?;
        clients[key as usize] = Some(conn);
        Ok(())
    }

    /// The stage of several threads: does the work that requests ask for.
    fn work(&self, worker: usize) {
        for mut batch in self.work.1.iter().take_while(|batch| !batch.is_empty()) {
            for Client { conn, .. } in &mut batch {
                if let Some(work) = conn.work() {
                    perform(work); // no other client waits while a thread is free
                    conn.worked_by(worker);
                }
            }
            self.pass_on(&mut batch);
        }
    }

    /// The last stage: writes once. A client whose socket has no room waits for it in the first stage.
    fn write(&self) {
        for mut batch in self.write.1.iter().take_while(|batch| !batch.is_empty()) {
            let blocked = batch.extract_if(.., |client| client.conn.write() == Io::Blocked);
            self.back(blocked.collect());
            self.pass_on(&mut batch);
        }
    }

    /// Sends each client to its next stage. Replies go before work, and a client must take its replies before it is read.
    fn pass_on(&self, batch: &mut Vec<Client>) {
        let mut read = Vec::new();
        let mut write = Vec::new();
        for client in batch.drain(..) {
            match client.conn.wants_work() {
                _ if client.conn.wants_write() => write.push(client),
                true => hand(&self.work, vec![client]), // alone, so that any free thread can take it
                false => read.push(client),
            }
        }
        self.back(read);
        if !write.is_empty() {
            hand(&self.write, write);
        }
    }

    /// Sends clients back to the first stage.
    fn back(&self, batch: Vec<Client>) {
        if !batch.is_empty() {
            hand(&self.read, batch);
            let _ = self.bell.write(1); // it blocks only at 2^64 - 1
        }
    }
}

fn hand(queue: &Queue, batch: Vec<Client>) {
    queue.0.send(batch).expect("both ends live in `Stages`");
}

/// The description of this model; `echolab compare` tests its claims.
const ABOUT: About = About {
    name: "seda",
    family: Family::Readiness,
    transport: Transport::Stream,
    summary: "Reading, working and writing are stages with their own threads and a queue in front of each.",
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
