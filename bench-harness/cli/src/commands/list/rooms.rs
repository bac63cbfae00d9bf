//! The list of chat servers, for people or for programs.

use echo_server::{AboutRoom, ROOMS, RoomModel};
use report::paragraph::{hanging, wrapped};
use serde::Serialize;

/// The folder of a chat server, which contains its lesson.
fn lesson(name: &str) -> String {
    format!("crates/rooms/{name}/README.md")
}

/// A row of the JSON document.
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    about: &'static AboutRoom,
    /// Why the chat server cannot run here; null if it can.
    unsupported: Option<String>,
}

/// All chat servers.
pub fn rows() -> Vec<Row> {
    ROOMS.iter().map(|room| row(*room)).collect()
}

/// One chat server.
pub fn row(room: &dyn RoomModel) -> Row {
    let unsupported = room.supported().err().map(|reason| reason.to_string());
    Row {
        about: room.about(),
        unsupported,
    }
}

/// An entry for each chat server.
pub fn long(rows: &[Row]) -> String {
    let heading = wrapped(
        "Chat servers, in which one conversation wakes another. `echolab serve NAME` starts one; two terminals with `nc` \
         make a room.",
    );
    let entries = rows.iter().map(entry);
    heading + "\n" + &entries.collect::<Vec<_>>().join("\n")
}

/// What one chat server teaches and promises.
pub fn entry(row: &Row) -> String {
    let about = row.about;
    let mut text = hanging("", &format!("{} ({})", about.name, about.family.name()));
    let mut line = |label: &str, words: &str| text += &hanging(&format!("  {label:8}"), words);
    line("idea", about.summary);
    line("serves", about.transport.name());
    line("slow", about.slow.sentence());
    line("order", about.order.sentence());
    line("lesson", &lesson(about.name));
    line("source", about.source);
    if let Some(reason) = &row.unsupported {
        line("note", &format!("cannot run here: {reason}"));
    }
    text
}

/// The names, one per line.
pub fn names() -> String {
    let names = ROOMS.iter().map(|room| room.about().name);
    names.flat_map(|name| [name, "\n"]).collect()
}

/// The table of chat servers as the README shows it.
pub fn markdown() -> String {
    let heading =
        "| chat server | waits by | a slow receiver | in a sentence |\n|---|---|---|---|\n"
            .to_owned();
    let rows = ROOMS.iter().map(|room| {
        let about = room.about();
        let (name, slow) = (about.name, about.slow.sentence());
        format!(
            "| [`{name}`](crates/rooms/{name}) | {} | {slow} | {} |\n",
            about.family.name(),
            about.summary
        )
    });
    heading + &rows.collect::<String>()
}

#[cfg(test)]
mod tests {
    use report::paragraph::{WIDTH, columns};

    use super::*;

    #[test]
    fn every_chat_server_has_an_entry_that_fits_80_columns() {
        let text = long(&rows());
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
        for room in ROOMS {
            let about = room.about();
            assert!(text.contains(&lesson(about.name)), "{text}");
            for word in about.summary.split_whitespace() {
                assert!(text.contains(word), "{word}");
            }
        }
    }
}
