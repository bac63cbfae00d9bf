//! What one request carries: payload sizes, work for the server and its duration, and the payload's bytes.

pub mod payload;
pub mod sizes;
pub mod times;
pub mod work;
