//! The text of a lesson: the sections of its `README.md`.

use thiserror::Error;

/// The headings of a lesson's text, in order.
pub const HEADINGS: [&str; 5] = [
    "What you should see",
    "Why",
    "How this lies",
    "Try next",
    "Source",
];

/// The sections of a text. Each is Markdown without its heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What the figure shows.
    pub see: String,
    /// Why it is so.
    pub why: String,
    /// When the figure misleads.
    pub lies: String,
    /// What to run next.
    pub next: String,
    /// Books, man pages, commits and files.
    pub source: String,
}

/// A text has a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// The title is missing or another one.
    #[error("the first line is `{found}`; write `# {title}`, as in `lesson.toml`")]
    Title {
        /// The first line.
        found: String,
        /// The title of the document.
        title: String,
    },
    /// The headings are others.
    #[error("the headings are {found}; write exactly {}", quoted(&HEADINGS))]
    Headings {
        /// The headings of the text.
        found: String,
    },
    /// A section has no text.
    #[error("the section `{0}` is empty; write at least one sentence")]
    Empty(&'static str),
}

/// True if a paragraph of a question is the listing of a program: every line begins with four spaces.
pub fn is_listing(paragraph: &str) -> bool {
    paragraph.lines().all(|line| line.starts_with("    "))
}

fn quoted(headings: &[&str]) -> String {
    let headings: Vec<String> = headings
        .iter()
        .map(|heading| format!("`## {heading}`"))
        .collect();
    if headings.is_empty() {
        "none".to_owned()
    } else {
        headings.join(", ")
    }
}

impl Text {
    /// Reads a text that must have this title.
    ///
    /// # Errors
    /// Title or headings are not those of a lesson, or a section is empty.
    pub fn parse(text: &str, title: &str) -> Result<Self, TextError> {
        let (first, body) = text.split_once('\n').unwrap_or((text, ""));
        if first.trim_end() != format!("# {title}") {
            return Err(TextError::Title {
                found: first.to_owned(),
                title: title.to_owned(),
            });
        }
        let sections = sections(body);
        let headings: Vec<&str> = sections.iter().map(|(heading, _)| *heading).collect();
        if headings != HEADINGS {
            return Err(TextError::Headings {
                found: quoted(&headings),
            });
        }
        let section = |index: usize| match sections[index].1.trim() {
            "" => Err(TextError::Empty(HEADINGS[index])),
            content => Ok(content.to_owned()),
        };
        Ok(Self {
            see: section(0)?,
            why: section(1)?,
            lies: section(2)?,
            next: section(3)?,
            source: section(4)?,
        })
    }

    /// Heading and content of each section, in order.
    pub fn sections(&self) -> [(&'static str, &str); 5] {
        let contents = [&self.see, &self.why, &self.lies, &self.next, &self.source];
        std::array::from_fn(|index| (HEADINGS[index], contents[index].as_str()))
    }
}

/// The sections behind headings of the second level. A `##` inside of a code block is no heading.
fn sections(body: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    let mut is_code = false;
    for line in body.lines() {
        is_code ^= line.trim_start().starts_with("```");
        match line.strip_prefix("## ").filter(|_| !is_code) {
            Some(heading) => sections.push((heading.trim_end(), String::new())),
            None => {
                if let Some((_, content)) = sections.last_mut() {
                    content.push_str(line);
                    content.push('\n');
                }
            }
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# T\n\n## What you should see\n\nA bar.\n\n## Why\nSo.\n```console\n## no heading\n```\n\
        ## How this lies\nNot.\n## Try next\n`x`\n## Source\nA book.\n";

    #[test]
    fn a_text_has_five_sections() {
        let text = Text::parse(TEXT, "T").unwrap();
        assert_eq!(text.see, "A bar.");
        assert!(text.why.contains("## no heading"), "{text:?}");
        assert_eq!(text.sections()[4], ("Source", "A book."));
    }

    #[test]
    fn another_title_or_another_heading_is_a_mistake_that_names_the_right_one() {
        let error = Text::parse(TEXT, "Other").unwrap_err().to_string();
        assert!(
            error.ends_with("write `# Other`, as in `lesson.toml`"),
            "{error}"
        );
        let error = Text::parse(&TEXT.replace("## Why", "## Reason"), "T").unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("`## Reason`") && error.ends_with("`## Source`"),
            "{error}"
        );
        let error = Text::parse(&TEXT.replace("A book.", ""), "T").unwrap_err();
        assert_eq!(error, TextError::Empty("Source"));
    }
}
