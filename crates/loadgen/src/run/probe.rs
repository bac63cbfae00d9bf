//! Asks whether a server listens at an address.

use std::io::{self, ErrorKind, Read as _};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::plan::target::{Target, unix_address};

/// Longest wait for an answer. On this machine it comes at once.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often a server that may be dying is asked.
const TRIES: u32 = 6;
/// Time between two of these questions.
const BETWEEN: Duration = Duration::from_millis(50);

impl Target {
    /// The first of these addresses at which a server listens, or else the first. Asks only if there are several.
    pub fn first_that_listens(mut targets: Vec<Self>) -> Option<Self> {
        let listens = |target: &Self| match ask(target) {
            Ok(()) => true,
            // A server of datagrams need not answer.
            Err(error) => target.is_datagram() && !is_refused(&error),
        };
        let first = match targets.len() {
            0 => return None,
            1 => 0,
            _ => targets.iter().position(listens).unwrap_or(0),
        };
        Some(targets.swap_remove(first))
    }
}

/// True if no server has this address any more.
///
/// The kernel closes the sockets of a killed process one by one, and perhaps the listener last. So it asks several times.
pub fn is_deserted(target: &Target) -> bool {
    (0..TRIES).any(|number| {
        if number > 0 {
            thread::sleep(BETWEEN);
        }
        ask(target).is_err_and(|error| is_refused(&error))
    })
}

fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::NotFound
    )
}

fn ask(target: &Target) -> io::Result<()> {
    match target {
        Target::Tcp(address) => {
            let socket = Socket::new(Domain::for_address(*address), Type::STREAM, None)?;
            socket.connect_timeout(&SockAddr::from(*address), PATIENCE)
        }
        Target::Udp(address) => {
            let mut socket = Socket::new(Domain::for_address(*address), Type::DGRAM, None)?;
            socket.connect(&SockAddr::from(*address))?;
            socket.set_read_timeout(Some(PATIENCE))?;
            socket.send(&[])?;
            socket.read(&mut [0; 1]).map(drop)
        }
        Target::Unix(path) => {
            // Without a wait: a full accept queue has a listener.
            let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
            socket.connect(&unix_address(path)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn an_address_without_a_server_is_told_from_one_with_a_server() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = Target::Tcp(listener.local_addr().unwrap());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let udp = Target::Udp(socket.local_addr().unwrap());
        assert!(!is_deserted(&tcp) && !is_deserted(&udp));
        drop((listener, socket));
        assert!(is_deserted(&tcp) && is_deserted(&udp));
        assert!(is_deserted(&Target::Unix("/proc/no-socket".into())));
    }

    #[test]
    fn a_server_whose_listener_closes_last_is_gone_as_well() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::Tcp(listener.local_addr().unwrap());
        let server = thread::spawn(move || listener.accept().map(drop));
        assert!(
            is_deserted(&target),
            "the first question closes the listener"
        );
        server.join().unwrap().unwrap();
    }

    #[test]
    fn of_several_addresses_the_first_with_a_server_is_taken() {
        let deserted = Target::Unix("/proc/no-socket".into());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tcp = Target::Tcp(listener.local_addr().unwrap());
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let udp = Target::Udp(socket.local_addr().unwrap());
        for live in [tcp, udp] {
            let all = vec![deserted.clone(), live.clone()];
            assert_eq!(Target::first_that_listens(all), Some(live));
        }
        let none = vec![deserted.clone(), Target::Unix("/proc/none".into())];
        assert_eq!(Target::first_that_listens(none), Some(deserted));
    }
}
