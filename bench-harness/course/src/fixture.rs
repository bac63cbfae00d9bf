//! A lesson with made-up values, for tests.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;

use measure::stop::Stop;
use record::environment::Environment;

use crate::catalogue::Lesson;
use crate::lesson::Document;
use crate::measured::{Measured, Row, Span, SpanKind, Unit};
use crate::outcome::Outcome;
use crate::predict::Prediction;
use crate::stage::Stage;
use crate::step::{Run, StepError};
use crate::text::Text;

/// The document of a lesson in the format of its file.
pub const DOCUMENT: &str = r#"
chapter = "readiness"
place = 2
title = "poll looks at every socket"
question = """
100 clients send 20,000 requests a second.

What does a request cost with poll?"""
seconds = 12
[prediction]
quantity = "poll / epoll-level"
choices = [
  { says = "about the same", to = 1.15 },
  { says = "a third to a half more", from = 1.15, to = 3 },
  { says = "at least three times as much", from = 3 },
]
[[step]]
do = "compare"
rounds = 12
class = [{ rate = 20000 }]
[figure]
title = "CPU time a request"
unit = "us"
[[check]]
says = "poll costs at least 15 % more"
quantity = "poll / epoll-level"
above = 1.15
otherwise = "the server is saturated; try a lower --set rate"
"#;

/// Its text.
pub const TEXT: &str = "# poll looks at every socket\n## What you should see\nThe lower bar is longer.\n## Why\nEach call scans 100 \
    sockets,\nand finds one.\n\nA second paragraph.\n## How this lies\nFlat out nothing is seen.\n## Try next\nRun `echolab watch \
    poll`.\n## Source\n* `poll(2)`, <script>\n";

/// The lesson.
pub fn lesson() -> Lesson {
    let document: Document = toml::from_str(DOCUMENT).unwrap();
    let text = Text::parse(TEXT, &document.title).unwrap();
    Lesson {
        name: "poll-scans".to_owned(),
        document,
        text,
    }
}

/// Rows in which poll costs 1.4 times as much, with six rounds.
pub fn rows() -> Vec<Row> {
    let epoll = [17.0, 17.1, 17.2, 17.3, 17.4, 17.5];
    let poll = epoll.map(|value| value * 1.4);
    vec![
        Row::new("epoll-level", Unit::Us, epoll.to_vec()),
        Row::new("poll", Unit::Us, poll.to_vec()),
        Row::new("calls", Unit::Count, vec![12_345.0]),
    ]
}

/// Rows of two lanes.
pub fn lanes() -> Vec<Row> {
    let span = |from, to, kind| Span { from, to, kind };
    let lane = |label: &str, value, spans| Row {
        spans,
        ..Row::new(label, Unit::S, vec![value])
    };
    vec![
        lane("c1", 3.0, vec![span(0.0, 3.0, SpanKind::Idle)]),
        lane(
            "c2",
            3.001,
            vec![
                span(0.0, 3.0, SpanKind::Waits),
                span(3.0, 3.001, SpanKind::Served),
            ],
        ),
    ]
}

/// The judged outcome of these rows with this prediction.
pub fn outcome(lesson: &Lesson, rows: Vec<Row>, prediction: Option<Prediction>) -> Outcome {
    let mut outcome = Outcome {
        schema: Outcome::SCHEMA,
        lesson: lesson.name.clone(),
        shown: false,
        reason: None,
        prediction,
        right: None,
        answer: None,
        checks: Vec::new(),
        rows,
        notes: vec!["Both servers kept up.".to_owned()],
        settings: BTreeMap::new(),
        short: false,
        seconds: 12.3,
        environment: Environment {
            cpu: "A processor".to_owned(),
            cpus: 2,
            ..Environment::default()
        },
    };
    outcome.judge(&lesson.document, Ok(()));
    outcome
}

/// Carries out a step in short, with these parameters. There is no program, so it can start no server.
pub fn carry_out(run: Run, parameters: &str) -> Result<Measured, StepError> {
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::manual();
    let mut stage = Stage {
        program: Path::new("/"),
        folder: folder.path(),
        server_cpus: None,
        client_cpus: None,
        seed: 1,
        short: true,
        stop: &stop,
        progress: &|_, _| {},
    };
    run(&mut stage, &toml::from_str(parameters).unwrap())
}

/// Two connected sockets: a client's, and a server's.
pub fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}
