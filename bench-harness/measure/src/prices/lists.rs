//! The prices of `poll` and `select`: one for the call, one for each socket that it looks at, and one for each queue that it enters.
//!
//! ```text
//! ready:   the first socket            the last socket
//!          ● ○ ○ ○ ○ ○ ○ ○             ○ ○ ○ ○ ○ ○ ○ ●
//!            looked at                 looked at, and the thread enters the queue of each
//! ```
//!
//! Until it has found a socket that is ready, the kernel enters the thread into the queue of each socket, because the thread may have to
//! sleep. A call that sleeps has entered all of them.

use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd};

use nix::libc::FD_SETSIZE;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike as _};
use record::prices::{CallPrice, PricedCall};

use super::pair::{self, MESSAGE, Pair};
use super::stopwatch;

/// Numbers of sockets.
const SIZES: [usize; 3] = [1, 100, 1000];
/// Calls of a batch together look at about this number of sockets.
const LOOKS: usize = 2000;
/// A wait ends after this time in any case. One socket is ready all the time.
const PATIENCE_MS: u16 = 1000;

/// The price of a call that looks at a list of sockets. With few descriptors the longest list is shorter.
pub(super) fn price(call: PricedCall) -> io::Result<CallPrice> {
    let listener = pair::listener()?;
    let mut pairs: Vec<Pair> = Vec::new();
    let (mut first, mut last): (Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new());
    for size in SIZES {
        let missing = size - pairs.len();
        let new = (0..missing).map_while(|_| Pair::through(&listener).ok());
        pairs.extend(new.take_while(|pair| has_room(call, pair)));
        if first
            .last()
            .is_some_and(|(before, _)| pairs.len() <= *before)
            || pairs.is_empty()
        {
            break;
        }
        first.push((pairs.len(), of_list(call, &pairs, 0)?));
        last.push((pairs.len(), of_list(call, &pairs, pairs.len() - 1)?));
    }
    let lines = line(&first).zip(line(&last));
    let (looked, entered) =
        lines.ok_or_else(|| io::Error::other("too few file descriptors; raise `ulimit -n`"))?;
    Ok(CallPrice {
        us: looked.us,
        socket_us: looked.socket_us,
        queue_us: (entered.socket_us - looked.socket_us).max(0.0),
    })
}

/// A number of sockets, and the price of a call in microseconds.
type Point = (usize, f64);

/// True if the call can look at this socket: a set has a fixed size.
fn has_room(call: PricedCall, pair: &Pair) -> bool {
    call != PricedCall::Select || pair.server.as_raw_fd() < FD_SETSIZE as i32
}

/// The price of one call in microseconds, if the socket at this place is ready.
fn of_list(call: PricedCall, pairs: &[Pair], ready: usize) -> io::Result<f64> {
    let Pair { server, client } = &pairs[ready];
    (&*client).write_all(&[0; MESSAGE])?;
    let price = of_ready_list(call, pairs);
    (&*server).read_exact(&mut [0; MESSAGE])?;
    price
}

fn of_ready_list(call: PricedCall, pairs: &[Pair]) -> io::Result<f64> {
    let ends: Vec<BorrowedFd> = pairs.iter().map(|pair| pair.server.as_fd()).collect();
    let batch = (LOOKS / ends.len()).max(2);
    if call == PricedCall::Select {
        let mut set = FdSet::new();
        let highest = ends.iter().map(AsRawFd::as_raw_fd).max().unwrap_or(0);
        for end in &ends {
            set.insert(*end);
        }
        return stopwatch::price(
            batch,
            || Ok(()),
            |_| {
                let mut timeout = TimeVal::milliseconds(PATIENCE_MS.into());
                let mut read = set;
                Ok(select(highest + 1, &mut read, None, None, &mut timeout).map(drop)?)
            },
        );
    }
    let fds = ends.iter().map(|end| PollFd::new(*end, PollFlags::POLLIN));
    let mut fds: Vec<PollFd> = fds.collect();
    let call = |_| Ok(poll(&mut fds, PollTimeout::from(PATIENCE_MS)).map(drop)?);
    stopwatch::price(batch, || Ok(()), call)
}

/// The line through these points of a number of sockets and a price. Each point counts by its relative error, so that the longest list does
/// not decide alone. `None` for fewer than two points.
fn line(points: &[Point]) -> Option<CallPrice> {
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        let terms = points.iter().map(|&(n, us)| of(n as f64, us) / (us * us));
        terms.sum()
    };
    let (weight, n, us) = (sum(&|_, _| 1.0), sum(&|n, _| n), sum(&|_, us| us));
    let (squares, products) = (sum(&|n, _| n * n), sum(&|n, us| n * us));
    let determinant = weight * squares - n * n;
    let socket_us = (weight * products - n * us) / determinant;
    let call_us = (us - socket_us * n) / weight;
    (points.len() > 1).then_some(CallPrice {
        us: call_us.max(0.0),
        socket_us: socket_us.max(0.0),
        queue_us: 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_through_exact_points_is_found() {
        let price = line(&[(1, 0.6), (100, 10.5), (1000, 100.5)]).unwrap();
        assert!((price.us - 0.5).abs() < 1e-6 && (price.socket_us - 0.1).abs() < 1e-6);
        assert_eq!(line(&[(1, 0.6)]), None);
    }
}
