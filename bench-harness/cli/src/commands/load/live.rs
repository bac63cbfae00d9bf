//! The live view of a load run on a terminal: throughput, latency percentiles over time, connections by state, errors.
//!
//! The worker that measures only copies a few counters, once a second. Each picture is drawn by a thread of its own, which is
//! gone when it is done: with one thread in the process the kernel finds descriptors faster, and a thread that waits for the next
//! second would cost three hundredths of the throughput. Where stderr is no terminal, nothing is drawn at all.

mod history;
mod picture;

use std::io::{self, IsTerminal as _, Stderr};
use std::mem;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use history::History;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::screen::Screen;
pub use history::Reading;

/// How often something new is shown.
pub const EVERY: Duration = Duration::from_secs(1);

/// The live view; nothing of it where stderr is no terminal.
pub struct Live {
    start: Instant,
    next: Duration,
    lines: bool,
    before: Option<Reading>,
    artist: Option<Artist>,
}

/// Who draws, and what of.
struct Artist {
    history: History,
    easel: Easel,
    /// Goes last: then the first screen is shown again.
    _screen: Screen,
}

/// A terminal is drawn on, or waits for the next picture. One that cannot be drawn on is given up: that is no reason to stop
/// measuring.
enum Easel {
    Free(Terminal<CrosstermBackend<Stderr>>),
    Busy(JoinHandle<Option<Terminal<CrosstermBackend<Stderr>>>>),
    Broken,
}

impl Live {
    /// A view of a load that is described in a few words. It stays away where the user wants it `quiet` or stderr is no
    /// terminal. With `lines`, a line of text is written to stderr every second instead, wherever that goes.
    pub fn new(load: &str, quiet: bool, lines: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let wanted = !quiet && !lines && !dumb && io::stderr().is_terminal();
        Self {
            start: Instant::now(),
            next: EVERY,
            lines: lines && !quiet,
            before: None,
            // A terminal that does not take the picture gets none; the summary comes all the same.
            artist: wanted.then(|| Artist::new(load).ok()).flatten(),
        }
    }

    /// Shows how it is going, once a second: then it asks for a reading at the time since the beginning.
    pub fn show(&mut self, reading: impl FnOnce(Duration) -> Reading) {
        let at = self.start.elapsed();
        if at < self.next || (self.artist.is_none() && !self.lines) {
            return;
        }
        self.next = at + EVERY;
        let reading = reading(at);
        if let Some(artist) = &mut self.artist {
            artist.history.add(reading);
            artist.draw();
        } else {
            eprintln!("{}", history::line(&reading, self.before.as_ref()));
        }
        self.before = Some(reading);
    }

    /// Takes the view away; the terminal is as it was before.
    pub fn end(self) {
        if let Some(Artist {
            easel: Easel::Busy(picture),
            ..
        }) = self.artist
        {
            // Whether it could be finished does not matter.
            let _ = picture.join();
        }
    }
}

impl Artist {
    fn new(load: &str) -> io::Result<Self> {
        let screen = Screen::enter()?;
        let mut artist = Self {
            history: History::new(load),
            easel: Easel::Free(Terminal::new(CrosstermBackend::new(io::stderr()))?),
            _screen: screen,
        };
        artist.draw();
        Ok(artist)
    }

    /// Has a picture drawn, unless the last one is not finished: a terminal may be slow, or stopped with Ctrl-S.
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
