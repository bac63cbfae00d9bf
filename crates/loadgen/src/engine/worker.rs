//! One worker: its clients, its event loop, and what it does in one turn of the loop.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::engine::alarm::Alarm;
use crate::engine::errand::{Entry, Errand};
use crate::engine::group::Group;
use crate::engine::shared::Shared;
use crate::engine::slot::{self, Slot};
use crate::engine::stage::Stage;
use crate::notes::cost::Usage;
use crate::notes::intervals::Intervals;
use crate::notes::series::Series;
use crate::timing::agenda::Agenda;
use crate::timing::part::Part;

/// Ready sockets taken from the kernel at a time.
const BATCH: usize = 256;

/// The longest wait: how late a stop is noticed when nothing else happens, in milliseconds.
const LONGEST_WAIT: u8 = 100;

/// The longest wait while connecting: how late a worker hears that all others are done, in milliseconds.
pub const CONNECTING_WAIT: u8 = 10;

/// The alarm's place among the tokens of the sockets.
const ALARM: u64 = u64::MAX;

/// One worker of a run.
pub struct Worker<'a> {
    pub shared: &'a Shared<'a>,
    pub id: usize,
    pub part: Part,
    pub epoll: Epoll,
    pub alarm: Alarm,
    pub events: Vec<EpollEvent>,
    pub slots: Vec<Slot<'a>>,
    pub groups: Vec<Group<'a>>,
    pub agenda: Agenda<Entry>,
    pub parked: VecDeque<usize>,
    pub stage: Stage,
    pub series: Series,
    pub intervals: Intervals,
    /// The last look at the clock.
    pub now: Instant,
    /// When asking began.
    pub asking: Instant,
    pub began: Option<(Instant, Usage)>,
    /// When the next request of an open loop is due; in a far future where there is none.
    pub next_arrival: Instant,
    /// Requests that this worker may ask in the window, and those answered or lost in it, of the classes that count.
    pub quota: Option<u64>,
    pub done: u64,
    /// Requests on their way of the classes that count, times the nanoseconds that they were, until `summed`.
    pub busy_ns: u128,
    pub summed: Instant,
    /// Waits for something to happen.
    pub waits: u64,
    /// Connects under way.
    pub dialling: usize,
    /// Connections that are open or still to be opened.
    pub alive: usize,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shared: &'a Shared<'a>, id: usize) -> io::Result<Self> {
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

    pub(super) fn turn(&mut self) -> io::Result<()> {
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

    pub(super) fn put_down(&mut self, at: Instant, k: usize, errand: Errand) {
        let epoch = self.slots[k].epoch;
        self.agenda.push(at, Entry { k, epoch, errand });
    }
}

/// A time that no run lives to see.
pub fn far(now: Instant) -> Instant {
    now + Duration::from_secs(1 << 32)
}
