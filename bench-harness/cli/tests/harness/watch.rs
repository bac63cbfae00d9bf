//! `echolab watch` and `serve --verbose`: what a server and its clients do, as a user sees it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use contract::event::{Line, What};
use contract::server;
use echo_server::MODELS;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Deadline of every wait.
const DEADLINE: Duration = Duration::from_secs(20);

/// A silent client, and one that says hello meanwhile.
const SCRIPT: &str = r#"c1 = ["connect", "wait 0.5", "leave"]
c2 = ["wait 0.05", "connect", "send hello", "expect", "leave"]
"#;

/// Runs `echolab watch` with the script above.
fn watch(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.toml");
    fs::write(&script, SCRIPT).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command.args(["watch", "--script"]).arg(&script).args(args);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_client_behind_a_silent_one_waits_for_it_to_leave() {
    let text = stdout(&watch(&["iterative"]));
    for part in [
        "c1 connects",
        "is silent for 0.5 s",
        "c2 connects",
        "sends \"hello\"",
        "kernel: c2 waits in the accept queue, 5 bytes",
        "c2 gets \"hello\" after 0.",
        "p1: c1 read 0",
        "for c1 to leave.\n",
    ] {
        assert!(text.contains(part), "`{part}` is missing in\n{text}");
    }
    assert!(
        text.ends_with("Compare: echolab watch thread-per-connection\n"),
        "{text}"
    );
}

/// The lines of JSON, and the last one, which is the summary.
fn events(output: &Output) -> (Vec<Value>, Value) {
    let lines = stdout(output);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut events: Vec<Value> = lines.collect();
    let end = events.pop().unwrap();
    (events, end)
}

/// What this side did for a client.
fn did<'a>(events: &'a [Value], by: &str, client: &str) -> Vec<&'a str> {
    let of_client = events
        .iter()
        .filter(|event| event["by"] == by && event["client"] == client);
    of_client
        .map(|event| event["did"].as_str().unwrap())
        .collect()
}

/// What a server does for a client that says hello and leaves.
const WHOLE: [&str; 5] = ["accept", "read 5", "write 5", "read 0", "end"];

#[test]
fn a_thread_for_each_client_lets_none_wait_for_another() {
    let (events, end) = events(&watch(&["thread-per-connection", "--json"]));
    let times: Vec<f64> = events
        .iter()
        .map(|event| event["at"].as_f64().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(did(&events, "server", "c2"), WHOLE);
    assert_eq!(
        did(&events, "client", "c1"),
        ["connects", "is silent for 0.5 s", "leaves"]
    );
    let wait = &end["waits"][0];
    assert_eq!(
        (&wait["client"], &wait["answered"]),
        (&"c2".into(), &true.into())
    );
    let waited = wait["to"].as_f64().unwrap() - wait["from"].as_f64().unwrap();
    assert!(
        waited < 0.4,
        "c2 waited {waited} s although c1 has a thread of its own"
    );
}

#[test]
fn without_strace_a_note_says_how_to_see_more() {
    let text = stdout(&watch(&["iterative", "--no-strace"]));
    let note =
        "The waits of the server's threads are not shown: strace is off: remove `--no-strace`.";
    assert!(text.contains(note), "{text}");
}

/// Passes with a message where there is no Python or where strace may not trace.
#[test]
fn a_foreign_server_is_watched_from_both_sides() {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/peers/echo_iterative.py");
    if Command::new("python3").arg("-V").output().is_err() {
        return eprintln!("not tested: no python3 here");
    }
    let command = format!("python3 {} {{port}}", peer.display());
    let (events, end) = events(&watch(&["--external", &command, "--json"]));
    let closing = end["closing"][0].as_str().unwrap();
    assert!(closing.ends_with("for c1 to leave."), "{closing}");
    if end["calls"] == 0 {
        return eprintln!("not tested: strace does not trace here: {}", end["notes"]);
    }
    assert_eq!(did(&events, "server", "c2"), WHOLE);
}

#[test]
fn the_page_has_all_that_was_seen_and_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("watch.html");
    let output = watch(&["iterative", &format!("--page={}", page.display())]);
    assert!(
        text(&output.stderr).contains("watch.html"),
        "{}",
        text(&output.stderr)
    );
    let text = fs::read_to_string(page).unwrap();
    for part in [
        "for c1 to leave.",
        "accept queue, 5 bytes",
        "@keyframes open",
        "send hello",
    ] {
        assert!(text.contains(part), "`{part}` is missing");
    }
    for absent in ["<script", "http://", "https://"] {
        assert!(!text.contains(absent), "the page has `{absent}`");
    }
}

#[test]
fn wrong_use_ends_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.toml");
    fs::write(
        &script,
        "c1 = [\"connect\"]\nc2 = [\"connect\", \"sing\"]\n",
    )
    .unwrap();
    let script = script.to_string_lossy().into_owned();
    for (args, problem, advice) in [
        (
            vec!["iterative", "--script", &script],
            "line 2 of the script: no word is called `sing`",
            "`echolab watch --help` lists the words, with an example",
        ),
        (
            vec!["iterativ"],
            "no model is called `iterativ`",
            "`echolab list` shows all models",
        ),
        (
            vec!["--external", "cat"],
            "does not say which port to use",
            "write {port} in place of the port number",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
        let output = command.arg("watch").args(&args).output().unwrap();
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(
            error.contains(problem) && error.trim_end().ends_with(advice),
            "{error}"
        );
    }
}

#[test]
fn ctrl_c_ends_the_server_and_the_clients() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
    command
        .args(["watch", "fork-per-connection", "--json"])
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let server = lines.find_map(|line| {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        event["process"].as_i64()
    });
    let server = PathBuf::from(format!("/proc/{}", server.unwrap()));
    assert!(server.exists());
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    // Without a reader of the remaining lines, the program would wait for room in the pipe.
    let events = lines.map_while(Result::ok).count();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{events} events");
    assert!(!server.exists(), "the server still runs");
}

/// A running `echolab serve`, which is killed when this is dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
        command.arg("serve").args(args);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        // The server writes one more line at its end.
        thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        let address = server::Line::ready(&line).unwrap();
        Self { child, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Stops the server when `client` has left, and gives what it wrote to stderr.
    fn stop(mut self, signals: u32) -> String {
        for _ in 0..signals {
            kill(
                Pid::from_raw(self.child.id().cast_signed()),
                Signal::SIGTERM,
            )
            .unwrap();
        }
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        stderr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a greeting and gets it back. Returns the address of the client.
fn greet(server: &Server) -> String {
    let mut reply = [0; 5];
    if let Some(address) = server.address.strip_prefix("udp:") {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.send_to(b"hello", address).unwrap();
        socket.recv(&mut reply).unwrap();
        return socket.local_addr().unwrap().to_string();
    }
    let mut stream = server.connect();
    stream.write_all(b"hello").unwrap();
    stream.read_exact(&mut reply).unwrap();
    let client = stream.local_addr().unwrap().to_string();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut reply).unwrap(), 0);
    client
}

/// Every model gets the events from the kit. The kernel moves the bytes of a reference line, so it reports them together.
#[test]
fn a_verbose_server_shows_what_it_does_for_a_client_whatever_its_model() {
    for model in MODELS.iter().filter(|model| model.supported().is_ok()) {
        let about = model.about();
        let server = Server::start(&[about.name, "--verbose"]);
        let client = greet(&server);
        let is_stream = !server.address.starts_with("udp:");
        let stderr = server.stop(1);
        let lines: Vec<Line> = stderr.lines().filter_map(Line::parse).collect();
        let of_client: Vec<What> = lines
            .iter()
            .filter(|line| line.client == client)
            .map(|line| line.what)
            .collect();
        let mut expected = vec![What::Read(5), What::Write(5)];
        if is_stream {
            expected.insert(0, What::Accept);
            let end_of_file = (!about.is_reference_line()).then_some(What::Read(0));
            expected.extend(end_of_file.into_iter().chain([What::End]));
        }
        assert_eq!(of_client, expected, "{}: {stderr}", about.name);
    }
}

#[test]
fn a_server_is_silent_unless_it_is_asked_to_be_verbose() {
    let server = Server::start(&["epoll-level"]);
    greet(&server);
    // The stop may come just before the end of the conversation is counted; then the server says what it waits for.
    let stderr = server.stop(1);
    assert_eq!(stderr.lines().find_map(Line::parse), None, "{stderr}");
}

/// The children of a forking server get the signal too, and must not repeat the sentence.
#[test]
fn a_server_says_at_the_first_stop_what_it_waits_for() {
    for model in [
        "iterative",
        "fork-per-connection",
        "prefork",
        "epoll-level",
        "tokio-multi-thread",
    ] {
        if echo_server::find(model).is_err() {
            continue; // this build does not have it
        }
        let server = Server::start(&[model]);
        let mut client = server.connect();
        client.write_all(b"x").unwrap();
        client.read_exact(&mut [0]).unwrap();
        kill(
            Pid::from_raw(server.child.id().cast_signed()),
            Signal::SIGINT,
        )
        .unwrap();
        wait_until_refused(&server.address);
        assert_eq!(
            server.stop(1),
            "stopping: 1 conversation open, at most 5 s more; Ctrl-C again ends it now\n",
            "{model}"
        );
    }
}

fn wait_until_refused(address: &str) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begun.elapsed() < DEADLINE, "the server still accepts");
        thread::sleep(Duration::from_millis(1));
    }
}
