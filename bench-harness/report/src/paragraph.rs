//! Paragraphs for a terminal of 80 columns: lines break between words, and a quoted command stays on one line, so that it can be
//! copied.

/// Columns of the narrowest usual terminal.
pub const WIDTH: usize = 80;

/// The text in lines that fit, each with its line break.
pub fn wrapped(text: &str) -> String {
    hanging("", text)
}

/// The text in lines that fit, behind a label; the further lines are indented by the width of the label.
pub fn hanging(label: &str, text: &str) -> String {
    let indent = " ".repeat(columns(label));
    let mut lines = vec![label.to_owned()];
    for word in words(text) {
        let line = lines.last_mut().expect("there is a first line");
        let is_empty = columns(line) == indent.len();
        let gap = usize::from(!is_empty);
        if is_empty || columns(line) + gap + columns(&word) <= WIDTH {
            line.push_str(&" ".repeat(gap));
            line.push_str(&word);
        } else {
            lines.push(format!("{indent}{word}"));
        }
    }
    let lines = lines.iter().map(|line| line.trim_end());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The words of a text. A quoted command that fits on a line is one word, and a number keeps its unit `%`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_quoted = false;
    for part in text.split_whitespace() {
        let continues = is_quoted || part.starts_with('%');
        match words.last_mut().filter(|_| continues) {
            Some(word) => *word = format!("{word} {part}"),
            None => words.push(part.to_owned()),
        }
        is_quoted ^= part.matches('`').count() % 2 == 1;
    }
    let split = |word: String| match columns(&word) {
        0..=WIDTH => vec![word],
        _ => word.split(' ').map(str::to_owned).collect(),
    };
    words.into_iter().flat_map(split).collect()
}

/// The first words of a text that fit into this number of columns, with an ellipsis if some are left out. A single word that does
/// not fit is cut.
pub fn shortened(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let room = most.saturating_sub(1);
    let kept: String = text.chars().take(room).collect();
    let next_is_space = text.chars().nth(room) == Some(' ');
    let whole = match kept.rsplit_once(' ') {
        Some((whole, _)) if !next_is_space => whole,
        _ => &kept,
    };
    format!("{}…", whole.trim_end_matches([' ', ',', ';', ':']))
}

/// Columns of a text whose letters are one column wide.
pub fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_further_lines_are_indented() {
        let text = "word ".repeat(40);
        let lines = hanging("label   ", &text);
        assert!(lines.starts_with("label   word word "), "{lines}");
        assert!(
            lines
                .lines()
                .skip(1)
                .all(|line| line.starts_with("        word"))
        );
        assert!(lines.lines().all(|line| columns(line) <= WIDTH), "{lines}");
        assert_eq!(lines.matches("word").count(), 40);
        assert_eq!(wrapped(""), "\n");
    }

    #[test]
    fn a_quoted_command_stays_on_one_line() {
        let command = "`echolab compare --models epoll-level,poll --scenarios equal`";
        let text = format!("Twelve more rounds would decide it, so measure with {command}, 40 s.");
        let lines = wrapped(&text);
        assert!(lines.contains(command), "{lines}");
        assert_eq!(lines.lines().count(), 2, "{lines}");
    }

    #[test]
    fn a_command_that_is_longer_than_a_line_breaks_between_its_words() {
        let command = format!("`echolab compare {}`", "--scenarios equal ".repeat(8));
        let lines = wrapped(&command);
        assert!(lines.lines().all(|line| columns(line) <= WIDTH), "{lines}");
    }

    #[test]
    fn a_number_keeps_its_per_cent() {
        let text = format!("{} 60 % of it", "x".repeat(77));
        assert!(wrapped(&text).ends_with("\n60 % of it\n"));
    }

    #[test]
    fn a_shortened_text_ends_with_a_whole_word() {
        assert_eq!(shortened("one connection", 20), "one connection");
        assert_eq!(shortened("one, connection", 8), "one…");
        assert_eq!(shortened("one connection more", 15), "one connection…");
        assert_eq!(shortened("unbreakable", 5), "unbr…");
    }
}
