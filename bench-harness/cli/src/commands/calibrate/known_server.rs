//! A server whose answer is known: a formula with sockets. It echoes every 64 bytes at the time that its script says.
//!
//! One thread spins over its sockets and a heap of replies that are due, so that it adds next to nothing to what the script
//! says. As a queue it serves one request after the other in the order of arrival; the service is not computed but
//! waited for, each to the time at which it *must* end, so that errors do not add up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::str::FromStr;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Bytes of a request and of its reply.
pub const MESSAGE: usize = 64;

/// The listener's place among the tokens of the clients.
const LISTENER: u64 = u64::MAX;

/// When a reply is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Script {
    /// At once.
    Null,
    /// One service after the other, each as long: M/D/1 where requests arrive as Poisson says.
    Fixed(Duration),
    /// One service after the other, exponentially distributed with this mean: M/M/1.
    Exponential(Duration),
    /// After a time between two bounds, however many others wait.
    Delay(Duration, Duration),
}

impl Script {
    /// When the reply to a request is due that came at `now`, where the one before it was due at `last`.
    fn due(self, now: Instant, last: Instant, random: &mut ChaCha8Rng) -> Instant {
        match self {
            Self::Null => now,
            Self::Fixed(service) => now.max(last) + service,
            Self::Exponential(mean) => {
                let share = -(1.0 - random.random::<f64>()).ln();
                now.max(last) + mean.mul_f64(share)
            }
            Self::Delay(from, to) => {
                now + from + to.saturating_sub(from).mul_f64(random.random::<f64>())
            }
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Fixed(service) => write!(f, "fixed:{}ns", service.as_nanos()),
            Self::Exponential(mean) => write!(f, "exponential:{}ns", mean.as_nanos()),
            Self::Delay(from, to) => write!(f, "delay:{}ns..{}ns", from.as_nanos(), to.as_nanos()),
        }
    }
}

impl FromStr for Script {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, times) = text.split_once(':').unwrap_or((text, ""));
        let time = |text| loadgen::parse_time(text).map_err(|error| error.to_string());
        match kind {
            "null" => Ok(Self::Null),
            "fixed" => Ok(Self::Fixed(time(times)?)),
            "exponential" => Ok(Self::Exponential(time(times)?)),
            "delay" => match times.split_once("..") {
                Some((from, to)) => delay(time(from)?, time(to)?),
                None => Err(format!("`{times}` are no bounds; write delay:1ms..3ms")),
            },
            _ => Err(format!(
                "`{kind}` is no script; write null, fixed:200us, exponential:200us or delay:1ms..3ms"
            )),
        }
    }
}

fn delay(from: Duration, to: Duration) -> Result<Script, String> {
    if from > to {
        return Err("the first bound is above the second; write delay:1ms..3ms".to_owned());
    }
    Ok(Script::Delay(from, to))
}

/// A client, and what it has said that is no whole request yet.
struct Client {
    stream: TcpStream,
    said: Vec<u8>,
}

/// A reply that waits for its time; the number keeps those of the same time in order.
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

/// Serves on a free port of the loopback, calls `ready` with it, and goes on as long as it may.
///
/// # Errors
/// The system has no port or no descriptor.
pub fn serve(
    script: Script,
    may_go_on: impl Fn() -> bool,
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
    while may_go_on() {
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
        let said = Vec::new();
        self.clients.push(Some(Client { stream, said }));
        Ok(())
    }

    /// Reads what is there, and puts down the reply to every whole request.
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
        client.said.extend_from_slice(&buffer[..got]);
        let whole = client.said.len() / MESSAGE * MESSAGE;
        for message in client.said[..whole].as_chunks().0 {
            self.last = self.script.due(now, self.last, &mut self.random);
            self.numbers += 1;
            self.replies
                .push(Reverse((self.last, self.numbers, token, *message)));
        }
        client.said.drain(..whole);
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
            // Who does not read a reply of 64 bytes has left.
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

    const SERVICE: Duration = Duration::from_millis(1);

    #[test]
    fn scripts_are_read_as_they_are_written() {
        for script in [
            Script::Null,
            Script::Fixed(SERVICE),
            Script::Exponential(SERVICE),
            Script::Delay(SERVICE, 3 * SERVICE),
        ] {
            assert_eq!(script.to_string().parse(), Ok(script));
        }
        for (text, remedy) in [
            ("often", "write null"),
            ("delay:3ms", "delay:1ms..3ms"),
            ("delay:3ms..1ms", "delay:1ms..3ms"),
            ("fixed:soon", "250us"),
        ] {
            let error = text.parse::<Script>().unwrap_err();
            assert!(error.contains(remedy), "{error}");
        }
    }

    #[test]
    fn a_queue_serves_one_after_the_other() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let now = Instant::now();
        let first = Script::Fixed(SERVICE).due(now, now, &mut random);
        let second = Script::Fixed(SERVICE).due(now, first, &mut random);
        let later = Script::Fixed(SERVICE).due(now + 9 * SERVICE, second, &mut random);
        assert_eq!(first, now + SERVICE);
        assert_eq!(second, now + 2 * SERVICE);
        assert_eq!(later, now + 10 * SERVICE);
    }

    #[test]
    fn services_and_delays_have_the_distribution_they_are_named_after() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let start = Instant::now();
        let mut last = start;
        for _ in 0..20_000 {
            last = Script::Exponential(SERVICE).due(start, last, &mut random);
        }
        let mean = (last - start).as_secs_f64() / 20_000.0;
        assert!((mean / 0.001 - 1.0).abs() < 0.03, "{mean}");
        for _ in 0..1000 {
            let delay = Script::Delay(SERVICE, 3 * SERVICE).due(start, last, &mut random) - start;
            assert!((SERVICE..=3 * SERVICE).contains(&delay));
        }
    }

    #[test]
    fn every_whole_message_comes_back() {
        let (say, heard) = mpsc::channel();
        let over = Arc::new(AtomicBool::new(false));
        let may_go_on = {
            let over = Arc::clone(&over);
            move || !over.load(Ordering::Relaxed)
        };
        let server = thread::spawn(move || {
            let ready = |address: &str| say.send(address.to_owned()).unwrap();
            serve(Script::Null, may_go_on, ready).unwrap();
        });
        let mut stream = TcpStream::connect(heard.recv().unwrap()).unwrap();
        let sent: Vec<u8> = (0..=255).cycle().take(10 * MESSAGE).collect();
        stream.write_all(&sent[..100]).unwrap();
        let mut got = vec![0; MESSAGE];
        stream.read_exact(&mut got).unwrap();
        assert_eq!(got, sent[..MESSAGE]);
        stream.write_all(&sent[100..]).unwrap();
        let mut rest = vec![0; 9 * MESSAGE];
        stream.read_exact(&mut rest).unwrap();
        assert_eq!(rest, sent[MESSAGE..]);
        over.store(true, Ordering::Relaxed);
        server.join().unwrap();
    }
}
