//! The peers: for every model the smallest fair program of the same design, from a textbook or a library example.
//!
//! The peers have no session, counters, limits or stop. Each echoes until it is killed. What a peer leaves out, such as a
//! reply that is sent only in part, would cost little with 64 bytes.

mod blocking;
mod completion;
mod coroutines;
mod readiness;
mod runtimes;
mod threads;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZero;
use std::thread;

use crate::bare;

/// Workers of the designs with one client per worker, for model and peer: more than there are clients.
pub const WORKERS: usize = 128;

/// A model's peer.
pub struct Peer {
    /// Name of the model.
    pub model: &'static str,
    /// Description of the peer.
    pub name: &'static str,
    /// Serves until it is killed.
    pub serve: Serve,
}

/// Serves at an address until it is killed.
type Serve = fn(Address) -> io::Result<()>;

/// The address of a peer.
pub type Address = (Ipv4Addr, u16);

const fn peer(model: &'static str, name: &'static str, serve: Serve) -> Peer {
    Peer { model, name, serve }
}

/// A peer for each model, in the order of the registry. Reference lines have no peer.
pub const PEERS: &[Peer] = &[
    peer("iterative", "std, one by one", blocking::iterative),
    peer("thread-per-connection", "std::thread", blocking::threads),
    peer("fork-per-connection", "fork(2)", blocking::forks),
    peer("thread-pool", "std mpsc + Mutex", blocking::pool),
    peer("rayon-pool", "rayon, spawn", blocking::rayon),
    peer("prefork", "fork(2), then accept", blocking::prefork),
    peer("prefork-fd-passing", "SCM_RIGHTS", blocking::fd_passing),
    peer(
        "prethreaded",
        "std::thread, then accept",
        blocking::prethreaded,
    ),
    peer("busy-poll", "nonblocking scan", readiness::busy_poll),
    peer("select", "select(2)", readiness::select),
    peer("poll", "poll(2)", readiness::poll),
    peer("epoll-level", "bare epoll loop", bare_loop),
    peer("epoll-edge", "EPOLLET, to EAGAIN", readiness::epoll_edge),
    peer("mio", "mio, tcp_server", readiness::mio),
    peer("polling", "polling, README", readiness::polling),
    // The pool of this model only runs requests with work, and here no request has work.
    peer("reactor-rayon", "bare epoll loop", bare_loop),
    peer("epoll-oneshot", "EPOLLONESHOT", threads::oneshot),
    peer("accept-shared", "EPOLLEXCLUSIVE", threads::shared),
    peer("reactor-per-core", "SO_REUSEPORT", threads::per_core),
    peer(
        "reactor-per-process",
        "fork(2), SO_REUSEPORT",
        threads::per_process,
    ),
    peer("acceptor-workers", "an epoll a worker", threads::workers),
    peer("seda", "reactor + pool", threads::reactor_and_pool),
    peer("green-thread", "corosensei + epoll", coroutines::green),
    peer("executor", "smol LocalExecutor", runtimes::smol_local),
    peer(
        "tokio-current-thread",
        "tokio, README",
        runtimes::tokio_current,
    ),
    peer("tokio-multi-thread", "tokio, README", runtimes::tokio_multi),
    peer("smol", "smol, tcp-server", runtimes::smol_global),
    peer("may", "may, echo", coroutines::may),
    peer("io-uring", "recv, send", completion::oneshot),
    peer(
        "io-uring-multishot",
        "recv_multishot",
        completion::multishot,
    ),
    peer("compio", "compio, net", runtimes::compio),
];

/// Runs as a peer on this port. This returns only if the peer cannot serve.
pub fn serve(model: &str, port: u16) -> io::Result<()> {
    let peer = PEERS.iter().find(|peer| peer.model == model);
    (peer.expect("a peer of the list").serve)((Ipv4Addr::LOCALHOST, port))
}

fn bare_loop((_, port): Address) -> io::Result<()> {
    bare::serve(port, 0)
}

fn listen(at: Address) -> io::Result<TcpListener> {
    TcpListener::bind(at)
}

fn cpus() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Reads once and echoes. False if the client has left.
fn echo_once(mut stream: impl Read + Write, buffer: &mut [u8]) -> bool {
    match stream.read(buffer) {
        Ok(0) => false,
        Ok(n) => stream.write_all(&buffer[..n]).is_ok(),
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}
