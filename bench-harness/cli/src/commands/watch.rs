//! `echolab watch`: shows what a server and a few scripted clients do, one line an event.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use course::watch::script::{self, BUILT_IN, ClientScript};
use course::watch::story::Story;
use course::watch::{Record, Subject, Watch, closing, page, watch};
use echo_server::{MODELS, Transport, find};
use measure::stop::Stop;
use serde_json::json;

use crate::failure::{Explain as _, Failure};
use crate::notes::note;

/// Watch a server and a few clients: one line an event, from both sides
///
/// Three clients talk to the server: one is silent, one asks much, one asks little. Or play a script of your own. On the
/// left stands what the clients do, on the right what the server and the kernel do. `p1` is a process of the server, `t1` a
/// thread of it. A model reports its events itself (`serve --verbose`). If strace is installed and may trace, the page
/// shows the system calls of each thread too, and a foreign server has a right side. Watching makes a server slower: use
/// `compare` to measure one.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab watch iterative                        a client waits until another one leaves
  echolab watch thread-per-connection            a thread for each: no client waits
  echolab watch iterative --page                 write watch.html: lanes over time, animated
  echolab watch thread-pool -- --workers 1       with options of `echolab serve`
  echolab watch epoll-level --script mine.toml   clients of your own
  echolab watch --external 'python3 scripts/peers/echo_asyncio.py {port}'")]
pub struct WatchArgs {
    /// Name of a model from `echolab list`
    #[arg(required_unless_present = "external", conflicts_with = "external")]
    model: Option<String>,
    /// Watch a server of your own, in any language
    ///
    /// The command gets a free port of 127.0.0.1 in place of {port}. Its side is shown only if strace may trace here.
    #[arg(long, value_name = "COMMAND")]
    external: Option<String>,
    /// Play the clients of this file
    #[arg(short, long, value_name = "FILE", long_help = script_help())]
    script: Option<PathBuf>,
    /// Write a page with animated lanes [default file: watch.html]
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "watch.html", require_equals = true)]
    page: Option<PathBuf>,
    /// Print one line of JSON an event
    ///
    /// An event has `at` in seconds, `by` (client, server or kernel), `client` and `did`; those of the server also have
    /// `process` and `thread`. The last line has the waits for replies, the notes, and the closing sentences.
    #[arg(long)]
    json: bool,
    /// Do not trace the server with strace
    #[arg(long)]
    no_strace: bool,
    /// Options of `echolab serve` for the model
    #[arg(last = true, value_name = "OPTIONS", conflicts_with = "external")]
    options: Vec<String>,
}

/// The format of scripts, with the built-in one as an example.
fn script_help() -> String {
    let built_in = BUILT_IN.trim_end().replace('\n', "\n  ");
    format!(
        "Play the clients of this file\n\n{}\nThe built-in script:\n  {built_in}",
        script::FORMAT
    )
}

/// Runs `echolab watch`.
///
/// # Errors
/// The model or the script is wrong, the server does not start, or the page cannot be written.
pub fn run(args: &WatchArgs) -> Result<ExitCode, Failure> {
    let (subject, title) = args.subject()?;
    let clients = args.clients()?;
    let program = env::current_exe().explain(
        "cannot find the program itself",
        "start it with its full path",
    )?;
    let stop = Stop::on_signals(|| {}).explain("cannot handle Ctrl-C", "check `ulimit -i`")?;
    let plan = Watch {
        program: &program,
        subject: &subject,
        clients: &clients,
        without_strace: args.no_strace,
        stop: &stop,
    };
    let record = if args.json {
        show_json(&plan, &title)?
    } else {
        show_lines(&plan, &title)?
    };
    if let Some(path) = &args.page {
        let html = page::html(&title, &args.command(), &clients, &record);
        let problem = format!("cannot write {}", path.display());
        fs::write(path, html).explain(problem, "check its folder and the space on its disk")?;
        note(format_args!("page: {}", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a line an event while the script is played, and at the end who waited for whom.
fn show_lines(plan: &Watch, title: &str) -> Result<Record, Failure> {
    let names: Vec<String> = plan
        .clients
        .iter()
        .map(|client| client.name.clone())
        .collect();
    let mut story = Story::new(&names);
    let mut out = io::stdout();
    let mut print = |line: Option<String>| {
        // A closed stdout shows itself at the next write below.
        let _ = line.map_or(Ok(()), |line| writeln!(out, "{line}"));
    };
    let record = watch(plan, &mut |event| {
        print(story.push(event).map(|row| row.to_string()));
    })?;
    print(story.flush().map(|row| row.to_string()));
    if let Some(legend) = story.legend() {
        print(Some(legend));
    }
    for text in record.notes.iter().cloned().chain(closing(&record)) {
        print(Some(text));
    }
    if let Some(other) = other_model(title) {
        writeln!(io::stdout(), "Compare: echolab watch {other}")?;
    }
    Ok(record)
}

/// Prints a line of JSON an event, and at the end one with the waits and the notes.
fn show_json(plan: &Watch, title: &str) -> Result<Record, Failure> {
    let names: Vec<String> = plan
        .clients
        .iter()
        .map(|client| client.name.clone())
        .collect();
    let mut out = io::stdout();
    let record = watch(plan, &mut |event| {
        // A closed stdout shows itself at the last line.
        let _ = writeln!(out, "{}", event.json(&names));
    })?;
    let wait = |wait: &course::watch::event::Wait| json!({ "client": names[wait.client], "from": wait.from, "to": wait.to, "answered": wait.answered });
    let end = json!({
        "server": title,
        "waits": record.waits.iter().map(wait).collect::<Vec<_>>(),
        "calls": record.calls.len(),
        "notes": record.notes,
        "closing": closing(&record),
    });
    writeln!(io::stdout(), "{end}")?;
    Ok(record)
}

impl WatchArgs {
    /// The server, and its name in texts.
    fn subject(&self) -> Result<(Subject, String), Failure> {
        if let Some(command) = &self.external {
            // The same rules as for `compare --external`.
            let server = format!("server={command}").parse::<measure::external::External>();
            server.map_err(|error| Failure::from(error).about("--external"))?;
            let subject = Subject::External {
                command: command.clone(),
            };
            return Ok((subject, command.clone()));
        }
        let name = self.model.as_deref().unwrap_or_default();
        let model = find(name)?;
        if let Err(reason) = model.supported() {
            return Err(Failure::wrong_use(format!(
                "`{name}` cannot run here: {reason}"
            )));
        }
        let subject = Subject::Model {
            name: name.to_owned(),
            options: self.options.clone(),
        };
        Ok((subject, name.to_owned()))
    }

    fn clients(&self) -> Result<Vec<ClientScript>, Failure> {
        let Some(path) = &self.script else {
            return Ok(script::parse(BUILT_IN)?);
        };
        let text = fs::read_to_string(path).explain(
            format_args!("cannot read the script {}", path.display()),
            "check the name of the file",
        )?;
        script::parse(&text).map_err(|error| Failure::from(error).about(path.display()))
    }

    /// The command that makes the page again.
    fn command(&self) -> String {
        let mut words = vec!["echolab watch".to_owned()];
        words.extend(self.model.clone());
        words.extend(
            self.external
                .as_ref()
                .map(|command| format!("--external '{command}'")),
        );
        words.extend(
            self.script
                .as_ref()
                .map(|path| format!("--script {}", path.display())),
        );
        words.extend(self.no_strace.then(|| "--no-strace".to_owned()));
        words.push("--page".to_owned());
        if !self.options.is_empty() {
            words.push(format!("-- {}", self.options.join(" ")));
        }
        words.join(" ")
    }
}

/// The model to watch next: for the last one and for a foreign server it is the first of the course.
fn other_model(name: &str) -> Option<&'static str> {
    let streams = MODELS.iter().map(|model| model.about());
    let streams = streams.filter(|about| about.transport == Transport::Stream);
    let names: Vec<&'static str> = streams.map(|about| about.name).collect();
    let place = names.iter().position(|other| *other == name);
    let next = place.and_then(|place| names.get(place + 1));
    next.or(names.first()).copied()
}
