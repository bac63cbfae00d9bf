//! Tests of the kit with scripted streams: short writes, sockets that are not ready, signals, resets at every byte,
//! full descriptor tables.

mod accepting;
mod conversation;
mod ending;
mod observing;
mod silence;
mod talking;
mod work;

use std::net::TcpListener;
use std::num::NonZero;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use model::{Config, Conn, Context, Limits, Listener, Protocol, Stop, Stream};
use socket2::Socket;

/// Deadline of every wait.
const DEADLINE: Duration = Duration::from_secs(10);

fn config(protocol: Protocol, max_connections: Option<u64>) -> Config {
    Config {
        protocol,
        limits: Limits::default(),
        workers: NonZero::<usize>::MIN,
        max_connections: max_connections.unwrap_or(u64::MAX),
        exclusive: true,
        observer: None,
        idle_timeout: None,
    }
}

fn context(protocol: Protocol, max_connections: Option<u64>) -> Context {
    Context::new(config(protocol, max_connections), Stop::leak().unwrap()).unwrap()
}

/// A client and the server's end of its conversation, over a socket pair.
fn conversation(cx: &Context) -> (UnixStream, Conn) {
    let (client, server) = UnixStream::pair().unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    server.set_read_timeout(Some(DEADLINE)).unwrap();
    (client, cx.open(Stream::new(server.into())))
}

fn listener() -> (Listener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (Listener::new(Socket::from(listener)).unwrap(), address)
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(
            begun.elapsed() < DEADLINE,
            "waited {DEADLINE:?} in vain until {what}"
        );
        thread::sleep(Duration::from_millis(1));
    }
}
