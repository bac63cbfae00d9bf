//! The difference of two models as a diff, and which earlier model differs least.

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// A line of a diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Old(&'a str),
    New(&'a str),
}

/// The code of a model without its description, which differs everywhere and teaches nothing.
pub fn without_description(code: &str) -> &str {
    let end = code.find("\nconst ABOUT").map_or(code.len(), |at| at + 1);
    let mut code = code[..end].trim_end();
    while let Some((rest, last)) = code.rsplit_once('\n') {
        if !last.starts_with("///") {
            break;
        }
        code = rest.trim_end();
    }
    code
}

/// The number of lines that only one of two texts has.
pub fn changed(old: &str, new: &str) -> usize {
    let is_change = |line: &&Line| !matches!(line, Line::Same(_));
    lines(old, new).iter().filter(is_change).count()
}

/// The difference in the usual form: changed lines with some context, and `@@` where equal lines are left out.
pub fn unified(old: &str, new: &str) -> String {
    let lines = lines(old, new);
    let is_near = |at: usize| {
        let from = at.saturating_sub(CONTEXT);
        let to = (at + CONTEXT + 1).min(lines.len());
        lines[from..to]
            .iter()
            .any(|line| !matches!(line, Line::Same(_)))
    };
    let mut out = String::new();
    let mut left_out = false;
    for (at, line) in lines.iter().enumerate() {
        if !is_near(at) {
            left_out = true;
            continue;
        }
        if left_out {
            out += "@@\n";
            left_out = false;
        }
        let (sign, text) = match line {
            Line::Same(text) => (' ', text),
            Line::Old(text) => ('-', text),
            Line::New(text) => ('+', text),
        };
        out += format!("{sign}{text}").trim_end();
        out.push('\n');
    }
    out
}

/// A longest common subsequence of lines, and what lies between. Two models have some hundred lines, so the table is small.
fn lines<'a>(old: &'a str, new: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let mut longest = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if old[i] == new[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(Line::Same(new[j]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && longest[i + 1][j] >= longest[i][j + 1] {
            out.push(Line::Old(old[i]));
            i += 1;
        } else {
            out.push(Line::New(new[j]));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_turns_the_old_text_into_the_new_one() {
        let (old, new) = ("a\nb\nc\nd", "a\nx\nc\nd\ne");
        assert_eq!(unified(old, new), " a\n-b\n+x\n c\n d\n+e\n");
        assert_eq!(changed(old, new), 3);
        assert_eq!(unified(old, old), "");
    }

    #[test]
    fn equal_lines_far_from_a_change_are_left_out() {
        let numbers: Vec<String> = (0..20).map(|line| line.to_string()).collect();
        let old = numbers.join("\n") + "\n";
        let new = old.replace("19\n", "x\n");
        assert_eq!(unified(&old, &new), "@@\n 16\n 17\n 18\n-19\n+x\n");
    }

    #[test]
    fn the_description_is_cut_off_with_its_comment() {
        let code = "fn serve() {}\n\n/// About.\nconst ABOUT: About = About {\n};\n";
        assert_eq!(without_description(code), "fn serve() {}");
    }
}
