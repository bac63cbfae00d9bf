//! The parts of a lesson's text that a terminal shows: first paragraphs as plain text, and commands.

/// Most commands that are shown.
const COMMANDS: usize = 2;

/// The first paragraph of Markdown as plain text: a list item is a paragraph, and links are without addresses.
pub fn paragraph(markdown: &str) -> String {
    let lines = markdown.trim().lines().map(str::trim);
    let mut paragraph = Vec::new();
    for line in lines {
        let item = line.strip_prefix("* ").or_else(|| line.strip_prefix("- "));
        if line.is_empty() || line.starts_with("```") || (item.is_some() && !paragraph.is_empty()) {
            break;
        }
        paragraph.push(item.unwrap_or(line));
    }
    plain(&paragraph.join(" "))
}

/// A text without emphasis and without the addresses of links.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find('[') {
        let (before, link) = rest.split_at(begin);
        out += before;
        let parts = link[1..].split_once("](");
        let parts = parts.and_then(|(name, tail)| Some((name, tail.split_once(')')?.1)));
        match parts {
            Some((name, tail)) if !name.contains(['[', ']']) => {
                out += name;
                rest = tail;
            }
            _ => {
                out.push('[');
                rest = &link[1..];
            }
        }
    }
    out += rest;
    let parts = out.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        0 => part.replace('*', ""),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

/// The first commands of a text: lines of code blocks and texts between backticks that begin with `echolab`.
pub fn commands(markdown: &str) -> Vec<String> {
    let mut is_code = false;
    let mut commands = Vec::new();
    for line in markdown.lines() {
        let line = line.trim();
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            commands.push(line.trim_start_matches("$ ").to_owned());
        } else {
            commands.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    commands.retain(|command| command.starts_with("echolab "));
    commands.truncate(COMMANDS);
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_ends_at_an_empty_line_or_an_item() {
        assert_eq!(paragraph("\none\ntwo\n\nthree"), "one two");
        assert_eq!(paragraph("* [a](b.md), `c`\n* d"), "a, `c`");
        assert_eq!(
            paragraph("an [odd bracket, **bold**"),
            "an [odd bracket, bold"
        );
    }

    #[test]
    fn commands_come_from_blocks_and_from_sentences() {
        let text = "Try `echolab watch poll`, or `ls`.\n```console\n$ echolab lesson a --set b=1\n```\n`echolab x`";
        assert_eq!(
            commands(text),
            ["echolab watch poll", "echolab lesson a --set b=1"]
        );
    }
}
