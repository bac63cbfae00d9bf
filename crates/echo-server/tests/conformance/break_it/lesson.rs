//! The section *Break it* of a README: a patch of at most three lines, and the case that fails then.

use std::fs;
use std::path::{Path, PathBuf};

const HEADING: &str = "## Break it";

/// The *Break it* of one model, applied to its source.
pub struct Lesson {
    /// Name of the case that fails.
    pub case: String,
    /// What the server does in that case, as the README says.
    pub crash: Crash,
    /// The model's source file, relative to the workspace.
    pub source: PathBuf,
    /// The content of that file with the patch.
    pub broken: String,
}

/// What the server does while its case fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// It continues to run, so that the case fails because of what it observes.
    None,
    /// A thread or process of the server panics.
    Panics,
    /// The server ends by itself.
    Ends,
}

impl Crash {
    /// The words by which the prose of a README announces a crash.
    const ANNOUNCED: [(Self, &str); 2] = [
        (Self::Panics, "the server panics"),
        (Self::Ends, "the server ends"),
    ];

    fn announced_in(prose: &str) -> Self {
        let prose = one_line(prose).to_lowercase();
        let mut announced = Self::ANNOUNCED.into_iter();
        let crash = announced.find(|(_, words)| prose.contains(words));
        crash.map_or(Self::None, |(crash, _)| crash)
    }

    /// What the README says about it.
    pub const fn announced(self) -> &'static str {
        match self {
            Self::None => {
                "says neither \"the server panics\" nor \"the server ends\" in its section *Break it*"
            }
            Self::Panics => "says \"the server panics\"",
            Self::Ends => "says \"the server ends\"",
        }
    }

    /// What the test has seen.
    pub const fn observed(self) -> &'static str {
        match self {
            Self::None => "the server neither panics nor ends by itself",
            Self::Panics => "the server panics",
            Self::Ends => "the server ends by itself",
        }
    }
}

impl Lesson {
    /// Reads and applies the *Break it* of one model.
    ///
    /// # Errors
    /// The section is not in the expected form; the text says where and why.
    pub fn of(workspace: &Path, model: &str) -> Result<Self, String> {
        let directory = Path::new("crates/models").join(model);
        let source = directory.join("src/lib.rs");
        let readme = read(&workspace.join(directory.join("README.md")))?;
        let code = read(&workspace.join(&source))?;
        Self::parse(&readme, &code, source)
            .map_err(|error| format!("{model}, `{HEADING}`: {error}"))
    }

    fn parse(readme: &str, code: &str, source: PathBuf) -> Result<Self, String> {
        let (_, section) = readme
            .split_once(HEADING)
            .ok_or("the README has no such heading")?;
        let section = section.split("\n## ").next().unwrap_or(section);
        let (prose, block) = section
            .split_once("```diff\n")
            .ok_or("the section has no diff block")?;
        let (patch, after) = block.split_once("```").ok_or("the diff block has no end")?;
        if after.contains("```diff") {
            return Err("the section has more than one diff block".into());
        }
        Ok(Self {
            case: case_named_in(prose)?,
            crash: Crash::announced_in(section),
            source,
            broken: apply(patch, code)?,
        })
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn case_named_in(prose: &str) -> Result<String, String> {
    let prose = one_line(prose);
    let after = prose.split_once("The conformance case `");
    let case = after.and_then(|(_, after)| after.split_once("` catches it."));
    let (case, _) = case.ok_or("no sentence says: The conformance case `NAME` catches it.")?;
    Ok(case.into())
}

/// The text without line breaks, which may be between any two words.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Replaces the lines before the patch, which must occur exactly once, by the lines after it. White space around lines
/// is ignored.
fn apply(patch: &str, code: &str) -> Result<String, String> {
    let changed = patch
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .count();
    if !(1..=3).contains(&changed) {
        return Err(format!(
            "the patch changes {changed} lines instead of one to three"
        ));
    }
    let before = side(patch, '+');
    let lines: Vec<&str> = code.lines().collect();
    let same = |window: &[&str]| {
        window
            .iter()
            .zip(&before)
            .all(|(a, b)| a.trim() == b.trim())
    };
    let places: Vec<usize> = lines
        .windows(before.len())
        .enumerate()
        .filter_map(|(at, window)| same(window).then_some(at))
        .collect();
    let [at] = places[..] else {
        return Err(format!(
            "the lines that the patch replaces occur {} times instead of once",
            places.len()
        ));
    };
    let after = side(patch, '-');
    let broken = [&lines[..at], &after, &lines[at + before.len()..]].concat();
    Ok(broken.join("\n") + "\n")
}

/// The lines of one side of a patch: all lines except those with the sign of the other side.
fn side(patch: &str, other: char) -> Vec<&str> {
    let lines = patch.lines().filter(|line| !line.starts_with(other));
    lines.map(|line| line.get(1..).unwrap_or("")).collect()
}
