//! Peers with a coroutine, and so a stack, per client.

use std::io::{self, Read as _, Write as _};

use corosensei::Coroutine;
use corosensei::stack::DefaultStack;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use slab::Slab;

use super::{Address, cpus, echo_once, listen};

/// One coroutine per client on an epoll loop, which resumes a coroutine when its socket is readable.
pub fn green(at: Address) -> io::Result<()> {
    let listener = listen(at)?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, u64::MAX))?;
    let mut threads: Slab<Coroutine<(), (), ()>> = Slab::new();
    let mut events = [EpollEvent::empty(); 256];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            if event.data() != u64::MAX {
                let key = event.data() as usize;
                if threads[key].resume(()).as_return().is_some() {
                    threads.remove(key);
                }
                continue;
            }
            while let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(true)?;
                let place = threads.vacant_entry();
                let event = EpollEvent::new(EpollFlags::EPOLLIN, place.key() as u64);
                epoll.add(&stream, event)?;
                let stack = DefaultStack::new(32 << 10)?;
                place.insert(Coroutine::with_stack(stack, move |yielder, ()| {
                    let mut buffer = [0; 4 << 10];
                    while echo_once(&stream, &mut buffer) {
                        yielder.suspend(());
                    }
                }));
            }
        }
    }
}

pub fn may(at: Address) -> io::Result<()> {
    may::config().set_workers(cpus());
    let accept = may::go!(move || -> io::Result<()> {
        let listener = may::net::TcpListener::bind(at)?;
        loop {
            let (mut stream, _) = listener.accept()?;
            may::go!(move || {
                let mut buffer = vec![0; 16 << 10];
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    if stream.write_all(&buffer[..n]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    accept.join().expect("it returns its errors")
}
