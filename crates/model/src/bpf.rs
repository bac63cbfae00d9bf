//! Sockets in a map of the kernel, and a program that the kernel runs on whatever they receive: bpf(2), as far as it takes.
//!
//! The structures are those of `linux/bpf.h`, which never change; of `union bpf_attr` each command reads its own front part.

use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::libc;
use nix::sys::utsname::uname;
use socket2::SockRef;

use crate::Unsupported;

/// The first Linux in which a program sees the end of a stream in its turn, and the socket knows what was taken from it (a
/// series of corrections to sockmap by John Fastabend, 2023).
const FIRST: (u32, u32) = (6, 4);

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

/// One instruction of a BPF program (RFC 9669): what to do, with which registers, how far to jump or to look, which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    code: u8,
    /// The one that is changed in the lower half, the one that is read in the upper.
    registers: u8,
    offset: i16,
    number: i32,
}

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

/// The map's number in the kernel's tables of this process, for [`Instruction::load_map`].
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

impl Instruction {
    /// The end of the program; its result is in register 0.
    pub const EXIT: Self = Self::new(0x95, 0, 0, 0, 0);

    /// Register `to` becomes a number.
    pub const fn set(to: u8, number: i32) -> Self {
        Self::new(0xb7, to, 0, 0, number)
    }

    /// Register `to` becomes what register `from` is.
    pub const fn copy(to: u8, from: u8) -> Self {
        Self::new(0xbf, to, from, 0, 0)
    }

    /// A number is added to register `to`.
    pub const fn add(to: u8, number: i32) -> Self {
        Self::new(0x07, to, 0, 0, number)
    }

    /// Register `to` becomes the 32 bits that lie at the address in register `from`.
    pub const fn load(to: u8, from: u8) -> Self {
        Self::new(0x61, to, from, 0, 0)
    }

    /// The 64 bits of register `from` go so far from the address in register `base`.
    pub const fn store(base: u8, offset: i16, from: u8) -> Self {
        Self::new(0x7b, base, from, offset, 0)
    }

    /// So many instructions are passed over where register `from` is 0.
    pub const fn skip_if_zero(from: u8, instructions: i16) -> Self {
        Self::new(0x15, from, 0, instructions, 0)
    }

    /// Calls a function of the kernel, by its number in `enum bpf_func_id`: arguments in registers 1 to 5, result in 0.
    pub const fn call(function: i32) -> Self {
        Self::new(0x85, 0, 0, 0, function)
    }

    /// Register `to` becomes the map, which takes two instructions.
    pub fn load_map(to: u8, map: &SocketMap) -> [Self; 2] {
        const A_MAP: u8 = 1;
        let wide = Self::new(0x18, to, A_MAP, 0, map.as_raw_fd());
        [wide, Self::new(0, 0, 0, 0, 0)]
    }

    const fn new(code: u8, to: u8, from: u8, offset: i16, number: i32) -> Self {
        Self {
            code,
            registers: from << 4 | to,
            offset,
            number,
        }
    }
}

impl Unsupported {
    /// Why no program can be put between sockets here: what bpf(2) says, and what helps in that case.
    pub fn bpf(error: &io::Error) -> Self {
        let helps = match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EPERM | Errno::EACCES) => {
                "run it as root, or with the capabilities CAP_BPF and CAP_NET_ADMIN (in a container: `--cap-add BPF --cap-add \
                 NET_ADMIN`, and a seccomp profile that permits it)"
            }
            Some(Errno::ENOMEM) => {
                "free some memory, or raise the limit of locked memory (`ulimit -l`)"
            }
            _ => {
                "it needs a kernel built with CONFIG_BPF_SYSCALL, CONFIG_INET and CONFIG_BPF_STREAM_PARSER, as those of distributions are"
            }
        };
        Self(format!("bpf(2) says: {error}; {helps}"))
    }

    /// Why a kernel is too old for programs between sockets, if it is one that says so.
    ///
    /// # Errors
    /// It is.
    pub fn unless_new_enough_for_bpf() -> Result<(), Self> {
        let release = uname().map_or_else(
            |_| String::new(),
            |name| name.release().to_string_lossy().into_owned(),
        );
        too_old(&release).map_or(Ok(()), Err)
    }
}

/// Of a release such as `6.1.0-13-amd64`; one that nobody understands is not taken to be old.
fn too_old(release: &str) -> Option<Unsupported> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
        return None;
    };
    let (first_major, first_minor) = FIRST;
    ((major, minor) < FIRST).then(|| {
        Unsupported(format!(
            "this is Linux {release}, whose sockmap loses the end of a stream; it needs {first_major}.{first_minor} or later"
        ))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(errno: Errno) -> String {
        Unsupported::bpf(&errno.into()).0
    }

    #[test]
    fn why_there_are_no_programs_here_ends_with_what_helps() {
        let text = reason(Errno::EPERM);
        assert!(
            text.starts_with("bpf(2) says: Operation not permitted"),
            "{text}"
        );
        assert!(
            text.contains("run it as root, or with the capabilities CAP_BPF and CAP_NET_ADMIN"),
            "{text}"
        );
        for errno in [Errno::ENOSYS, Errno::EINVAL, Errno::EOPNOTSUPP] {
            assert!(reason(errno).contains("a kernel built with CONFIG_BPF_SYSCALL"));
        }
        assert!(reason(Errno::ENOMEM).contains("`ulimit -l`"));
    }

    #[test]
    fn a_kernel_that_is_too_old_says_so() {
        for old in ["5.15.0-91-generic", "6.1.0-13-amd64", "6.3.9"] {
            let text = too_old(old).expect("it is older than 6.4").0;
            assert!(
                text.contains(old) && text.ends_with("it needs 6.4 or later"),
                "{text}"
            );
        }
        for new in ["6.4", "6.18.44", "7.0-rc1", "unheard-of"] {
            assert_eq!(too_old(new), None);
        }
    }

    #[test]
    fn instructions_have_the_bytes_of_the_standard() {
        let bytes = |instruction: Instruction| {
            let Instruction {
                code,
                registers,
                offset,
                number,
            } = instruction;
            (code, registers, offset, number)
        };
        assert_eq!(bytes(Instruction::copy(6, 1)), (0xbf, 0x16, 0, 0));
        assert_eq!(bytes(Instruction::store(10, -8, 0)), (0x7b, 0x0a, -8, 0));
        assert_eq!(size_of::<Instruction>(), 8);
    }
}
