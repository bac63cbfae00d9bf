//! The list of models for people: names by family, which fit on a small terminal, or an entry for each model.

use echo_server::Family;
use report::paragraph::{hanging, wrapped};

use super::Row;

/// Space before the names and entries of a family.
const INDENT: &str = "  ";

/// The families in the order of the course.
const FAMILIES: [Family; 6] = [
    Family::Blocking,
    Family::Readiness,
    Family::Coroutines,
    Family::Runtimes,
    Family::Completion,
    Family::Kernel,
];

/// How the models of a family wait for their clients.
const fn waits(family: Family) -> &'static str {
    match family {
        Family::Blocking => "a thread or process waits in read for one client",
        Family::Readiness => "the kernel says which sockets are ready",
        Family::Completion => "the kernel says which operations are complete",
        Family::Coroutines => "blocking code on stacks that the program switches",
        Family::Runtimes => "a runtime polls the tasks that can go on",
        Family::Kernel => "a reference line: no process waits",
    }
}

/// The folder of a model, which contains its lesson.
fn lesson(name: &str) -> String {
    format!("crates/models/{name}/README.md")
}

/// The names by family, with a mark where a model cannot run here.
pub fn short(rows: &[Row]) -> String {
    let mut text = wrapped(&format!(
        "{} models. `echolab list NAME` shows one; `echolab list --long` shows all; `echolab list --rooms` shows the chat servers.",
        rows.len()
    ));
    text += &wrapped(&format!("The lesson of each model: {}", lesson("NAME")));
    for family in FAMILIES {
        let names = of_family(rows, family).map(|row| {
            let mark = if row.unsupported.is_some() { "*" } else { "" };
            format!("{}{mark}", row.about.name)
        });
        let names: Vec<String> = names.collect();
        if !names.is_empty() {
            text += &heading(family);
            text += &hanging(INDENT, &names.join(", "));
        }
    }
    if rows.iter().any(|row| row.unsupported.is_some()) {
        text += "* cannot run here: `echolab list NAME` says why\n";
    }
    text
}

/// An entry for each model, by family.
pub fn long(rows: &[Row], claims: bool) -> String {
    let mut text = String::new();
    for family in FAMILIES {
        let entries: Vec<String> = of_family(rows, family)
            .map(|row| entry(row, claims))
            .collect();
        if !entries.is_empty() {
            text += &[heading(family), entries.join("\n"), String::new()].join("\n");
        }
    }
    text.trim_end().to_owned() + "\n"
}

fn of_family(rows: &[Row], family: Family) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.about.family == family)
}

fn heading(family: Family) -> String {
    wrapped(&format!("{}: {}", family.name(), waits(family)))
}

/// What one model teaches, serves and needs.
pub fn entry(row: &Row, claims: bool) -> String {
    let about = row.about;
    let mut text = hanging("", &format!("{} ({})", about.name, about.family.name()));
    let mut line = |label: &str, words: &str| {
        text += &hanging(&format!("{INDENT}{label:8}"), words);
    };
    line("idea", about.summary);
    line("serves", about.transport.name());
    line("limit", row.limit);
    line("lesson", &lesson(about.name));
    line("source", about.source);
    if row.reference_line {
        line(
            "note",
            "a reference line, not a server to deploy: it only echoes bytes over TCP; `compare` measures it only if --models names it",
        );
    }
    if let Some(reason) = &row.unsupported {
        line("note", &format!("cannot run here: {reason}"));
    }
    for claim in about.claims.iter().filter(|_| claims) {
        line("claim", &format!("{} ({})", claim.says, claim.scenario));
    }
    text
}

#[cfg(test)]
mod tests {
    use echo_server::MODELS;

    use report::paragraph::{WIDTH, columns};

    use super::super::row;
    use super::*;

    fn rows() -> Vec<Row> {
        MODELS.iter().map(|model| row(*model)).collect()
    }

    #[test]
    fn the_short_list_fits_on_a_terminal_of_80_by_24() {
        let text = short(&rows());
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
        // A line for the command, and one for the next prompt.
        assert!(text.lines().count() <= 22, "{text}");
    }

    #[test]
    fn both_lists_contain_every_model_in_its_family() {
        let rows = rows();
        let (short, long) = (short(&rows), long(&rows, true));
        for row in &rows {
            let has = |text: &str| {
                let mut words = text.split_whitespace();
                words.any(|word| word.trim_end_matches(['*', ',']) == row.about.name)
            };
            assert!(has(&short) && has(&long), "{}", row.about.name);
            assert!(long.contains(&lesson(row.about.name)), "{long}");
        }
    }

    #[test]
    fn the_long_list_fits_80_columns_and_cuts_no_word() {
        let text = long(&rows(), true);
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
        for model in MODELS {
            for word in model.about().summary.split_whitespace() {
                assert!(text.contains(word), "{word}");
            }
        }
    }
}
