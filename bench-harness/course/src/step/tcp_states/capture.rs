//! Captures the TCP segments on the loopback device of this network namespace.

use std::io::{self, Read as _};
use std::time::{Duration, Instant};

use nix::libc::ETH_P_IP;
use socket2::{Domain, Protocol, Socket, Type};

/// Bits of the flags in the TCP header.
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
/// The number of TCP in the IP header.
const TCP: u8 = 6;

/// A capture that runs.
pub struct Capture {
    socket: Socket,
    begin: Instant,
    /// The segments so far.
    pub segments: Vec<Segment>,
}

/// A segment on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Time since the capture began.
    pub at: Duration,
    /// The port that sent it.
    pub from: u16,
    /// Its flags.
    flags: u8,
    /// Bytes of data.
    data: usize,
}

impl Capture {
    /// Starts to capture.
    ///
    /// # Errors
    /// The namespace does not give this process the right (CAP_NET_RAW).
    pub fn start(begin: Instant) -> io::Result<Self> {
        // A socket for one protocol sees a packet on loopback once, when it arrives. One for all would see it twice.
        let protocol = Protocol::from(i32::from((ETH_P_IP as u16).to_be()));
        let socket = Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol))?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            begin,
            segments: Vec::new(),
        })
    }

    /// Takes the segments that have come since the last time.
    pub fn look(&mut self) {
        let mut packet = [0; 2048];
        // An error means that there is none left.
        while let Ok(length) = self.socket.read(&mut packet) {
            let at = self.begin.elapsed();
            self.segments.extend(segment(&packet[..length], at));
        }
    }
}

impl Segment {
    /// Its flags and data in words: `SYN ACK`, `1 byte`.
    pub fn words(&self) -> String {
        let names = [(SYN, "SYN"), (FIN, "FIN"), (RST, "RST")];
        let set = names.into_iter().filter(|(bit, _)| self.flags & bit != 0);
        let mut words: Vec<&str> = set.map(|(_, name)| name).collect();
        let is_handshake = self.flags & SYN != 0 && self.flags & ACK != 0;
        if is_handshake || (words.is_empty() && self.data == 0) {
            words.push("ACK");
        }
        match (words.join(" "), self.data) {
            (words, 0) => words,
            (_, 1) => "1 byte".to_owned(),
            (_, bytes) => format!("{bytes} bytes"),
        }
    }
}

/// The TCP segment of an IPv4 packet.
fn segment(packet: &[u8], at: Duration) -> Option<Segment> {
    let header = usize::from(packet.first()? & 15) * 4;
    let total = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
    if *packet.get(9)? != TCP {
        return None;
    }
    let tcp = packet.get(header..)?;
    let offset = usize::from(tcp.get(12)? >> 4) * 4;
    Some(Segment {
        at,
        from: u16::from_be_bytes([*tcp.first()?, *tcp.get(1)?]),
        flags: *tcp.get(13)?,
        data: total.checked_sub(header + offset)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(flags: u8, data: usize) -> Vec<u8> {
        let mut packet = vec![0; 40 + data];
        packet[0] = 0x45;
        packet[3] = 40 + data as u8;
        packet[9] = TCP;
        packet[20..22].copy_from_slice(&7007_u16.to_be_bytes());
        packet[32] = 5 << 4;
        packet[33] = flags;
        packet
    }

    #[test]
    fn a_segment_is_named_by_its_flags_and_its_data() {
        for (flags, data, words) in [
            (SYN, 0, "SYN"),
            (SYN | ACK, 0, "SYN ACK"),
            (ACK, 0, "ACK"),
            (FIN | ACK, 0, "FIN"),
            (ACK | 8, 1, "1 byte"),
        ] {
            let segment = segment(&packet(flags, data), Duration::ZERO).unwrap();
            assert_eq!((segment.from, segment.words().as_str()), (7007, words));
        }
    }

    #[test]
    fn what_is_not_tcp_is_left_out() {
        let mut udp = packet(ACK, 0);
        udp[9] = 17;
        assert_eq!(segment(&udp, Duration::ZERO), None);
        assert_eq!(segment(&[0x45], Duration::ZERO), None);
    }
}
