//! A server whose response times are known: it echoes every 64 bytes at the time that its script computes.
//!
//! One thread spins over its sockets and a heap of replies with their due times, so that it adds almost nothing to
//! these times. As a queue it serves one request after another in the order of arrival. It does not work for the length
//! of a service, but waits until the time at which the service *must* end, so that errors do not add up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::script::Script;

/// Bytes of a request and of its reply.
pub const MESSAGE: usize = 64;

/// Token of the listener; clients have the tokens from 0 on.
const LISTENER: u64 = u64::MAX;

/// A client, and the bytes it has sent of an incomplete request.
struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A reply and its due time. The number keeps replies with the same due time in order.
type Reply = Reverse<(Instant, u64, usize, [u8; MESSAGE])>;

struct Server {
    script: Script,
    listener: TcpListener,
    epoll: Epoll,
    clients: Vec<Option<Client>>,
    replies: BinaryHeap<Reply>,
    random: ChaCha8Rng,
    last: Instant,
    numbers: u64,
}

/// Serves on a free port of 127.0.0.1 while `may_continue` is true, and calls `ready` with the address.
///
/// # Errors
/// The system has no free port or descriptor.
pub fn serve(
    script: Script,
    may_continue: impl Fn() -> bool,
    ready: impl FnOnce(&str),
) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
    ready(&listener.local_addr()?.to_string());
    let mut server = Server {
        script,
        listener,
        epoll,
        clients: Vec::new(),
        replies: BinaryHeap::new(),
        random: ChaCha8Rng::seed_from_u64(1),
        last: Instant::now(),
        numbers: 0,
    };
    let mut events = [EpollEvent::empty(); 64];
    while may_continue() {
        let ready = match server.epoll.wait(&mut events, EpollTimeout::ZERO) {
            Err(Errno::EINTR) => 0,
            ready => ready?,
        };
        for event in &events[..ready] {
            match event.data() {
                LISTENER => server.accept()?,
                token => server.read(token as usize),
            }
        }
        server.reply();
    }
    Ok(())
}

impl Server {
    fn accept(&mut self) -> io::Result<()> {
        let stream = match self.listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        let token = self.clients.len() as u64;
        self.epoll
            .add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, token))?;
        let received = Vec::new();
        self.clients.push(Some(Client { stream, received }));
        Ok(())
    }

    /// Reads the available bytes, and schedules the reply to every complete request.
    fn read(&mut self, token: usize) {
        let Some(client) = &mut self.clients[token] else {
            return;
        };
        let mut buffer = [0; 4096];
        let got = match client.stream.read(&mut buffer) {
            Ok(n @ 1..) => n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Ok(0) | Err(_) => return self.clients[token] = None,
        };
        let now = Instant::now();
        client.received.extend_from_slice(&buffer[..got]);
        let whole = client.received.len() / MESSAGE * MESSAGE;
        for message in client.received[..whole].as_chunks().0 {
            self.last = self.script.due(now, self.last, &mut self.random);
            self.numbers += 1;
            self.replies
                .push(Reverse((self.last, self.numbers, token, *message)));
        }
        client.received.drain(..whole);
    }

    /// Sends every reply that is due.
    fn reply(&mut self) {
        while let Some(&Reverse((due, _, token, message))) = self.replies.peek() {
            if due > Instant::now() {
                return;
            }
            self.replies.pop();
            let Some(client) = &mut self.clients[token] else {
                continue;
            };
            // A socket that does not take 64 bytes belongs to a client that has left.
            if client.stream.write_all(&message).is_err() {
                self.clients[token] = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, mpsc};
    use std::thread;

    use super::*;

    #[test]
    fn every_complete_message_comes_back() {
        let (sender, receiver) = mpsc::channel();
        let over = Arc::new(AtomicBool::new(false));
        let may_continue = {
            let over = Arc::clone(&over);
            move || !over.load(Ordering::Relaxed)
        };
        let server = thread::spawn(move || {
            let ready = |address: &str| sender.send(address.to_owned()).unwrap();
            serve(Script::Null, may_continue, ready).unwrap();
        });
        let mut stream = TcpStream::connect(receiver.recv().unwrap()).unwrap();
        let sent: Vec<u8> = (0..=255).cycle().take(10 * MESSAGE).collect();
        stream.write_all(&sent[..100]).unwrap();
        let mut got = vec![0; MESSAGE];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(got, sent[..MESSAGE]);
        stream.write_all(&sent[100..]).unwrap();
        let mut remaining = vec![0; 9 * MESSAGE];
        stream.read_exact(&mut remaining).unwrap();
        assert_eq!(remaining, sent[MESSAGE..]);
        over.store(true, Ordering::Relaxed);
        server.join().unwrap();
    }
}
