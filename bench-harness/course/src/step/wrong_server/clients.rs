//! The clients of the wrong servers. Each knows how many bytes or lines should come back, and counts those that do.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use measure::server::Server;

/// Longest wait for a reply. A server on the same machine needs a thousandth of it.
const PATIENCE: Duration = Duration::from_millis(600);
/// Wait for a reply that should not come yet.
const GLANCE: Duration = Duration::from_millis(100);
/// Messages of a client that talks for a while.
const MESSAGES: usize = 10;
/// Bytes of a short message.
const SHORT: usize = 100;
/// Bytes of a long message: many reads of the server, but few enough to be sent at once.
const LONG: usize = 20_000;

/// What a client got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    pub name: &'static str,
    /// Replies, or bytes of replies, that it should get.
    pub expected: usize,
    /// Those that it got.
    pub got: usize,
}

/// A client talks; another one sends its only message with the end of its side behind it; a third one comes afterwards.
pub fn one_leaves_at_once(address: SocketAddr, server: &mut Server) -> io::Result<Vec<Client>> {
    let mut stays = connect(address)?;
    let before = talk(&mut stays);
    // Message and end reach the server together, as they do when it is busy with another client.
    server.pause()?;
    let leaver = connect(address).and_then(|mut leaver| {
        leaver.write_all(b"bye")?;
        leaver.shutdown(Shutdown::Write)?;
        Ok(leaver)
    });
    server.resume();
    let farewell = receive(&mut leaver?, b"bye".len(), PATIENCE);
    let after = talk(&mut stays);
    // A server that has crashed refuses the connection.
    let newcomer = connect(address).map_or(0, |mut newcomer| talk(&mut newcomer));
    Ok(vec![
        Client {
            name: "stays",
            expected: 2 * MESSAGES,
            got: before + after,
        },
        Client {
            name: "leaves at once",
            expected: 1,
            got: usize::from(farewell == b"bye"),
        },
        Client {
            name: "comes later",
            expected: MESSAGES,
            got: newcomer,
        },
    ])
}

/// A client sends short messages one after another, one sends several at once, and one sends a long message.
pub fn one_sends_much(address: SocketAddr) -> io::Result<Vec<Client>> {
    let mut long = connect(address)?;
    long.write_all(&vec![b'x'; LONG])?;
    let echo = receive(&mut long, LONG, PATIENCE);
    let short = talk(&mut connect(address)?);
    let mut several = connect(address)?;
    several.write_all(&[b'x'; MESSAGES * SHORT])?;
    let together = receive(&mut several, MESSAGES * SHORT, PATIENCE);
    Ok(vec![
        Client {
            name: "short messages",
            expected: MESSAGES,
            got: short,
        },
        Client {
            name: "ten at once",
            expected: MESSAGES,
            got: together.len() / SHORT,
        },
        Client {
            name: "long message",
            expected: LONG,
            got: echo.len(),
        },
    ])
}

/// A client sends one line at a time, one sends a line in two parts, and one sends three lines at once.
pub fn lines_in_parts_and_together(address: SocketAddr) -> io::Result<Vec<Client>> {
    let names = ["Ada", "Grace", "Linus"];
    let mut polite = connect(address)?;
    let mut one_by_one = 0;
    for name in names {
        one_by_one += usize::from(greets(&mut polite, &[&format!("{name}\n")], &[name])?);
    }
    let mut hesitates = connect(address)?;
    let mut parts = 0;
    for name in names {
        let (first, second) = name.split_at(2);
        let sent = [first, &format!("{second}\n")];
        parts += usize::from(greets(&mut hesitates, &sent, &[name])?);
    }
    let mut hurries = connect(address)?;
    let all = format!("{}\n", names.join("\n"));
    let together = if greets(&mut hurries, &[&all], &names)? {
        names.len()
    } else {
        0
    };
    let client = |name, got| Client {
        name,
        expected: names.len(),
        got,
    };
    Ok(vec![
        client("line by line", one_by_one),
        client("in two parts", parts),
        client("three at once", together),
    ])
}

/// Sends these parts one after another. True if the reply is a greeting for each name, and nothing else.
fn greets(stream: &mut TcpStream, parts: &[&str], names: &[&str]) -> io::Result<bool> {
    let greetings: Vec<String> = names
        .iter()
        .map(|name| format!("Hello, {name}!\n"))
        .collect();
    let greetings = greetings.concat();
    let mut reply = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        stream.write_all(part.as_bytes())?;
        if index + 1 < parts.len() {
            // A server that takes the first part for a message answers it.
            reply.extend(receive(stream, 1, GLANCE));
        }
    }
    let left = greetings.len() - reply.len();
    reply.extend(receive(stream, left, PATIENCE));
    if reply != greetings.as_bytes() {
        // What else comes belongs to this message, not to the next one.
        receive(stream, usize::from(u16::MAX), GLANCE);
    }
    Ok(reply == greetings.as_bytes())
}

/// False if the server refuses a new client or ends its connection: then it has crashed.
pub fn is_alive(address: SocketAddr) -> bool {
    let Ok(mut stream) = connect(address) else {
        return false;
    };
    let mut byte = [0];
    let reply = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.write_all(b"x"))
        .and_then(|()| stream.read(&mut byte));
    match reply {
        Ok(count) => count > 0,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock, // a server that is silent lives
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Sends short messages one after another, and counts the replies.
fn talk(stream: &mut TcpStream) -> usize {
    let answered = (0..MESSAGES).take_while(|&number| {
        let message = [b'a' + number as u8; SHORT];
        stream.write_all(&message).is_ok() && receive(stream, SHORT, PATIENCE) == message
    });
    answered.count()
}

/// Receives up to this number of bytes; fewer if the server ends the connection, or sends nothing for `patience`.
fn receive(stream: &mut TcpStream, most: usize, patience: Duration) -> Vec<u8> {
    let mut bytes = vec![0; most];
    let mut len = 0;
    // Both durations are above zero, which is the only value that this call refuses.
    let _ = stream.set_read_timeout(Some(patience));
    while len < most {
        match stream.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break, // a timeout or a reset
        }
    }
    bytes.truncate(len);
    bytes
}
