//! The event loop of one worker: the only place with sockets and a clock.
//!
//! ```text
//!   wait ──▶ phase ──▶ a batch of ready sockets: recv, verify, note, send ──▶ errands that are due ──▶ counters ──▶ wait
//!                                     ▲ requests of an open loop that are due, between any two of them
//! ```
//!
//! Sockets are registered once, edge-triggered where they are streams. A request costs one `send` and one `recv`; waits are shared by all
//! sockets that became ready meanwhile, and served in the order in which they did.

mod alarm;
mod arriving;
mod behaving;
mod connecting;
mod datagrams;
mod farewell;
mod group;
mod phases;
mod report;
mod slot;
mod talking;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::Load;
use crate::agenda::Agenda;
use crate::client::Manner;
use crate::cost::Usage;
use crate::gate::Gate;
use crate::intervals::Intervals;
use crate::progress::{Phase, Progress};
use crate::series::Series;
use crate::timetable::Part;
use alarm::Alarm;
use group::Group;
use phases::Stage;
use slot::Slot;

pub use report::{GroupReport, Report};

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
    /// How the clients of each class talk.
    pub manners: &'a [Manner],
    /// Set by whoever wants the run to end early.
    pub stop: &'a AtomicBool,
    /// Where workers say how it is going.
    pub progress: &'a Progress,
    /// When the run began.
    pub start: Instant,
    /// When asking begins.
    pub gate: Arc<Gate>,
}

/// Something to do at a time for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Errand {
    /// Connect.
    Dial,
    /// The connect has taken too long.
    GiveUp,
    /// Fill the pipeline of a connection that asks nothing yet.
    Fill,
    /// Ask one request.
    Ask,
    /// Send the next few bytes.
    Drip,
    /// Read the next few bytes.
    Sip,
    /// Give up datagrams that nobody answers.
    Lose,
}

/// An errand, valid as long as the connection has not been lost in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    k: usize,
    epoch: u32,
    errand: Errand,
}

struct Worker<'a> {
    shared: &'a Shared<'a>,
    id: usize,
    part: Part,
    epoll: Epoll,
    alarm: Alarm,
    events: Vec<EpollEvent>,
    slots: Vec<Slot<'a>>,
    groups: Vec<Group<'a>>,
    agenda: Agenda<Entry>,
    parked: VecDeque<usize>,
    stage: Stage,
    series: Series,
    intervals: Intervals,
    /// The last look at the clock.
    now: Instant,
    /// When asking began.
    asking: Instant,
    began: Option<(Instant, Usage)>,
    /// When the next request of an open loop is due; in a far future where there is none.
    next_arrival: Instant,
    /// Requests that this worker may ask in the window, and those answered or lost in it, of the classes that count.
    quota: Option<u64>,
    done: u64,
    /// Requests on their way of the classes that count, times the nanoseconds that they were, until `summed`.
    busy_ns: u128,
    summed: Instant,
    /// Waits for something to happen.
    waits: u64,
    /// Connects under way.
    dialling: usize,
    /// Connections that are open or still to be opened.
    alive: usize,
}

/// Runs the clients of one worker to the end of the run, and calls `watch` now and then, for the last time when nothing is
/// measured any more and nobody has left yet.
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
    shared.progress.enter(Phase::Over);
    watch(shared.progress);
    worker.hang_up();
    Ok(report)
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared<'a>, id: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let alarm = Alarm::new(&epoll, ALARM)?;
        let (load, part) = (shared.load, shared.load.part(id));
        let groups: Vec<_> = load
            .classes
            .iter()
            .zip(shared.manners)
            .map(|(class, manner)| Group::new(class, manner, part, load))
            .collect();
        let slots = slot::all(shared, &groups, part);
        let depth: usize = slots
            .iter()
            .map(|slot| groups[slot.group].class.pipeline.min(8) + 3)
            .sum();
        let mut worker = Self {
            shared,
            id,
            part,
            epoll,
            alarm,
            events: vec![EpollEvent::empty(); BATCH],
            // Every connection may have a connect's deadline and its requests there at the same time.
            agenda: Agenda::with_capacity(depth),
            parked: VecDeque::new(),
            stage: Stage::Connecting,
            series: Series::new(),
            intervals: Intervals::new(),
            now: shared.start,
            asking: shared.start,
            began: None,
            next_arrival: far(shared.start),
            quota: load.requests.map(|all| part.share(all)),
            done: 0,
            busy_ns: 0,
            summed: shared.start,
            waits: 0,
            dialling: 0,
            alive: slots.len(),
            slots,
            groups,
        };
        worker.plan_connects(shared.start, |class| {
            class.connect_at.is_none().then_some(Duration::ZERO)
        });
        Ok(worker)
    }

    fn turn(&mut self) -> io::Result<()> {
        let ready = self.wait()?;
        self.now = Instant::now();
        self.advance();
        for i in 0..ready {
            self.serve(self.events[i]);
            self.take_arrivals();
        }
        self.run_errands();
        self.take_arrivals();
        self.publish();
        Ok(())
    }

    /// Waits for sockets, for the next errand or the next phase, whichever comes first.
    fn wait(&mut self) -> io::Result<usize> {
        let phase = match self.stage {
            Stage::Connecting => self.shared.gate.opens(self.now),
            Stage::WarmingUp { until } | Stage::Measuring { until } => Some(until),
            Stage::Over => None,
        };
        let soonest = self.agenda.soonest().into_iter().chain(phase).min();
        let deadline = soonest.map_or(self.next_arrival, |at| at.min(self.next_arrival));
        let timeout = if self.shared.load.busy || !self.alarm.set(deadline)? {
            EpollTimeout::ZERO
        } else if self.stage == Stage::Connecting {
            CONNECTING_WAIT.into()
        } else {
            LONGEST_WAIT.into()
        };
        self.waits += 1;
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
        } else if ready.contains(EpollFlags::EPOLLOUT) && self.slots[k].client.is_open() {
            self.flush(k);
        }
        let ended = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
        if self.slots[k].client.is_open() && ready.intersects(ended | EpollFlags::EPOLLIN) {
            self.take_in(k, ready.intersects(ended));
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
                Errand::Fill => self.fill(k, at),
                Errand::Ask => self.ask_planned(k, at),
                Errand::Drip => self.drip(k),
                Errand::Sip => self.sip(k),
                Errand::Lose => self.lose(k),
            }
        }
    }

    fn put_down(&mut self, at: Instant, k: usize, errand: Errand) {
        let epoch = self.slots[k].epoch;
        self.agenda.push(at, Entry { k, epoch, errand });
    }
}

/// A time that no run lives to see.
fn far(now: Instant) -> Instant {
    now + Duration::from_secs(1 << 32)
}
