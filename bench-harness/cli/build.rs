//! Embeds the README and the source of every model, so that a run can store what it measured.
//!
//! The list comes from the folder of the models, so that no model is named here.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/models");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", models.display());
    let entries = fs::read_dir(&models).expect("the models are part of the workspace");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|folder| folder.join("src/lib.rs").exists())
        .collect();
    folders.sort();
    let mut list = String::from("&[\n");
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let text = |file: &str| literal(&folder.join(file).to_string_lossy());
        let (readme, source) = (text("README.md"), text("src/lib.rs"));
        let name = literal(&name);
        writeln!(
            list,
            "    ({name}, include_str!({readme}), include_str!({source})),"
        )
        .expect("a string takes all text");
    }
    list += "]\n";
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("models.rs"), list).expect("cargo's folder can be written");
}

/// A text as a literal of Rust.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}
