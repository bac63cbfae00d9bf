//! The source of a model's `serve`, and where it is in the repository.

use maud::{Markup, html};
use record::environment::Environment;
use record::lesson::{Lesson, Origin};
use record::store::Run;

/// The repository of the program; empty if its packages name none.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// The end of a commit with local changes.
const DIRTY: &str = "-dirty";

/// The commit of a run, without the mark of local changes.
pub fn commit(environment: &Environment) -> Option<&str> {
    let commit = environment.commit.as_deref()?;
    Some(commit.strip_suffix(DIRTY).unwrap_or(commit))
}

/// The address of a path at a commit; `None` if the repository or the commit is not known.
pub fn address(commit: Option<&str>, path: &str) -> Option<String> {
    let is_name = |commit: &&str| commit.chars().all(|letter| letter.is_ascii_hexdigit());
    let commit = commit.filter(is_name)?;
    (!REPOSITORY.is_empty()).then(|| format!("{REPOSITORY}/blob/{commit}/{path}"))
}

/// The text of `serve`, with a sentence about where it is from.
pub fn source(run: &Run, lesson: &Lesson) -> Markup {
    let file = format!("{}/src/lib.rs", lesson.folder);
    let file = place(address(commit(&run.environment), &file), &file);
    let readme = format!("{}/README.md", lesson.folder);
    let readme = place(address(commit(&run.environment), &readme), "its page");
    let commit = run.environment.commit.as_deref();
    html! {
        h3 { "How it serves" }
        p.small {
            @match run.lessons.origin {
                Origin::Run => { "From " (file) " at " (at(commit)) ". More is on " (readme) "." }
                Origin::Program => { "This run did not store its sources. The texts are those of the program that wrote this report, and may differ from what was measured: " (file) " at " (at(commit)) ". More is on " (readme) "." }
            }
        }
        @if !lesson.serve.is_empty() { pre tabindex="0" { code { (indented_by_tabs(&lesson.serve)) } } }
    }
}

/// The code with one letter for each step of its indentation: with thirty models that is six kilobytes less.
fn indented_by_tabs(code: &str) -> String {
    let line = |line: &str| {
        let code = line.trim_start_matches(' ');
        let spaces = line.len() - code.len();
        format!(
            "{}{}{code}",
            "\t".repeat(spaces / 4),
            " ".repeat(spaces % 4)
        )
    };
    code.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A link, or the text alone if there is no address.
fn place(address: Option<String>, text: &str) -> Markup {
    html! {
        @match address {
            Some(address) => a href=(address) { (text) },
            None => (text),
        }
    }
}

/// A commit in words.
fn at(commit: Option<&str>) -> String {
    match commit.map(|commit| commit.strip_suffix(DIRTY).ok_or(commit)) {
        Some(Ok(changed)) => format!("commit {changed} with local changes"),
        Some(Err(commit)) => format!("commit {commit}"),
        None => "a commit that the run does not know".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(commit: Option<&str>) -> Environment {
        Environment {
            commit: commit.map(str::to_owned),
            ..Environment::default()
        }
    }

    #[test]
    fn a_commit_with_local_changes_is_linked_without_its_mark() {
        let changed = environment(Some("0123abcd-dirty"));
        assert_eq!(commit(&changed), Some("0123abcd"));
        assert_eq!(
            at(changed.commit.as_deref()),
            "commit 0123abcd with local changes"
        );
        assert_eq!(commit(&environment(None)), None);
    }

    #[test]
    fn the_steps_of_code_are_tabs() {
        let code = "fn a() {\n    b(\n         c)\n}";
        assert_eq!(indented_by_tabs(code), "fn a() {\n\tb(\n\t\t c)\n}");
    }

    #[test]
    fn only_a_commit_has_an_address() {
        let there = address(Some("0123abcd"), "a/b.rs");
        assert_eq!(there, Some(format!("{REPOSITORY}/blob/0123abcd/a/b.rs")));
        assert_eq!(address(Some("x/../../y"), "a"), None);
        assert_eq!(address(None, "a"), None);
    }
}
