#![doc = include_str!("README.md")]

mod break_it;
mod case;
mod cases;
mod client;
mod datagram;
mod exercises;
mod frame;
mod not_applicable;
mod process;
mod serve;
mod server;
mod subject;
mod watch;

use std::env;
use std::num::NonZero;
use std::panic;
use std::process::ExitCode;
use std::thread::available_parallelism;

use echo_server::{MODELS, Transport};
use libtest_mimic::{Arguments, Trial};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::case::{CASES, DATAGRAM_CASES};
use crate::not_applicable::NotApplicable;
use crate::subject::Subject;

/// Number of tests per CPU that run at the same time. They spend most of their time waiting for a server.
const PER_CPU: usize = 4;
/// Largest number of tests that run at the same time.
const AT_ONCE: usize = 16;

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    if words.next().as_deref() == Some(serve::COMMAND) {
        let options = words.next().expect("the options follow the command");
        return serve::serve(&options);
    }
    if env::args().any(|word| word == "--help" || word == "-h") {
        println!("{}", include_str!("README.md"));
    }
    raise_descriptor_limit();
    // A failing test shows the place of the panic. A backtrace through the test runner would not help.
    panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let mut arguments = Arguments::from_args();
    let cpus = available_parallelism().map_or(1, NonZero::get);
    let at_once = (PER_CPU * cpus).min(AT_ONCE);
    arguments.test_threads.get_or_insert(at_once);
    let (trials, not_applicable) = trials();
    if !arguments.list {
        not_applicable::print(&arguments, &trials, not_applicable);
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// All tests, and all cases that do not apply to a model.
fn trials() -> (Vec<Trial>, Vec<NotApplicable>) {
    let mut trials = Vec::new();
    let mut not_applicable = Vec::new();
    for model in MODELS {
        let subject = Subject::new(*model);
        let unsupported = subject.unsupported();
        let cases = match subject.about().transport {
            Transport::Stream => CASES,
            Transport::Datagram => DATAGRAM_CASES,
        };
        for case in cases {
            let name = format!("/{}/{}", subject.name(), case.name);
            match unsupported
                .clone()
                .or_else(|| case.not_applicable(&subject))
            {
                Some(reason) => not_applicable.push(NotApplicable { name, reason }),
                None => trials.push(Trial::test(name, move || {
                    (case.run)(&subject);
                    Ok(())
                })),
            }
        }
    }
    trials.extend(process::trials());
    let (breaking, unsupported) = break_it::trials();
    trials.extend(breaking);
    not_applicable.extend(unsupported);
    let (exercises, unsupported) = exercises::trials();
    trials.extend(exercises);
    not_applicable.extend(unsupported);
    (trials, not_applicable)
}

/// A thousand clients at once need as many descriptors in this process as in the server.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
