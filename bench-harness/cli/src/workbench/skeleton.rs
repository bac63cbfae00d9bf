//! The task "write this model yourself": its source without the loop, and its page as hints.

use workshop::{Tree, WorkshopError};

use super::desk::Task;

/// The sections of the page that become hints, from the idea to the code.
const HINTS: [&str; 3] = ["The idea", "The picture", "Read the code"];

/// The task to write a model.
///
/// # Errors
/// Its source or its page cannot be read.
pub fn task(tree: &Tree, model: &str) -> Result<Task, WorkshopError> {
    let original = tree.read(&Tree::source(model))?;
    let page = tree.read(&Tree::readme(model))?;
    let form = |problem: &str| WorkshopError::Form {
        model: model.into(),
        problem: problem.into(),
        file: Tree::source(model),
    };
    let source =
        skeleton(&original).ok_or_else(|| form("it has no `pub struct` or no `const ABOUT`"))?;
    let hints = HINTS.iter().filter_map(|heading| section(&page, heading));
    Ok(Task {
        model: model.into(),
        copy: "write",
        begin: format!(
            "Write `{model}` yourself: `serve` and what it needs. `ABOUT` says what the cases expect. The documentation of the kit is `cargo doc -p model --open`."
        ),
        hints: hints.collect(),
        first_case: None,
        file: Tree::source(model),
        source,
    })
}

/// The source with an empty loop, as `scripts/new-model` makes it. The description at the end stays.
fn skeleton(original: &str) -> Option<String> {
    let (_, after) = original.split_once("pub struct ")?;
    let end = after.find(|c: char| !c.is_alphanumeric())?;
    let name = &after[..end];
    let comment = original.lines().find(|line| line.starts_with("/// "))?;
    let about = original.find("const ABOUT")?;
    let about = original[..about].rfind("\n\n").map_or(about, |at| at + 2);
    let serve = if original.contains("datagrams(") {
        DATAGRAMS
    } else {
        STREAMS
    };
    Some(format!(
        "#![doc = include_str!(\"../README.md\")]
#![allow(unused_imports, reason = \"a skeleton does not know yet what it needs\")]

use std::io;

use model::*;

{comment}
pub struct {name};

impl Model for {name} {{
{serve}
    fn about(&self) -> &'static About {{
        &ABOUT
    }}
}}

{}",
        &original[about..]
    ))
}

const STREAMS: &str = "    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()> {
        cx.ready();
        while let Some(stream) = cx.accept(&listener) {
            let mut conn = cx.open(stream);
            conn.read();
            // To be written: the rest of the conversation. Here `conn` is dropped, which closes the connection.
        }
        Ok(())
    }
";

const DATAGRAMS: &str = "    fn serve(&self, socket: Listener, cx: &Context) -> io::Result<()> {
        let mut socket = cx.datagrams(socket);
        let mut buffer = socket.buffer();
        cx.ready();
        while let Some(_request) = socket.receive(&mut buffer) {
            // To be written: the work, and the reply.
        }
        Ok(())
    }
";

fn section(page: &str, heading: &str) -> Option<String> {
    let (_, after) = page.split_once(&format!("\n## {heading}\n"))?;
    let text = after.split("\n## ").next().unwrap_or(after).trim();
    Some(format!("From the page, under *{heading}*:\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_has_the_description_and_no_loop() {
        let original = "/// One poll.\npub struct Poll;\n\nfn wait() {}\n\n/// What it says.\nconst ABOUT: About = About {};\n";
        let made = skeleton(original).unwrap();
        assert!(made.contains("/// One poll.\npub struct Poll;"), "{made}");
        assert!(
            made.ends_with("}\n\n/// What it says.\nconst ABOUT: About = About {};\n"),
            "{made}"
        );
        assert!(!made.contains("wait"), "{made}");
    }
}
