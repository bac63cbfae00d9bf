//! A patch of at most three lines, applied to a source by its text and not by line numbers.

/// A source after a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patched {
    /// The number of the first changed line, from 1.
    pub line: usize,
    /// The whole source with the patch.
    pub source: String,
}

/// Replaces the lines before the patch, which must occur exactly once, by the lines after it. White space around lines
/// is ignored.
///
/// # Errors
/// The patch changes none or more than three lines, or its lines do not occur exactly once; the text says so.
pub fn apply(patch: &str, code: &str) -> Result<Patched, String> {
    let changed = patch.lines().filter(|line| is_change(line)).count();
    if !(1..=3).contains(&changed) {
        return Err(format!(
            "the patch changes {changed} lines instead of one to three"
        ));
    }
    let before = side(patch, '+');
    let lines: Vec<&str> = code.lines().collect();
    let places: Vec<usize> = lines
        .windows(before.len().max(1))
        .enumerate()
        .filter_map(|(at, window)| same(window, &before).then_some(at))
        .collect();
    let [at] = places[..] else {
        return Err(format!(
            "the lines that the patch replaces occur {} times instead of once",
            places.len()
        ));
    };
    let after = side(patch, '-');
    let source = [&lines[..at], &after, &lines[at + before.len()..]].concat();
    let context = patch.lines().take_while(|line| !is_change(line)).count();
    Ok(Patched {
        line: at + context + 1,
        source: source.join("\n") + "\n",
    })
}

fn is_change(line: &str) -> bool {
    line.starts_with(['-', '+'])
}

fn same(window: &[&str], before: &[&str]) -> bool {
    let mut pairs = window.iter().zip(before);
    pairs.all(|(a, b)| a.trim() == b.trim())
}

/// The lines of one side of a patch: all lines except those with the sign of the other side.
fn side(patch: &str, other: char) -> Vec<&str> {
    let lines = patch.lines().filter(|line| !line.starts_with(other));
    lines.map(|line| line.get(1..).unwrap_or("")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "fn f() {\n    a();\n    b();\n}\n";

    #[test]
    fn a_line_is_replaced_at_its_place() {
        let patched = apply("     a();\n-b();\n+    c();\n", CODE).unwrap();
        assert_eq!(patched.line, 3);
        assert_eq!(patched.source, "fn f() {\n    a();\n    c();\n}\n");
    }

    #[test]
    fn lines_that_are_missing_or_occur_twice_are_an_error() {
        let error = apply("-d();\n", CODE).unwrap_err();
        assert!(error.ends_with("occur 0 times instead of once"), "{error}");
        let error = apply("-a();\n", "a();\na();\n").unwrap_err();
        assert!(error.ends_with("occur 2 times instead of once"), "{error}");
    }

    #[test]
    fn a_patch_changes_one_to_three_lines() {
        let error = apply(" a();\n", CODE).unwrap_err();
        assert!(error.contains("changes 0 lines"), "{error}");
    }
}
