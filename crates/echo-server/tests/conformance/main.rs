//! Conformance: every model x every case, each with a server process of its own.
//!
//! `cargo test -p echo-server --test conformance -- epoll-level::` runs one model, `-- ::one_byte` one case. A test is
//! called `MODEL::CASE`; [`case::CASES`] lists the cases for streams, [`case::DATAGRAM_CASES`] those for datagrams. What a model says that it cannot do is asserted where the
//! case is about it, and otherwise reported at the end, with the reason. A server is this same binary, started again.

mod break_it;
mod case;
mod cases;
mod client;
mod datagram;
mod frame;
mod process;
mod serve;
mod server;
mod subject;
mod watch;

use std::env;
use std::panic;
use std::process::ExitCode;

use echo_server::{MODELS, Transport};
use libtest_mimic::{Arguments, Trial};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::case::{CASES, DATAGRAM_CASES};
use crate::subject::Subject;

/// Tests run at the same time, on few CPUs too: most of their time is spent waiting for another process.
const AT_ONCE: usize = 16;

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    if words.next().as_deref() == Some(serve::COMMAND) {
        let options = words.next().expect("the options follow the command");
        return serve::serve(&options);
    }
    raise_descriptor_limit();
    // The place is news, the way there through the test runner is not.
    panic::set_hook(Box::new(|what| eprintln!("{what}")));
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let (trials, not_applicable) = trials();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        println!("not applicable, and why:");
        for line in not_applicable {
            println!("  {line}");
        }
    }
    conclusion.exit_code()
}

/// All tests, and a line for everything that is none.
fn trials() -> (Vec<Trial>, Vec<String>) {
    let mut trials = Vec::new();
    let mut not_applicable = Vec::new();
    for model in MODELS {
        let subject = Subject::new(*model);
        let (cases, others) = match subject.about().transport {
            Transport::Stream => (CASES, DATAGRAM_CASES),
            Transport::Datagram => (DATAGRAM_CASES, CASES),
        };
        let (name, serves) = (subject.name(), subject.about().transport.name());
        not_applicable.push(format!(
            "{name}: {} other cases, because it serves {serves}",
            others.len()
        ));
        if let Some(why) = subject.unsupported() {
            not_applicable.push(format!("{name}: all cases and `break_it`: {why}"));
            continue;
        }
        for case in cases {
            let name = format!("{}::{}", subject.name(), case.name);
            match case.not_applicable(&subject) {
                Some(why) => not_applicable.push(format!("{name}: {why}")),
                None => trials.push(Trial::test(name, move || {
                    (case.run)(&subject);
                    Ok(())
                })),
            }
        }
    }
    trials.extend(process::trials());
    trials.extend(break_it::trials());
    (trials, not_applicable)
}

/// A thousand clients at once need as many descriptors here as in the server.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
