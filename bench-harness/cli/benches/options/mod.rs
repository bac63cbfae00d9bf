//! The options that benches have in common.

#![allow(dead_code, reason = "each bench uses a part of this")]

use std::env;
use std::process;

/// What `--help` prints.
const HELP: &str = "\
options: --runs N        measure this number of times
         --short         measure less, to see that the bench works
         --only NAME,…   measure only these
bench-harness/cli/benches/README.md has the options of each bench, with examples and what a good result is";

/// The options of a bench.
pub struct Options {
    arguments: Vec<String>,
}

impl Options {
    /// The options of this process. With `--help` it prints them and ends the process.
    pub fn given() -> Self {
        let options = Self {
            arguments: env::args().skip(1).collect(),
        };
        if options.has("--help") {
            println!("{HELP}");
            process::exit(0);
        }
        options
    }

    /// True if this flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.arguments.iter().any(|argument| argument == flag)
    }

    /// The value after this option.
    pub fn value(&self, option: &str) -> Option<&str> {
        let mut arguments = self.arguments.iter();
        arguments.find(|argument| *argument == option)?;
        arguments.next().map(String::as_str)
    }

    /// True if `--only` names this one, or was not given.
    pub fn wants(&self, name: &str) -> bool {
        let only = self.value("--only");
        only.is_none_or(|names| names.split(',').any(|other| other == name))
    }

    /// The value of `--runs`, or else a default for `--short` or for the whole bench.
    pub fn runs(&self, short: usize, whole: usize) -> usize {
        let usual = if self.has("--short") { short } else { whole };
        let given = self.value("--runs");
        given.map_or(usual, |n| n.parse().expect("--runs N"))
    }
}
