//! Tests of a server that cannot begin, whatever its model: its error says what is wrong and what to do.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use conformance::{Checked, Options, Subject};
use echo_protocol::Protocol;
use echo_server::{Listen, MODELS, Model, ServeError, ServeOptions, Transport, serve};
use libtest_mimic::Trial;
use socket2::{Domain, SockAddr, Socket, Type};
use tempfile::TempDir;

use crate::subjects;

/// The tests, with names `process/NAME`.
pub fn trials() -> impl Iterator<Item = Trial> {
    let tests: [(&str, fn()); 13] = [
        ("an_address_in_use", an_address_in_use),
        ("a_socket_file_in_use", a_socket_file_in_use),
        (
            "a_socket_of_another_kind_is_left_alone",
            a_socket_of_another_kind_is_left_alone,
        ),
        (
            "a_listener_with_a_full_queue_is_left_alone_at_once",
            a_listener_with_a_full_queue_is_left_alone_at_once,
        ),
        (
            "a_server_leaves_the_socket_file_of_a_newer_one",
            a_server_leaves_the_socket_file_of_a_newer_one,
        ),
        (
            "an_abstract_socket_has_no_file",
            an_abstract_socket_has_no_file,
        ),
        ("a_file_in_the_way", a_file_in_the_way),
        (
            "a_stale_socket_file_is_replaced",
            a_stale_socket_file_is_replaced,
        ),
        (
            "an_address_of_another_machine",
            an_address_of_another_machine,
        ),
        ("a_udp_address_in_use", a_udp_address_in_use),
        (
            "an_address_of_the_other_transport",
            an_address_of_the_other_transport,
        ),
        (
            "a_reference_line_serves_only_echo_over_tcp",
            a_reference_line_serves_only_echo_over_tcp,
        ),
        ("rare_errors_say_what_to_do", rare_errors_say_what_to_do),
    ];
    tests.into_iter().map(|(name, test)| {
        Trial::test(format!("process/{name}"), move || {
            test();
            Ok(())
        })
    })
}

fn an_address_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("the socket is bound");
    let error = error_of(Listen::Tcp(address));
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{address} is in use; choose another port")),
        "{text}"
    );
}

fn a_socket_file_in_use() {
    let (_directory, listen, path) = unix();
    let _taken = UnixListener::bind(&path).expect("the directory is empty");
    let error = error_of(listen);
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
}

fn a_socket_of_another_kind_is_left_alone() {
    for kind in [Type::DGRAM, Type::SEQPACKET] {
        let (_directory, listen, path) = unix();
        let other = Socket::new(Domain::UNIX, kind, None).expect("the kernel has this kind");
        other
            .bind(&SockAddr::unix(&path).expect("the path is short"))
            .expect("the directory is empty");
        if kind == Type::SEQPACKET {
            other.listen(1).expect("it takes connections");
        }
        let error = error_of(listen);
        assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
        assert!(
            error.to_string().ends_with("(`ss -xap` shows it)"),
            "{error}"
        );
        assert!(path.exists(), "the file belongs to another program");
    }
}

fn a_listener_with_a_full_queue_is_left_alone_at_once() {
    let (_directory, listen, path) = unix();
    let address = SockAddr::unix(&path).expect("the path is short");
    let stream = || Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None);
    let full = stream().expect("the kernel has sockets");
    full.bind(&address).expect("the directory is empty");
    full.listen(0).expect("it listens");
    let mut waiting = Vec::new();
    loop {
        let client = stream().expect("the kernel has sockets");
        match client.connect(&address) {
            Ok(()) => waiting.push(client),
            Err(_) => break,
        }
    }
    let error = error_of(listen);
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
}

fn a_server_leaves_the_socket_file_of_a_newer_one() {
    let (_directory, listen, path) = unix();
    let subject = subjects::of(MODELS[0]);
    let server = subject.start(listening_at(&subject, listen.to_string()));
    let server = server.unwrap_or_else(|finding| panic!("{finding}"));
    fs::remove_file(&path).expect("the directory is writable");
    let _newer = UnixListener::bind(&path).expect("the path is free");
    server.end().unwrap_or_else(|finding| panic!("{finding}"));
    assert!(path.exists(), "the file belongs to the newer server");
}

fn listening_at(subject: &Subject, listen: String) -> Options {
    Options {
        listen,
        ..subject.options(Protocol::Echo)
    }
}

fn serves_and_ends(subject: &Subject, listen: String) -> Checked {
    let server = subject.start(listening_at(subject, listen))?;
    server.serves_a_new_client()?;
    server.end()?;
    Ok(())
}

fn an_abstract_socket_has_no_file() {
    let subject = subjects::of(MODELS[0]);
    let name = format!("unix:@echolab-test-{}", std::process::id());
    serves_and_ends(&subject, name).unwrap_or_else(|finding| panic!("{finding}"));
}

fn a_file_in_the_way() {
    let (_directory, listen, path) = unix();
    fs::write(&path, "precious").expect("the directory is writable");
    let text = error_of(listen).to_string();
    assert!(
        text.ends_with("is not a socket; choose another path, or remove the file"),
        "{text}"
    );
    assert!(fs::read(&path).is_ok_and(|content| content == b"precious"));
}

fn a_stale_socket_file_is_replaced() {
    let (_directory, listen, path) = unix();
    drop(UnixListener::bind(&path).expect("the directory is empty"));
    assert!(path.exists(), "the file outlives its listener");
    let subject = subjects::of(MODELS[0]);
    serves_and_ends(&subject, listen.to_string()).unwrap_or_else(|finding| panic!("{finding}"));
}

fn an_address_of_another_machine() {
    // Reserved for documentation (RFC 5737), so no machine has it.
    let error = error_of("192.0.2.1:7007".parse().expect("the address is valid"));
    let text = error.to_string();
    assert!(
        text.starts_with("cannot listen on 192.0.2.1:7007"),
        "{text}"
    );
    assert!(
        text.ends_with("check that the address belongs to this machine"),
        "{text}"
    );
}

fn a_udp_address_in_use() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("the socket is bound");
    let error = error_when_serving(serving(Transport::Datagram), Listen::Udp(address));
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
}

fn an_address_of_the_other_transport() {
    let error_text = |transport, listen: &str| {
        let listen = listen.parse().expect("the address is valid");
        error_when_serving(serving(transport), listen).to_string()
    };
    let text = error_text(Transport::Stream, "udp:127.0.0.1:7007");
    assert!(
        text.ends_with(
            "serves streams and cannot listen on udp:127.0.0.1:7007; write --listen 127.0.0.1:7007"
        ),
        "{text}"
    );
    for address in ["127.0.0.1:7007", "unix:/tmp/echo.sock"] {
        let text = error_text(Transport::Datagram, address);
        assert!(
            text.ends_with("write --listen udp:127.0.0.1:7007"),
            "{text}"
        );
    }
}

/// The same errors on every machine, even if the model cannot run there.
fn a_reference_line_serves_only_echo_over_tcp() {
    let line = MODELS
        .iter()
        .find(|model| model.about().is_reference_line());
    let line = *line.expect("one model is a reference line");
    let framed = ServeOptions {
        protocol: Protocol::Framed,
        ..ServeOptions::default()
    };
    let error = serve(line, &framed, |_| panic!("it does not speak `framed`"));
    let error = error.expect_err("it does not speak `framed`").to_string();
    assert!(
        error.ends_with("does not speak `framed`; write --protocol echo"),
        "{error}"
    );
    let unix = "unix:/tmp/echo.sock".parse().expect("the address is valid");
    let error = error_when_serving(line, unix).to_string();
    assert!(error.ends_with("write --listen 127.0.0.1:7007"), "{error}");
}

/// The first model with this transport.
fn serving(transport: Transport) -> &'static dyn Model {
    let mut models = MODELS.iter();
    let first = models.find(|model| model.about().transport == transport);
    *first.expect("both transports have models")
}

/// Errors that a test cannot cause on every machine.
fn rare_errors_say_what_to_do() {
    let listen = Listen::Tcp(([127, 0, 0, 1], 80).into());
    let error = ServeError::NotPermitted { listen };
    assert!(
        error.to_string().ends_with("choose a higher port"),
        "{error}"
    );
    let reason = "the kernel is older than 5.19; use a newer one".into();
    let error = ServeError::Unsupported { model: "m", reason };
    assert!(error.to_string().ends_with("use a newer one"), "{error}");
    let source = ErrorKind::OutOfMemory.into();
    let error = ServeError::Failed { model: "m", source };
    assert!(
        error
            .to_string()
            .ends_with("check the limits that `ulimit -a` shows"),
        "{error}"
    );
}

fn error_of(listen: Listen) -> ServeError {
    error_when_serving(MODELS[0], listen)
}

fn error_when_serving(model: &dyn Model, listen: Listen) -> ServeError {
    let options = ServeOptions {
        listen,
        ..ServeOptions::default()
    };
    serve(model, &options, |_| panic!("it must not become ready")).expect_err("it cannot begin")
}

fn unix() -> (TempDir, Listen, PathBuf) {
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let path = directory.path().join("echo.sock");
    (directory, Listen::Unix(path.clone()), path)
}
