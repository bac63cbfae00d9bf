//! The context of a model: it accepts clients, opens connections, and tells the model when to stop.

use std::hash::Hash;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use echo_protocol::chat::{ChatLimits, Rooms};
use nix::errno::Errno;
use nix::sys::socket::SockFlag;

use crate::children::{Children, Holds};
use crate::conn::Conn;
use crate::counters::Counters;
use crate::datagrams::Datagrams;
use crate::event::{Observed, What};
use crate::room::RoomStats;
use crate::shared::{Config, PAUSE, Ready, Shared};
use crate::silence::IdleTimeout;
use crate::stats::{Stats, add};
use crate::stop::Stop;
use crate::stream::{Listener, Stream};
use crate::talk::{self, Reader, Writer};

/// Most tries to replace a worker, which has then failed for a second.
const TRIES: u32 = 50;

/// What a model gets in addition to its listener. Clone it for threads and tasks: clones are the same context.
#[derive(Clone)]
pub struct Context {
    shared: Arc<Shared>,
    /// The worker to whose share the conversations opened here belong.
    worker: Option<usize>,
}

/// The number of open conversations of a server, in all its processes. A signal handler may read it.
#[derive(Clone, Copy)]
pub struct OpenConversations(&'static Counters);

impl OpenConversations {
    /// The number now.
    pub fn count(self) -> u64 {
        self.0.open()
    }
}

impl Context {
    /// The context of a new server.
    ///
    /// # Errors
    /// Those of `mmap(2)`.
    pub fn new(config: Config, stop: &'static Stop) -> io::Result<Self> {
        let counters = Counters::shared()?;
        let idle = config.idle_timeout;
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                counters,
                stop,
                idle: idle.map(|after| IdleTimeout::new(after, counters)),
                free_at: AtomicU64::new(0),
                farewells: IdleTimeout::for_farewells(counters),
                // Never freed: a signal handler may use it at any time.
                notes: Box::leak(Box::default()),
                ready: Mutex::new(None),
            }),
            worker: None,
        })
    }

    /// Sets what [`ready`](Self::ready) does.
    pub fn when_ready(&self, tell: impl FnOnce() + Send + 'static) {
        self.change_ready(Some(Box::new(tell)));
    }

    /// Says that the model has all that its options need: threads, processes, rings. A model calls this once, before its first
    /// client. What is not available is an error of [`Model::serve`](crate::Model::serve) until then, and costs one client later.
    pub fn ready(&self) {
        if let Some(tell) = self.change_ready(None) {
            tell();
        }
    }

    fn change_ready(&self, new: Option<Ready>) -> Option<Ready> {
        let ready = self.shared.ready.lock();
        mem::replace(&mut *ready.unwrap_or_else(PoisonError::into_inner), new)
    }

    /// Ends the workers that have started, when another one cannot, and returns its error. They see a stop.
    pub fn give_up(&self, error: io::Error) -> io::Error {
        self.shared.stop.end_grace();
        error
    }

    /// Waits for the next client and returns its stream, which is blocking. Returns `None` after a stop.
    ///
    /// The call continues after signals and after clients that gave up. While the system has no descriptor or memory
    /// left, or [`Config::max_connections`] is reached, clients wait in the accept queue: the call tries again every
    /// 10 ms, so that it neither spins nor drops a client.
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

    /// Accepts a client that is already waiting, and returns its stream, which is nonblocking. Returns `None` if no
    /// client is waiting, if there is no room for one, or after a stop. The listener must be nonblocking.
    ///
    /// The call continues after signals and after clients that gave up. An edge-triggered caller relies on this:
    /// after `None`, either *the accept queue is empty* or [`has_room`](Self::has_room) is false.
    pub fn try_accept(&self, listener: &Listener) -> Option<Stream> {
        self.accept_waiting(listener, SockFlag::SOCK_NONBLOCK)
    }

    /// Like [`try_accept`](Self::try_accept), but returns a blocking stream, for models whose kernel receives and
    /// sends: `io_uring` waits by itself, and may report `EAGAIN` if the stream is nonblocking.
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

    /// Takes the result of an accept that the kernel made for the caller (`io_uring`) when
    /// [`has_room`](Self::has_room) was true. Returns the stream, or `None` if the accept failed or was cancelled.
    /// Failures are treated like those of [`try_accept`](Self::try_accept).
    pub fn accepted(&self, listener: &Listener, result: Result<OwnedFd, Errno>) -> Option<Stream> {
        // A multishot accept cannot take places in advance: how many clients come is not known before.
        self.shared.take_place_late();
        match result {
            Ok(fd) => return Some(self.opened(listener.accepted(fd))),
            Err(Errno::EAGAIN | Errno::ECANCELED) => self.shared.give_back_place(),
            Err(error) => self.accept_failed(error, self.shared.closings()),
        }
        None
    }

    /// True if a further client could be accepted. False after a stop, and while a limit is reached: a loop must not
    /// wait for its listener then, because it would be ready all the time. The end of any conversation can make room.
    pub fn has_room(&self) -> bool {
        !self.stopping() && self.shared.has_room()
    }

    /// Begins the conversation with an accepted client.
    pub fn open(&self, stream: Stream) -> Conn {
        Conn::new(stream, Arc::clone(&self.shared), self.worker)
    }

    /// Begins the conversation with an accepted client of a chat server.
    pub fn talk(&self, stream: Stream) -> (Reader, Writer) {
        talk::begin(stream, Arc::clone(&self.shared))
    }

    /// The rooms of a chat server, which are empty.
    pub fn rooms<Member: Copy + Eq + Hash>(&self) -> Rooms<Member> {
        Rooms::new(self.chat_limits())
    }

    /// Counts a message that is meant for this number of members of a room.
    pub fn said(&self, members: usize) {
        self.shared.counters.rooms.add(&RoomStats {
            messages: 1,
            owed: members as u64,
            ..RoomStats::default()
        });
    }

    /// The bounds of a chat server.
    pub fn chat_limits(&self) -> ChatLimits {
        talk::limits(&self.shared)
    }

    /// Begins to serve datagrams on a bound socket.
    pub fn datagrams(&self, socket: Listener) -> Datagrams {
        Datagrams::new(socket, Arc::clone(&self.shared), self.worker)
    }

    /// The context of worker number `worker` (from 0). The conversations opened with it belong to the worker's share
    /// ([`Stats::shares`]), also in a forked child.
    #[must_use]
    pub fn worker(&self, worker: usize) -> Self {
        self.shared.counters.shares.list(worker);
        Self {
            shared: Arc::clone(&self.shared),
            worker: Some(worker),
        }
    }

    /// Lists all workers in [`Stats::shares`], for workers that have no conversations and only do work
    /// ([`Conn::worked_by`]). Without it, workers that did nothing would be missing.
    pub fn list_workers(&self) {
        (0..self.workers()).for_each(|worker| self.shared.counters.shares.list(worker));
    }

    /// Opens one more listener on the address of `listener`. A stop shuts it down too. It must stay open as long as
    /// the server runs.
    ///
    /// # Errors
    /// Those of `socket(2)`, `bind(2)` and `listen(2)`.
    pub fn sibling(&self, listener: &Listener) -> io::Result<Listener> {
        let sibling = listener.sibling()?;
        self.shared.stop.watch(&sibling);
        Ok(sibling)
    }

    /// The children of a server that forks before a client comes: a child accepts its clients, or gets them from its parent.
    pub fn children(&self) -> Children {
        Children::new(&self.shared, Holds::NOTHING)
    }

    /// The children of a server that forks one child for each client that it has accepted.
    pub fn children_with_a_client(&self) -> Children {
        Children::new(&self.shared, Holds::CLIENT)
    }

    /// Refuses a client because of a declared limit, and counts it.
    pub fn refuse(&self, stream: Stream) {
        self.open(stream).refuse();
    }

    /// Counts that the system had no thread or process left, and waits for 10 ms before the next try.
    pub fn pause(&self, error: &io::Error) {
        let errno = error
            .raw_os_error()
            .map_or(Errno::UnknownErrno, Errno::from_raw);
        self.shared.counters.count_accept_error(errno);
        thread::sleep(PAUSE);
    }

    /// Starts a worker in the place of one that has died, and counts it. Waits for 10 ms before each try, so that workers
    /// that die at once do not keep the machine busy.
    ///
    /// # Errors
    /// Those of `start`, if it has failed for a second.
    pub fn replace<T>(&self, mut start: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        let mut tries = 0;
        loop {
            thread::sleep(PAUSE);
            match start() {
                Ok(worker) => {
                    add(&self.shared.counters.totals.replaced, 1);
                    return Ok(worker);
                }
                Err(error) if tries == TRIES => return Err(error),
                Err(error) => self.pause(&error),
            }
            tries += 1;
        }
    }

    /// Makes one waiting system call and counts it. Repeats the call after a signal (`EINTR`).
    ///
    /// # Errors
    /// All other errors of that call.
    pub fn wait<T, E: Into<io::Error>>(
        &self,
        mut call: impl FnMut() -> Result<T, E>,
    ) -> io::Result<T> {
        loop {
            add(&self.shared.counters.totals.waits, 1);
            match call().map_err(Into::into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// True after a stop. The model then accepts no new client, and [`Model::serve`](crate::Model::serve) returns
    /// when the last conversation has ended.
    pub fn stopping(&self) -> bool {
        self.shared.stop.stopping()
    }

    /// Number of workers that the user asked for.
    pub fn workers(&self) -> usize {
        self.shared.config.workers.get()
    }

    /// True if a new client is to wake one of several loops that watch one listener (`EPOLLEXCLUSIVE`), and not all of them.
    pub fn exclusive(&self) -> bool {
        self.shared.config.exclusive
    }

    /// The statistics up to now; complete when all conversations have ended.
    pub fn stats(&self) -> Stats {
        self.shared.counters.stats()
    }

    /// The number of open conversations, which a signal handler may read.
    pub fn open_conversations(&self) -> OpenConversations {
        OpenConversations(self.shared.counters)
    }

    fn opened(&self, stream: Stream) -> Stream {
        self.shared.opened();
        if let Some(observed) = Observed::of(self.shared.config.observer, stream.as_raw_fd()) {
            observed.report(What::Accepted);
        }
        stream
    }

    /// The one policy for failures of `accept`: count them, never end the server, never spin. `closings` is the
    /// number of conversations that had ended before the call.
    fn accept_failed(&self, error: Errno, closings: u64) {
        self.shared.give_back_place();
        if error == Errno::EINTR || error == Errno::EINVAL && self.stopping() {
            return; // a signal, or the stop has shut the listener down
        }
        let counters = self.shared.counters;
        counters.count_accept_error(error);
        match error {
            Errno::ECONNABORTED | Errno::EPROTO => {}
            // Our own conversations have used up the descriptors, so the next one that ends frees one.
            Errno::EMFILE | Errno::ENFILE if counters.open() > 0 => {
                self.shared.descriptors_ran_out(closings);
            }
            _ => thread::sleep(PAUSE),
        }
    }
}
