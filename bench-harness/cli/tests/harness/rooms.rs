//! The chat servers: their pages, and the commands that list and serve them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use echo_server::ROOMS;

use crate::tidy::{read, rooms, root};

fn echolab() -> Command {
    Command::new(env!("CARGO_BIN_EXE_echolab"))
}

/// What the program writes to stdout and to stderr.
fn run(words: &[&str]) -> (String, String) {
    let output = echolab().args(words).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("it writes text");
    (text(output.stdout), text(output.stderr))
}

fn names() -> Vec<&'static str> {
    ROOMS.iter().map(|room| room.about().name).collect()
}

#[test]
fn every_chat_server_is_complete() {
    let (readme, changelog) = (
        read(&root().join("README.md")),
        read(&root().join("CHANGELOG.md")),
    );
    for (name, folder) in rooms() {
        let left_out = name == "room-tokio" && !cfg!(feature = "runtimes");
        assert!(
            left_out || names().contains(&name.as_str()),
            "{name} is in no registry"
        );
        assert!(
            readme.contains(&format!("(crates/rooms/{name})")),
            "README.md does not show {name}"
        );
        assert!(
            changelog.contains(&format!("`{name}`")),
            "CHANGELOG.md does not name {name}"
        );
        let page = read(&folder.join("README.md"));
        assert!(
            page.contains("\nA stop: "),
            "{name} does not say what a stop does"
        );
        let questions = read(&folder.join("questions.md"));
        let headings = questions.lines().filter(|line| line.starts_with("## "));
        assert_eq!(headings.count(), 10, "questions of {name}");
    }
}

#[test]
fn the_readme_shows_the_chat_servers_of_the_registry() {
    let readme = read(&root().join("README.md"));
    let table = readme.split("<!-- rooms -->\n").nth(1).unwrap_or_default();
    let table = table.split("<!-- /rooms -->").next().unwrap_or_default();
    let is_built = |line: &&str| {
        let name = line.split('`').nth(1);
        name.is_none_or(|name| names().contains(&name))
    };
    let shown: Vec<_> = table.lines().filter(is_built).collect();
    let (current, _) = run(&["list", "--rooms", "--markdown"]);
    let current: Vec<_> = current.lines().collect();
    assert_eq!(
        shown, current,
        "renew it with `echolab list --rooms --markdown`"
    );
}

#[test]
fn the_list_has_every_chat_server_in_every_form() {
    let (short, _) = run(&["list", "--rooms", "--names"]);
    assert_eq!(short.lines().collect::<Vec<_>>(), names());
    let (json, _) = run(&["list", "--rooms", "--json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).expect("it is JSON");
    let of_json: Vec<_> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(of_json, names());
    for name in names() {
        let (entry, _) = run(&["list", name]);
        assert!(entry.starts_with(name), "{entry}");
    }
}

#[test]
fn two_people_talk_in_a_room_and_the_end_counts_their_messages() {
    for protocol in ["chat", "line"] {
        let mut server = echolab()
            .args(["serve", "room-epoll", "--protocol", protocol])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut output = BufReader::new(server.stdout.take().expect("it has a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the server speaks");
        let address = line.trim().strip_prefix("ready ").expect("it is ready");
        let mut people = ["ada", "bob"].map(|name| Person::connect(address, name));
        people[0].says("/join lobby", "* joined lobby, members: 1");
        people[1].says("/join lobby", "* joined lobby, members: 2");
        people[1].says("hello", "bob: hello");
        people[0].hears("bob: hello");
        people[0].says("/dance", "! no such command");
        drop(people);
        let pid = nix::unistd::Pid::from_raw(server.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
        line.clear();
        output.read_line(&mut line).expect("the server speaks");
        let stats = line.strip_prefix("stats ").expect("it counts");
        let stats: serde_json::Value = serde_json::from_str(stats).expect("it is JSON");
        assert_eq!(stats["protocol"], "chat");
        assert_eq!(stats["rooms"]["delivered"], 2, "{stats}");
        assert!(server.wait().is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_protocol_that_a_server_does_not_speak_is_refused_with_advice() {
    let (_, error) = run(&["serve", "room-epoll", "--protocol", "framed"]);
    assert!(error.ends_with("remove --protocol\n"), "{error}");
    let (_, error) = run(&["serve", "iterative", "--protocol", "chat"]);
    assert!(
        error.ends_with("choose a chat server from `echolab list --rooms`\n"),
        "{error}"
    );
}

/// A client as a person with `nc`.
struct Person(BufReader<TcpStream>);

impl Person {
    fn connect(address: &str, name: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        let deadline = Duration::from_secs(10);
        stream
            .set_read_timeout(Some(deadline))
            .expect("the timeout is not zero");
        let mut person = Self(BufReader::new(stream));
        person.says(&format!("/name {name}"), &format!("* your name is {name}"));
        person
    }

    fn says(&mut self, line: &str, answer: &str) {
        let stream = self.0.get_mut();
        writeln!(stream, "{line}").expect("the server reads");
        self.hears(answer);
    }

    fn hears(&mut self, begin: &str) {
        let mut line = String::new();
        self.0
            .read_line(&mut line)
            .expect("the server answers in time");
        assert!(line.starts_with(begin), "{line}");
    }
}
