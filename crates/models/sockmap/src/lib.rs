#![doc = include_str!("../README.md")]

use std::collections::BTreeSet;
use std::io;

use model::{
    About, Capacity, Claim, Conn, Context, Expect, Family, Instruction, Io, Listener, Model,
    Relayed, SocketMap, Transport, Unsupported, WorkPlace, Workers, catch_up,
};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

/// The kernel alone: what a socket receives it sends back, and no program sees it.
pub struct Sockmap;

/// The token of the listener; clients have the numbers from 0.
const LISTENER: u64 = u64::MAX;

/// Sockets in the map at most; further clients are refused.
const MOST: u32 = 1 << 17;

/// Milliseconds until a conversation is looked at again that only has to be sent to its end: no event tells of that.
const AGAIN: u8 = 1;

/// A conversation.
struct Client {
    conn: Conn,
    /// The kernel leads it; else it came too late for the map, and is served here.
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
        loop {
            if listening != cx.has_room() {
                listening = !listening;
                watch_listener(&epoll, &listener, listening)?;
            }
            if cx.stopping() && clients.is_empty() {
                return Ok(());
            }
            let again = if ending.is_empty() {
                EpollTimeout::NONE
            } else {
                AGAIN.into()
            };
            let ready = cx.wait(|| epoll.wait(&mut events, again))?;
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
        Unsupported::unless_new_enough_for_bpf()?;
        echoing_map().map_err(|error| Unsupported::bpf(&error))?;
        Ok(())
    }

    fn about(&self) -> &'static About {
        &ABOUT
    }
}

/// A map whose sockets send back what they receive.
fn echoing_map() -> io::Result<SocketMap> {
    const SOCKET_COOKIE: i32 = 46; // bpf_get_socket_cookie
    const REDIRECT: i32 = 72; // bpf_sk_redirect_hash
    let map = SocketMap::new(MOST)?;
    let [map_low, map_high] = Instruction::load_map(2, &map);
    map.run(&[
        Instruction::copy(6, 1), // r6 = the segment, which r1 is at the beginning
        Instruction::load(2, 1), // r2 = its length
        Instruction::set(0, 0),  // r0 = drop it
        Instruction::skip_if_zero(2, 9), // the end of the stream is an empty segment: no bytes to send
        Instruction::call(SOCKET_COOKIE), // r0 = the socket's number, which is its key in the map
        Instruction::store(10, -8, 0),   // onto the stack, whose end r10 is
        Instruction::copy(1, 6),         // what: the segment
        map_low,                         // where to: a socket in this map,
        map_high,
        Instruction::copy(3, 10), // the one with the key on the stack,
        Instruction::add(3, -8),
        Instruction::set(4, 0), // to its sending side (1 would be its receiving side)
        Instruction::call(REDIRECT), // r0 = what becomes of it: passed on, or dropped if there is no such socket
        Instruction::EXIT,
    ])?;
    Ok(map)
}

/// Without room for another client the listener is not watched: it would be ready all the time.
fn watch_listener(epoll: &Epoll, listener: &Listener, listening: bool) -> nix::Result<()> {
    if listening {
        epoll.add(listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))
    } else {
        epoll.delete(listener)
    }
}

/// Takes in all clients that wait, and leaves them to the kernel.
fn accept(
    epoll: &Epoll,
    listener: &Listener,
    cx: &Context,
    map: &SocketMap,
    clients: &mut Slab<Client>,
) {
    use EpollFlags as Watch;
    while let Some(stream) = cx.try_accept(listener) {
        let (in_map, interest) = match map.insert(&stream) {
            Ok(()) => (true, Watch::EPOLLRDHUP), // bytes are no event
            // Its client has said everything already, so that nothing will overtake what is read here.
            Err(error) if error.raw_os_error() == Some(nix::libc::EOPNOTSUPP) => {
                (false, Watch::EPOLLIN | Watch::EPOLLOUT)
            }
            Err(_) => {
                cx.refuse(stream);
                continue;
            }
        };
        catch_up(&stream);
        let client = clients.vacant_entry();
        let event = EpollEvent::new(interest | Watch::EPOLLET, client.key() as u64);
        if epoll.add(&stream, event).is_ok() {
            let conn = cx.open(stream);
            client.insert(Client { conn, in_map });
        } else {
            cx.refuse(stream); // the user's limit of watched sockets is reached (epoll(7))
        }
    }
}

/// Whether a conversation of which there was news has to be looked at again. One that is over ends here.
fn is_ending(key: usize, clients: &mut Slab<Client>) -> bool {
    let Client { conn, in_map } = &mut clients[key];
    let state = if *in_map { conn.relayed() } else { echo(conn) };
    if state == Relayed::Over {
        clients.remove(key);
    }
    state == Relayed::Ending
}

/// What a client said that came too late for the map, as far as it can be sent.
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
