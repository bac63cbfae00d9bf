//! Shortens a page: HTML needs no quotes around plain values, no end tags of cells and rows, and no `scope` on header
//! cells.
//!
//! Source: the HTML standard, sections 13.1.2.3 (attributes), 13.1.2.4 (optional tags) and 4.9.12.2 (header cells).

/// Elements whose end tags are optional.
const IMPLIED: [&str; 8] = ["td", "th", "tr", "tbody", "thead", "li", "dd", "dt"];
/// Elements whose content stays as it is.
const RAW: [&str; 2] = ["style", "script"];

/// Shortens a document.
pub fn terse(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = tag_end(&rest[start..]) + start;
        text += &rest[..start];
        let tag = &rest[start..end];
        rest = &rest[end..];
        if tag
            .strip_prefix("</")
            .is_some_and(|end| IMPLIED.contains(&end.trim_end_matches('>')))
        {
            continue;
        }
        text += &unquoted(if tag.starts_with("<th scope=") {
            "<th>"
        } else {
            tag
        });
        if let Some(raw) = RAW.iter().find(|raw| tag[1..].starts_with(*raw)) {
            let end = rest.find(&format!("</{raw}>")).unwrap_or(rest.len());
            text += &rest[..end];
            rest = &rest[end..];
        }
    }
    text + rest
}

/// Replacements in a style, in this order.
const SHORTER: [(&str, &str); 8] = [
    (" {", "{"),
    ("{ ", "{"),
    (";\n}", "}"),
    ("; }", "}"),
    (" }", "}"),
    (": ", ":"),
    ("; ", ";"),
    (", ", ","),
];

/// Removes the white space of a style that only people need.
pub fn style(style: &str) -> String {
    let lines: String = style
        .lines()
        .map(|line| line.trim().to_owned() + "\n")
        .collect();
    SHORTER
        .iter()
        .fold(lines, |text, (long, short)| text.replace(long, short))
}

/// Removes the comment lines and the indentation of a script.
pub fn script(script: &str) -> String {
    let lines = script.lines().map(str::trim_start);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    code.map(|line| line.to_owned() + "\n").collect()
}

/// The end of a tag: the first `>` outside of quotes.
fn tag_end(tag: &str) -> usize {
    let mut quoted = false;
    let end = tag.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(tag.len(), |end| end + 1)
}

/// A tag without the quotes around values of plain letters.
fn unquoted(tag: &str) -> String {
    let mut text = String::with_capacity(tag.len());
    // The parts between quotes are alternately markup and values.
    for (index, part) in tag.split('"').enumerate() {
        if index % 2 == 0 {
            // A slash directly after a bare value would belong to the value.
            let bare = text.ends_with(|letter: char| letter != '"') && part.starts_with('/');
            text += if bare { " " } else { "" };
            text += part;
        } else if is_plain(part) {
            text += part;
        } else {
            text.extend(['"'].into_iter().chain(part.chars()).chain(['"']));
        }
    }
    text
}

fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:#()+%".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_loses_its_white_space() {
        let long = "a, b { x: 1px 2px; }\n@media print {\n  a { y: z; }\n}\n";
        assert_eq!(style(long), "a,b{x:1px 2px}\n@media print{\na{y:z}\n}\n");
    }

    #[test]
    fn a_script_loses_its_comments() {
        let long = "// Why.\n(() => {\n  const a = 'b // c';\n\n  // How.\n  a();\n})();\n";
        assert_eq!(script(long), "(() => {\nconst a = 'b // c';\na();\n})();\n");
    }

    #[test]
    fn plain_values_lose_their_quotes_and_cells_their_ends() {
        let page = r##"<tr><th scope="row">a</th><td class="a b">1 < 2</td></tr><use href="#s0" x="1.5"/><p title="a > b">"c"</p>"##;
        let short =
            r#"<tr><th>a<td class="a b">1 < 2<use href=#s0 x=1.5 /><p title="a > b">"c"</p>"#;
        assert_eq!(
            terse(&page.replace("1 <", "1 &lt;")),
            short.replace("1 <", "1 &lt;")
        );
    }

    #[test]
    fn scripts_and_styles_stay_as_they_are() {
        let page = r#"<script type="a/b">if (a < "b") "</td>"</script><i id="x"></i>"#;
        assert_eq!(
            terse(page),
            r#"<script type="a/b">if (a < "b") "</td>"</script><i id=x></i>"#
        );
    }
}
