//! The live view of a load run on a terminal: throughput, latency percentiles over time, connections by state, errors.
//!
//! The worker that measures only copies a few counters, once per second. A new thread draws each picture and then ends:
//! in a process with one thread the kernel finds descriptors faster, and a thread that waits for the next second would
//! cost 3 % of the throughput. If stderr is not a terminal, nothing is drawn.

mod history;
mod picture;
mod planned;
mod waited;

use std::io::{self, IsTerminal as _, Stderr};
use std::mem;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use history::History;
use loadgen::{Load, Phase};
use planned::Planned;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::notes::note;
use crate::screen::Screen;
pub use history::Reading;

/// Time between two updates.
pub const EVERY: Duration = Duration::from_secs(1);

/// The live view. It shows nothing if stderr is not a terminal.
pub struct Live {
    start: Instant,
    next: Duration,
    lines: bool,
    planned: Planned,
    /// The current phase, and when it began.
    phase: (Phase, Duration),
    before: Option<Reading>,
    artist: Option<Artist>,
}

/// The terminal, and what is drawn on it.
struct Artist {
    history: History,
    easel: Easel,
    /// Dropped last, which shows the first screen again.
    _screen: Screen,
}

/// The terminal is free, or a thread draws on it, or drawing has failed. The measurement continues after a failure.
enum Easel {
    Free(Terminal<CrosstermBackend<Stderr>>),
    Busy(JoinHandle<Option<Terminal<CrosstermBackend<Stderr>>>>),
    Broken,
}

impl Live {
    /// A view of this load. It shows nothing if `quiet`, or if stderr is not a terminal. With `lines`, a line
    /// of text per second goes to stderr instead, also if that is not a terminal.
    pub fn new(load: &Load, quiet: bool, lines: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let wanted = !quiet && !lines && !dumb && io::stderr().is_terminal();
        let planned = Planned::of(load);
        Self {
            start: Instant::now(),
            next: EVERY,
            lines: lines && !quiet,
            phase: (Phase::Connecting, Duration::ZERO),
            before: None,
            // If the terminal refuses the second screen, the run continues without a view.
            artist: wanted.then(|| Artist::new(planned.clone()).ok()).flatten(),
            planned,
        }
    }

    /// Notes the phase. Once per second, asks for a reading at the time since the start, and shows it.
    pub fn show(&mut self, phase: Phase, reading: impl FnOnce(Duration) -> Reading) {
        let elapsed = self.start.elapsed();
        if phase != self.phase.0 {
            self.phase = (phase, elapsed);
        }
        if elapsed < self.next || (self.artist.is_none() && !self.lines) {
            return;
        }
        self.next = elapsed + EVERY;
        let (phase, since) = self.phase;
        let reading = Reading {
            left: self.planned.left(phase, elapsed.saturating_sub(since)),
            ..reading(elapsed)
        };
        if let Some(artist) = &mut self.artist {
            artist.history.add(reading);
            artist.draw();
        } else {
            note(history::line(&reading, self.before.as_ref()));
        }
        self.before = Some(reading);
    }

    /// Removes the view and restores the terminal.
    pub fn end(self) {
        if let Some(Artist {
            easel: Easel::Busy(picture),
            ..
        }) = self.artist
        {
            // The last picture need not be complete.
            let _ = picture.join();
        }
    }
}

impl Artist {
    fn new(planned: Planned) -> io::Result<Self> {
        let screen = Screen::enter()?;
        let mut artist = Self {
            history: History::new(planned),
            easel: Easel::Free(Terminal::new(CrosstermBackend::new(io::stderr()))?),
            _screen: screen,
        };
        artist.draw();
        Ok(artist)
    }

    /// Starts to draw a picture, unless the last one is not finished: a terminal may be slow, or stopped with Ctrl-S.
    fn draw(&mut self) {
        self.easel = match mem::replace(&mut self.easel, Easel::Broken) {
            Easel::Busy(picture) if !picture.is_finished() => Easel::Busy(picture),
            Easel::Busy(picture) => match picture.join() {
                Ok(Some(terminal)) => self.start(terminal),
                _ => Easel::Broken,
            },
            Easel::Free(terminal) => self.start(terminal),
            Easel::Broken => Easel::Broken,
        };
    }

    fn start(&self, mut terminal: Terminal<CrosstermBackend<Stderr>>) -> Easel {
        let history = self.history.clone();
        let picture = move || {
            let drawn = terminal.draw(|frame| picture::draw(frame, &history));
            drawn.is_ok().then_some(terminal)
        };
        thread::Builder::new()
            .name("picture".to_owned())
            .spawn(picture)
            .map_or(Easel::Broken, Easel::Busy)
    }
}
