//! Starts a model for a case: this program again, with the command `serve`.

use std::path::PathBuf;
use std::process::Command;

use conformance::{Launch, Options, confine};

/// The program itself.
pub struct Serve(pub PathBuf);

impl Launch for Serve {
    fn command(&self, model: &str, options: &Options) -> Command {
        let mut command = Command::new(&self.0);
        command.args(arguments(model, options));
        confine(&mut command, options.descriptors);
        command
    }
}

/// The command line of `echolab serve` without the program.
fn arguments(model: &str, options: &Options) -> Vec<String> {
    let mut words = vec!["serve".to_owned(), model.to_owned()];
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    option("listen", options.listen.clone());
    option("protocol", options.protocol.clone());
    option("workers", options.workers.to_string());
    option("grace", format!("{}s", options.grace_seconds));
    if let Some(most) = options.max_connections {
        option("max-connections", most.to_string());
    }
    if let Some(time) = options.idle_timeout {
        option("idle-timeout", format!("{}ms", time.as_millis()));
    }
    if let Some(bytes) = options.max_frame {
        option("max-frame", bytes.to_string());
    }
    words
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;
    use std::time::Duration;

    use clap::Parser as _;
    use echo_protocol::Protocol;
    use echo_server::Transport;

    use super::*;
    use crate::command_line::Echolab;

    #[test]
    fn serve_understands_all_options_of_a_case() {
        let options = Options {
            max_connections: NonZero::new(2),
            idle_timeout: Some(Duration::from_millis(1500)),
            max_frame: Some(100),
            ..Options::new(Transport::Stream, Protocol::Framed)
        };
        let words = arguments("x", &options);
        assert!(
            words
                .windows(2)
                .any(|two| two == ["--idle-timeout", "1500ms"])
        );
        let program = ["echolab".to_owned()].into_iter();
        assert!(Echolab::try_parse_from(program.chain(words)).is_ok());
    }
}
