//! How far the generator's figures are from the truth: `echolab calibrate` as a bench, against servers whose answer is known.
//!
//! `cargo bench --bench accuracy [-- OPTIONS OF CALIBRATE]`. Exit code 3 where a known answer was not found.

use std::env;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let options = env::args().skip(1).filter(|option| option != "--bench");
    let calibrated = Command::new(env!("CARGO_BIN_EXE_echolab"))
        .arg("calibrate")
        .args(options)
        .status()
        .expect("the program was built for this bench");
    ExitCode::from(calibrated.code().map_or(1, |code| code as u8))
}
