//! Plays the script against a server, and collects what all sides report in the order of time.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use contract::clock::now;
use contract::event::Line;

use super::calls::Reader;
use super::client::{Address, Client, Report};
use super::event::{Call, ClientId, Event, Happening, Thread, Wait};
use super::kernel::Kernel;
use super::server::{Server, Start, Subject};
use super::tail::Tail;
use super::{Watch, WatchError};

/// Time between two looks at what has happened.
const LOOK: Duration = Duration::from_millis(10);
/// Seconds for which an event is held back, because an earlier one of another side may still come.
const HOLD: f64 = 0.16;
/// Time for the server to notice that the last client has left.
const NOTICE: Duration = Duration::from_millis(200);

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The names of the clients.
    pub names: Vec<String>,
    /// The events in the order of time.
    pub events: Vec<Event>,
    /// The system calls of the server in the order of their ends, if they were traced.
    pub calls: Vec<Call>,
    /// The waits of clients.
    pub waits: Vec<Wait>,
    /// Seconds from the first to the last event.
    pub until: f64,
    /// What could not be seen and why, as sentences.
    pub notes: Vec<String>,
}

/// Starts the server, plays the script, and stops the server. `show` gets every event in the order of time, while the
/// script is being played.
///
/// # Errors
/// The server cannot be started, the system has no socket left, or the user stopped it.
pub fn watch(watch: &Watch, show: &mut dyn FnMut(&Event)) -> Result<Record, WatchError> {
    let folder = tempfile::tempdir()?;
    let since = now();
    let mut server = Server::start(watch.subject, &start(watch, folder.path(), since))?;
    let (reports, received) = channel();
    let clock = Instant::now();
    let offset = now().saturating_sub(since);
    let clients: Vec<Client> = (0..watch.clients.len())
        .map(|id| Client::new(id, server.address, clock, reports.clone(), watch.stop))
        .collect::<Result<_, _>>()?;
    let ports = clients.iter().enumerate();
    let ports: BTreeMap<u16, ClientId> = ports
        .filter_map(|(id, client)| Some((client.port()?, id)))
        .collect();
    let mut collector = Collector::new(watch, &server, ports, offset, clock);
    thread::scope(|scope| {
        drop::<Sender<Report>>(reports);
        for (client, script) in clients.into_iter().zip(watch.clients) {
            scope.spawn(move || client.play(&script.actions));
        }
        collector.collect(&received, &mut server, show);
    });
    let ended_early = server.has_ended();
    server.stop();
    collector.read(&mut server);
    if watch.stop.is_requested() {
        return Err(WatchError::Stopped);
    }
    Ok(collector.finish(&server, ended_early, show))
}

fn start<'a>(watch: &Watch<'a>, folder: &'a Path, since: Duration) -> Start<'a> {
    Start {
        program: watch.program,
        folder,
        since: since.as_nanos() as u64,
        without_strace: watch.without_strace,
    }
}

/// Collects events from all sides.
struct Collector {
    record: Record,
    /// Events that were not shown yet.
    held: Vec<Event>,
    clock: Instant,
    /// Seconds between the start of the server and moment 0.
    offset: f64,
    /// The clients by the text with which the server names them.
    addresses: BTreeMap<String, ClientId>,
    calls: Reader,
    kernel: Option<Kernel>,
    /// True if the server reports its events itself.
    is_model: bool,
}

impl Collector {
    fn new(
        watch: &Watch,
        server: &Server,
        ports: BTreeMap<u16, ClientId>,
        offset: Duration,
        clock: Instant,
    ) -> Self {
        let real_time = SystemTime::now().duration_since(UNIX_EPOCH);
        let epoch = real_time.unwrap_or_default().as_secs_f64() - clock.elapsed().as_secs_f64();
        let addresses = ports.iter();
        let addresses = addresses.map(|(port, &id)| (format!("127.0.0.1:{port}"), id));
        let kernel = match server.address {
            Address::Tcp(address) => Some(Kernel::new(address.port(), ports.clone())),
            Address::Udp(_) => None,
        };
        let names = watch.clients.iter().map(|client| client.name.clone());
        let record = Record {
            names: names.collect(),
            ..Record::default()
        };
        Self {
            record,
            held: Vec::new(),
            clock,
            offset: offset.as_secs_f64(),
            addresses: addresses.collect(),
            calls: Reader::new(epoch, ports),
            kernel,
            is_model: matches!(watch.subject, Subject::Model { .. }),
        }
    }

    /// Collects until all clients are done and the server had time to notice it.
    fn collect(
        &mut self,
        received: &Receiver<Report>,
        server: &mut Server,
        show: &mut dyn FnMut(&Event),
    ) {
        let mut end = None;
        while end.is_none_or(|end| Instant::now() < end) {
            match received.recv_timeout(LOOK) {
                Ok(report) => {
                    self.take(report);
                    // More reports may be there already.
                    for report in received.try_iter() {
                        self.take(report);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    end.get_or_insert(Instant::now() + NOTICE);
                    thread::sleep(LOOK);
                }
            }
            self.read(server);
            let at = self.clock.elapsed().as_secs_f64();
            if let Some(kernel) = self.kernel.as_mut().filter(|_| end.is_none()) {
                self.held.extend(kernel.look(at));
            }
            self.show_until(at - HOLD, show);
        }
    }

    fn take(&mut self, report: Report) {
        match report {
            Report::Event(event) => self.held.push(event),
            Report::Wait(wait) => self.record.waits.push(wait),
        }
    }

    /// Reads what the server and its tracer have written.
    fn read(&mut self, server: &mut Server) {
        let lines = server.log.lines();
        let lines = lines.iter().filter_map(|line| Line::parse(line));
        let events: Vec<Event> = lines.map(|line| self.event(&line)).collect();
        self.held.extend(events);
        for line in server.trace.as_mut().map(Tail::lines).unwrap_or_default() {
            let read = self.calls.read(&line);
            self.record.calls.extend(read.call);
            // A model says the same itself, and for io_uring it says more.
            self.held.extend(read.event.filter(|_| !self.is_model));
        }
    }

    fn event(&self, line: &Line) -> Event {
        let thread = Thread {
            process: line.process,
            thread: line.thread,
        };
        let client = self.addresses.get(&line.client).copied();
        Event {
            at: line.at.as_secs_f64() - self.offset,
            what: Happening::Server(thread, client, line.what),
        }
    }

    /// Shows the events up to a moment, and adds them to the record.
    fn show_until(&mut self, moment: f64, show: &mut dyn FnMut(&Event)) {
        self.held.sort_by(|a, b| a.at.total_cmp(&b.at));
        let count = self.held.partition_point(|event| event.at <= moment);
        for event in self.held.drain(..count) {
            show(&event);
            self.record.events.push(event);
        }
    }

    fn finish(
        mut self,
        server: &Server,
        ended_early: bool,
        show: &mut dyn FnMut(&Event),
    ) -> Record {
        self.show_until(f64::INFINITY, show);
        let mut record = self.record;
        record.events.sort_by(|a, b| a.at.total_cmp(&b.at));
        record.until = record.events.last().map_or(0.0, |event| event.at.max(0.0));
        let until = record.until;
        record
            .calls
            .retain(|call| call.to > 0.0 && call.from < until);
        for call in &mut record.calls {
            (call.from, call.to) = (call.from.max(0.0), call.to.min(until));
        }
        if let Err(why) = &server.trace {
            let missing = if self.is_model {
                "The waits of the server's threads are not shown"
            } else {
                "The server's side is not shown"
            };
            record.notes.push(format!("{missing}: {why}."));
        }
        if ended_early {
            let messages = measure::process::with_message(&server.messages());
            let note = format!("The server ended before its clients{messages}.");
            record.notes.push(note);
        }
        record
    }
}
