//! Writes the events of a server to stderr, one line each, for `echolab serve --verbose`.

use std::io::stderr;
use std::sync::OnceLock;
use std::time::Duration;

use contract::clock::now;
use contract::event::{Line, What};
use echo_server::{Ending, Event};
use nix::unistd::{getpid, gettid, write};

/// The moment from which times are counted. Forked children have a copy.
static BEGIN: OnceLock<Duration> = OnceLock::new();

/// Counts times from this moment of the shared clock.
pub fn begin(at: Duration) {
    BEGIN.get_or_init(|| at);
}

/// Writes an event with one `write(2)`, so that the lines of several processes do not mix.
pub fn show(event: &Event) {
    let begin = *BEGIN.get_or_init(now);
    let line = Line {
        at: now().saturating_sub(begin),
        thread: gettid().as_raw(),
        process: getpid().as_raw(),
        what: what(event.what),
        client: event.client.to_string(),
    };
    // The server runs even if the reader of stderr has ended.
    let _ = write(stderr(), format!("{line}\n").as_bytes());
}

/// Translates an event to the words of the line.
const fn what(what: echo_server::What) -> What {
    match what {
        echo_server::What::Accepted => What::Accept,
        echo_server::What::Read(bytes) => What::Read(bytes),
        echo_server::What::Wrote(bytes) => What::Write(bytes),
        echo_server::What::Worked => What::Work,
        echo_server::What::Ended(Ending::Done) => What::End,
        echo_server::What::Ended(Ending::Broken) => What::Broken,
        echo_server::What::Ended(Ending::CutOff) => What::CutOff,
        echo_server::What::Ended(Ending::Refused) => What::Refused,
    }
}
