//! Measures in slices for the program that started it with `--slices`: orders come on stdin, and each slice goes out as a
//! line. See `contract::slices` and `contract::generator`.

use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::os::fd::AsFd;

use contract::generator::Line;
use contract::slices::{self, Order};
use loadgen::{Load, Orders, Outcome, SliceOrder, SliceOutcome};
use measure::stop::Stop;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};

use crate::failure::{Explain as _, Failure};

/// Runs a load in slices, until stdin ends or a signal comes.
///
/// # Errors
/// The load cannot be measured in slices, or an order cannot be read.
pub fn run(load: &Load, stop: &Stop) -> Result<Outcome, Failure> {
    let stdin = io::stdin().as_fd().try_clone_to_owned();
    let stdin = stdin.explain("cannot read orders", "give them on stdin, one a line")?;
    let mut harness = Harness {
        orders: BufReader::new(File::from(stdin)),
        stop,
    };
    Ok(load.run_slices(stop.flag(), &mut harness)?)
}

/// The program that gives the orders.
struct Harness<'a> {
    orders: BufReader<File>,
    stop: &'a Stop,
}

impl Orders for Harness<'_> {
    fn connected(&mut self) -> io::Result<()> {
        say(&Line::Connected)
    }

    fn next_order(&mut self) -> io::Result<Option<SliceOrder>> {
        if self.orders.buffer().is_empty() && !wait_for_input(self.orders.get_ref(), self.stop)? {
            return Ok(None);
        }
        let order = slices::wait(&mut self.orders)?;
        Ok(order.map(|Order { at, settle, window }| SliceOrder { at, settle, window }))
    }

    fn measured(&mut self, slice: SliceOutcome) -> io::Result<()> {
        say(&Line::Slice(serde_json::to_string(&slice)?))
    }
}

/// Waits until there is input or its end, without any CPU time. Returns false if a signal requests a stop. A signal that comes
/// between the check and the wait would be missed, so both signals are blocked until the wait has begun.
fn wait_for_input(input: &impl AsFd, stop: &Stop) -> io::Result<bool> {
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let waited = loop {
        if stop.is_requested() {
            break Ok(false);
        }
        let mut input = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        match ppoll(&mut input, None, Some(before)) {
            Ok(_) => break Ok(true),
            Err(Errno::EINTR) => {}
            Err(errno) => break Err(errno.into()),
        }
    };
    before.thread_set_mask()?;
    waited
}

/// Prints a line. An error means that the reader has ended; this process then ends as well.
fn say(line: &Line) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use nix::unistd::pipe;

    use super::*;

    #[test]
    fn a_wait_ends_with_input_with_its_end_and_with_a_stop() {
        let stop = Stop::manual();
        let (reader, writer) = pipe().unwrap();
        nix::unistd::write(&writer, b"slice 1 2 3\n").unwrap();
        assert!(wait_for_input(&reader, &stop).unwrap());
        drop(writer);
        assert!(
            wait_for_input(&reader, &stop).unwrap(),
            "the end of the file"
        );
        let (reader, _writer) = pipe().unwrap();
        stop.request();
        assert!(!wait_for_input(&reader, &stop).unwrap());
        let mask = SigSet::thread_get_mask().unwrap();
        assert!(!mask.contains(Signal::SIGTERM), "signals arrive again");
    }

    #[test]
    fn orders_that_come_together_are_read_one_after_another() {
        let (reader, writer) = pipe().unwrap();
        nix::unistd::write(&writer, b"slice 1 2 3\nslice 1 2 4\n").unwrap();
        drop(writer);
        let stop = Stop::manual();
        let mut harness = Harness {
            orders: BufReader::new(File::from(reader)),
            stop: &stop,
        };
        let windows = [(); 3].map(|()| {
            harness
                .next_order()
                .unwrap()
                .map(|order| order.window.as_nanos())
        });
        assert_eq!(windows, [Some(3), Some(4), None]);
    }
}
