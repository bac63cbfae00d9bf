//! Sockets in a map of the kernel, and a program that the kernel runs on whatever they receive: bpf(2), as far as it takes.
//!
//! The structures are those of `linux/bpf.h`, which never change; of `union bpf_attr` each command reads its own front part.

mod instruction;
mod unsupported;

use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use socket2::SockRef;

pub use instruction::Instruction;

/// `enum bpf_cmd`.
const MAP_CREATE: u32 = 0;
const MAP_UPDATE_ELEM: u32 = 2;
const PROG_LOAD: u32 = 5;
const PROG_ATTACH: u32 = 8;

/// `enum bpf_map_type`, `enum bpf_prog_type`, `enum bpf_attach_type`.
const SOCKHASH: u32 = 18;
const SK_SKB: u32 = 14;
const SK_SKB_STREAM_VERDICT: u32 = 5;

/// A hash of sockets in the kernel, by the number that each socket has for life (`SO_COOKIE`). A socket that is closed leaves it.
#[derive(Debug)]
pub struct SocketMap(OwnedFd);

#[repr(C)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
}

#[repr(C)]
struct MapUpdate {
    map: u32,
    _gap: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
struct ProgLoad {
    prog_type: u32,
    instructions: u32,
    first: u64,
    licence: u64,
}

#[repr(C)]
struct ProgAttach {
    map: u32,
    program: u32,
    attach_type: u32,
    flags: u32,
}

impl SocketMap {
    /// An empty one for so many sockets at most.
    ///
    /// # Errors
    /// Those of `BPF_MAP_CREATE`; the kernel is too old, too small or does not permit it.
    pub fn new(most: u32) -> io::Result<Self> {
        let attr = MapCreate {
            map_type: SOCKHASH,
            key_size: size_of::<u64>() as u32,
            value_size: size_of::<u32>() as u32,
            max_entries: most,
            map_flags: 0,
        };
        // SAFETY: the command reads nothing but `attr`, and gives a new descriptor.
        Ok(Self(unsafe { descriptor(bpf(MAP_CREATE, &attr)?) }))
    }

    /// Has the kernel run this program on all that sockets in the map receive from now on; it says what becomes of it.
    ///
    /// # Errors
    /// Those of `BPF_PROG_LOAD`, if the kernel does not believe that the program is harmless, and of `BPF_PROG_ATTACH`.
    pub fn run(&self, program: &[Instruction]) -> io::Result<()> {
        let load = ProgLoad {
            prog_type: SK_SKB,
            instructions: program.len() as u32,
            first: program.as_ptr() as u64,
            licence: c"Dual MIT/GPL".as_ptr() as u64,
        };
        // SAFETY: the command reads `load`, as many instructions as there are and a string, and gives a new descriptor.
        let program = unsafe { descriptor(bpf(PROG_LOAD, &load)?) };
        let attach = ProgAttach {
            map: self.0.as_raw_fd().cast_unsigned(),
            program: program.as_raw_fd().cast_unsigned(),
            attach_type: SK_SKB_STREAM_VERDICT,
            flags: 0,
        };
        // SAFETY: the command reads nothing but `attach`; the map keeps the program when its descriptor is closed.
        unsafe { bpf(PROG_ATTACH, &attach) }.map(drop)
    }

    /// Puts a connected socket in. What lies in its receive buffer already stays there until more comes, or [`catch_up`].
    ///
    /// # Errors
    /// `EOPNOTSUPP` where the client has said all that it will say, or is gone; `E2BIG` where the map is full.
    pub fn insert(&self, socket: &impl AsFd) -> io::Result<()> {
        let key = SockRef::from(socket).cookie()?;
        let value = socket.as_fd().as_raw_fd();
        let attr = MapUpdate {
            map: self.0.as_raw_fd().cast_unsigned(),
            _gap: 0,
            key: &raw const key as u64,
            value: &raw const value as u64,
            flags: 0,
        };
        // SAFETY: the command reads `attr`, a key and a value, which all have the sizes that the map was made with.
        unsafe { bpf(MAP_UPDATE_ELEM, &attr) }.map(drop)
    }
}

/// The map's number in the tables of this process, for [`Instruction::load_map`].
impl AsRawFd for SocketMap {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

/// Has the program of a socket's map run on what came before the socket was in the map, in its order.
///
/// Nothing but the arrival of bytes makes the kernel look into a receive buffer, with one exception: when the number of bytes
/// changes that are worth a wake-up (`SO_RCVLOWAT`), it looks whether so many are there (`tcp_set_rcvlowat`). Reading them
/// here instead would let those that come meanwhile overtake them.
pub fn catch_up(socket: &impl AsFd) {
    let one: libc::c_int = 1;
    // SAFETY: the option is an integer, and that is what is given. It fails for no socket that is open.
    unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const one).cast(),
            size_of::<libc::c_int>() as u32,
        )
    };
}

/// The system call, with what a command reads.
///
/// # Safety
/// `attr` is what the command expects, and so is all that it points to.
unsafe fn bpf<T>(command: u32, attr: &T) -> io::Result<libc::c_long> {
    // SAFETY: the caller vouches for what the command reads; none of those here writes.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, &raw const *attr, size_of::<T>()) };
    Ok(Errno::result(result)?)
}

/// # Safety
/// The number is that of a descriptor that has just been made.
unsafe fn descriptor(number: libc::c_long) -> OwnedFd {
    // SAFETY: the caller says so.
    unsafe { OwnedFd::from_raw_fd(number as i32) }
}

const _: () = assert!(offset_of!(ProgLoad, licence) == 16 && offset_of!(MapUpdate, key) == 8);
