//! Checks a book that mdBook has built: every link inside of it leads to a file, and to a place in that file.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Book, BookError, read};

/// Pages whose links mdBook makes for another place, and a report that is checked where it is written.
const LEFT_OUT: [&str; 3] = ["404.html", "print.html", "sample/report.html"];

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Number of pages.
    pub pages: usize,
    /// Number of links inside of the book.
    pub links: usize,
}

/// Checks a built book.
///
/// # Errors
/// A page of the book is missing, or a link leads nowhere. The error names all of them.
pub fn check(book: &Book, folder: &Path) -> Result<Checked, BookError> {
    let mut mistakes = Vec::new();
    for page in &book.pages {
        let file = page.path.replace(".md", ".html");
        if !folder.join(&file).is_file() {
            mistakes.push(format!("`{file}` is missing"));
        }
    }
    let pages = pages(folder)?;
    let places: HashMap<&Path, HashSet<&str>> = pages
        .iter()
        .map(|(path, text)| (path.as_path(), values(text, " id=\"").collect()))
        .collect();
    let mut links = 0;
    for (path, text) in &pages {
        for link in values(text, " href=\"").chain(values(text, " src=\"")) {
            if link.contains(':') || link.starts_with("//") {
                continue;
            }
            links += 1;
            if let Some(mistake) = mistake(path, link, &places) {
                let page = path.strip_prefix(folder).unwrap_or(path).display();
                mistakes.push(format!("`{page}` links to `{link}`, {mistake}"));
            }
        }
    }
    if mistakes.is_empty() {
        return Ok(Checked {
            pages: pages.len(),
            links,
        });
    }
    let folder = folder.display().to_string();
    Err(BookError::mistake(folder, mistakes.join("; ")))
}

/// Why a link leads nowhere; `None` if it leads somewhere.
fn mistake(
    page: &Path,
    link: &str,
    places: &HashMap<&Path, HashSet<&str>>,
) -> Option<&'static str> {
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let target = match path {
        "" => page.to_owned(),
        path => clean(&page.parent().unwrap_or(page).join(path)),
    };
    if !target.exists() {
        return Some("which does not exist");
    }
    let ids = places.get(target.as_path())?;
    (!fragment.is_empty() && !ids.contains(fragment)).then_some("and that page has no such place")
}

/// A path without `..`, so that it can be compared.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part.as_os_str() == ".." {
            out.pop();
        } else {
            out.push(part);
        }
    }
    out
}

/// All HTML files of a folder, with their text.
fn pages(folder: &Path) -> Result<Vec<(PathBuf, String)>, BookError> {
    let mut folders = vec![folder.to_owned()];
    let mut out = Vec::new();
    while let Some(inner) = folders.pop() {
        let entries = fs::read_dir(&inner).map_err(|source| BookError::Read {
            path: inner.clone(),
            source,
        })?;
        for entry in entries.flatten() {
            let path = entry.path();
            let is_left_out = LEFT_OUT.iter().any(|name| path.ends_with(name));
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "html") && !is_left_out {
                let text = read(&path)?;
                out.push((path, text));
            }
        }
    }
    Ok(out)
}

/// What stands between this beginning of an attribute and the next quotation mark, each time.
fn values<'a>(text: &'a str, begin: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = text.split(begin).skip(1);
    parts.filter_map(|part| part.split('"').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(pages: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in pages {
            super::super::write(&folder.path().join(path), text.as_bytes()).unwrap();
        }
        folder
    }

    #[test]
    fn links_to_pages_and_places_are_followed() {
        let folder = folder(&[
            (
                "index.html",
                "<a href=\"models/x.html#why\"> <a href=\"https://example.com\">",
            ),
            (
                "models/x.html",
                "<h2 id=\"why\"> <a href=\"../index.html\"> <a href=\"#why\">",
            ),
        ]);
        let checked = check(&Book::default(), folder.path()).unwrap();
        assert_eq!(checked, Checked { pages: 2, links: 3 });
    }

    #[test]
    fn all_links_that_lead_nowhere_are_named() {
        let text = "<h2 id=\"why\"> <a href=\"#how\"> <a href=\"y.html\">";
        let folder = folder(&[("x.html", text)]);
        let error = check(&Book::default(), folder.path()).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("`x.html` links to `#how`, and that page has no such place"),
            "{error}"
        );
        assert!(
            error.contains("`x.html` links to `y.html`, which does not exist"),
            "{error}"
        );
        assert!(error.ends_with("correct the file"), "{error}");
    }
}
