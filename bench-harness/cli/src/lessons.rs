//! The texts about the models that are part of this program: what a run stores, and what the report of an older run shows
//! instead.

use std::collections::BTreeMap;

use echo_server::CORE;
use record::lesson::{Lesson, Lessons, Origin};
use record::plan::Contender;
use record::store::Run;

/// Each model's name, README and source.
const MODELS: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/models.rs"));
/// The folder of all models in the repository.
const FOLDER: &str = "crates/models";
/// The claims of a model follow these words in its README. A report shows them with their results instead.
const CLAIMS: &str = "What `echolab compare` checks";

/// Paragraphs about where a model ends. The others are about the limits of the system, which are the same for many.
const PARAGRAPHS: usize = 2;

/// The texts about these contenders.
pub fn lessons(contenders: &[Contender]) -> Lessons {
    let takes_part = |name: &str| contenders.iter().any(|contender| contender.name == name);
    let models = MODELS.iter().filter(|(name, ..)| takes_part(name));
    let lessons =
        models.map(|&(name, readme, source)| (name.to_owned(), lesson(name, readme, source)));
    Lessons {
        schema: Lessons::SCHEMA,
        models: lessons.collect::<BTreeMap<_, _>>(),
        origin: Origin::Run,
    }
}

/// Gives a run that stored no texts those of this program.
pub fn fill_in(run: &mut Run) {
    if run.lessons.models.is_empty() {
        run.lessons = Lessons {
            origin: Origin::Program,
            ..lessons(&run.plan.contenders)
        };
    }
}

fn lesson(name: &str, readme: &str, source: &str) -> Lesson {
    let title = readme.lines().next().unwrap_or_default();
    let title = title.split_once(": ").map_or("", |(_, title)| title);
    let ends = section(readme, "Where it ends").split(CLAIMS).next();
    let paragraphs = ends.unwrap_or_default().trim().split("\n\n");
    let ends: Vec<&str> = paragraphs.take(PARAGRAPHS).collect();
    Lesson {
        title: title.to_owned(),
        idea: section(readme, "The idea").to_owned(),
        picture: section(readme, "The picture").to_owned(),
        ends: ends.join("\n\n"),
        serve: serve(source),
        folder: format!("{FOLDER}/{name}"),
        core: CORE.contains(&name),
    }
}

/// The text under a heading of the second level.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let start = format!("\n## {heading}\n");
    let (_, text) = document.split_once(&start).unwrap_or_default();
    text.split("\n## ").next().unwrap_or_default().trim()
}

/// The method `serve` with its comment, without its indentation. The sources are in the format of `rustfmt`, so that the method ends
/// at the first line that is only its closing brace.
fn serve(source: &str) -> String {
    const INDENT: &str = "    ";
    let lines: Vec<&str> = source.lines().collect();
    let is_head = |line: &&str| line.starts_with("    fn serve(");
    let Some(head) = lines.iter().position(is_head) else {
        return String::new();
    };
    let comment = lines[..head].iter().rev();
    let comment = comment.take_while(|line| line.starts_with("    ///"));
    let first = head - comment.count();
    let end = lines[head..].iter().position(|line| *line == "    }");
    let last = end.map_or(lines.len(), |end| head + end + 1);
    let whole = lines[first..last]
        .iter()
        .map(|line| line.strip_prefix(INDENT).unwrap_or(line));
    whole.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use echo_server::MODELS as REGISTRY;
    use record::plan::Family;

    use super::*;

    #[test]
    fn every_model_of_the_registry_has_a_whole_lesson() {
        for model in REGISTRY {
            let name = model.about().name;
            let contender = Contender::new(name, Family::Readiness);
            let mut lessons = lessons(&[contender]);
            let lesson = lessons.models.remove(name).unwrap();
            for text in [&lesson.title, &lesson.idea, &lesson.picture, &lesson.ends] {
                assert!(text.len() > 4, "{name}: {lesson:?}");
            }
            assert!(lesson.serve.contains("fn serve(&self"), "{name}");
            assert!(lesson.serve.ends_with("\n}"), "{name}: {}", lesson.serve);
            assert!(!lesson.ends.contains(CLAIMS), "{name}");
        }
    }

    #[test]
    fn an_external_server_has_no_lesson() {
        let contender = Contender::new("server-of-elsewhere", Family::External);
        assert!(lessons(&[contender]).models.is_empty());
    }

    #[test]
    fn the_source_of_serve_begins_with_its_comment_and_ends_with_its_brace() {
        let source = "struct S;\n\nimpl Model for S {\n    /// Serves.\n    fn serve(&self) {\n        loop {\n        }\n    }\n\n    fn about() {}\n}\n";
        assert_eq!(
            serve(source),
            "/// Serves.\nfn serve(&self) {\n    loop {\n    }\n}"
        );
        assert_eq!(serve("fn other() {}"), "");
    }
}
