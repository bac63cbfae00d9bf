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

/// The tokens of the listener and of a queue's eventfd; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;
const QUEUE: u64 = u64::MAX - 1;

/// What waits before a stage. A client is in one place at a time, so no queue is longer than there are clients.
struct Queue {
    /// `None` is the end: nobody comes any more.
    give: Sender<Option<Conn>>,
    take: Receiver<Option<Conn>>,
    /// Rings where the stage waits for sockets too; epoll cannot watch a channel.
    bell: EventFd,
}

/// The queues before all stages.
struct Stages {
    read: Queue,
    work: Queue,
    write: Queue,
}

impl Model for Seda {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        listener.set_nonblocking()?;
        let (read, work, write) = (Queue::new()?, Queue::new()?, Queue::new()?);
        let stages = &Stages { read, work, write };
        thread::scope(|scope| {
            let named = |name: &str| thread::Builder::new().name(name.into());
            // From a stage that has failed nobody comes back, and the first one must not wait for them.
            let write = || write_stage(stages, cx).inspect_err(|_| stages.read.send(None));
            let writer = named("write").spawn_scoped(scope, write)?;
            let work = |own| named("work").spawn_scoped(scope, move || work_stage(stages, &own));
            let made = (0..cx.workers()).try_for_each(|n| work(cx.worker(n)).map(drop));
            let served = made.and_then(|()| read_stage(&listener, stages, cx));
            stages.write.send(None);
            (0..cx.workers()).for_each(|_| stages.work.send(None));
            served.and(writer.join().expect("it returns its errors"))
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
            claims: &[Claim::FIXED_THREADS, Claim::IDLE_CLIENTS_ARE_FREE],
        }
    }
}

/// Accepts, reads, and says goodbye: who has left the server has left from here.
fn read_stage(listener: &Listener, stages: &Stages, cx: &Context) -> io::Result<()> {
    let (epoll, mut conns) = (stages.read.watched()?, Slab::new());
    let mut events = [EpollEvent::empty(); 256];
    let (mut listening, mut elsewhere) = (false, 0); // clients that are in another stage
    loop {
        if listening != cx.has_room() {
            listening = !listening;
            if listening {
                epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
            } else {
                epoll.delete(listener)?; // without room it would be ready all the time
            }
        }
        if cx.stopping() && conns.is_empty() && elsewhere == 0 {
            return Ok(());
        }
        let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
        for event in &events[..ready] {
            match event.data() {
                LISTENER => {
                    while let Some(stream) = cx.try_accept(listener) {
                        park(&epoll, &mut conns, cx.open(stream), EpollFlags::EPOLLIN);
                    }
                }
                QUEUE => {
                    stages.read.bell.read()?; // before the queue is looked at: what comes later rings again
                    for conn in stages.read.take.try_iter() {
                        let Some(conn) = conn else { return Ok(()) };
                        elsewhere -= 1;
                        park(&epoll, &mut conns, conn, EpollFlags::EPOLLIN);
                    }
                }
                key => {
                    let conn: &mut Conn = &mut conns[key as usize];
                    conn.read();
                    if conn.is_done() {
                        conns.remove(key as usize); // closing takes it out of the epoll set
                    } else if conn.wants_write() || conn.work().is_some() {
                        epoll.delete(&*conn)?;
                        elsewhere += 1;
                        stages.pass_on(conns.remove(key as usize));
                    }
                }
            }
        }
    }
}

/// Does what requests ask for, on several threads; this stage waits for nothing but its queue.
fn work_stage(stages: &Stages, own: &Context) {
    for mut conn in stages.work.take.iter().map_while(|conn| conn) {
        if let Some(work) = conn.work() {
            perform(work); // only this client waits, as long as a thread of this stage is free
            conn.worked_by(own);
        }
        stages.pass_on(conn);
    }
}

/// Writes at once what can be written, and waits with the rest.
fn write_stage(stages: &Stages, cx: &Context) -> io::Result<()> {
    let (epoll, mut conns) = (stages.write.watched()?, Slab::new());
    let mut events = [EpollEvent::empty(); 256];
    loop {
        let ready = cx.wait(|| epoll.wait(&mut events, EpollTimeout::NONE))?;
        for event in &events[..ready] {
            if event.data() != QUEUE {
                let conn: Conn = conns.remove(event.data() as usize);
                epoll.delete(&conn)?;
                stages.pass_on(conn); // to the queue of this very stage
                continue;
            }
            stages.write.bell.read()?;
            for conn in stages.write.take.try_iter() {
                let Some(mut conn) = conn else { return Ok(()) };
                if conn.write() == Io::Blocked {
                    park(&epoll, &mut conns, conn, EpollFlags::EPOLLOUT);
                } else {
                    stages.pass_on(conn);
                }
            }
        }
    }
}

impl Stages {
    /// To the stage whose turn it is. Replies go before work, and nobody is read from who has not taken his replies.
    fn pass_on(&self, conn: Conn) {
        let next = match conn.work() {
            _ if conn.wants_write() => &self.write,
            Some(_) => &self.work,
            None => &self.read,
        };
        next.send(Some(conn));
    }
}

impl Queue {
    fn new() -> io::Result<Self> {
        let ((give, take), bell) = (unbounded(), EventFd::new()?);
        Ok(Self { give, take, bell })
    }

    /// An epoll set with the bell in it.
    fn watched(&self) -> io::Result<Epoll> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&self.bell, EpollEvent::new(EpollFlags::EPOLLIN, QUEUE))?;
        Ok(epoll)
    }

    fn send(&self, conn: Option<Conn>) {
        self.give.send(conn).expect("both ends are in this queue");
        let _ = self.bell.write(1); // it blocks only at 2^64 - 1
    }
}

/// A stage waits for this client; one whose conversation is over is let go.
fn park(epoll: &Epoll, conns: &mut Slab<Conn>, conn: Conn, interest: EpollFlags) {
    let place = conns.vacant_entry();
    let event = EpollEvent::new(interest, place.key() as u64);
    if conn.is_done() {
        drop(conn);
    } else if epoll.add(&conn, event).is_ok() {
        place.insert(conn);
    } else {
        conn.refuse(); // the user's limit of watched sockets is reached (epoll(7))
    }
}
