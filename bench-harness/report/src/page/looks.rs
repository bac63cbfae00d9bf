//! Sets the colour of a model once, in the style of the page, instead of at each of its marks and lines.

use std::collections::BTreeMap;

const CLASS: &str = "class=\"";

/// Replaces `class="m12 c23"` by `class="m12"` in the body, and gives both classes the colour in the style.
pub fn once(style: &str, body: &str) -> (String, String) {
    let mut models: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(start) = rest.find(CLASS).map(|at| at + CLASS.len()) {
        let length = rest[start..].find('"').unwrap_or(rest.len() - start);
        let classes = &rest[start..start + length];
        text += &rest[..start];
        text += look(classes).map_or(classes, |(model, colour)| {
            let same = models.entry(colour).or_default();
            if !same.contains(&model) {
                same.push(model);
            }
            model
        });
        rest = &rest[start + length..];
    }
    let style = models
        .iter()
        .fold(style.to_owned(), |style, (colour, models)| {
            let all = format!(".{colour}, .{} {{", models.join(", ."));
            style.replace(&format!(".{colour} {{"), &all)
        });
    (style, text + rest)
}

/// The classes of a model and of its colour, if there are no others.
fn look(classes: &str) -> Option<(&str, &str)> {
    let numbered = |class: &str, letter: char| {
        let number = class.strip_prefix(letter);
        number.is_some_and(|number| number.parse::<usize>().is_ok())
    };
    let (model, colour) = classes.split_once(' ')?;
    (numbered(model, 'm') && numbered(colour, 'c')).then_some((model, colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_the_colour_that_its_marks_had() {
        let style = ".c01 { --c: red; } @media print { .c01 { --c: blue; } } .m { x: y; }";
        let body = r#"<g class="m3 c01"></g><g class="m3 c01"></g><g class="m12 c01"></g><i class="m c01">"#;
        let (style, body) = once(style, body);
        assert_eq!(
            body,
            r#"<g class="m3"></g><g class="m3"></g><g class="m12"></g><i class="m c01">"#
        );
        assert_eq!(
            style,
            ".c01, .m3, .m12 { --c: red; } @media print { .c01, .m3, .m12 { --c: blue; } } .m { x: y; }"
        );
    }
}
