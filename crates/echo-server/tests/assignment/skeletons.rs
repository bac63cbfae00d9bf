//! The skeletons compile without a warning, start, listen, and close each connection.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use crate::{assert_silent, copy, done_with, has};

/// Longest wait for a skeleton, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a skeleton, and asserts that it accepts a client and closes the connection without a byte.
fn assert_listens_and_closes(program: &Path, arguments: &[&str]) {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|any| any.local_addr());
    let address = free.expect("a port is free");
    let mut command = Command::new(program);
    command.args(arguments).arg(address.port().to_string());
    let mut server = Running(command.spawn().expect("the skeleton is a program"));
    let until = Instant::now() + PATIENCE;
    let mut client = loop {
        if let Ok(client) = TcpStream::connect(address) {
            break client;
        }
        let ended = server.0.try_wait().expect("it is our child");
        assert_eq!(ended, None, "the skeleton has ended");
        assert!(Instant::now() < until, "the skeleton does not listen");
        thread::sleep(Duration::from_millis(10)); // Two CPUs may build three skeletons meanwhile.
    };
    let mut bytes = Vec::new();
    let timeout = client.set_read_timeout(Some(PATIENCE));
    timeout.expect("the timeout is not zero");
    client
        .read_to_end(&mut bytes)
        .expect("it closes the connection");
    assert_eq!(bytes, b"");
}

/// A server that is killed at the end of its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn the_python_skeleton_compiles_and_listens() {
    if !has("python3") {
        return;
    }
    let copy = copy();
    let file = copy.path().join("python/server.py");
    let mut compile = Command::new("python3");
    let compile = compile.args(["-W", "error", "-m", "py_compile"]).arg(&file);
    assert_silent(&done_with(compile));
    let file = file.to_str().expect("the path is text");
    assert_listens_and_closes(Path::new("python3"), &[file]);
}

#[test]
fn the_c_skeleton_compiles_without_warnings_and_listens() {
    if !has("cc") || !has("make") {
        return;
    }
    let copy = copy();
    let mut make = Command::new("make");
    let make = make
        .arg("--silent")
        .arg("-C")
        .arg(copy.path().join("c"))
        .arg("CFLAGS=-std=c11 -O2 -Wall -Wextra -Werror");
    assert_silent(&done_with(make));
    assert_listens_and_closes(&copy.path().join("c/server"), &[]);
}

#[test]
fn the_rust_skeleton_compiles_offline_without_warnings_and_listens() {
    let copy = copy();
    let mut build = Command::new(env!("CARGO"));
    let build = build
        .args(["build", "--quiet", "--offline", "--target-dir", "target"])
        .env("RUSTFLAGS", "-D warnings")
        .current_dir(copy.path().join("rust"));
    assert_silent(&done_with(build));
    assert_listens_and_closes(&copy.path().join("rust/target/debug/server"), &[]);
}
