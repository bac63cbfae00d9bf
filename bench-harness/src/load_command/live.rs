//! The live view of a load run on a terminal: throughput, latency percentiles over time, connections by state, errors.
//!
//! The worker that measures only copies a few counters, once a second; drawing is done by a thread of its own, which exists
//! only where stderr is a terminal and the user wants to see something.

mod history;
mod picture;

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::screen::Screen;
use history::History;
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

/// The thread that draws.
struct Artist {
    readings: Sender<Reading>,
    thread: JoinHandle<()>,
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
            artist: wanted.then(|| Artist::new(load.to_owned())),
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
        if let Some(artist) = &self.artist {
            // An artist who cannot draw any more is no reason to stop measuring.
            let _ = artist.readings.send(reading);
        } else {
            eprintln!("{}", history::line(&reading, self.before.as_ref()));
        }
        self.before = Some(reading);
    }

    /// Takes the view away; the terminal is as it was before.
    pub fn end(self) {
        if let Some(artist) = self.artist {
            drop(artist.readings);
            // It draws no more; whether it could draw everything does not matter.
            let _ = artist.thread.join();
        }
    }
}

impl Artist {
    fn new(load: String) -> Self {
        let (readings, received) = mpsc::channel();
        let thread = thread::spawn(move || {
            // A terminal that does not take the picture gets none; the summary comes all the same.
            let _ = draw_all(&load, &received);
        });
        Self { readings, thread }
    }
}

fn draw_all(load: &str, readings: &Receiver<Reading>) -> io::Result<()> {
    let screen = Screen::enter()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stderr()))?;
    let mut history = History::new(load);
    terminal.draw(|frame| picture::draw(frame, &history))?;
    for reading in readings {
        history.add(reading);
        terminal.draw(|frame| picture::draw(frame, &history))?;
    }
    drop(screen);
    Ok(())
}
