#![doc = include_str!("../README.md")]

use std::collections::BTreeSet;
use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Instruction, Io, Listener, Model,
    Relayed, SocketMap, Transport, Unsupported, WorkPlace, Workers, catch_up,
};
use nix::libc::EOPNOTSUPP;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// The kernel alone echoes: a BPF program sends back what a socket receives, and this process sees no byte of it.
pub struct Sockmap;

/// The token of the listener; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;

/// Places in the map; further clients are refused.
const MAX_SOCKETS: u32 = 1 << 17;

/// Milliseconds between two checks of a conversation whose last bytes are on their way: no event reports their end.
const CHECK_AGAIN: u8 = 1;

struct Client {
    conn: Conn,
    /// The kernel echoes for it. Otherwise it ended before it could be put into the map, and `echo` serves it.
    in_map: bool,
}

impl Model for Sockmap {
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        let map = echoing_map()?;
        listener.set_nonblocking()?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut clients = Slab::new();
        let mut ending = BTreeSet::new();
        let mut events = [EpollEvent::empty(); 256];
        let mut listening = false;
        cx.ready();
        loop {
            // After a stop `has_room` is false, so that the listener, which is then ready all the time, is not watched.
            // Read `has_room` before `stopping`: if the stop came between the two, nothing would end the wait.
            if listening != cx.has_room() {
                listening = !listening;
                watch_listener(&epoll, &listener, listening)?;
            }
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            let timeout = if ending.is_empty() {
                EpollTimeout::NONE
            } else {
                CHECK_AGAIN.into()
            };
            let ready = cx.wait(|| epoll.wait(&mut events, timeout))?;
            for event in &events[..ready] {
                if event.data() == LISTENER {
                    accept(&epoll, &listener, cx, &map, &mut clients);
                } else {
                    ending.insert(event.data() as usize);
                }
            }
            ending.retain(|&key| is_ending(key, &mut clients));
        }
    }

    fn supported(&self) -> Result<(), Unsupported> {
        Unsupported::check_kernel_for_bpf()?;
        echoing_map().map_err(|error| Unsupported::bpf(&error))?;
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// Makes a map whose sockets send back what they receive.
fn echoing_map() -> io::Result<SocketMap> {
    const SOCKET_COOKIE: i32 = 46; // bpf_get_socket_cookie
    const REDIRECT: i32 = 72; // bpf_sk_redirect_hash
    let map = SocketMap::new(MAX_SOCKETS)?;
    let [map_low, map_high] = Instruction::load_map(2, &map);
    map.run(&[
        Instruction::copy(6, 1), // r6 = the segment: the program starts with it in r1
        Instruction::load(2, 1), // r2 = its length
        Instruction::set(0, 0),  // r0 = the result "drop the segment"
        Instruction::skip_if_zero(2, 9), // an empty segment is the end of the stream: go to the exit
        Instruction::call(SOCKET_COOKIE), // r0 = the socket's cookie, which is its key in the map
        Instruction::store(10, -8, 0), // put the key on the stack; r10 points to the end of the stack
        Instruction::copy(1, 6),       // argument 1: the segment
        map_low,                       // argument 2: the map
        map_high,
        Instruction::copy(3, 10), // argument 3: the address of the key
        Instruction::add(3, -8),
        Instruction::set(4, 0), // argument 4: send it (1 would put it among the received bytes)
        Instruction::call(REDIRECT), // r0 = the result: "passed on", or "drop" if the map has no such socket
        Instruction::EXIT,
    ])?;
    Ok(map)
}

/// Without room for another client the listener is not watched, because it would be ready all the time.
fn watch_listener(epoll: &Epoll, listener: &Listener, listening: bool) -> nix::Result<()> {
    if listening {
        epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Accepts all clients that wait, and puts their sockets into the map.
fn accept(
    epoll: &Epoll,
    listener: &Listener,
    cx: &Context,
    map: &SocketMap,
    clients: &mut Slab<Client>,
) {
    while let Some(stream) = cx.try_accept(listener) {
        let (in_map, interest) = match map.insert(&stream) {
            Ok(()) => (true, EpollFlags::EPOLLRDHUP), // only the end is an event, and bytes are none
            // This client has ended already, so no later bytes can overtake those that `echo` reads.
            Err(error) if error.raw_os_error() == Some(EOPNOTSUPP) => {
                (false, EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT)
            }
            Err(_) => {
                cx.refuse(stream);
                continue;
            }
        };
        catch_up(&stream);
        let client = clients.vacant_entry();
        let event = EpollEvent::new(interest | EpollFlags::EPOLLET, client.key() as u64);
        if epoll.add(&stream, event).is_ok() {
            let conn = cx.open(stream);
            client.insert(Client { conn, in_map });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Checks a conversation after an event, and removes it if it is over. True if it has to be checked again.
fn is_ending(key: usize, clients: &mut Slab<Client>) -> bool {
    let Client { conn, in_map } = &mut clients[key];
    let state = if *in_map { conn.relayed() } else { echo(conn) };
    if state == Relayed::Over {
        clients.remove(key);
    }
    state == Relayed::Ending
}

/// Serves a client that is not in the map, until its socket would block.
fn echo(conn: &mut Conn) -> Relayed {
    let mut moved = true;
    while moved && !conn.is_done() {
        let io = if conn.wants_write() {
            conn.write()
        } else {
            conn.read()
        };
        moved = io != Io::Blocked;
    }
    if conn.is_done() {
        Relayed::Over
    } else {
        Relayed::Open
    }
}

/// What this model says of itself; a comparison tests the claims.
const ABOUT: About = About {
    name: "sockmap",
    family: Family::Kernel,
    transport: Transport::Stream,
    summary: "A reference line: a program in the kernel sends back what a socket receives, and no process wakes up for it.",
    capacity: Capacity::System,
    workers: Workers::Fixed,
    work: WorkPlace::Nowhere,
    source: "Fastabend, BPF: sockmap and sk redirect support (Linux 4.14, 2017); Linux, BPF_MAP_TYPE_SOCKMAP",
    claims: &[
        Claim::ONE_THREAD,
        Claim {
            says: "A request takes no system call of the server.",
            scenario: "ladder",
            metric: "system_calls",
            expect: Expect::AtMost(0.1),
        },
    ],
};
