//! The BPF instructions that a program between sockets needs, with the encoding of RFC 9669.

use std::os::fd::AsRawFd;

use super::SocketMap;

/// One instruction of a BPF program (RFC 9669): operation, registers, offset of a jump or of an address, and a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Instruction {
    code: u8,
    /// The destination in the lower four bits and the source in the upper four, as on little-endian machines.
    registers: u8,
    offset: i16,
    number: i32,
}

impl Instruction {
    /// Ends the program; its result is in register 0.
    pub const EXIT: Self = Self::new(0x95, 0, 0, 0, 0);

    /// Sets register `to` to a number.
    pub const fn set(to: u8, number: i32) -> Self {
        Self::new(0xb7, to, 0, 0, number)
    }

    /// Copies register `from` to register `to`.
    pub const fn copy(to: u8, from: u8) -> Self {
        Self::new(0xbf, to, from, 0, 0)
    }

    /// Adds a number to register `to`.
    pub const fn add(to: u8, number: i32) -> Self {
        Self::new(0x07, to, 0, 0, number)
    }

    /// Loads 32 bits into register `to`, from the address in register `from`.
    pub const fn load(to: u8, from: u8) -> Self {
        Self::new(0x61, to, from, 0, 0)
    }

    /// Stores the 64 bits of register `from` at the address in register `base` plus `offset`.
    pub const fn store(base: u8, offset: i16, from: u8) -> Self {
        Self::new(0x7b, base, from, offset, 0)
    }

    /// Skips this number of instructions if register `from` is 0.
    pub const fn skip_if_zero(from: u8, instructions: i16) -> Self {
        Self::new(0x15, from, 0, instructions, 0)
    }

    /// Calls a function of the kernel by its number in `enum bpf_func_id`: arguments in registers 1 to 5, result in 0.
    pub const fn call(function: i32) -> Self {
        Self::new(0x85, 0, 0, 0, function)
    }

    /// Sets register `to` to the map. This instruction is twice as long as the others.
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

#[cfg(test)]
mod tests {
    use super::*;

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
