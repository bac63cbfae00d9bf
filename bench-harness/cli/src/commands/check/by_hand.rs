//! How to see by hand what a case sees: commands with the host, the port and the process of this server in them.

use record::check::Server;
use record::foreign::word;

/// The port in commands that start a server, as in all examples of the project.
const PORT: &str = "7007";

/// The command that starts the server in a second terminal; `None` if the server runs already.
pub fn start(server: &Server) -> Option<String> {
    match server {
        Server::External { command, .. } => Some(command.replace("{port}", PORT)),
        Server::Model { name } => Some(format!("echolab serve {name} --listen 127.0.0.1:{PORT}")),
        Server::Address { address } => relay(address),
    }
}

/// A program that makes a Unix-domain socket reachable at a port, because the commands are for TCP.
fn relay(address: &str) -> Option<String> {
    let path = address.strip_prefix("unix:")?;
    let socket = match path.strip_prefix('@') {
        Some(name) => format!("ABSTRACT-CONNECT:{name}"),
        None => format!("UNIX-CONNECT:{path}"),
    };
    let socket = word(&socket).into_owned();
    Some(format!(
        "socat TCP-LISTEN:{PORT},bind=127.0.0.1,reuseaddr,fork {socket}"
    ))
}

/// The commands of a case for this server: first the one that starts it, unless the others do that.
///
/// Some start a model: the server itself, if it is one, else `model`, which shows what a correct server does.
pub fn commands(server: &Server, text: &str, model: &str) -> String {
    let (host, port) = place(server);
    let model = match server {
        Server::Model { name } => name,
        Server::External { .. } | Server::Address { .. } => model,
    };
    let lines = text
        .replace("{host}", &host)
        .replace("{port}", &port)
        .replace("{pid}", "$PID")
        .replace("{model}", model);
    let starts_itself = text.contains("echolab serve");
    let start = start(server).filter(|_| !starts_itself);
    let start = start.map(|start| format!("{start}    # in a second terminal"));
    let process = text.contains("{pid}").then(|| process(server));
    let lines = lines.trim_end().to_owned();
    let all: Vec<String> = start.into_iter().chain(process).chain([lines]).collect();
    all.join("\n")
}

/// Host and port.
fn place(server: &Server) -> (String, String) {
    let address = match server {
        Server::Address { address } => address.strip_prefix("udp:").unwrap_or(address),
        Server::Model { .. } | Server::External { .. } => "",
    };
    let parsed = address.parse::<std::net::SocketAddr>().ok();
    parsed.map_or_else(
        || ("127.0.0.1".to_owned(), PORT.to_owned()),
        |address| (address.ip().to_string(), address.port().to_string()),
    )
}

/// A line for the shell that finds the process: the oldest one with the command of the server.
fn process(server: &Server) -> String {
    match start(server) {
        Some(command) => format!("PID=$(pgrep -of {})", word(&pattern(&command))),
        None => "PID=    # the process ID of the server".to_owned(),
    }
}

/// The command as a regular expression: what is special there matches any character.
fn pattern(command: &str) -> String {
    command.replace(|c| "\\^$|?*+()[]{}'\"".contains(c), ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "nc {host} {port}\nps -p {pid}\n";

    #[test]
    fn a_command_of_the_user_is_started_in_a_second_terminal() {
        let server = Server::External {
            command: "python3 'my server.py' {port}".to_owned(),
            datagrams: false,
        };
        assert_eq!(
            commands(&server, TEXT, "seda"),
            "python3 'my server.py' 7007    # in a second terminal\n\
             PID=$(pgrep -of 'python3 .my server.py. 7007')\n\
             nc 127.0.0.1 7007\n\
             ps -p $PID"
        );
    }

    #[test]
    fn a_server_that_runs_already_is_not_started() {
        let server = |address: &str| Server::Address {
            address: address.to_owned(),
        };
        let text = "nc {host} {port}\n";
        assert_eq!(commands(&server("[::1]:9"), text, "seda"), "nc ::1 9");
        assert_eq!(
            commands(&server("udp:127.0.0.1:9"), text, "seda"),
            "nc 127.0.0.1 9"
        );
        let by_relay = commands(&server("unix:/tmp/my echo"), text, "seda");
        assert!(by_relay.starts_with("socat TCP-LISTEN:7007,"), "{by_relay}");
        assert!(
            by_relay.contains("'UNIX-CONNECT:/tmp/my echo'"),
            "{by_relay}"
        );
    }

    #[test]
    fn commands_that_start_a_model_themselves_need_no_second_terminal() {
        let server = Server::Model {
            name: "poll".to_owned(),
        };
        let text = "echolab serve {model} &\nkill $!";
        assert_eq!(
            commands(&server, text, "seda"),
            "echolab serve poll &\nkill $!"
        );
        let other = commands(&server, "nc {host} {port}", "seda");
        assert!(other.starts_with("echolab serve poll --listen 127.0.0.1:7007    #"));
    }
}
