//! A map of sockets in the kernel, and a BPF program that the kernel runs on the bytes that they receive (bpf(2)).
//!
//! The structures are those of `linux/bpf.h`, which never change. Each command of bpf(2) reads its own beginning of
//! `union bpf_attr`.

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

/// A hash table of sockets in the kernel. The key is the number that a socket has for life (`SO_COOKIE`); the kernel removes
/// a socket when it is closed.
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
    /// Makes an empty map with room for `max_sockets`.
    ///
    /// # Errors
    /// Those of `BPF_MAP_CREATE`: the kernel is too old, was built without sockmap, or does not permit it.
    pub fn new(max_sockets: u32) -> io::Result<Self> {
        let attr = MapCreate {
            map_type: SOCKHASH,
            key_size: size_of::<u64>() as u32,
            value_size: size_of::<u32>() as u32,
            max_entries: max_sockets,
            map_flags: 0,
        };
        // SAFETY: the command reads `attr` only, and returns a new descriptor.
        Ok(Self(unsafe { descriptor(bpf(MAP_CREATE, &attr)?) }))
    }

    /// Makes the kernel run this program on each segment that a socket of the map receives. The program's result says
    /// whether the segment is passed on or dropped.
    ///
    /// # Errors
    /// Those of `BPF_PROG_LOAD`, if the kernel cannot verify that the program is safe, and of `BPF_PROG_ATTACH`.
    pub fn run(&self, program: &[Instruction]) -> io::Result<()> {
        let load = ProgLoad {
            prog_type: SK_SKB,
            instructions: program.len() as u32,
            first: program.as_ptr() as u64,
            licence: c"Dual MIT/GPL".as_ptr() as u64,
        };
        // SAFETY: the command reads `load`, the instructions it counts and a C string, and returns a new descriptor.
        let program = unsafe { descriptor(bpf(PROG_LOAD, &load)?) };
        let attach = ProgAttach {
            map: self.0.as_raw_fd().cast_unsigned(),
            program: program.as_raw_fd().cast_unsigned(),
            attach_type: SK_SKB_STREAM_VERDICT,
            flags: 0,
        };
        // SAFETY: the command reads `attach` only. The map keeps the program after its descriptor is closed.
        unsafe { bpf(PROG_ATTACH, &attach) }.map(drop)
    }

    /// Puts a connected socket into the map. Bytes that are in its receive buffer already stay there until more bytes
    /// arrive, or until [`catch_up`].
    ///
    /// # Errors
    /// `EOPNOTSUPP` if the client has ended its side or is gone; `E2BIG` if the map is full.
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
        // SAFETY: the command reads `attr`, a key and a value; both have the sizes that `new` gave to the map.
        unsafe { bpf(MAP_UPDATE_ELEM, &attr) }.map(drop)
    }
}

/// The map's descriptor, for [`Instruction::load_map`].
impl AsRawFd for SocketMap {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

/// Makes the kernel run the map's program on the bytes that a socket received before it was in the map, in their order.
///
/// The kernel looks into a receive buffer only when bytes arrive, with one exception: setting the number of bytes that are
/// worth a wake-up (`SO_RCVLOWAT`) makes it check whether that many are there (`tcp_set_rcvlowat`). If the server read the
/// bytes itself, bytes that arrive meanwhile would overtake them.
pub fn catch_up(socket: &impl AsFd) {
    let one: libc::c_int = 1;
    // SAFETY: the option is an integer, and `one` is an integer. The call cannot fail on an open socket.
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

/// Makes the system call bpf(2).
///
/// # Safety
/// `attr` and everything it points to must be what the command expects.
unsafe fn bpf<T>(command: u32, attr: &T) -> io::Result<libc::c_long> {
    // SAFETY: the caller guarantees what the command reads, and none of the commands used here writes to it.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, &raw const *attr, size_of::<T>()) };
    Ok(Errno::result(result)?)
}

/// Takes ownership of a descriptor that a system call returned.
///
/// # Safety
/// The descriptor must be new, so that it has no other owner.
unsafe fn descriptor(number: libc::c_long) -> OwnedFd {
    // SAFETY: the caller guarantees that it has no other owner.
    unsafe { OwnedFd::from_raw_fd(number as i32) }
}

const _: () = assert!(offset_of!(ProgLoad, licence) == 16 && offset_of!(MapUpdate, key) == 8);
