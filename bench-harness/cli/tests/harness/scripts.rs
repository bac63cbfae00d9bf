//! Scripts that no comparison runs: the drills, and the Python peers that serve datagrams or greet.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::external::peers;
use crate::signals::heed_ctrl_c;

/// Starts a script of `scripts/peers` on a free port, and gives the port. The script ends with the returned guard.
fn script(name: &str, datagrams: bool) -> Option<(Running, u16)> {
    if peers().is_empty() {
        return None;
    }
    let port = if datagrams {
        UdpSocket::bind("127.0.0.1:0").unwrap().local_addr()
    } else {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr()
    };
    let port = port.unwrap().port();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers");
    let mut command = Command::new("python3");
    heed_ctrl_c(&mut command);
    command.arg(path.join(name)).arg(port.to_string());
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    Some((Running(child), port))
}

/// A script that is killed at the end of its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_drills_refuse_what_they_do_not_know_before_they_build_anything() {
    for (words, advice) in [
        (&["--kill", "3"][..], "see scripts/drills --help"),
        (&["--kills", "many"][..], "--kills needs a number"),
    ] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/drills");
        let output = Command::new(script).args(words).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(advice), "{error}");
    }
}

/// The quick mode tries the one case that must catch the bug.
#[test]
fn the_script_for_planted_bugs_tells_a_bug_that_is_caught_from_a_correct_server() {
    if peers().is_empty() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/check-planted");
    let mut command = Command::new(script);
    heed_ctrl_c(&mut command);
    command.args(["--quick", "--echolab", env!("CARGO_BIN_EXE_echolab")]);
    command.args(["looks_at_the_first_byte_of_nothing.py", "correct/udp.py"]);
    let output = command.output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(
        table.ends_with("2 servers: 1 caught, 1 passes\n"),
        "{table}"
    );
}

#[test]
fn the_python_peer_for_datagrams_echoes_and_counts() {
    let Some((mut server, port)) = script("echo_udp.py", true) else {
        return;
    };
    let clients = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    for client in &clients {
        client.connect(("127.0.0.1", port)).unwrap();
        client
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
    }
    // The first datagrams are lost until the server has bound its port.
    let mut buffer = [0; 64];
    let begun = Instant::now();
    let echo = |buffer: &mut [u8]| {
        clients[0].send(b"first")?;
        clients[0].recv(buffer)
    };
    while echo(&mut buffer).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "no echo");
    }
    assert_eq!(&buffer[..5], b"first");
    clients[1].set_read_timeout(None).unwrap();
    for message in [&b"one"[..], b"two", b""] {
        clients[1].send(message).unwrap();
        let n = clients[1].recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..n], message);
    }
    let pid = Pid::from_raw(server.0.id().cast_signed());
    kill(pid, Signal::SIGINT).unwrap();
    let mut text = String::new();
    let out = server.0.stdout.as_mut().unwrap();
    out.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("datagrams from 2 clients\n"), "{text}");
}

#[test]
fn the_python_peer_that_greets_takes_lines_in_any_pieces() {
    let Some((_server, port)) = script("greeting.py", false) else {
        return;
    };
    let begun = Instant::now();
    let mut client = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(client) => break client,
            Err(_) if begun.elapsed() < Duration::from_secs(20) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    };
    client.set_nodelay(true).unwrap();
    for piece in ["Ad", "a\nGrace\nLi", "nus\n"] {
        client.write_all(piece.as_bytes()).unwrap();
    }
    client.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    assert_eq!(text, "Hello, Ada!\nHello, Grace!\nHello, Linus!\n");
}
