//! One class of clients in one worker: its schedule, its free connections, and its notes.

use std::time::{Duration, Instant};

use echo_protocol::ReplyError;

use crate::conversation::manner::Manner;
use crate::engine::slice_report::SliceNotes;
use crate::notes::overdue::Overdue;
use crate::notes::recorder::Recorder;
use crate::notes::reservoir::Reservoir;
use crate::plan::class::Class;
use crate::plan::load::Load;
use crate::timing::dispatch::Dispatch;
use crate::timing::part::Part;
use crate::timing::schedule::Schedule;
use crate::timing::timetable::Timetable;

/// Size of the sample of times between requests.
const GAPS: usize = 2000;

/// A connection at the time it became free: its index and its epoch.
pub type Free = (usize, u32);

/// The time between two neighbouring requests of an open loop.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Intended time between them.
    pub intended: Duration,
    /// Real time between them.
    pub actual: Duration,
}

/// One class of clients of one worker.
pub struct Group<'a> {
    pub class: &'a Class,
    pub manner: &'a Manner,
    /// True if the figures of the run include this class: it is honest, or no class is.
    pub is_counted: bool,
    /// Closed loop: time from a reply to the next request; `None` for an open loop.
    pub think: Option<Duration>,
    /// Due times of an open loop; `None` before sending starts.
    pub timetable: Option<Timetable>,
    pub dispatch: Dispatch<Free>,
    pub recorder: Recorder,
    /// Requests without a reply.
    pub in_flight: u64,
    /// Requests of the window that will never get a reply.
    pub overdue: Overdue,
    /// Requests dropped because the queue was full.
    pub overflowed: u64,
    pub gaps: Reservoir<Gap>,
    /// The last request of an open loop: its intended and its real time.
    pub last_arrival: Option<(Instant, Instant)>,
    /// Notes about slices; empty for one window.
    pub slice: SliceNotes,
}

impl<'a> Group<'a> {
    /// Creates the group before the run.
    pub fn new(class: &'a Class, manner: &'a Manner, part: Part, load: &Load) -> Self {
        let think = match &class.schedule {
            Schedule::Closed { think } => Some(*think),
            Schedule::Open { .. } => None,
        };
        let gaps = if think.is_none() { GAPS } else { 0 };
        Self {
            class,
            manner,
            is_counted: class.behaviour.is_honest() || !load.any_honest(),
            think,
            timetable: None,
            dispatch: Dispatch::new(part.share(class.queue as u64).max(1) as usize),
            recorder: Recorder::new(),
            in_flight: 0,
            overdue: Overdue::new(Instant::now(), load.duration),
            overflowed: 0,
            gaps: Reservoir::new(gaps, load.seed),
            last_arrival: None,
            slice: SliceNotes::default(),
        }
    }

    /// Starts the schedule. The rate counts from the end of the warm-up.
    pub fn start_sending(&mut self, part: Part, seed: u64, begin: Instant, warmup: Duration) {
        if let Schedule::Open { rate, spacing } = &self.class.schedule {
            self.timetable = Some(Timetable::new(rate, *spacing, part, seed, begin, warmup));
        }
    }

    /// Starts a measured window. Requests that wait since warm-up keep waiting. The sample of gaps is that of all windows.
    pub fn begin_window(&mut self, now: Instant, window: Duration, is_first: bool) {
        self.recorder.begin_window();
        self.overdue = Overdue::new(now, window);
        self.overflowed = 0;
        if is_first {
            self.gaps.clear();
        }
    }

    /// The time of the next request of an open loop.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.timetable.as_ref().and_then(Timetable::next)
    }

    /// Records a complete and wrong reply. Its request counts as a wait up to the end, like one without a reply.
    #[cold]
    pub fn refused(&mut self, error: &ReplyError, intended: Instant, measuring: bool) {
        self.recorder.refused(error);
        if measuring {
            self.overdue.add(intended, 1);
        }
    }

    /// Records the lag of a request, and the time since the last one.
    pub fn record_arrival(&mut self, intended: Instant, now: Instant) {
        self.recorder
            .record_lag(now.saturating_duration_since(intended));
        if let Some((before, seen)) = self.last_arrival.replace((intended, now)) {
            let intended = intended.saturating_duration_since(before);
            self.gaps.add(Gap {
                intended,
                actual: now.saturating_duration_since(seen),
            });
        }
    }
}
