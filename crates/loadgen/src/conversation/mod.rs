//! One client's conversation with the server, without a socket and without a clock.

pub mod client;
pub mod halt;
pub mod manner;
pub mod session;
#[cfg(test)]
mod virtual_time;
