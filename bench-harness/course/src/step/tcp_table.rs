//! The kernel's table of TCP sockets in this network namespace: `/proc/self/net/tcp`.

use std::fs;
use std::io;

/// Ticks of the table's timers a second (USER_HZ), which Linux has fixed.
const TICKS: f64 = 100.0;

/// The state of a connection, in the order of the kernel's numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Both may send.
    Established,
    /// The SYN is sent.
    SynSent,
    /// The SYN of the other side is answered.
    SynRecv,
    /// Closed first: the FIN is sent.
    FinWait1,
    /// Closed first: the FIN is acknowledged.
    FinWait2,
    /// Closed first, and both FINs are exchanged.
    TimeWait,
    /// No connection.
    Close,
    /// The other side has closed.
    CloseWait,
    /// Closed second: the FIN is sent.
    LastAck,
    /// A listening socket.
    Listen,
    /// Both have closed at the same time.
    Closing,
}

impl State {
    const ALL: [Self; 11] = [
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::Close,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::Closing,
    ];

    /// Its name, as `ss` and the books write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT_1",
            Self::FinWait2 => "FIN_WAIT_2",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
        }
    }
}

/// One socket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Its own port.
    pub local: u16,
    /// The port of the other side; 0 if it listens.
    pub remote: u16,
    /// Its state.
    pub state: State,
    /// Seconds until its timer expires; 0 without a timer.
    pub timer: f64,
}

/// All IPv4 sockets.
///
/// # Errors
/// The table cannot be read.
pub fn read() -> io::Result<Vec<Entry>> {
    let text = fs::read_to_string("/proc/self/net/tcp")?;
    Ok(text.lines().skip(1).filter_map(entry).collect())
}

/// The seconds that a socket of this port stays in TIME_WAIT; 0 if there is none.
///
/// # Errors
/// The table cannot be read.
pub fn time_wait(local: u16) -> io::Result<f64> {
    let is_it = |entry: &&Entry| entry.local == local && entry.state == State::TimeWait;
    Ok(read()?.iter().find(is_it).map_or(0.0, |entry| entry.timer))
}

/// A line: `sl local remote st tx:rx tr:when …`, with hexadecimal numbers.
fn entry(line: &str) -> Option<Entry> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |field: &str| u16::from_str_radix(field.rsplit_once(':')?.1, 16).ok();
    let number = usize::from_str_radix(fields.get(3)?, 16).ok()?;
    let (_, ticks) = fields.get(5)?.split_once(':')?;
    Some(Entry {
        local: port(fields.get(1)?)?,
        remote: port(fields.get(2)?)?,
        // Linux shows a connection whose handshake is not complete as SYN_RECV, or with its internal number 12.
        state: match number {
            12 => State::SynRecv,
            _ => *State::ALL.get(number.checked_sub(1)?)?,
        },
        timer: u64::from_str_radix(ticks, 16).ok()? as f64 / TICKS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_has_ports_state_and_timer() {
        let line = "   3: 0100007F:8001 0100007F:1F90 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0";
        let expected = Entry {
            local: 0x8001,
            remote: 8080,
            state: State::TimeWait,
            timer: 60.0,
        };
        assert_eq!(entry(line), Some(expected));
        assert_eq!(State::TimeWait.name(), "TIME_WAIT");
        assert_eq!(entry("no line"), None);
    }
}
