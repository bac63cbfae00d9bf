//! Measures how accurate the generator is: `echolab calibrate`, and then figures with a target.
//!
//! `cargo bench --bench accuracy [-- OPTIONS OF CALIBRATE]` takes about four minutes on two CPUs; `-- figures` runs
//! only the second part. Exit code 3 if a known answer or a target is missed.

mod figures;
mod launch;

use std::env;
use std::process::{Command, ExitCode};

use launch::{ECHOLAB, become_pinned};

/// Exit code if a known answer or a target is missed.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args()
        .skip(1)
        .filter(|option| option != "--bench")
        .collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pinned", cpu, program, ..] => become_pinned(cpu, program, &arguments[3..]),
        ["figures", ..] => done(figures::all_reached()),
        _ => {
            let found = calibrate(&arguments);
            done(figures::all_reached() && found)
        }
    }
}

fn calibrate(options: &[String]) -> bool {
    let calibrated = Command::new(ECHOLAB)
        .arg("calibrate")
        .args(options)
        .status()
        .expect("the program was built for this bench");
    calibrated.success()
}

fn done(all: bool) -> ExitCode {
    if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(MISSED)
    }
}
