//! The block about a case that failed: what happened, what it usually means, where it is explained, and how to see it by hand.

use record::check::{Case, Finding};
use report::paragraph::hanging;

/// Most lines of what the server wrote.
const SERVER_LINES: usize = 12;

/// The block, with an empty line before it. A case that has found nothing has none.
pub fn block(case: &Case) -> String {
    let Some(finding) = &case.finding else {
        return String::new();
    };
    let mut text = format!("\n{} {}\n", case.outcome.name(), case.name);
    text += &say("it checks", &case.sentence);
    text += &say("it saw", &finding.what);
    if let Some(because) = &case.because {
        text += &say("but", because);
    }
    text += &said_by(finding);
    text += &say("it means", &finding.means);
    if let Some(advice) = &finding.advice {
        text += &say("or", advice);
    }
    let page = format!("{} (`echolab list {}`)", finding.readme, finding.model);
    text += &say("explained in", &page);
    text += &listing("by hand", &finding.by_hand);
    text += &say("shows", &finding.shows);
    text
}

/// A text behind a label, in lines that fit.
fn say(label: &str, words: &str) -> String {
    hanging(&format!("  {label:<14}"), words)
}

/// The end of what the server wrote.
fn said_by(finding: &Finding) -> String {
    let text = finding.server.as_deref().unwrap_or_default().trim_end();
    let count = text.lines().count();
    let end: Vec<&str> = text
        .lines()
        .skip(count.saturating_sub(SERVER_LINES))
        .collect();
    if end.is_empty() {
        return String::new();
    }
    listing("the server", &end.join("\n"))
}

/// Lines that stay as they are, so that they can be copied.
fn listing(label: &str, lines: &str) -> String {
    let mut text = String::new();
    for (index, line) in lines.lines().enumerate() {
        let label = if index == 0 { label } else { "" };
        text += format!("  {label:<14}{line}").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use record::check::Outcome;

    use super::super::document::tests::case;
    use super::*;

    #[test]
    fn a_failed_case_says_what_happened_what_it_means_and_how_to_see_it() {
        let mut case = case("one_byte", "bytes", Outcome::Failed);
        let finding = case.finding.as_mut().unwrap();
        finding.what = "a client got nothing".to_owned();
        let lines: Vec<String> = (0..20).map(|line| format!("line {line}")).collect();
        finding.server = Some(lines.join("\n"));
        finding.advice = Some("Add `--expect sequential`.".to_owned());
        let text = block(&case);
        let first = "\nFAIL one_byte\n  it checks     The sentence of one_byte.\n  it saw        a client got nothing\n  the server    line 8\n                line 9\n";
        assert!(text.starts_with(first), "{text}");
        let last = "                line 19
  it means      The server does not write.
  or            Add `--expect sequential`.
  explained in  crates/models/iterative/README.md (`echolab list iterative`)
  by hand       ./server 7007    # in a second terminal
                nc 127.0.0.1 7007
  shows         A correct server echoes.
";
        assert!(text.ends_with(last), "{text}");
    }

    #[test]
    fn a_case_that_passed_has_no_block() {
        assert_eq!(block(&case("one_byte", "bytes", Outcome::Passed)), "");
    }
}
