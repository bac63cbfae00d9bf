//! What a model asks of its surroundings: clients, connections, whether there is room, whether to stop.

use std::io;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use echo_protocol::{Limits, Protocol};
use nix::errno::Errno;
use nix::sys::socket::SockFlag;

use crate::conn::Conn;
use crate::datagrams::Datagrams;
use crate::stats::{Counters, Stats, add};
use crate::stop::Stop;
use crate::stream::{Listener, Stream};

/// How long to wait when the system has run out of something, before it is asked again.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);

/// What the user can set.
#[derive(Clone, Debug)]
pub struct Config {
    /// The language to speak.
    pub protocol: Protocol,
    /// The bounds of each session.
    pub limits: Limits,
    /// Threads, processes or loops, where the model has a choice.
    pub workers: NonZero<usize>,
    /// The most conversations at a time; further clients wait in the accept queue.
    pub max_connections: u64,
}

/// What every part of a server shares.
pub(crate) struct Shared {
    pub config: Config,
    pub counters: &'static Counters,
    pub stop: &'static Stop,
}

impl Shared {
    fn has_room(&self) -> bool {
        let places = self.counters.places.load(Ordering::SeqCst);
        places < self.config.max_connections && self.descriptors_are_free()
    }

    fn descriptors_are_free(&self) -> bool {
        self.closings() >= self.counters.free_at.load(Ordering::SeqCst)
    }

    /// Takes a place for a client before it is accepted. Whoever looks first and accepts then lets in too many, as soon
    /// as several threads or processes do so at the same time.
    fn take_place(&self) -> bool {
        let most = self.config.max_connections;
        let places = self.counters.places.fetch_add(1, Ordering::SeqCst);
        let taken = places < most && self.descriptors_are_free();
        if !taken {
            self.give_back_place();
        }
        taken
    }

    /// Conversations that have ended; what was asked of the system before the next one may be had after it.
    fn closings(&self) -> u64 {
        self.counters.closed.load(Ordering::SeqCst)
    }

    fn give_back_place(&self) {
        self.counters.places.fetch_sub(1, Ordering::SeqCst);
    }

    /// A conversation has ended, and its descriptor is free again.
    pub fn closed(&self) {
        self.counters.closed.fetch_add(1, Ordering::SeqCst);
        self.give_back_place();
    }
}

/// What a model is given beside its listener. Clones are the same context, for threads and tasks.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
    /// Whose share conversations belong to that are opened here.
    worker: Option<usize>,
}

impl Context {
    /// The surroundings of one server.
    ///
    /// # Errors
    /// Those of `mmap(2)`.
    pub fn new(config: Config, stop: &'static Stop) -> io::Result<Self> {
        let counters = Counters::shared()?;
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                counters,
                stop,
            }),
            worker: None,
        })
    }

    /// Waits for the next client and gives its stream, a blocking one; `None` after a stop.
    ///
    /// Signals and clients that gave up are no news. Where the system has no descriptor or memory left, or
    /// [`Config::max_connections`] is reached, clients wait in the accept queue: this call looks again every 10 ms,
    /// which neither spins nor drops anybody.
    pub fn accept(&self, listener: &Listener) -> Option<Stream> {
        loop {
            if self.stopping() {
                return None;
            }
            if !self.shared.take_place() {
                thread::sleep(PAUSE);
                continue;
            }
            let closings = self.shared.closings();
            match listener.accept(SockFlag::empty()) {
                Ok(stream) => return Some(self.opened(stream)),
                Err(error) => self.accept_failed(error, closings),
            }
        }
    }

    /// Gives the next client that is waiting, as a nonblocking stream; `None` when there is none, or no room for it, or
    /// after a stop. The listener must be nonblocking.
    ///
    /// It retries after signals and clients that gave up, because an edge-triggered caller relies on `None` meaning
    /// *the accept queue is empty*, or [`has_room`](Self::has_room) having turned false.
    pub fn try_accept(&self, listener: &Listener) -> Option<Stream> {
        self.accept_waiting(listener, SockFlag::SOCK_NONBLOCK)
    }

    /// The same, but as a blocking stream, for who has the kernel receive and send: `io_uring` waits by itself, and may
    /// report a nonblocking stream's `EAGAIN` instead.
    pub fn try_accept_blocking(&self, listener: &Listener) -> Option<Stream> {
        self.accept_waiting(listener, SockFlag::empty())
    }

    fn accept_waiting(&self, listener: &Listener, flags: SockFlag) -> Option<Stream> {
        while !self.stopping() && self.shared.take_place() {
            let closings = self.shared.closings();
            match listener.accept(flags) {
                Ok(stream) => return Some(self.opened(stream)),
                Err(Errno::EAGAIN) => {
                    self.shared.give_back_place();
                    return None;
                }
                Err(error) => self.accept_failed(error, closings),
            }
        }
        None
    }

    /// Takes the result of an accept that the caller had somebody else do (`io_uring`), after [`has_room`](Self::has_room)
    /// was true: the stream, or `None` when there is none. Failures are treated like those of
    /// [`try_accept`](Self::try_accept); being cancelled is none.
    pub fn accepted(&self, listener: &Listener, result: Result<OwnedFd, Errno>) -> Option<Stream> {
        // Nobody knew before how many would come.
        self.shared.counters.places.fetch_add(1, Ordering::SeqCst);
        match result {
            Ok(fd) => return Some(self.opened(listener.accepted(fd))),
            Err(Errno::EAGAIN | Errno::ECANCELED) => self.shared.give_back_place(),
            Err(error) => self.accept_failed(error, self.shared.closings()),
        }
        None
    }

    /// Whether a further client could be accepted: false from the stop on, and while a limit is reached. A loop does
    /// not wait for its listener meanwhile; the end of any conversation can make room again.
    pub fn has_room(&self) -> bool {
        !self.stopping() && self.shared.has_room()
    }

    /// Begins the conversation with an accepted client.
    pub fn open(&self, stream: Stream) -> Conn {
        Conn::new(stream, Arc::clone(&self.shared), self.worker)
    }

    /// Takes a socket for datagrams, whose clients are nobody's connections.
    pub fn datagrams(&self, socket: Listener) -> Datagrams {
        Datagrams::new(socket, Arc::clone(&self.shared), self.worker)
    }

    /// The same context, for worker number `worker` (from 0): what it opens counts as its share
    /// ([`Stats::shares`]), also from a forked child.
    #[must_use]
    pub fn worker(&self, worker: usize) -> Self {
        self.shared.counters.has_worker(worker);
        Self {
            shared: Arc::clone(&self.shared),
            worker: Some(worker),
        }
    }

    /// Counts a request whose work this worker did, while somebody else has the conversation.
    pub(crate) fn did_work(&self) {
        if let Some(worker) = self.worker {
            self.shared.counters.credit(worker, 0, 1);
        }
    }

    /// One more listener for the clients of this one, which a stop ends as well. It must stay
    /// open as long as the server runs.
    ///
    /// # Errors
    /// Those of `socket(2)`, `bind(2)` and `listen(2)`.
    pub fn sibling(&self, listener: &Listener) -> io::Result<Listener> {
        let sibling = listener.sibling()?;
        self.shared.stop.watch(&sibling);
        Ok(sibling)
    }

    /// Turns a client away because of a declared limit, and counts it.
    pub fn refuse(&self, stream: Stream) {
        add(&self.shared.counters.refused, 1);
        drop(self.open(stream));
    }

    /// Counts that the system had no thread or process left, and waits a moment before it is asked again.
    pub fn pause(&self, error: &io::Error) {
        let errno = error
            .raw_os_error()
            .map_or(Errno::UnknownErrno, Errno::from_raw);
        self.shared.counters.count_accept_error(errno);
        thread::sleep(PAUSE);
    }

    /// Makes one waiting system call and counts it; repeats it after a signal (`EINTR`).
    ///
    /// # Errors
    /// All others of that call.
    pub fn wait<T, E: Into<io::Error>>(
        &self,
        mut call: impl FnMut() -> Result<T, E>,
    ) -> io::Result<T> {
        loop {
            add(&self.shared.counters.waits, 1);
            match call().map_err(Into::into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Whether a stop was asked for: no new clients, and [`Model::serve`](crate::Model::serve) returns when the last one
    /// is gone.
    pub fn stopping(&self) -> bool {
        self.shared.stop.stopping()
    }

    /// How many workers the user wants.
    pub fn workers(&self) -> usize {
        self.shared.config.workers.get()
    }

    /// What was counted up to now; complete when all conversations have ended.
    pub fn stats(&self) -> Stats {
        self.shared.counters.stats()
    }

    fn opened(&self, stream: Stream) -> Stream {
        self.shared.counters.opened.fetch_add(1, Ordering::SeqCst);
        stream
    }

    /// The one policy for failures of `accept`: count, never die, never spin. `closings` were there before it was called.
    fn accept_failed(&self, error: Errno, closings: u64) {
        self.shared.give_back_place();
        if error == Errno::EINTR || error == Errno::EINVAL && self.stopping() {
            return; // a signal came, or the stop has shut the listener down
        }
        self.shared.counters.count_accept_error(error);
        let counters = self.shared.counters;
        match error {
            Errno::ECONNABORTED | Errno::EPROTO => {}
            // Ours are the descriptors that are used up: when a conversation ends there is one again. It may have ended
            // since, elsewhere, and nobody would tell of it a second time.
            Errno::EMFILE | Errno::ENFILE if counters.open() > 0 => {
                counters.free_at.store(closings + 1, Ordering::SeqCst);
            }
            _ => thread::sleep(PAUSE),
        }
    }
}
