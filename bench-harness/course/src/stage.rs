//! The place where a lesson's experiment happens: the program, a folder, CPUs, the user's stop, and the progress.

use std::path::Path;

use measure::stop::Stop;

/// What a step may use. A step starts its processes through `measure`, and ends them all before it returns.
pub struct Stage<'a> {
    /// This program, which a step starts as `serve`, `load` or `lesson-step`.
    pub program: &'a Path,
    /// A folder of its own for files and sockets, which is removed afterwards.
    pub folder: &'a Path,
    /// The CPUs of servers; `None` for all.
    pub server_cpus: Option<&'a [usize]>,
    /// The CPUs of clients; `None` for all.
    pub client_cpus: Option<&'a [usize]>,
    /// The seed of payloads and orders.
    pub seed: u64,
    /// True if the experiment should be as short as it can be, for tests.
    pub short: bool,
    /// The user's wish to stop. A step looks at it at least four times a second, and returns `StepError::Stopped`.
    pub stop: &'a Stop,
    /// Shows what is being done, and the share that is done (0 to 1).
    pub progress: &'a dyn Fn(&str, f64),
}
