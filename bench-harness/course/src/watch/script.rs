//! The script of the clients: one line a client, with what it does in order. Errors name the line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use thiserror::Error;
use toml::Spanned;

/// The script that is played unless another one is given: a silent, a heavy and a light client.
pub const BUILT_IN: &str = r#"c1 = ["connect", "wait 3", "leave"]
c2 = ["wait 0.1", "connect", "ask 500 x 4000", "leave"]
c3 = ["wait 0.2", "connect", "send hello", "expect", "wait 0.8", "send again", "expect", "leave"]
"#;

/// What a script may contain, for the long help.
pub const FORMAT: &str = r#"A script has one line a client, with what it does in order:
  c1 = ["connect", "wait 3", "leave"]
  c2 = ["wait 0.1", "connect", "send hello", "expect", "leave"]
The words are:
  connect       connect to the server
  send TEXT     send this text
  send-bytes N  send N bytes
  expect        wait until everything that was sent has come back
  expect N      wait for N bytes
  ask N x B     N times: send B bytes, and wait until they have come back
  wait S        do nothing for S seconds
  end           end the own side of the connection, and go on reading (`shutdown`)
  leave         close the connection
  reset         close it with a reset"#;

/// Most clients of a script. Each has a colour and a lane.
const MOST_CLIENTS: usize = 12;
/// Longest name of a client.
const LONGEST_NAME: usize = 12;
/// Most bytes that one word may send.
const MOST_BYTES: usize = 100_000_000;
/// Longest wait.
const LONGEST_WAIT: f64 = 60.0;

/// A client and what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientScript {
    /// Its name.
    pub name: String,
    /// What it does, in order.
    pub actions: Vec<Action>,
    /// The words of its line.
    pub source: String,
}

/// What a client does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It connects.
    Connect,
    /// It sends these bytes.
    Send(Vec<u8>),
    /// It waits for bytes: for this number, or for all that it has sent.
    Expect(Option<usize>),
    /// It sends requests, each after the reply to the one before.
    Ask {
        /// Number of requests.
        times: usize,
        /// Bytes of a request.
        bytes: usize,
    },
    /// It does nothing.
    Wait(Duration),
    /// It ends its side of the connection.
    End,
    /// It closes the connection.
    Leave,
    /// It closes the connection with a reset.
    Reset,
}

/// A script cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "line {line} of the script: {problem}; `echolab watch --help` lists the words, with an example"
)]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// The document: the words of each client, with their places in the text.
type Lines = BTreeMap<Spanned<String>, Vec<Spanned<String>>>;

/// Reads a script.
///
/// # Errors
/// It is not TOML, or a word is unknown. The error names the line.
pub fn parse(text: &str) -> Result<Vec<ClientScript>, ScriptError> {
    let at = |span: Range<usize>, problem: String| {
        let line = 1 + text[..span.start.min(text.len())].matches('\n').count();
        ScriptError { line, problem }
    };
    let lines: Lines = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        at(span, error.message().to_owned())
    })?;
    let mut clients: Vec<(usize, ClientScript)> = Vec::new();
    for (name, words) in lines {
        let span = name.span();
        let name = check_name(name.into_inner()).map_err(|problem| at(span.clone(), problem))?;
        let source = words.iter().map(|word| format!("{:?}", word.get_ref()));
        let source = source.collect::<Vec<_>>().join(", ");
        let actions = words.into_iter().map(|word| {
            let (span, word) = (word.span(), word.into_inner());
            action(&word).map_err(|problem| at(span, problem))
        });
        let actions = actions.collect::<Result<Vec<_>, _>>()?;
        check_order(&actions).map_err(|problem| at(span.clone(), problem))?;
        clients.push((
            span.start,
            ClientScript {
                name,
                actions,
                source,
            },
        ));
    }
    clients.sort_by_key(|(place, _)| *place);
    if clients.is_empty() || clients.len() > MOST_CLIENTS {
        let problem = format!("a script has 1 to {MOST_CLIENTS} clients");
        return Err(at(0..0, problem));
    }
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

fn check_name(name: String) -> Result<String, String> {
    if name.chars().count() > LONGEST_NAME {
        return Err(format!(
            "the name `{name}` has more than {LONGEST_NAME} letters"
        ));
    }
    Ok(name)
}

/// A client can only use a connection that it has.
fn check_order(actions: &[Action]) -> Result<(), String> {
    let mut connected = false;
    for action in actions {
        match action {
            Action::Wait(_) => {}
            Action::Connect if connected => {
                return Err(
                    "a client connects once; write one more line for one more client".into(),
                );
            }
            Action::Connect => connected = true,
            Action::Send(_)
            | Action::Expect(_)
            | Action::Ask { .. }
            | Action::End
            | Action::Leave
            | Action::Reset => {
                if !connected {
                    return Err("the client does something before \"connect\"".into());
                }
            }
        }
    }
    if connected {
        Ok(())
    } else {
        Err("the client never connects; write \"connect\"".into())
    }
}

fn action(text: &str) -> Result<Action, String> {
    let (word, value) = text.split_once(' ').unwrap_or((text, ""));
    let alone = |action| match value {
        "" => Ok(action),
        _ => Err(format!("`{word}` stands alone, without `{value}`")),
    };
    match word {
        "connect" => alone(Action::Connect),
        "end" => alone(Action::End),
        "leave" => alone(Action::Leave),
        "reset" => alone(Action::Reset),
        "send" if !value.is_empty() => Ok(Action::Send(value.into())),
        "send" => Err("`send` needs a text: \"send hello\"".into()),
        "send-bytes" => Ok(Action::Send(vec![b'.'; bytes(value)?])),
        "expect" if value.is_empty() => Ok(Action::Expect(None)),
        "expect" => Ok(Action::Expect(Some(bytes(value)?))),
        "ask" => ask(value),
        "wait" => wait(value),
        _ => Err(format!("no word is called `{word}`")),
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    let number = text.trim().parse().ok();
    let allowed = number.filter(|number| (1..=MOST_BYTES).contains(number));
    allowed.ok_or_else(|| format!("`{text}` is not a number of bytes from 1 to {MOST_BYTES}"))
}

fn ask(value: &str) -> Result<Action, String> {
    let (times, each) = value
        .split_once('x')
        .ok_or("`ask` needs a number and a size: \"ask 100 x 4000\"")?;
    let times = bytes(times)?;
    let bytes = bytes(each)?;
    Ok(Action::Ask { times, bytes })
}

fn wait(value: &str) -> Result<Action, String> {
    let seconds: Option<f64> = value.trim().parse().ok();
    let allowed = seconds.filter(|seconds| (0.0..=LONGEST_WAIT).contains(seconds));
    let seconds = allowed.ok_or_else(|| {
        format!("`{value}` is not a number of seconds from 0 to {LONGEST_WAIT}: \"wait 0.5\"")
    })?;
    Ok(Action::Wait(Duration::from_secs_f64(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_script_has_a_silent_a_heavy_and_a_light_client() {
        let clients = parse(BUILT_IN).unwrap();
        let names: Vec<_> = clients.iter().map(|client| &client.name).collect();
        assert_eq!(names, ["c1", "c2", "c3"]);
        assert_eq!(clients[0].actions.len(), 3);
        let heavy = Action::Ask {
            times: 500,
            bytes: 4000,
        };
        assert!(clients[1].actions.contains(&heavy));
        assert!(
            clients[2]
                .actions
                .contains(&Action::Send(b"hello".to_vec()))
        );
    }

    #[test]
    fn clients_keep_the_order_of_their_lines() {
        let clients =
            parse("zoe = [\"connect\"]\nc10 = [\"connect\"]\nc2 = [\"connect\"]").unwrap();
        let names: Vec<_> = clients.iter().map(|client| client.name.as_str()).collect();
        assert_eq!(names, ["zoe", "c10", "c2"]);
    }

    fn error_of(text: &str) -> (usize, String) {
        let error = parse(text).unwrap_err();
        let sentence = error.to_string();
        assert!(
            sentence.ends_with("`echolab watch --help` lists the words, with an example"),
            "{sentence}"
        );
        (error.line, error.problem)
    }

    #[test]
    fn an_error_names_the_line() {
        let good = "c1 = [\"connect\"]\n";
        for (line, problem) in [
            ("c2 = [\"connect\", \"sing\"]", "no word is called `sing`"),
            ("c2 = [\"connect\", \"send\"]", "`send` needs a text"),
            (
                "c2 = [\"connect\", \"wait long\"]",
                "`long` is not a number of seconds",
            ),
            (
                "c2 = [\"connect\", \"expect -1\"]",
                "`-1` is not a number of bytes",
            ),
            (
                "c2 = [\"connect\", \"ask 7\"]",
                "`ask` needs a number and a size",
            ),
            ("c2 = [\"connect\", \"leave now\"]", "`leave` stands alone"),
            ("c2 = [\"send hello\"]", "before \"connect\""),
            ("c2 = [\"wait 1\"]", "never connects"),
            ("c2 = [\"connect\", \"connect\"]", "connects once"),
            (
                "a-name-that-is-long = [\"connect\"]",
                "more than 12 letters",
            ),
        ] {
            let (at, found) = error_of(&format!("{good}{line}"));
            assert_eq!(at, 2, "{line}");
            assert!(found.contains(problem), "{found}");
        }
        assert_eq!(error_of("c1 = [\"connect\"]\n\nc2 = [").0, 3);
        assert_eq!(error_of("").1, "a script has 1 to 12 clients");
    }
}
