//! The generator against peers that follow a script: honest ones, and ones that corrupt, repeat, swallow and leave.

mod behaviours;
mod datagrams;
mod faults;
mod open_loop;
mod peers;
mod plain;
