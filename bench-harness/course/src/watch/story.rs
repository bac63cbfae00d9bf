//! The lines of a watch: on the left what the clients do, on the right what the server and the kernel do.

use std::fmt::{self, Write as _};

use contract::event::What;

use super::event::{ClientId, Did, Event, Happening, Thread};

/// Width of the left column.
const LEFT: usize = 46;
/// Events of a client this close together share a line.
const TOGETHER: f64 = 0.01;
/// What the server does up to this time after the first event of a line stands on the same line.
const SOON: f64 = 0.05;
/// Most acts of the server for one client that are named one by one.
const MOST_ACTS: usize = 4;

/// Makes lines from events in the order of time.
#[derive(Debug)]
pub struct Story {
    names: Vec<String>,
    threads: Threads,
    row: Option<Draft>,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Seconds since the script began.
    pub at: f64,
    /// What a client did; may be empty.
    pub left: String,
    /// What the server and the kernel did soon after; may be empty.
    pub right: String,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:7.3}  {:LEFT$}  {}", self.at, self.left, self.right);
        f.write_str(text.trim_end())
    }
}

/// A line that may still get more.
#[derive(Debug)]
struct Draft {
    at: f64,
    client: Option<ClientId>,
    deeds: Vec<String>,
    parts: Vec<Part>,
}

/// A part of the right column.
#[derive(Debug)]
enum Part {
    Server(Thread, Option<ClientId>, Vec<What>),
    Kernel(String),
}

/// Short names of the server's threads in the order of their first events: `p1` is a process (or its first thread), `t2` a
/// further thread.
#[derive(Debug, Default)]
pub struct Threads {
    known: Vec<Thread>,
}

impl Threads {
    /// The threads in the order of their first events.
    pub fn all(&self) -> &[Thread] {
        &self.known
    }

    /// The name of a thread.
    pub fn name(&mut self, thread: Thread) -> String {
        if !self.known.contains(&thread) {
            self.known.push(thread);
        }
        let is_main = |thread: &Thread| thread.process == thread.thread;
        let alike = |other: &&Thread| is_main(other) == is_main(&thread);
        let mut same = self.known.iter().filter(alike);
        let number = 1 + same.position(|other| *other == thread).unwrap_or(0);
        format!("{}{number}", if is_main(&thread) { 'p' } else { 't' })
    }

    /// The threads with their names, as a sentence; nothing if there is none.
    pub fn legend(&mut self) -> Option<String> {
        let mut words = Vec::new();
        for thread in self.known.clone() {
            let name = self.name(thread);
            let Thread { process, thread } = thread;
            words.push(if process == thread {
                format!("{name} is process {process}")
            } else {
                format!("{name} is thread {thread} of {process}")
            });
        }
        (!words.is_empty()).then(|| words.join(", "))
    }
}

impl Story {
    /// A story about clients with these names.
    pub fn new(names: &[String]) -> Self {
        Self {
            names: names.to_vec(),
            threads: Threads::default(),
            row: None,
        }
    }

    /// Takes the next event. Returns the line before it if that is complete now.
    pub fn push(&mut self, event: &Event) -> Option<Row> {
        match &event.what {
            Happening::Client(client, did) => {
                // A reply has a line of its own, so that the server's part stands between the request and the reply.
                let is_reply = matches!(did, Did::Got(..) | Did::Answered(..) | Did::Dismissed);
                let joins = |row: &Draft| {
                    row.client == Some(*client)
                        && event.at - row.at < TOGETHER
                        && (row.parts.is_empty() || !is_reply)
                };
                let done = (!self.row.as_ref().is_some_and(joins)).then(|| self.flush());
                let row = self
                    .row
                    .get_or_insert_with(|| Draft::begin(event.at, Some(*client)));
                row.deeds.push(did.words());
                done.flatten()
            }
            Happening::Server(thread, client, what) => {
                let done = self.flush_if_late(event.at);
                let row = self.row.get_or_insert_with(|| Draft::begin(event.at, None));
                row.act(*thread, *client, *what);
                done
            }
            Happening::Kernel(client, kept) => {
                let done = self.flush_if_late(event.at);
                let name = self.names.get(*client).map_or("", String::as_str);
                let row = self.row.get_or_insert_with(|| Draft::begin(event.at, None));
                row.parts
                    .push(Part::Kernel(format!("kernel: {name} {}", kept.words())));
                done
            }
        }
    }

    /// The line that is complete if nothing has happened up to this moment.
    pub fn flush_if_late(&mut self, at: f64) -> Option<Row> {
        let is_late = self.row.as_ref().is_some_and(|row| at - row.at > SOON);
        is_late.then(|| self.flush()).flatten()
    }

    /// The last line.
    pub fn flush(&mut self) -> Option<Row> {
        let row = self.row.take()?;
        let who = row.client.and_then(|client| self.names.get(client));
        let who = who.map_or_else(String::new, |who| format!("{who} "));
        let left = format!("{who}{}", row.deeds.join(", "));
        let mut right = String::new();
        let mut last = None;
        for part in &row.parts {
            let text = part.text(&mut last, &self.names, &mut self.threads);
            // Writing to a string cannot fail.
            let _ = write!(right, "{text}");
        }
        Some(Row {
            at: row.at.max(0.0),
            left: left.trim_end().to_owned(),
            right: right.trim_end().to_owned(),
        })
    }

    /// All lines of these events.
    pub fn rows(mut self, events: &[Event]) -> Vec<Row> {
        let mut rows: Vec<Row> = events.iter().filter_map(|event| self.push(event)).collect();
        rows.extend(self.flush());
        rows
    }

    /// The names of the server's threads, for the end.
    pub fn legend(&mut self) -> Option<String> {
        self.threads.legend()
    }
}

impl Draft {
    const fn begin(at: f64, client: Option<ClientId>) -> Self {
        Self {
            at,
            client,
            deeds: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// Adds what a thread did for a client to what it has already done for it in this line.
    fn act(&mut self, thread: Thread, client: Option<ClientId>, what: What) {
        let same = self.parts.iter_mut().find_map(|part| match part {
            Part::Server(by, about, acts) if (*by, *about) == (thread, client) => Some(acts),
            Part::Server(..) | Part::Kernel(_) => None,
        });
        match same {
            Some(acts) => acts.push(what),
            None => self.insert(thread, Part::Server(thread, client, vec![what])),
        }
    }

    /// Puts a part behind the other parts of its thread.
    fn insert(&mut self, thread: Thread, part: Part) {
        let mut parts = self.parts.iter();
        let last = parts.rposition(|part| matches!(part, Part::Server(by, ..) if *by == thread));
        let place = last.map_or(self.parts.len(), |last| last + 1);
        self.parts.insert(place, part);
    }
}

impl Part {
    /// The text with what separates it from the part before it. `last` is the thread of that part.
    fn text(&self, last: &mut Option<Thread>, names: &[String], threads: &mut Threads) -> String {
        match self {
            Self::Kernel(text) => {
                let gap = if last.take().is_some() { "  " } else { "" };
                format!("{gap}{text}  ")
            }
            Self::Server(thread, client, acts) => {
                let client = client.and_then(|client| names.get(client));
                let client = client.map_or("another client", String::as_str);
                let acts = format!("{client} {}", named(acts));
                match last.replace(*thread) {
                    Some(before) if before == *thread => format!("; {acts}"),
                    Some(_) => format!("  {}: {acts}", threads.name(*thread)),
                    None => format!("{}: {acts}", threads.name(*thread)),
                }
            }
        }
    }
}

/// What the server did for one client; a number of each kind if there is much.
fn named(acts: &[What]) -> String {
    if acts.len() <= MOST_ACTS {
        let acts = acts.iter().map(ToString::to_string);
        return acts.collect::<Vec<_>>().join(", ");
    }
    let (mut reads, mut writes, mut others) = (0, 0, Vec::new());
    for act in acts {
        match act {
            What::Read(1..) => reads += 1,
            What::Write(_) => writes += 1,
            What::Read(0)
            | What::Accept
            | What::Work
            | What::End
            | What::Broken
            | What::CutOff
            | What::Refused => others.push(act.to_string()),
        }
    }
    let first = others.iter().filter(|act| *act == "accept").cloned();
    let mut words: Vec<String> = first.collect();
    words.push(format!("{reads} reads, {writes} writes"));
    words.extend(others.into_iter().filter(|act| act != "accept"));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::event::Kept;
    use super::*;

    const MAIN: Thread = Thread {
        process: 10,
        thread: 10,
    };
    const OTHER: Thread = Thread {
        process: 10,
        thread: 12,
    };

    fn lines(events: &[(f64, Happening)]) -> Vec<String> {
        let mut story = Story::new(&["c1".to_owned(), "c2".to_owned()]);
        let events = events.iter().map(|(at, what)| Event {
            at: *at,
            what: what.clone(),
        });
        let mut rows: Vec<Row> = events.filter_map(|event| story.push(&event)).collect();
        rows.extend(story.flush());
        rows.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn both_sides_of_an_event_stand_on_one_line() {
        let lines = lines(&[
            (0.1, Happening::Client(1, Did::Connected)),
            (0.1001, Happening::Client(1, Did::Sent(b"hello".to_vec()))),
            (0.1003, Happening::Kernel(1, Kept::Queued(5))),
            (3.0, Happening::Client(0, Did::Left)),
            (3.0001, Happening::Server(MAIN, Some(0), What::Read(0))),
            (3.0002, Happening::Server(MAIN, Some(0), What::End)),
            (3.0003, Happening::Server(OTHER, Some(1), What::Accept)),
        ]);
        assert_eq!(
            lines,
            [
                "  0.100  c2 connects, sends \"hello\"                      kernel: c2 waits in the accept queue, 5 bytes",
                "  3.000  c1 leaves                                       p1: c1 read 0, end  t1: c2 accept",
            ]
        );
    }

    #[test]
    fn what_the_server_does_much_later_has_a_line_of_its_own() {
        let lines = lines(&[
            (0.0, Happening::Client(0, Did::Connected)),
            (0.2, Happening::Server(MAIN, Some(0), What::CutOff)),
        ]);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].starts_with("  0.200   ") && lines[1].ends_with("p1: c1 cut-off"));
    }

    #[test]
    fn many_acts_are_counted() {
        let acts = [What::Read(7), What::Write(7)].repeat(500);
        let acts = [vec![What::Accept], acts, vec![What::Read(0), What::End]].concat();
        assert_eq!(named(&acts), "accept, 500 reads, 500 writes, read 0, end");
    }
}
