//! Runs the generator against scripted servers: honest ones, and ones that corrupt, repeat, swallow or close.

mod behaviours;
mod datagrams;
mod faults;
mod http;
mod open_loop;
mod peers;
mod plain;
mod slices;
mod sources;
