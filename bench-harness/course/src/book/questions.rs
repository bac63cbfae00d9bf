//! The ten questions that a reader can ask about every model, and the answers in `crates/models/NAME/questions.md`.

use super::BookError;

/// The questions, as headings of the file of answers.
pub const QUESTIONS: [&str; 10] = [
    "Which thread or process waits, and in which call?",
    "Client 1 is connected and silent. What happens to client 2?",
    "Client 1 asks for 20 ms of computing. What happens to client 2?",
    "Only a part of a reply fits into the socket. Where is the rest, and what sends it?",
    "Which line can you delete or change to break it, and which client notices?",
    "What does one more idle connection cost?",
    "How many connections can it have, and what happens to the next one?",
    "How does it stop, and what happens to open conversations?",
    "How many threads or processes are there, and which one owns a connection?",
    "Which well-known server works this way?",
];

/// The longest answer, in words.
const LONGEST: usize = 75;

/// Reads the ten answers of a model.
///
/// # Errors
/// A question is missing or another one, or an answer is empty or too long.
pub fn parse(model: &str, text: &str) -> Result<Vec<String>, BookError> {
    let wrong = |mistake: String| {
        BookError::mistake(format!("crates/models/{model}/questions.md"), mistake)
    };
    let title = format!("# Ten questions about `{model}`");
    if text.lines().next() != Some(&title) {
        return Err(wrong(format!("the first line is not `{title}`")));
    }
    let sections = text.split("\n## ").skip(1);
    let sections: Vec<(&str, &str)> = sections
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .collect();
    if sections.len() != QUESTIONS.len() {
        return Err(wrong(format!("it has {} headings, not 10", sections.len())));
    }
    let mut answers = Vec::new();
    for (index, (heading, answer)) in sections.into_iter().enumerate() {
        let question = format!("{}. {}", index + 1, QUESTIONS[index]);
        if heading != question {
            return Err(wrong(format!("`{heading}` is not `{question}`")));
        }
        let words = answer.split_whitespace().count();
        if !(1..=LONGEST).contains(&words) {
            let mistake = format!(
                "the answer to question {} has {words} words, not 1 to {LONGEST}",
                index + 1
            );
            return Err(wrong(mistake));
        }
        answers.push(answer.trim().to_owned());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn answers() -> String {
        let mut text = String::from("# Ten questions about `x`\n");
        for (index, question) in QUESTIONS.iter().enumerate() {
            _ = write!(text, "\n## {}. {question}\n\nYes.\n", index + 1);
        }
        text
    }

    #[test]
    fn ten_answers_are_read() {
        assert_eq!(parse("x", &answers()).unwrap(), vec!["Yes."; 10]);
    }

    #[test]
    fn a_mistake_is_named_with_the_file() {
        let cases = [
            (
                answers().replace("about `x`", "about `y`"),
                "the first line is not",
            ),
            (
                answers().replace("Which well", "What well"),
                "is not `10. Which well",
            ),
            (answers().replacen("Yes.", "", 1), "question 1 has 0 words"),
        ];
        for (text, expected) in cases {
            let error = parse("x", &text).unwrap_err().to_string();
            assert!(
                error.starts_with("`crates/models/x/questions.md`: "),
                "{error}"
            );
            assert!(error.contains(expected), "{error}");
            assert!(error.ends_with("; correct the file"), "{error}");
        }
    }
}
