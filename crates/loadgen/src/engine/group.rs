//! What a worker knows of one class of clients: its schedule, its free connections, and its notes.

use std::time::{Duration, Instant};

use crate::conversation::manner::Manner;
use crate::notes::overdue::Overdue;
use crate::notes::recorder::Recorder;
use crate::notes::reservoir::Reservoir;
use crate::plan::class::Class;
use crate::plan::load::Load;
use crate::timing::dispatch::Dispatch;
use crate::timing::part::Part;
use crate::timing::schedule::Schedule;
use crate::timing::timetable::Timetable;

/// How many times between requests are kept.
const GAPS: usize = 2000;

/// A connection of a worker as it was when it became free: its place, and its epoch.
pub type Free = (usize, u32);

/// Two requests of an open loop, one after the other: how far apart they were intended, and how far they were seen to.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// As intended.
    pub intended: Duration,
    /// As it was.
    pub seen: Duration,
}

/// One class of clients of one worker.
pub struct Group<'a> {
    pub class: &'a Class,
    pub manner: &'a Manner,
    /// Whether its requests are those that the figures are about: its clients are honest, or nobody's are.
    pub counts: bool,
    /// From a reply to the next request in a closed loop; none in an open one.
    pub think: Option<Duration>,
    /// When the requests of an open loop are due, once asking has begun.
    pub timetable: Option<Timetable>,
    pub dispatch: Dispatch<Free>,
    pub recorder: Recorder,
    /// Requests without a reply.
    pub outstanding: u64,
    /// Requests in the window that nobody will answer.
    pub overdue: Overdue,
    /// Requests that found the queue full.
    pub overflowed: u64,
    pub gaps: Reservoir<Gap>,
    /// The last request of an open loop: intended and seen to.
    pub last: Option<(Instant, Instant)>,
}

impl<'a> Group<'a> {
    /// A class before anything has happened.
    pub fn new(class: &'a Class, manner: &'a Manner, part: Part, load: &Load) -> Self {
        let think = match &class.schedule {
            Schedule::Closed { think } => Some(*think),
            Schedule::Open { .. } => None,
        };
        let gaps = if think.is_none() { GAPS } else { 0 };
        Self {
            class,
            manner,
            counts: class.behaviour.is_honest() || !load.any_honest(),
            think,
            timetable: None,
            dispatch: Dispatch::new(part.share(class.queue as u64).max(1) as usize),
            recorder: Recorder::new(),
            outstanding: 0,
            overdue: Overdue::new(Instant::now(), load.duration),
            overflowed: 0,
            gaps: Reservoir::new(gaps, load.seed),
            last: None,
        }
    }

    /// Asking begins.
    pub fn begin_asking(&mut self, part: Part, load: &Load, seed: u64, begin: Instant) {
        if let Schedule::Open { rate, spacing } = &self.class.schedule {
            self.timetable = Some(Timetable::new(
                rate,
                *spacing,
                part,
                seed,
                begin,
                load.warmup,
            ));
        }
    }

    /// From now on it counts. Requests that wait since warm-up go on waiting.
    pub fn begin_window(&mut self, now: Instant, window: Duration) {
        self.recorder.begin_window();
        self.overdue = Overdue::new(now, window);
        self.overflowed = 0;
        self.gaps.clear();
    }

    /// When the next request of an open loop is due.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.timetable.as_ref().and_then(Timetable::next)
    }

    /// Notes when a request of an open loop was seen to.
    pub fn seen_to(&mut self, intended: Instant, now: Instant) {
        self.recorder.late(now.saturating_duration_since(intended));
        if let Some((before, seen)) = self.last.replace((intended, now)) {
            let intended = intended.saturating_duration_since(before);
            self.gaps.note(Gap {
                intended,
                seen: now.saturating_duration_since(seen),
            });
        }
    }
}
