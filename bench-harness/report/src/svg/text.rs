//! How wide a text is, so that labels neither overlap nor leave the drawing.
//!
//! The page uses the reader's own font, whose widths nobody knows here. These are those of DejaVu Sans, which is wider than
//! most: what fits with it fits with the others.

/// Width of a text in pixels at this font size.
pub fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// As much of a text as fits into so many pixels; the end of a longer one becomes an ellipsis.
pub fn cut(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - width("…", size);
    let fits = |letter: &char| {
        left -= advance(*letter) * size;
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end().to_owned() + "…"
}

/// A text in lines that fit into so many pixels, broken between words.
pub fn wrapped(text: &str, room: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut(word, room, size)),
        }
    }
    lines
}

/// Width of a letter as a part of the font size.
fn advance(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' => 0.28,
        ' ' | '.' | ',' | ':' | ';' | '/' => 0.34,
        'f' | 'r' | 't' | '-' | '(' | ')' | '[' | ']' | 'I' | '·' => 0.4,
        's' | 'c' | 'z' | '–' => 0.55,
        'm' | '%' | 'W' | '…' | '—' => 1.0,
        'w' | 'M' | '×' => 0.86,
        'A'..='Z' => 0.72,
        // Most letters of other scripts are within one font size.
        _ if !letter.is_ascii() => 1.0,
        _ => 0.64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_are_wider() {
        assert!(width("mmm", 12.0) > width("nnn", 12.0));
        assert!(width("nnn", 12.0) > width("iii", 12.0));
    }

    #[test]
    fn long_texts_are_cut_where_the_room_ends() {
        assert_eq!(cut("short", 60.0, 12.0), "short");
        let text = cut("thread-per-connection", 80.0, 12.0);
        assert!(text.ends_with('…') && width(&text, 12.0) <= 80.0, "{text}");
        assert_eq!(cut("anything", 0.0, 12.0), "…");
    }

    #[test]
    fn lines_break_between_words() {
        let lines = wrapped("how many requests a second", 100.0, 12.0);
        assert_eq!(lines.join(" "), "how many requests a second");
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 12.0) <= 100.0));
    }
}
