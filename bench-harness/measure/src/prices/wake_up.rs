//! The price of a sleep on an idle CPU: an echo of 64 bytes whose client is on another CPU and lets the server fall asleep.
//!
//! ```text
//! server   sleep ──> receive ─ send ─ sleep ──────────────> receive …
//! client       send ┘                └> receive ─ pause ─ send ┘
//! ```
//!
//! The price is the CPU time of the server for a request, without the prices of a receive and a send. It holds all that a server pays
//! because it slept: to give up the CPU, to get it back, and caches that the idle time has emptied.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use record::prices::{PricedCall, Prices};

use super::pair::{MESSAGE, Pair};
use super::stopwatch::{self, REPEATS};
use crate::cost::thread_cpu_time;
use crate::cpus::Confined;

/// Requests of a repetition.
const REQUESTS: usize = 100;
/// Pause of the client before each request. The server sleeps long before it ends.
const PAUSE: Duration = Duration::from_micros(50);
/// The client gives up after this time.
const PATIENCE: Duration = Duration::from_secs(1);

/// The price in microseconds, for a server on the CPU of the calling thread and a client on this other CPU.
///
/// # Errors
/// There is no other CPU, receive or send have no price, or a connection failed.
pub(super) fn price(other: Option<usize>, prices: &Prices) -> io::Result<f64> {
    let Some(other) = other else {
        return Err(io::Error::other("only one CPU may be used"));
    };
    let call = |call| prices.calls.get(&call).map(|price| price.us);
    let work = call(PricedCall::Recvfrom).zip(call(PricedCall::Sendto));
    let (receive, send) = work.ok_or_else(|| io::Error::other("receive and send have no price"))?;
    let all: Vec<f64> = (0..REPEATS)
        .map(|_| request_us(other))
        .collect::<io::Result<_>>()?;
    Ok((stopwatch::median(all) - receive - send).max(0.0))
}

/// CPU time of the server for a request, in microseconds.
fn request_us(other: usize) -> io::Result<f64> {
    let Pair { mut server, client } = Pair::new()?;
    let client = thread::Builder::new().spawn(move || ask(client, other))?;
    let mut bytes = [0; MESSAGE];
    let mut answer = || {
        server
            .read_exact(&mut bytes)
            .and_then(|()| server.write_all(&bytes))
    };
    answer()?;
    let begin = thread_cpu_time();
    (0..REQUESTS).try_for_each(|_| answer())?;
    let spent = thread_cpu_time().saturating_sub(begin);
    let asked = client
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the client panicked")));
    asked.map(|()| spent.as_secs_f64() * 1e6 / REQUESTS as f64)
}

/// Sends requests from this CPU, each a pause after the reply to the one before. It spins, so that the server wakes no client up.
fn ask(mut client: TcpStream, cpu: usize) -> io::Result<()> {
    let _confined = Confined::to(Some(&[cpu]));
    client.set_nonblocking(true)?;
    let begin = Instant::now();
    for _ in 0..=REQUESTS {
        let pause = Instant::now();
        while pause.elapsed() < PAUSE {
            std::hint::spin_loop();
        }
        client.write_all(&[0; MESSAGE])?;
        // The socket does not block, so this spins until the reply is there.
        while let Err(error) = client.read_exact(&mut [0; MESSAGE]) {
            if error.kind() != io::ErrorKind::WouldBlock || begin.elapsed() > PATIENCE {
                return Err(error);
            }
        }
    }
    Ok(())
}
