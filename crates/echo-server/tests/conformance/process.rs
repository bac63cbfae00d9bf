//! What a server says when it cannot begin, whatever its model: what is wrong, and what to do.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use echo_protocol::Protocol;
use echo_server::{Listen, MODELS, Model, ServeError, ServeOptions, Transport, serve};
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::serve::Options;
use crate::server::Server;

/// `process::NAME`, each.
pub fn trials() -> impl Iterator<Item = Trial> {
    let tests: [(&str, fn()); 9] = [
        ("an_address_in_use", an_address_in_use),
        ("a_socket_file_in_use", a_socket_file_in_use),
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
            "an_address_for_something_else",
            an_address_for_something_else,
        ),
        (
            "what_only_bytes_over_tcp_are_for",
            what_only_bytes_over_tcp_are_for,
        ),
        ("errors_say_what_to_do", errors_say_what_to_do),
    ];
    tests.into_iter().map(|(name, test)| {
        Trial::test(format!("process::{name}"), move || {
            test();
            Ok(())
        })
    })
}

fn an_address_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let address = taken.local_addr().expect("it is bound");
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
    let _taken = UnixListener::bind(&path).expect("the directory is new");
    let error = error_of(listen);
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
}

fn a_file_in_the_way() {
    let (_directory, listen, path) = unix();
    fs::write(&path, "precious").expect("the directory is writable");
    let text = error_of(listen).to_string();
    assert!(
        text.ends_with("is no socket; choose another path, or remove it"),
        "{text}"
    );
    assert!(fs::read(&path).is_ok_and(|content| content == b"precious"));
}

fn a_stale_socket_file_is_replaced() {
    let (_directory, listen, path) = unix();
    drop(UnixListener::bind(&path).expect("the directory is new"));
    assert!(path.exists(), "nobody removes it with its listener");
    let mut options = Options::new(MODELS[0].about().name, Protocol::Echo);
    options.listen = listen.to_string();
    let server = Server::start(options);
    server.serves_a_new_client();
    server.end();
}

fn an_address_of_another_machine() {
    // Reserved for documentation (RFC 5737), so nobody's.
    let error = error_of("192.0.2.1:7007".parse().expect("it is an address"));
    let text = error.to_string();
    assert!(
        text.starts_with("cannot listen on 192.0.2.1:7007"),
        "{text}"
    );
    assert!(
        text.ends_with("is the address one of this machine's?"),
        "{text}"
    );
}

fn a_udp_address_in_use() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("some port is free");
    let address = taken.local_addr().expect("it is bound");
    let error = error_when_serving(serving(Transport::Datagram), Listen::Udp(address));
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
}

fn an_address_for_something_else() {
    let said = |transport, listen: &str| {
        let listen = listen.parse().expect("it is an address");
        error_when_serving(serving(transport), listen).to_string()
    };
    let text = said(Transport::Stream, "udp:127.0.0.1:7007");
    assert!(
        text.ends_with("serves streams, and not udp:127.0.0.1:7007; write --listen 127.0.0.1:7007"),
        "{text}"
    );
    for address in ["127.0.0.1:7007", "unix:/tmp/echo.sock"] {
        let text = said(Transport::Datagram, address);
        assert!(
            text.ends_with("write --listen udp:127.0.0.1:7007"),
            "{text}"
        );
    }
}

/// Said on every machine, whether or not the model can run there.
fn what_only_bytes_over_tcp_are_for() {
    let line = MODELS
        .iter()
        .find(|model| model.about().is_reference_line());
    let line = *line.expect("there is one");
    let framed = ServeOptions {
        protocol: Protocol::Framed,
        ..ServeOptions::default()
    };
    let error = serve(line, &framed, |_| panic!("it speaks no frames"));
    let error = error.expect_err("it speaks no frames").to_string();
    assert!(
        error.ends_with("speaks no framed; write --protocol echo"),
        "{error}"
    );
    let unix = "unix:/tmp/echo.sock".parse().expect("it is an address");
    let error = error_when_serving(line, unix).to_string();
    assert!(error.ends_with("write --listen 127.0.0.1:7007"), "{error}");
}

/// The first model that serves this.
fn serving(transport: Transport) -> &'static dyn Model {
    let mut models = MODELS.iter();
    let found = models.find(|model| model.about().transport == transport);
    *found.expect("there is one of each")
}

/// Those that cannot be brought about everywhere.
fn errors_say_what_to_do() {
    let listen = Listen::Tcp(([127, 0, 0, 1], 80).into());
    let error = ServeError::NotPermitted { listen };
    assert!(
        error.to_string().ends_with("choose a higher one"),
        "{error}"
    );
    let reason = "the kernel is older than 5.19; use a newer one".into();
    let error = ServeError::Unsupported { model: "m", reason };
    assert!(error.to_string().ends_with("use a newer one"), "{error}");
    let source = ErrorKind::OutOfMemory.into();
    let error = ServeError::Failed { model: "m", source };
    assert!(
        error.to_string().contains("`ulimit -a` shows the limits"),
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
    serve(model, &options, |_| panic!("it is not ready")).expect_err("it cannot begin")
}

fn unix() -> (TempDir, Listen, PathBuf) {
    let directory = tempfile::tempdir().expect("the temporary directory is writable");
    let path = directory.path().join("echo.sock");
    (directory, Listen::Unix(path.clone()), path)
}
