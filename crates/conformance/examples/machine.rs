//! Measures the reference task, several times: how slow is this machine now?

use conformance::machine::{Machine, task};

fn main() {
    for _ in 0..10 {
        println!("{:?}", task());
    }
    println!("{:?}", Machine::measure());
}
