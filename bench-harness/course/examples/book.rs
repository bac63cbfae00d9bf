//! Makes the sources of the book, or checks the built book. `scripts/book` calls it.
//!
//! ```text
//! book write OUT      writes book.toml and src/*.md for mdBook
//! book check FOLDER   checks pages and links of what mdBook has built
//! ```

use std::env;
use std::path::Path;
use std::process::ExitCode;

use course::book::check::check;
use course::book::{Book, BookError};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["write", out] => write(Path::new(out)),
        ["check", folder] => check_links(Path::new(folder)),
        _ => {
            eprintln!("usage: book write OUT | book check FOLDER; `scripts/book` calls both");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(sentence) => {
            println!("{sentence}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn write(out: &Path) -> Result<String, BookError> {
    let book = Book::of(root())?;
    book.write(root(), out)?;
    let figures = book.attachments.len() - 1; // one attachment is the sample report
    Ok(format!("{} pages and {figures} figures", book.pages.len()))
}

fn check_links(folder: &Path) -> Result<String, BookError> {
    let checked = check(&Book::of(root())?, folder)?;
    Ok(format!(
        "{} pages checked, {} links lead somewhere",
        checked.pages, checked.links
    ))
}
