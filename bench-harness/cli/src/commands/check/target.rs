//! The server that the user names: how the suite reaches it, and how its command is written.

use std::env;
use std::sync::Arc;

use conformance::{Expect, Subject};
use echo_server::{Listen, Transport, find};
use loadgen::Target as Address;
use measure::external::{External, words};
use record::check::Server;
use record::foreign::word;

use super::CheckArgs;
use super::launch::Serve;
use crate::failure::{Explain as _, Failure};
use conformance::ports::is_listening;

/// A server to check.
pub struct Target {
    /// The server, as the suite knows it.
    pub subject: Subject,
    /// The server, as the document describes it.
    pub server: Server,
    /// The address if the server runs already.
    pub address: Option<Listen>,
    /// What it declares; absent for a model.
    pub expect: Option<Expect>,
    /// `--expect` as the user wrote it.
    is_expect_given: bool,
}

impl Target {
    /// The server of this command line.
    ///
    /// # Errors
    /// None is named, several are, or it cannot be checked.
    pub fn of(args: &CheckArgs) -> Result<Self, Failure> {
        match (&args.target, &args.external) {
            (Some(target), Some(_)) => Err(Failure::wrong_use(format!(
                "`{target}` and --external are two servers; remove one of them"
            ))),
            (None, None) => Err(Failure::wrong_use(
                "there is no server to check; name a model of `echolab list`, give an address such as 127.0.0.1:7007, or use --external 'COMMAND {port}'",
            )),
            (None, Some(command)) => external(args, command),
            (Some(_), None) if args.udp => Err(Failure::wrong_use(
                "--udp says what the server of --external serves; remove --udp, and write udp:ADDR:PORT for the address of a server of datagrams",
            )),
            (Some(target), None) if target.contains(':') => address(args, target),
            (Some(name), None) => model(args, name),
        }
    }

    /// The command that checks this server, without the choice of cases.
    pub fn command(&self) -> String {
        let server = match &self.server {
            Server::Model { name } => name.clone(),
            Server::Address { address } => word(address).into_owned(),
            Server::External { command, datagrams } => {
                let udp = if *datagrams { " --udp" } else { "" };
                format!("--external {}{udp}", quoted(command))
            }
        };
        let expect = self.expect.filter(|_| self.is_expect_given);
        let expect = expect.map_or_else(String::new, |expect| format!(" --expect {expect}"));
        format!("echolab check {server}{expect}")
    }
}

/// A command as one word of a shell. Single quotes keep `{port}` readable.
fn quoted(command: &str) -> String {
    if command.contains('\'') {
        word(command).into_owned()
    } else {
        format!("'{command}'")
    }
}

fn model(args: &CheckArgs, name: &str) -> Result<Target, Failure> {
    let model = find(name).map_err(|error| {
        Failure::wrong_use(format!(
            "{error}; or give the address of a server, such as 127.0.0.1:7007"
        ))
    })?;
    if let Err(reason) = model.supported() {
        return Err(Failure::wrong_use(format!(
            "`{name}` cannot run here: {reason}"
        )));
    }
    if args.expect.is_some() {
        return Err(Failure::wrong_use(format!(
            "a model declares itself how many clients it serves at a time; remove --expect, and see `echolab list {name}`"
        )));
    }
    let itself = env::current_exe().explain(
        "cannot find the program itself",
        "start it with its full path",
    )?;
    Ok(Target {
        subject: Subject::model(model.about(), Arc::new(Serve(itself))),
        server: Server::Model {
            name: name.to_owned(),
        },
        address: None,
        expect: None,
        is_expect_given: false,
    })
}

fn address(args: &CheckArgs, text: &str) -> Result<Target, Failure> {
    let all = Address::all_of(text).map_err(|error| Failure::wrong_use(error.to_string()))?;
    let all: Vec<Listen> = all.into_iter().map(listen).collect();
    let first = all.iter().position(is_listening).unwrap_or(0);
    let address = all[first].clone();
    let expect = args.expect.unwrap_or_default();
    Ok(Target {
        subject: Subject::address(address.clone(), expect),
        server: Server::Address {
            address: address.to_string(),
        },
        address: Some(address),
        expect: Some(expect),
        is_expect_given: args.expect.is_some(),
    })
}

/// The address in the type of the suite.
fn listen(address: Address) -> Listen {
    match address {
        Address::Tcp(address) => Listen::Tcp(address),
        Address::Udp(address) => Listen::Udp(address),
        Address::Unix(path) => Listen::Unix(path),
    }
}

fn external(args: &CheckArgs, command: &str) -> Result<Target, Failure> {
    // The same rules as for `compare --external`.
    let server = format!("server={command}").parse::<External>();
    server.map_err(|error| Failure::from(error).about("--external"))?;
    let transport = if args.udp {
        Transport::Datagram
    } else {
        Transport::Stream
    };
    let expect = args.expect.unwrap_or_default();
    let split = |command: &str, port| words(command, port).map_err(|error| error.to_string());
    Ok(Target {
        subject: Subject::command(command.to_owned(), transport, expect, split),
        server: Server::External {
            command: command.to_owned(),
            datagrams: args.udp,
        },
        address: None,
        expect: Some(expect),
        is_expect_given: args.expect.is_some(),
    })
}
