#![doc = include_str!("README.md")]

mod break_it;
mod exercises;
mod not_applicable;
mod process;
mod serve;
mod subjects;

use std::env;
use std::num::NonZero;
use std::panic;
use std::process::ExitCode;
use std::thread::available_parallelism;

use conformance::ROOM_CASES;
use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::not_applicable::NotApplicable;

/// Number of tests per CPU that run at the same time. They spend most of their time waiting for a server.
const PER_CPU: usize = 4;
/// Largest number of tests that run at the same time.
const AT_ONCE: usize = 16;

fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    if words.next().as_deref() == Some(serve::COMMAND) {
        let model = words.next().expect("a model follows the command");
        let options = words.next().expect("the options follow the model");
        return serve::serve(&model, &options);
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
    for (model, subject) in subjects::all() {
        let unsupported = subjects::unsupported(model);
        for case in subject.cases() {
            let name = format!("/{}/{}", subject.name(), case.name);
            let reason = unsupported.clone();
            let reason = reason.or_else(|| case.not_applicable(&subject));
            match reason.or_else(|| subjects::left_out(case)) {
                Some(reason) => not_applicable.push(NotApplicable { name, reason }),
                None => trials.push(Trial::test(name, {
                    let subject = subject.clone();
                    move || case.check(&subject).map_err(Failed::from)
                })),
            }
        }
    }
    add_rooms(&mut trials, &mut not_applicable);
    trials.extend(process::trials());
    let (breaking, unsupported) = break_it::trials();
    trials.extend(breaking);
    not_applicable.extend(unsupported);
    let (exercises, unsupported) = exercises::trials();
    trials.extend(exercises);
    not_applicable.extend(unsupported);
    (trials, not_applicable)
}

/// Adds the tests of the chat servers. All their cases apply to each of them.
fn add_rooms(trials: &mut Vec<Trial>, not_applicable: &mut Vec<NotApplicable>) {
    for (room, subject) in subjects::rooms() {
        let unsupported = room.supported().err();
        for case in ROOM_CASES {
            let name = format!("/{}/{}", subject.name(), case.name);
            match &unsupported {
                Some(reason) => not_applicable.push(NotApplicable {
                    name,
                    reason: reason.to_string(),
                }),
                None => trials.push(Trial::test(name, {
                    let subject = subject.clone();
                    move || case.check(&subject).map_err(Failed::from)
                })),
            }
        }
    }
}

/// A thousand clients at once need as many descriptors in this process as in the server.
fn raise_descriptor_limit() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
