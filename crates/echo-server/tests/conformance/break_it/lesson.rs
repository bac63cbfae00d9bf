//! A README's section *Break it*: a patch of at most three lines, and the name of the case that catches it.

use std::fs;
use std::path::{Path, PathBuf};

const HEADING: &str = "## Break it";

/// What a README says about breaking its model, already applied.
pub struct Lesson {
    /// The case that catches it.
    pub case: String,
    /// The model's source file, relative to the workspace.
    pub source: PathBuf,
    /// The content of that file when it is broken.
    pub broken: String,
}

impl Lesson {
    /// The lesson of one model.
    ///
    /// # Errors
    /// Says what is not as it should be, and where.
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
            .ok_or("there is no such heading")?;
        let section = section.split("\n## ").next().unwrap_or(section);
        let (prose, block) = section
            .split_once("```diff\n")
            .ok_or("there is no diff block")?;
        let (patch, rest) = block.split_once("```").ok_or("the diff block has no end")?;
        if rest.contains("```diff") {
            return Err("there is more than one diff block".into());
        }
        Ok(Self {
            case: case_named_in(prose)?,
            source,
            broken: apply(patch, code)?,
        })
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Lines are broken anywhere, so that words are what counts.
fn case_named_in(prose: &str) -> Result<String, String> {
    let words = prose.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = words.split_once("The conformance case `");
    let case = named.and_then(|(_, rest)| rest.split_once("` catches it."));
    let (case, _) = case.ok_or("no sentence says: The conformance case `NAME` catches it.")?;
    Ok(case.into())
}

/// Replaces the before-image, which must occur exactly once, by the after-image. White space around lines is ignored.
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
    let before = image(patch, '+');
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
            "what the patch replaces occurs {} times instead of once",
            places.len()
        ));
    };
    let after = image(patch, '-');
    let broken = [&lines[..at], &after, &lines[at + before.len()..]].concat();
    Ok(broken.join("\n") + "\n")
}

/// The lines of one side of a patch: all but those with the sign of the other.
fn image(patch: &str, other: char) -> Vec<&str> {
    let lines = patch.lines().filter(|line| !line.starts_with(other));
    lines.map(|line| line.get(1..).unwrap_or("")).collect()
}
