//! The event loop of one worker: the only place with sockets and a clock.
//!
//! ```text
//!   wait ──▶ a batch of ready sockets: recv, verify, note, send ──▶ errands that are due ──▶ phase, counters ──▶ wait
//! ```
//!
//! Sockets are registered once, edge-triggered. A request costs one `send` and one `recv`; waits are shared by all
//! sockets that became ready meanwhile, and served in the order in which they did.

mod alarm;
mod connecting;
mod farewell;
mod phases;
mod report;
mod talking;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::Socket;

use crate::agenda::Agenda;
use crate::client::{Client, Manner};
use crate::cost::Usage;
use crate::gate::Gate;
use crate::progress::Progress;
use crate::recorder::Recorder;
use crate::{Load, Schedule};
use alarm::Alarm;
use phases::Stage;

pub use report::Report;

/// Ready sockets taken from the kernel at a time.
const BATCH: usize = 256;

/// The longest wait: how late a stop is noticed when nothing else happens, in milliseconds.
const LONGEST_WAIT: u8 = 100;

/// The longest wait while connecting: how late a worker hears that all others are done, in milliseconds.
pub const CONNECTING_WAIT: u8 = 10;

/// How often whoever watches is called.
pub const LOOK: Duration = Duration::from_millis(10);

/// The alarm's place among the tokens of the sockets.
const ALARM: u64 = u64::MAX;

/// What all workers of a run share.
pub struct Shared<'a> {
    /// What to do.
    pub load: &'a Load,
    /// How all clients talk.
    pub manner: &'a Manner,
    /// Set by whoever wants the run to end early.
    pub stop: &'a AtomicBool,
    /// Where workers say how it is going.
    pub progress: &'a Progress,
    /// When the run began.
    pub start: Instant,
    /// When asking begins.
    pub gate: Gate,
}

/// Something to do at a time for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Errand {
    Dial,
    GiveUp,
    Ask,
}

/// An errand, valid as long as the connection has not been lost in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    k: usize,
    epoch: u32,
    errand: Errand,
}

/// A client and its socket.
struct Slot<'a> {
    client: Client<'a>,
    socket: Option<Socket>,
    epoch: u32,
    redials: u32,
    decided: bool,
    watches_writes: bool,
}

impl Slot<'_> {
    fn socket(&self) -> &Socket {
        self.socket
            .as_ref()
            .expect("a client that connects or is open has a socket")
    }
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    id: usize,
    epoll: Epoll,
    alarm: Alarm,
    events: Vec<EpollEvent>,
    slots: Vec<Slot<'a>>,
    agenda: Agenda<Entry>,
    parked: VecDeque<usize>,
    schedule: Schedule,
    stage: Stage,
    recorder: Recorder,
    /// The last look at the clock.
    now: Instant,
    began: Option<(Instant, Usage)>,
    /// Requests that this worker may ask in the window.
    quota: Option<u64>,
    /// Requests without a reply.
    outstanding: u64,
    /// Connects under way.
    dialling: usize,
    /// Connections that are open or still to be opened.
    alive: usize,
}

/// Runs the clients of one worker to the end of the run, and calls `watch` now and then.
///
/// # Errors
/// The system has no descriptor or no memory for the worker itself. What happens to connections is counted instead.
pub fn work(shared: &Shared, id: usize, watch: &mut dyn FnMut(&Progress)) -> io::Result<Report> {
    let mut worker = Worker::new(shared, id)?;
    let mut next_look = shared.start;
    while !worker.is_over() {
        worker.turn()?;
        if worker.now >= next_look {
            watch(shared.progress);
            next_look = worker.now + LOOK;
        }
    }
    let report = worker.report();
    worker.hang_up();
    Ok(report)
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared<'a>, id: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let alarm = Alarm::new(&epoll, ALARM)?;
        let (load, threads) = (shared.load, shared.load.threads);
        let numbers = (id..load.connections).step_by(threads);
        let slots: Vec<_> = numbers
            .clone()
            .map(|number| Slot::new(shared, number))
            .collect();
        let mut worker = Self {
            shared,
            id,
            epoll,
            alarm,
            events: vec![EpollEvent::empty(); BATCH],
            // Every connection may have a connect's deadline and its requests there at the same time.
            agenda: Agenda::with_capacity(slots.len() * (load.pipeline + 2)),
            parked: VecDeque::new(),
            schedule: load.schedule.clone(),
            stage: Stage::Connecting,
            recorder: Recorder::new(),
            now: shared.start,
            began: None,
            quota: load.requests.map(|all| phases::share(all, id, threads)),
            outstanding: 0,
            dialling: 0,
            alive: slots.len(),
            slots,
        };
        let pause = load.connect_rate.map_or(0.0, |rate| 1.0 / rate);
        for (k, number) in numbers.enumerate() {
            let at = shared.start + Duration::from_secs_f64(pause * number as f64);
            worker.put_down(at, k, Errand::Dial);
        }
        Ok(worker)
    }

    fn turn(&mut self) -> io::Result<()> {
        let ready = self.wait()?;
        self.now = Instant::now();
        for i in 0..ready {
            self.serve(self.events[i]);
        }
        self.run_errands();
        self.advance();
        let now = self.recorder.now();
        self.recorder
            .series
            .record(self.now - self.shared.start, now);
        self.shared.progress.publish(self.id, &now);
        Ok(())
    }

    /// Waits for sockets, for the next errand or the next phase, whichever comes first.
    fn wait(&mut self) -> io::Result<usize> {
        let phase = match self.stage {
            Stage::Connecting => self.shared.gate.opens(self.now),
            Stage::WarmingUp { until } | Stage::Measuring { until } => Some(until),
            Stage::Over => None,
        };
        let deadline = self.agenda.soonest().into_iter().chain(phase).min();
        let timeout = match deadline {
            Some(deadline) if !self.alarm.set(deadline)? => EpollTimeout::ZERO,
            _ if self.stage == Stage::Connecting => CONNECTING_WAIT.into(),
            _ => LONGEST_WAIT.into(),
        };
        self.recorder.window.waits += 1;
        match self.epoll.wait(&mut self.events, timeout) {
            Ok(ready) => Ok(ready),
            Err(Errno::EINTR) => Ok(0),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Does what one ready socket makes possible.
    fn serve(&mut self, event: EpollEvent) {
        if event.data() == ALARM {
            return self.alarm.rang();
        }
        let (k, ready) = (event.data() as usize, event.events());
        if self.slots[k].client.is_connecting() {
            self.now = Instant::now();
            self.finish_connect(k);
        } else if ready.contains(EpollFlags::EPOLLOUT) {
            self.flush(k);
        }
        let ended = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
        if self.slots[k].client.is_open() && ready.intersects(ended | EpollFlags::EPOLLIN) {
            self.read(k, ready.intersects(ended));
        }
    }

    fn run_errands(&mut self) {
        let due = self.now;
        while let Some((at, Entry { k, epoch, errand })) = self.agenda.take_due(due) {
            if self.slots[k].epoch != epoch {
                continue;
            }
            self.now = Instant::now();
            match errand {
                Errand::Dial => self.dial(k),
                Errand::GiveUp => self.give_up(k),
                Errand::Ask => self.ask_planned(k, at),
            }
        }
    }

    fn put_down(&mut self, at: Instant, k: usize, errand: Errand) {
        let epoch = self.slots[k].epoch;
        self.agenda.push(at, Entry { k, epoch, errand });
    }
}

impl<'a> Slot<'a> {
    fn new(shared: &Shared<'a>, number: usize) -> Self {
        Self {
            client: Client::new(shared.manner, number as u64),
            socket: None,
            epoch: 0,
            redials: shared.load.reconnects,
            decided: false,
            watches_writes: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Allocations of a worker that asks so many requests.
    fn allocations(requests: u64) -> u64 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let echo = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = stream.read(&mut buffer) {
                stream.write_all(&buffer[..n]).unwrap();
            }
        });
        let mut load = Load::on(address.to_string().parse().unwrap());
        (load.connections, load.requests) = (1, Some(requests));
        load.warmup = Duration::ZERO;
        let start = Instant::now();
        let shared = Shared {
            load: &load,
            manner: &load.manner(),
            stop: &AtomicBool::new(false),
            progress: &Progress::new(1),
            start,
            gate: Gate::new(1, start + Duration::from_secs(9), Duration::ZERO),
        };
        let count = allocation_counter::measure(|| {
            let report = work(&shared, 0, &mut |_| {}).unwrap();
            assert_eq!(report.recorder.window.requests, requests);
        });
        echo.join().unwrap();
        count.count_total
    }

    #[test]
    fn a_longer_run_allocates_no_more_than_a_short_one() {
        let short = allocations(500);
        assert!(allocations(5000) <= short);
    }
}
