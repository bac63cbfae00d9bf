//! One worker: its clients, and one turn of its event loop.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::engine::alarm::Alarm;
use crate::engine::clock::Clock;
use crate::engine::errand::{Entry, Errand};
use crate::engine::group::Group;
use crate::engine::shared::Shared;
use crate::engine::slices::Sitting;
use crate::engine::slot::{self, Slot};
use crate::engine::stage::Stage;
use crate::notes::cost::Usage;
use crate::notes::intervals::Intervals;
use crate::notes::series::Series;
use crate::timing::agenda::Agenda;
use crate::timing::part::Part;

/// Ready sockets per call of `epoll_wait`.
const BATCH: usize = 256;

/// The longest wait in milliseconds: the delay with which a stop is noticed if nothing else happens.
const LONGEST_WAIT: u8 = 100;

/// The longest wait while connecting, in milliseconds: the delay with which a worker notices that all others are connected.
pub const CONNECTING_WAIT: u8 = 10;

/// The token of the timer; sockets have smaller ones.
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
    pub waiting_to_connect: VecDeque<usize>,
    pub stage: Stage,
    /// What it remembers if it measures in slices.
    pub sitting: Option<Sitting>,
    pub series: Series,
    pub intervals: Intervals,
    pub clock: Clock,
    /// The last reading of the clock.
    pub now: Instant,
    /// When sending started.
    pub sending_since: Instant,
    /// Duration of the measured window.
    pub window: Duration,
    pub window_start: Option<(Instant, Usage)>,
    /// The planned end of the window, once it has passed.
    pub window_end: Option<Instant>,
    /// Start of the first measured window.
    pub first_window: Option<Instant>,
    /// Due time of the next request of an open loop; far in the future if there is none.
    pub next_arrival: Instant,
    /// Requests that this worker may send in the window, and requests with a reply or lost in it, of the classes in the
    /// figures.
    pub quota: Option<u64>,
    pub done: u64,
    /// Requests in flight of the classes in the figures, integrated over time until `summed_until`.
    pub in_flight_ns: u128,
    pub summed_until: Instant,
    /// Calls of `epoll_wait`.
    pub waits: u64,
    /// Connects in progress.
    pub connecting: usize,
    /// Clients that are connected or will be.
    pub active_clients: usize,
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
            // Each connection may have a connect timeout and its requests in the agenda at the same time.
            agenda: Agenda::with_capacity(depth),
            waiting_to_connect: VecDeque::new(),
            stage: Stage::Connecting,
            sitting: None,
            series: Series::new(),
            intervals: Intervals::new(),
            clock: Clock::default(),
            now: shared.start,
            sending_since: shared.start,
            window: load.duration,
            window_start: None,
            window_end: None,
            first_window: None,
            next_arrival: far(shared.start),
            quota: load.requests.map(|all| part.share(all)),
            done: 0,
            in_flight_ns: 0,
            summed_until: shared.start,
            waits: 0,
            connecting: 0,
            active_clients: slots.len(),
            slots,
            groups,
        };
        worker.schedule_connects(shared.start, |class| {
            class.connect_at.is_none().then_some(Duration::ZERO)
        });
        Ok(worker)
    }

    pub(super) fn turn(&mut self) -> io::Result<()> {
        let ready = self.wait()?;
        self.now = self.clock.now();
        self.advance();
        for i in 0..ready {
            self.serve(self.events[i]);
            self.handle_due_requests();
        }
        self.run_errands();
        self.handle_due_requests();
        self.publish();
        Ok(())
    }

    /// Waits for a socket, the next errand or the next phase, whichever comes first.
    fn wait(&mut self) -> io::Result<usize> {
        let phase = match self.stage {
            Stage::Connecting => self.shared.gate.opening(self.now),
            Stage::WarmingUp { until }
            | Stage::Measuring { until }
            | Stage::Draining { until, .. } => Some(until),
            Stage::Paused | Stage::Over => None,
        };
        let soonest = self.agenda.soonest().into_iter().chain(phase).min();
        let deadline = soonest.map_or(self.next_arrival, |at| at.min(self.next_arrival));
        let timeout = if self.shared.load.busy || !self.alarm.set(self.clock.real(deadline))? {
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

    /// Handles one ready socket.
    fn serve(&mut self, event: EpollEvent) {
        if event.data() == ALARM {
            return self.alarm.rang();
        }
        let (k, ready) = (event.data() as usize, event.events());
        if self.slots[k].client.is_connecting() {
            self.now = self.clock.now();
            self.finish_connect(k);
        } else if ready.contains(EpollFlags::EPOLLOUT) && self.slots[k].client.is_open() {
            self.flush(k);
        }
        let ended = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
        if self.slots[k].client.is_open() && ready.intersects(ended | EpollFlags::EPOLLIN) {
            self.receive(k, ready.intersects(ended));
        }
    }

    fn run_errands(&mut self) {
        let due = self.now;
        while let Some((at, entry)) = self.agenda.take_due(due) {
            let Entry { k, epoch, errand } = entry;
            if self.slots[k].epoch != epoch || self.put_off(at, entry) {
                continue;
            }
            self.now = self.clock.now();
            match errand {
                Errand::Connect => self.connect(k),
                Errand::ConnectTimeout => self.connect_timed_out(k),
                Errand::FillPipeline => self.fill_pipeline(k, at),
                Errand::SendRequest => self.send_scheduled_request(k, at),
                Errand::SendBytes => self.send_next_bytes(k),
                Errand::ReadBytes => self.read_next_bytes(k),
                Errand::ReplyTimeout => self.reply_timed_out(k),
            }
        }
    }

    pub(super) fn schedule(&mut self, at: Instant, k: usize, errand: Errand) {
        let epoch = self.slots[k].epoch;
        self.agenda.push(at, Entry { k, epoch, errand });
    }
}

/// A time after the end of any run.
pub fn far(now: Instant) -> Instant {
    now + Duration::from_secs(1 << 32)
}
