//! The texts of the cases: all are there, and what they tell a reader to try by hand works.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use conformance::texts::{Symptom, Text, names, of};
use conformance::{CASES, Case, DATAGRAM_CASES, Expect, Needs, Subject};
use model::Transport;

/// Longest `by_hand`, in lines: more is not read.
const LINES: usize = 6;

/// Longest line of a `by_hand`, so that it fits into a terminal.
const COLUMNS: usize = 116;

/// Descriptors of a program in `by_hand`: one that opens as many connections as it may opens a few hundred here.
const DESCRIPTORS: usize = 400;

#[test]
fn every_case_has_texts_and_every_text_has_a_case() {
    let cases: BTreeSet<&str> = cases().map(|case| case.name).collect();
    let with_texts: BTreeSet<&str> = names().collect();
    let without: Vec<_> = cases.difference(&with_texts).collect();
    let of_no_case: Vec<_> = with_texts.difference(&cases).collect();
    assert!(without.is_empty(), "cases without texts: {without:?}");
    assert!(of_no_case.is_empty(), "texts of no case: {of_no_case:?}");
}

#[test]
fn every_file_of_texts_is_read() {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("texts"));
    let files = files.expect("the folder is there").flatten();
    let tables = files.flat_map(|file| {
        let text = fs::read_to_string(file.path()).expect("it is a text file");
        let table: toml::Table = text.parse().expect("the file is well-formed");
        table.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    });
    let names: BTreeSet<String> = names().map(str::to_owned).collect();
    let symptoms = Symptom::ALL.map(|symptom| symptom.name().to_owned());
    for table in tables.filter(|table| !symptoms.contains(table)) {
        assert!(
            names.contains(&table),
            "[{table}] is in no file that is read"
        );
    }
}

#[test]
fn no_text_is_empty_and_each_ends_as_a_sentence() {
    for (name, text) in texts() {
        let own = text.symptoms.values();
        let fields = [&text.sentence, &text.proves, &text.means, &text.shows];
        for sentence in fields.into_iter().chain(own) {
            assert!(sentence.ends_with('.'), "{name}: {sentence:?}");
        }
        assert!(!text.by_hand.is_empty(), "{name} has no by_hand");
    }
}

#[test]
fn every_symptom_has_a_meaning_of_its_own_in_general() {
    let meanings: BTreeSet<&str> = Symptom::ALL.map(Symptom::means).into_iter().collect();
    assert_eq!(meanings.len(), Symptom::ALL.len(), "{meanings:?}");
    assert!(!meanings.contains(""), "a symptom has no general meaning");
}

#[test]
fn a_symptom_with_a_sentence_of_its_own_is_not_explained_by_the_case_too() {
    for (name, text) in texts() {
        let twice = text
            .usual
            .iter()
            .find(|symptom| text.symptoms.contains_key(symptom));
        assert_eq!(twice, None, "{name}");
    }
}

#[test]
fn a_failure_means_what_its_symptom_says_before_what_the_case_says() {
    let text = of("one_byte").expect("the first case has texts");
    assert_eq!(text.means_for(None), text.means);
    assert_eq!(text.means_for(Some(Symptom::Silence)), text.means);
    assert_eq!(
        text.means_for(Some(Symptom::Closed)),
        text.symptoms[&Symptom::Closed]
    );
    assert_eq!(text.means_for(Some(Symptom::Leaks)), Symptom::Leaks.means());
}

#[test]
fn every_named_model_exists() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    for (name, text) in texts() {
        let readme = models.join(&text.model).join("README.md");
        assert!(readme.is_file(), "{name} names `{}`", text.model);
    }
}

#[test]
fn what_to_try_by_hand_fits_on_a_screen() {
    for (name, text) in texts() {
        let lines: Vec<&str> = text.by_hand.lines().collect();
        assert!(lines.len() <= LINES, "{name}: {} lines", lines.len());
        let longest = lines.iter().map(|line| line.chars().count()).max();
        assert!(longest <= Some(COLUMNS), "{name}: {longest:?} columns");
    }
}

#[test]
fn what_to_try_by_hand_needs_what_its_case_needs() {
    for case in cases() {
        let has = |part: &str| case.text().by_hand.contains(part);
        let shows_a_model = has("echolab serve ") && has("{model}");
        let needs_a_model = case.needs == Needs::Contract || is_about_frames(case);
        assert_eq!(shows_a_model, needs_a_model, "{}", case.name);
        if !shows_a_model {
            assert_eq!(has("{pid}"), case.needs == Needs::Process, "{}", case.name);
        }
        assert_eq!(
            has("{port}") || has("{pid}"),
            !shows_a_model,
            "{}",
            case.name
        );
    }
}

#[test]
fn only_known_placeholders_are_in_what_to_try_by_hand() {
    for (name, text) in texts() {
        let filled = fill(&text.by_hand, 7007).replace("{pid}", "1");
        let filled = filled.replace("{model}", "iterative");
        let left = filled.split('{').skip(1).find_map(|rest| {
            let (word, _) = rest.split_once('}')?;
            word.chars().all(|c| c.is_ascii_lowercase()).then_some(word)
        });
        assert_eq!(left, None, "an unknown placeholder in {name}");
    }
}

#[test]
fn what_to_try_by_hand_tells_an_echo_server_from_one_that_hangs_up() {
    if !has_python() {
        eprintln!("skipped: this machine has no python3");
        return;
    }
    let (good, bad) = (serve(echo), serve(hang_up));
    for (name, text) in with_an_address(CASES) {
        let with_good = succeed(name, text, good);
        let with_bad = printed(&run(text, bad));
        assert_ne!(with_good, with_bad, "{name} shows no difference");
    }
}

#[test]
fn what_to_try_by_hand_tells_a_datagram_server_from_one_that_is_silent() {
    if !has_python() {
        eprintln!("skipped: this machine has no python3");
        return;
    }
    let (good, bad) = (serve_datagrams(true), serve_datagrams(false));
    for (name, text) in with_an_address(DATAGRAM_CASES) {
        let with_good = succeed(name, text, good);
        let with_bad = printed(&run(text, bad));
        assert_ne!(with_good, with_bad, "{name} shows no difference");
    }
}

/// Every case and its texts.
fn texts() -> impl Iterator<Item = (&'static str, &'static Text)> {
    names().map(|name| (name, of(name).expect("a name of a text has a text")))
}

/// All cases, for streams and for datagrams.
fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(DATAGRAM_CASES)
}

/// True if the case does not apply to a server that only echoes, because it asks for a size or for work.
fn is_about_frames(case: &Case) -> bool {
    let echo = Subject::command(
        String::new(),
        Transport::Stream,
        Expect::CONCURRENT,
        |_, _| Ok(Vec::new()),
    );
    let reason = case.not_applicable(&echo);
    reason.is_some_and(|reason| reason.contains("frames"))
}

/// The names and texts of those cases to which an address is enough.
fn with_an_address(cases: &'static [Case]) -> impl Iterator<Item = (&'static str, &'static Text)> {
    let cases = cases
        .iter()
        .filter(|case| case.needs == Needs::Address && !is_about_frames(case));
    cases.map(|case| (case.name, case.text()))
}

fn has_python() -> bool {
    let version = Command::new("python3").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// The lines with the address of a server in them.
fn fill(by_hand: &str, port: u16) -> String {
    let with_host = by_hand.replace("{host}", &Ipv4Addr::LOCALHOST.to_string());
    with_host.replace("{port}", &port.to_string())
}

/// Runs the lines in a shell of their own, as a user who pastes them.
fn run(text: &Text, port: u16) -> Output {
    let lines = fill(&text.by_hand, port);
    let limited = format!("ulimit -S -n {DESCRIPTORS}; ulimit -H -n {DESCRIPTORS}; {lines}");
    let shell = Command::new("sh")
        .args(["-c", &limited])
        .stdin(Stdio::null())
        .output();
    shell.expect("every Linux has a shell")
}

/// What the lines print with a correct server. They must end with success.
fn succeed(name: &str, text: &Text, port: u16) -> String {
    let output = run(text, port);
    let printed = printed(&output);
    assert!(output.status.success(), "{name}:\n{printed}");
    assert!(!printed.is_empty(), "{name} prints nothing");
    printed
}

fn printed(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .concat()
}

/// Starts a server with a thread for each client. Returns its port.
fn serve(talk: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || talk(client));
        }
    });
    port
}

/// A correct server: every byte goes back, until the client's end. An error ends this client only.
fn echo(mut client: TcpStream) {
    let mut buffer = [0; 16 << 10];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        if client.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}

/// A broken server: it accepts a client and closes the connection.
fn hang_up(client: TcpStream) {
    drop(client);
}

/// Starts a server of datagrams, which answers or is silent. Returns its port.
fn serve_datagrams(answers: bool) -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let port = socket.local_addr().expect("it is bound").port();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            // An error is the report of a reply to a client that has left.
            if let Ok((n, from)) = socket.recv_from(&mut buffer)
                && answers
            {
                socket.send_to(&buffer[..n], from).unwrap_or(0);
            }
        }
    });
    port
}
