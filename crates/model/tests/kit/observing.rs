//! Tests of the observer: it learns what happens to each client, in the order in which it happens.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::AsRawFd as _;
use std::sync::Mutex;
use std::thread;

use model::{Client, Config, Context, Ending, Event, Protocol, Stop, What};

use crate::{DEADLINE, config, conversation, listener};

/// What the observer of a test has seen.
static SEEN: Mutex<Vec<Event>> = Mutex::new(Vec::new());

fn see(event: &Event) {
    SEEN.lock().unwrap().push(*event);
}

/// What was seen of this client.
fn seen_of(client: Client) -> Vec<What> {
    let seen = SEEN.lock().unwrap();
    let of_client = seen.iter().filter(|event| event.client == client);
    of_client.map(|event| event.what).collect()
}

fn observed() -> Context {
    let config = Config {
        observer: Some(see),
        ..config(Protocol::Echo, None)
    };
    Context::new(config, Stop::leak().unwrap()).unwrap()
}

#[test]
fn an_observer_learns_of_accept_read_write_and_end() {
    let cx = observed();
    let (listener, address) = listener();
    let client = thread::spawn(move || {
        let mut client = TcpStream::connect(address).unwrap();
        client.set_read_timeout(Some(DEADLINE)).unwrap();
        client.write_all(b"hello").unwrap();
        client.read_exact(&mut [0; 5]).unwrap();
        client.local_addr().unwrap()
    });
    let stream = cx.accept(&listener).unwrap();
    cx.open(stream).converse(model::perform);
    let client = Client::Address(client.join().unwrap());
    assert_eq!(
        seen_of(client),
        [
            What::Accepted,
            What::Read(5),
            What::Wrote(5),
            What::Read(0),
            What::Ended(Ending::Done)
        ]
    );
}

#[test]
fn a_client_without_an_address_is_named_by_its_descriptor() {
    let cx = observed();
    let (_client, conn) = conversation(&cx);
    let client = Client::Descriptor(conn.as_raw_fd());
    assert_eq!(client.to_string(), format!("fd:{}", conn.as_raw_fd()));
    conn.refuse();
    assert_eq!(seen_of(client).last(), Some(&What::Ended(Ending::Refused)));
}
