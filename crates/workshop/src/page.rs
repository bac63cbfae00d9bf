//! The section *Break it* of a README: a patch of at most three lines, and the case that fails then.

use std::path::PathBuf;

use crate::error::WorkshopError;
use crate::patch::{Patched, apply};
use crate::tree::Tree;

const HEADING: &str = "## Break it";

/// The *Break it* of one model, applied to its source.
#[derive(Clone, Debug)]
pub struct BreakIt {
    /// Name of the case that fails.
    pub case: String,
    /// What the server does in that case, as the README says.
    pub crash: Crash,
    /// The model's source file, relative to the workspace.
    pub source: PathBuf,
    /// What is left out and what happens then, in the words of the README.
    pub prose: String,
    /// The lines of the patch, as in a diff.
    pub patch: String,
    /// The source with the patch, and the place.
    pub broken: Patched,
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

    /// What the suite has seen.
    pub const fn observed(self) -> &'static str {
        match self {
            Self::None => "the server neither panics nor ends by itself",
            Self::Panics => "the server panics",
            Self::Ends => "the server ends by itself",
        }
    }
}

impl BreakIt {
    /// The copy in which every model is broken. The suite and the program share it, so that it is built once.
    pub const COPY: &'static str = "broken";

    /// Reads and applies the *Break it* of one model.
    ///
    /// # Errors
    /// The section is not in the expected form; the text says where and why.
    pub fn of(tree: &Tree, model: &str) -> Result<Self, WorkshopError> {
        let source = Tree::source(model);
        let readme = tree.read(&Tree::readme(model))?;
        let code = tree.read(&source)?;
        Self::parse(&readme, &code, source).map_err(|problem| WorkshopError::Form {
            model: model.into(),
            problem: format!("`{HEADING}`: {problem}"),
            file: Tree::readme(model),
        })
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
        let (lesson, case) = case_named_in(prose)?;
        Ok(Self {
            case,
            crash: Crash::announced_in(section),
            source,
            prose: lesson,
            patch: patch.into(),
            broken: apply(patch, code)?,
        })
    }
}

/// The prose before the sentence that names the case, and the case.
fn case_named_in(prose: &str) -> Result<(String, String), String> {
    let prose = one_line(prose);
    let named = prose.split_once("The conformance case `");
    let named =
        named.and_then(|(lesson, after)| Some((lesson, after.split_once("` catches it.")?)));
    let (lesson, (case, _)) =
        named.ok_or("no sentence says: The conformance case `NAME` catches it.")?;
    Ok((lesson.trim().into(), case.into()))
}

/// The text without line breaks, which may be between any two words.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "# m\n\n## Break it\n\nForget it. Then the server\nends. The conformance case\n`one_byte` catches it.\n\n```diff\n-    a();\n```\n\n## Next\n";

    #[test]
    fn a_section_gives_prose_case_crash_and_place() {
        let read = BreakIt::parse(README, "fn f() {\n    a();\n}\n", PathBuf::new()).unwrap();
        assert_eq!(read.case, "one_byte");
        assert_eq!(read.prose, "Forget it. Then the server ends.");
        assert_eq!(read.crash, Crash::Ends);
        assert_eq!(read.broken.line, 2);
        assert_eq!(read.broken.source, "fn f() {\n}\n");
    }

    #[test]
    fn a_section_without_a_case_says_which_sentence_is_missing() {
        let readme = README.replace("catches it", "fails");
        let error = BreakIt::parse(&readme, "a();\n", PathBuf::new()).unwrap_err();
        assert!(
            error.ends_with("The conformance case `NAME` catches it."),
            "{error}"
        );
    }
}
