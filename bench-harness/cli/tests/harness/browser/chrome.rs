//! A headless Chromium, asked through its own debugging protocol over two pipes: no port, no crate.
//!
//! Source of the protocol: <https://chromedevtools.github.io/devtools-protocol/>, with `--remote-debugging-pipe`: messages
//! are JSON that ends with a zero byte, to the browser on descriptor 3, from it on 4.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::fonts::Font;

/// The names under which distributions install it.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// A browser that says nothing for so long never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// One browser with one page.
pub struct Chrome {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    last: u64,
    /// What the browser said unasked.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Chrome {
    /// Starts a browser with the default font of this machine, and opens an empty page.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        Self::run(command(profile.path()), profile)
    }

    /// Starts a browser with this default font, and opens an empty page.
    pub fn in_font(font: &Font) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = command(profile.path());
        command.env("FONTCONFIG_FILE", font.configure(profile.path()));
        Self::run(command, profile)
    }

    fn run(mut command: Command, profile: TempDir) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (send, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while out.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let told = serde_json::from_slice(&message).map(|value| send.send(value));
                if !matches!(told, Ok(Ok(()))) {
                    break;
                }
                message.clear();
            }
        });
        let to = child.stdin.take().expect("it is piped");
        let mut chrome = Self {
            child,
            to,
            from,
            session: None,
            last: 0,
            events: Vec::new(),
            _profile: profile,
        };
        chrome.open();
        chrome
    }

    fn open(&mut self) {
        let target = self.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.call("Target.attachToTarget", &attach);
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for part in [
            "Page.enable",
            "Runtime.enable",
            "Log.enable",
            "DOM.enable",
            "CSS.enable",
        ] {
            self.call(part, &json!({}));
        }
    }

    /// Asks for something, and returns the answer.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to
            .write_all(format!("{message}\0").as_bytes())
            .expect("the browser listens");
        loop {
            let mut answer = self.next();
            if answer["id"] == json!(self.last) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    /// Opens a file, and waits until all of it is there.
    pub fn visit(&mut self, file: &Path) {
        self.events.clear();
        self.call(
            "Page.navigate",
            &json!({"url": format!("file://{}", file.display())}),
        );
        while !self
            .events
            .iter()
            .any(|event| event["method"] == "Page.loadEventFired")
        {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// Evaluates an expression in the page; a promise is waited for.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", &params);
        assert!(
            answer["exceptionDetails"].is_null(),
            "{}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    /// Presses and releases a key.
    pub fn press(&mut self, key: &str, code: u32, text: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Errors that the page wrote to the console since it was visited.
    pub fn errors(&self) -> Vec<String> {
        let is_error = |event: &&Value| {
            let params = &event["params"];
            event["method"] == "Runtime.exceptionThrown"
                || params["type"] == "error"
                || params["entry"]["level"] == "error"
        };
        self.events
            .iter()
            .filter(is_error)
            .map(Value::to_string)
            .collect()
    }

    fn next(&mut self) -> Value {
        self.from
            .recv_timeout(PATIENCE)
            .expect("the browser answers")
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // Whether it is gone already does not matter.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The shell puts our pipes where the browser looks for them.
fn command(profile: &Path) -> Command {
    let name = NAMES
        .into_iter()
        .find(|name| is_there(name))
        .expect("Chromium is installed (Debian: apt-get install chromium)");
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
            "sh",
            name,
        ])
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-pipe",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ])
        .arg(format!("--user-data-dir={}", profile.display()));
    command
}

fn is_there(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}
