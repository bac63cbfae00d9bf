//! The words for users: help of one line, examples for every command, and no pattern that is hard to understand.

use std::fs;

use analysis::Summary;
use clap::Command;
use echo_server::MODELS;
use record::store::Run;

use crate::tidy::{read, root, sources};

/// Longest short help, in characters: it stands on one line of a usual terminal together with the name of the option.
const LONGEST_HELP: usize = 80;

/// Patterns that make a sentence hard to read, and what to write instead. Add a pattern when you meet a new one.
const REFUSED: [(&str, &str); 19] = [
    ("so many", "write N, or the number"),
    ("so long", "write the time, or `this long`"),
    ("whoever", "name the program, or write `a program that`"),
    ("whomever", "name the program, or write `a program that`"),
    ("nobody", "write `no client`, `no model` …"),
    ("somebody", "write `another program`, `a client` …"),
    ("anew", "write `again`"),
    ("is told", "write what the program prints or receives"),
    ("are told", "write what the program prints or receives"),
    ("for want of", "write `because there is no`"),
    ("of those that", "write the noun"),
    ("of those who", "write the noun"),
    ("what becomes of", "write what happens to it"),
    ("what became of", "write what happened to it"),
    ("may be had", "write `is available`"),
    ("can be had", "write `is available`"),
    ("cannot be had", "write `is not available`"),
    ("leave --", "write `remove`"),
    ("leave the option out", "write `remove the option`"),
];

/// A text that users read, and the file it comes from.
struct Text {
    file: String,
    text: String,
}

impl Text {
    fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        let (file, text) = (file.into(), text.into());
        Self { file, text }
    }
}

/// All commands of the program, the program itself first. clap's own command `help` is not ours.
fn commands() -> Vec<Command> {
    let mut program = echolab::command();
    program.build();
    let mut commands = vec![program.clone()];
    commands.extend(program.get_subcommands().cloned());
    commands.retain(|command| command.get_name() != "help");
    commands
}

fn assert_is_short(place: &str, help: Option<String>) {
    let help = help.unwrap_or_else(|| panic!("{place} has no help"));
    let length = help.chars().count();
    assert!(
        length <= LONGEST_HELP && !help.contains('\n'),
        "{place}: put the details into the long help, behind an empty line ({length} characters):\n{help}"
    );
}

#[test]
fn every_command_and_option_has_a_short_help_of_one_line() {
    for command in commands() {
        let name = command.get_name();
        assert_is_short(name, command.get_about().map(ToString::to_string));
        let options = command
            .get_arguments()
            .filter(|option| !option.is_hide_set());
        for option in options {
            let place = format!("{name} {}", option.get_id());
            assert_is_short(&place, option.get_help().map(ToString::to_string));
        }
    }
}

#[test]
fn every_command_has_examples() {
    for command in commands() {
        let help = command.get_after_help().map(ToString::to_string);
        let name = command.get_name();
        assert!(
            help.is_some_and(|help| help.contains("Examples:\n  echolab")),
            "{name}: add examples to `after_help`"
        );
    }
}

/// True if the pattern stands there as whole words, and does not begin `so many that` or `so long as`.
fn is_refused(before: &str, pattern: &str, after: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let begins = before.chars().next_back().is_none_or(|c| !is_word(c));
    let ends = pattern.ends_with('-') || after.chars().next().is_none_or(|c| !is_word(c));
    let continues = after.starts_with(" that ") || after.starts_with(" as ");
    begins && ends && !continues
}

/// The refused patterns that a text contains.
fn refused(text: &str) -> Vec<&'static str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ").to_lowercase();
    let patterns = REFUSED.iter().map(|(pattern, _)| *pattern);
    let contained = patterns.filter(|pattern| {
        let mut places = text.match_indices(pattern);
        let is_refused_at =
            |at: usize| is_refused(&text[..at], pattern, &text[at + pattern.len()..]);
        places.any(|(at, _)| is_refused_at(at))
    });
    contained.collect()
}

#[test]
fn a_bad_sentence_is_refused_and_a_good_one_is_not() {
    assert_eq!(
        refused("End after so\n  many requests, so that NOBODY waits."),
        ["so many", "nobody"]
    );
    assert_eq!(
        refused("Whoever leaves, leave --pin off out"),
        ["whoever", "leave --"]
    );
    let good = "There are so many that no list helps; the manewer and the nobodyism wait as long as they must.";
    assert_eq!(refused(good), [""; 0]);
}

/// The help of every command.
fn help_texts() -> Vec<Text> {
    let texts = commands().into_iter().map(|mut command| {
        let help = command.render_long_help().to_string();
        Text::new(format!("help of {}", command.get_name()), help)
    });
    texts.collect()
}

/// What `echolab list --claims` shows.
fn model_texts() -> Vec<Text> {
    let texts = MODELS.iter().map(|model| {
        let about = model.about();
        let text = serde_json::to_string(about).unwrap();
        Text::new(format!("crates/models/{}/src/lib.rs", about.name), text)
    });
    texts.collect()
}

/// The report of the sample run, on the terminal and as Markdown.
fn report_texts() -> Vec<Text> {
    let folder = root().join("results/sample");
    let run = Run::read(&folder).unwrap();
    let terminal = report::terminal(&Summary::of(&run));
    vec![
        Text::new("results/sample/report.md", read(&folder.join("report.md"))),
        Text::new("bench-harness/report/src/terminal.rs", terminal),
    ]
}

/// The documents for users, as far as they exist.
fn documents() -> Vec<Text> {
    let mut paths: Vec<String> = ["README.md", "CONTRIBUTING.md", "METHODOLOGY.md", "BIAS.md"]
        .map(str::to_owned)
        .into();
    for folder in ["crates/models", "crates/rooms"] {
        for entry in fs::read_dir(root().join(folder)).unwrap().flatten() {
            let server = entry.file_name().to_string_lossy().into_owned();
            paths.push(format!("{folder}/{server}/README.md"));
        }
    }
    let book = [
        "assignment/README",
        "src/check",
        "src/grading",
        "src/teachers",
    ];
    paths.extend(book.map(|page| format!("crates/book/{page}.md")));
    paths.retain(|path| root().join(path).exists());
    let texts = paths.into_iter().map(|path| {
        let text = without_bad_examples(&read(&root().join(&path)));
        Text::new(path, text)
    });
    texts.collect()
}

/// The section of CONTRIBUTING.md about sentences, which shows bad ones on purpose.
const BAD_EXAMPLES: &str = "\n### Sentences\n";

fn without_bad_examples(document: &str) -> String {
    let (before, section) = document.split_once(BAD_EXAMPLES).unwrap_or((document, ""));
    let after = section.split_once("\n### ").map_or("", |(_, after)| after);
    format!("{before}\n{after}")
}

/// The texts in the sources: all of the harness, and the errors of all other crates.
fn source_texts() -> Vec<Text> {
    let mut texts = Vec::new();
    for half in ["crates", "bench-harness"] {
        for path in sources(half) {
            let file = path.strip_prefix(root()).unwrap().display().to_string();
            if file.contains("/src/") {
                texts.push(Text::new(file.clone(), user_facing(&file, &read(&path))));
            }
        }
    }
    texts
}

/// The part of a source that users read.
fn user_facing(file: &str, source: &str) -> String {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let is_comment = |line: &&str| line.trim_start().starts_with("//");
    let lines: Vec<&str> = source.lines().filter(|line| !is_comment(line)).collect();
    let code = lines.join("\n").replace("\\\n", " ");
    if file.starts_with("bench-harness/") {
        return code;
    }
    let attributes = code.split("#[error(").skip(1);
    let texts = attributes.map(|rest| rest.split(")]\n").next().unwrap_or_default());
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn errors_are_read_in_every_source_and_everything_in_the_harness() {
    let source = "//! so many\nlet a = \"anew\";\n#[error(\n    \"for \\\n     want of\"\n)]\nstruct A;\n#[cfg(test)]\nnobody";
    let error = user_facing("crates/model/src/a.rs", source);
    assert_eq!(refused(&error), ["for want of"]);
    let all = user_facing("bench-harness/report/src/a.rs", source);
    assert_eq!(refused(&all), ["anew", "for want of"]);
}

#[test]
fn texts_for_users_contain_no_refused_pattern() {
    let texts = [
        help_texts(),
        model_texts(),
        report_texts(),
        documents(),
        source_texts(),
    ];
    let mut complaints = Vec::new();
    for text in texts.into_iter().flatten() {
        for pattern in refused(&text.text) {
            let advice = REFUSED.iter().find(|(other, _)| *other == pattern);
            let advice = advice.map_or("", |(_, advice)| advice);
            complaints.push(format!("{}: `{pattern}`; {advice}", text.file));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
