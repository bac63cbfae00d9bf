//! Embeds every folder of `crates/lessons`, so that the program has its course with it.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/lessons");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", lessons.display());
    let entries = fs::read_dir(&lessons).expect("the lessons are part of the workspace");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|folder| folder.join("lesson.toml").exists())
        .collect();
    folders.sort();
    let mut list = String::from("&[\n");
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let path = |file: &str| literal(&folder.join(file).to_string_lossy());
        let (document, text) = (path("lesson.toml"), path("README.md"));
        let name = literal(&name);
        writeln!(
            list,
            "    ({name}, include_str!({document}), include_str!({text})),"
        )
        .expect("a string takes all text");
    }
    list += "]\n";
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("lessons.rs"), list).expect("cargo's folder can be written");
}

/// A text as a literal of Rust.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}
