//! How wide a text is, so that labels neither overlap nor leave the drawing.
//!
//! A figure is shown in the reader's own font, which this program does not know. It measures with `advances.tsv`: for each
//! character the widest advance among the usual sans-serif fonts. What fits with these widths fits in every one of those
//! fonts. `make_advances.py` writes the table; the browser tests compare it with the fonts that are installed.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A font of the style sheet `figure.css`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    /// Size in pixels.
    pub size: f64,
    /// True for the weight 600, which most fonts draw as bold.
    pub bold: bool,
}

/// Names of contenders.
pub const NAME: Font = Font::regular(12.0);
/// Names of families: `text.family`.
pub const FAMILY: Font = Font::bold(12.0);
/// Ticks, legends and titles of axes: `.tick`, `text.axis`.
pub const TICK: Font = Font::regular(11.0);
/// Values beside bars, and words beside ratios: `.value`, `.word`.
pub const VALUE: Font = Font::regular(11.5);
/// Words that are certain: `.said`.
pub const SAID: Font = Font::bold(11.5);
/// Reasons in place of data: `text.absent`.
pub const ABSENT: Font = Font::regular(11.5);
/// Titles of panels: `text.panel-title`.
pub const PANEL_TITLE: Font = Font::bold(14.0);
/// Titles of files: `text.file-title`.
pub const FILE_TITLE: Font = Font::bold(16.0);

/// Height of the highest usual font above the baseline, as a part of the font size: that of Noto Sans.
pub const ASCENT: f64 = 1.069;

/// The table, with its explanation as comment lines.
const TABLE: &str = include_str!("advances.tsv");
/// Advances by character, regular and bold, as parts of the font size.
static ADVANCES: LazyLock<HashMap<char, [f64; 2]>> =
    LazyLock::new(|| TABLE.lines().filter_map(advances).collect());
/// Advance of a character that the table does not have: most letters of other scripts are within one font size.
const OTHER: f64 = 1.0;

impl Font {
    const fn regular(size: f64) -> Self {
        Self { size, bold: false }
    }

    const fn bold(size: f64) -> Self {
        Self { size, bold: true }
    }

    /// Advance of a character in pixels.
    fn advance(self, character: char) -> f64 {
        let [regular, bold] = ADVANCES.get(&character).copied().unwrap_or([OTHER; 2]);
        self.size * if self.bold { bold } else { regular }
    }
}

/// Width of a text in pixels: no usual font needs more.
pub fn width(text: &str, font: Font) -> f64 {
    text.chars().map(|character| font.advance(character)).sum()
}

/// As much of a text as fits into a number of pixels; the end of a longer one becomes an ellipsis.
pub fn cut(text: &str, room: f64, font: Font) -> String {
    if width(text, font) <= room {
        return text.to_owned();
    }
    let mut left = room - font.advance('…');
    let fits = |letter: &char| {
        left -= font.advance(*letter);
        left >= 0.0
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept.trim_end().to_owned() + "…"
}

/// A text in lines that fit into a number of pixels, broken between words.
pub fn wrapped(text: &str, room: f64, font: Font) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer) {
            (Some(line), Some(longer)) if width(&longer, font) <= room => *line = longer,
            _ => lines.push(cut(word, room, font)),
        }
    }
    lines
}

/// Where the middle of a text stands: at `wanted`, or as near to it as the edges `(left, right)` allow.
pub fn middle(text: &str, wanted: f64, (left, right): (f64, f64), font: Font) -> f64 {
    let half = width(text, font) / 2.0;
    wanted.min(right - half).max(left + half)
}

/// A row of the table: `0041`, regular, bold and the character itself, in thousandths of the font size. `None` for other lines.
fn advances(line: &str) -> Option<(char, [f64; 2])> {
    let mut fields = line.split('\t');
    let code = u32::from_str_radix(fields.next()?, 16).ok()?;
    let mut advance = || Some(fields.next()?.parse::<f64>().ok()? / 1000.0);
    Some((char::from_u32(code)?, [advance()?, advance()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_character_of_latin_text() {
        let latin = (' '..='~').chain('\u{a0}'..='ÿ');
        let missing: Vec<char> = latin
            .chain("–—…○λ".chars())
            .filter(|character| *character != '\u{ad}' && !ADVANCES.contains_key(character))
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
        let rows = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(ADVANCES.len(), rows, "a row of the table is not read");
    }

    #[test]
    fn wide_letters_are_wider() {
        assert!(width("mmm", NAME) > width("nnn", NAME));
        assert!(width("nnn", NAME) > width("iii", NAME));
        assert!(width("nnn", FAMILY) > width("nnn", NAME));
    }

    #[test]
    fn long_texts_are_cut_where_the_room_ends() {
        assert_eq!(cut("short", 60.0, NAME), "short");
        let text = cut("thread-per-connection", 80.0, NAME);
        assert!(text.ends_with('…') && width(&text, NAME) <= 80.0, "{text}");
        assert_eq!(cut("anything", 0.0, NAME), "…");
    }

    #[test]
    fn lines_break_between_words() {
        let lines = wrapped("how many requests a second", 100.0, NAME);
        assert_eq!(lines.join(" "), "how many requests a second");
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, NAME) <= 100.0));
    }

    #[test]
    fn a_text_in_the_middle_stays_between_the_edges() {
        let half = width("10k", TICK) / 2.0;
        for (wanted, stands) in [(50.0, 50.0), (98.0, 100.0 - half), (1.0, half)] {
            let found = middle("10k", wanted, (0.0, 100.0), TICK);
            assert!((found - stands).abs() < 1e-9, "{wanted}: {found}");
        }
    }

    #[test]
    fn the_fonts_are_those_of_the_style_sheet() {
        let style = super::super::panel::STYLE;
        for (rule, font) in [
            (".tick, text.axis {", TICK),
            (".value, .word, .said {", VALUE),
            (".value, .word, .said {", SAID),
            ("text.absent {", ABSENT),
            ("text.panel-title {", PANEL_TITLE),
            ("text.file-title {", FILE_TITLE),
        ] {
            let found = style.split('\n').find_map(|line| line.strip_prefix(rule));
            let found = found.unwrap_or_else(|| panic!("figure.css has no `{rule}`"));
            assert!(
                found.contains(&format!("font-size: {}px", font.size)),
                "{rule} {found}"
            );
        }
    }
}
