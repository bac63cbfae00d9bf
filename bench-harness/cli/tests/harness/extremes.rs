//! Every command with absurd values: it ends soon, with one of its exit codes and a sentence, and never with a panic.
//!
//! Commands and options come from clap's own description of the command line, so that a new option is tested without a
//! change here. `ECHOLAB_EXTREMES_SEED` tries other values, and `ECHOLAB_EXTREMES_CASES` makes it longer.

mod values;

use std::env;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rand::{Rng as _, RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha12Rng;
use record::foreign::visible;
use values::{BASES, STDIN, VALUES};

/// Address space of the program, in bytes.
const MEMORY: u64 = 1 << 30;
/// Time after which a command that still runs is asked to stop, as with Ctrl-C, and again after as long.
const PATIENCE: Duration = Duration::from_millis(800);
/// Time after which a command hangs.
const HANGS: Duration = Duration::from_secs(10);
/// The default seed, so that every run of the suite tries the same values.
const SEED: u64 = 16;
/// The default number of cases: about 30 s on two busy CPUs.
const CASES: u64 = 1500;
/// Number of commands that run at a time.
const AT_ONCE: usize = 3;
/// All exit codes of the program.
const CODES: [i32; 6] = [0, 1, 2, 3, 4, 130];

/// Beginnings of the sentences about this machine, which no option can change.
const OF_THE_MACHINE: [&str; 1] = ["this needs cargo, which does not start"];

/// One command line.
#[derive(Debug)]
struct Case {
    words: Vec<String>,
    /// The options and arguments with an absurd value, as the user knows them.
    absurd: Vec<String>,
    stdin: &'static str,
}

/// How a command ended.
struct End {
    status: ExitStatus,
    stderr: String,
    was_stopped: bool,
    hung: bool,
}

#[test]
fn no_absurd_value_makes_a_command_panic_hang_or_say_nothing() {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = number("ECHOLAB_EXTREMES_SEED").unwrap_or(SEED);
    let wanted = number("ECHOLAB_EXTREMES_CASES").unwrap_or(CASES);
    println!("ECHOLAB_EXTREMES_SEED={seed} repeats these cases");
    let begin = Instant::now();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut faults = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed) as u64;
            if index >= wanted {
                return faults;
            }
            let case = Case::new(&mut ChaCha12Rng::seed_from_u64(seed.wrapping_add(index)));
            faults.extend(case.fault());
        }
    };
    let faults: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        let faults = workers.into_iter().map(|worker| worker.join().unwrap());
        faults.flatten().collect()
    });
    let cases = next.into_inner() - AT_ONCE;
    println!(
        "{cases} cases, {} faults, {:?}",
        faults.len(),
        begin.elapsed()
    );
    assert!(faults.is_empty(), "seed {seed}:\n{}", faults.join("\n\n"));
}

/// The refusal of a number names its range, and the help of the option names the same range.
#[test]
fn the_help_of_every_number_shows_the_range_that_its_parser_has() {
    let mut numbers = 0;
    for command in echolab::command().get_subcommands() {
        let counts = |arg: &&Arg| {
            let names = arg.get_value_names().unwrap_or_default();
            let words = ["N", "N,…", "BYTES", "NS"];
            arg.get_long().is_some() && names.iter().any(|name| words.contains(&name.as_str()))
        };
        for arg in command.get_arguments().filter(counts) {
            let option = format!("--{}", arg.get_long().unwrap());
            let absurd = "99999999999999999999999";
            let words = [command.get_name(), &option, absurd].map(str::to_owned);
            let case = Case {
                words: words.to_vec(),
                absurd: Vec::new(),
                stdin: "",
            };
            let said = case.run(tempfile::tempdir().unwrap().path(), HANGS).stderr;
            let range = said.split_once("write a whole number from ");
            let (_, range) = range.unwrap_or_else(|| panic!("{words:?}: {said}"));
            let range = range.lines().next().unwrap_or_default();
            let help = [arg.get_help(), arg.get_long_help()].map(|help| {
                let text = help.map(ToString::to_string).unwrap_or_default();
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            });
            assert!(
                help.iter().any(|help| help.contains(range)),
                "{words:?}: `{range}` is not in {help:?}"
            );
            numbers += 1;
        }
    }
    assert!(numbers > 20, "{numbers} options are numbers");
}

impl Case {
    /// A random command with a few absurd values.
    fn new(random: &mut ChaCha12Rng) -> Self {
        let program = echolab::command();
        let commands: Vec<_> = program.get_subcommands().collect();
        let command = commands.choose(random).unwrap();
        let base = BASES.iter().find(|base| base.command == command.get_name());
        let (mut words, never) = match base {
            Some(base) => (base.words.to_vec(), base.never),
            None => (vec![], &[][..]),
        };
        words.insert(0, command.get_name());
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let mut absurd = Vec::new();
        let allowed = |arg: &&Arg| {
            let is_help = matches!(
                arg.get_action(),
                ArgAction::Help | ArgAction::HelpLong | ArgAction::HelpShort | ArgAction::Version
            );
            !is_help && !never.contains(&arg.get_id().as_str())
        };
        let args: Vec<&Arg> = command.get_arguments().filter(allowed).collect();
        let many = random.random_range(1..=3);
        for arg in args.sample(random, many) {
            add(arg, random, &mut words, &mut absurd);
        }
        // Arguments by position that the command needs and that drew no absurd value.
        let named = |arg: &&&Arg| arg.is_positional() && arg.is_required_set();
        for (index, arg) in args.iter().filter(named).enumerate() {
            if !absurd.contains(&name(arg)) {
                let sane = base.and_then(|base| base.positional.get(index));
                words.insert(1 + index, sane.unwrap_or(&"x").to_string());
            }
        }
        Self {
            words,
            absurd,
            stdin: STDIN.choose(random).unwrap(),
        }
    }

    /// What is wrong with the end of this command; `None` if nothing is.
    fn fault(&self) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let End {
            status,
            stderr,
            was_stopped,
            hung,
        } = self.run(folder.path(), PATIENCE);
        let is_ours = |signal: &i32| was_stopped && *signal == Signal::SIGTERM as i32;
        let signal = status.signal().filter(|signal| !is_ours(signal));
        let panics = [
            "panicked",
            "overflow",
            "memory allocation of",
            "RUST_BACKTRACE",
        ];
        let fault = if hung {
            "hangs".to_owned()
        } else if let Some(signal) = signal {
            format!("ends by signal {signal}")
        } else if status.code().is_some_and(|code| !CODES.contains(&code)) {
            format!("ends with {status}")
        } else if panics.iter().any(|word| stderr.contains(word)) {
            "panics".to_owned()
        } else if status.code() == Some(2) && !self.is_explained(&stderr) {
            "does not name the option or the remedy".to_owned()
        } else {
            return None;
        };
        let words = shortened(&format!("{:?}", self.words));
        let stdin = shortened(self.stdin);
        Some(format!(
            "{fault}: {words} <<< {stdin}\n{}",
            shortened(&stderr)
        ))
    }

    /// True if the message names one of the options that were given, or the value, and what to do.
    fn is_explained(&self, stderr: &str) -> bool {
        if OF_THE_MACHINE.iter().any(|words| stderr.contains(words)) {
            return true;
        }
        let parts = |word: &'_ String| {
            word.split_once('=')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        let options = self.words.iter().filter_map(parts);
        let mut options = options.filter(|(option, _)| option.starts_with("--"));
        let says = |text: &str| stderr.contains(&*visible(text));
        let quotes = |value: &str| says(&format!("`{value}`")) || says(&format!("'{value}'"));
        let is_named = options
            .any(|(option, value)| says(&option) || quotes(&value) || value.split(',').any(quotes))
            || self.absurd.iter().any(|name| says(name))
            || self.words.iter().any(|word| says(word))
            || self.stdin.lines().any(quotes);
        let remedies = [
            "write ", "use ", "try ", "give ", "choose ", "remove ", "check ", "install ", "shows",
            "lists", "name ", "--help",
        ];
        is_named && remedies.iter().any(|word| says(word))
    }

    /// Runs it, and asks it to stop after this time if it still runs.
    fn run(&self, folder: &Path, patience: Duration) -> End {
        let output = folder.join("stderr");
        let mut stderr = File::create_new(&output).unwrap();
        let mut child = self.start(folder, stderr.try_clone().unwrap());
        let begin = Instant::now();
        let mut stops = 0;
        let (status, hung) = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break (status, false);
            }
            let elapsed = begin.elapsed();
            if elapsed > HANGS {
                child.kill().unwrap();
                break (child.wait().unwrap(), true);
            }
            if stops < 2 && elapsed > patience * (stops + 1) {
                stops += 1;
                // The child is not waited for, so its process ID is still its own.
                kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
            }
            thread::sleep(Duration::from_millis(5));
        };
        stderr = File::open(&output).unwrap();
        stderr.rewind().unwrap();
        let mut text = Vec::new();
        stderr.take(1 << 20).read_to_end(&mut text).unwrap();
        End {
            status,
            stderr: String::from_utf8_lossy(&text).into_owned(),
            was_stopped: stops > 0,
            hung,
        }
    }

    /// Starts the command in an empty folder, with little memory, and where it finds no other program.
    fn start(&self, folder: &Path, stderr: File) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
        command
            .args(&self.words)
            .current_dir(folder)
            .env("PATH", folder)
            .env_remove("CARGO")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(stderr)
            .process_group(0);
        // SAFETY: one system call, between fork and exec.
        unsafe {
            command.pre_exec(|| Ok(setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY)?));
        }
        let mut child = command.spawn().unwrap();
        // A command that does not read its input may have ended.
        let _ = child.stdin.take().unwrap().write_all(self.stdin.as_bytes());
        child
    }
}

/// Adds an option or an argument with an absurd value, or a flag.
fn add(arg: &Arg, random: &mut ChaCha12Rng, words: &mut Vec<String>, absurd: &mut Vec<String>) {
    let option = name(arg);
    if !arg.get_action().takes_values() {
        words.push(option);
        return;
    }
    let value = value(arg, random);
    if arg.is_positional() {
        words.insert(1, value);
    } else {
        words.push(format!("{option}={value}"));
    }
    absurd.push(option);
}

/// An absurd value, or now and then a word that the option knows.
fn value(arg: &Arg, random: &mut ChaCha12Rng) -> String {
    let known = arg.get_possible_values();
    match known.choose(random) {
        Some(known) if random.random_bool(0.5) => known.get_name().to_owned(),
        _ => match random.random_range(0..20) {
            0 => VALUES.choose(random).unwrap().repeat(3000),
            1 => random.next_u64().to_string(),
            2 => format!("{}s", random.next_u64()),
            _ => (*VALUES.choose(random).unwrap()).to_owned(),
        },
    }
}

/// The option as it is typed, or the name of an argument in the help.
fn name(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => {
            let names = arg.get_value_names().unwrap_or_default();
            names
                .first()
                .map_or_else(|| arg.get_id().to_string(), ToString::to_string)
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(600).collect()
}
