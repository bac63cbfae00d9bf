//! Passes the version of the compiler to the program, which stores it in the environment of a run.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    let version = env::var_os("RUSTC")
        .and_then(|rustc| Command::new(rustc).arg("--version").output().ok())
        .and_then(|output| String::from_utf8(output.stdout).ok());
    let compiler = version.as_deref().map_or("unknown", str::trim);
    println!("cargo::rustc-env=ECHOLAB_COMPILER={compiler}");
}
