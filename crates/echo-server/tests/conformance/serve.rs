//! The server under test: what this binary does if it is started as a server.

use std::env;
use std::num::NonZero;
use std::process::{self, Command, ExitCode};
use std::time::Duration;

use conformance::{Launch, Options, REFUSED};
use echo_protocol::Limits;
use echo_server::{CHAT, Listen, ServeOptions, find, find_room, serve_rooms};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::{Uid, setuid};

/// The first argument that makes this binary a server.
pub const COMMAND: &str = "serve-for-test";

/// The binary of this test, which serves if it is started as [`COMMAND`].
pub struct ThisBinary;

impl Launch for ThisBinary {
    fn command(&self, model: &str, options: &Options) -> Command {
        let options = serde_json::to_string(options).expect("options are numbers and names");
        let mut command = Command::new(env::current_exe().expect("Linux has /proc"));
        command.args([COMMAND, model, &options]);
        command
    }

    fn limits_processes(&self) -> bool {
        true
    }
}

/// A user of whom there is no other process: the limit of processes counts all processes of a user.
fn user_without_processes() -> Uid {
    Uid::from_raw(0x4000_0000 + process::id())
}

/// Serves until a signal ends it. The suite starts this.
pub fn serve(model: &str, options: &str) -> ExitCode {
    let options: Options = serde_json::from_str(options).expect("the suite wrote the options");
    if let Some(limit) = options.descriptors {
        setrlimit(Resource::RLIMIT_NOFILE, limit, limit).expect("a limit may be lowered");
    }
    if let Some(limit) = options.processes {
        setrlimit(Resource::RLIMIT_NPROC, limit, limit).expect("a limit may be lowered");
        setuid(user_without_processes()).expect("root may become any user");
    }
    // After a change of the user, which would clear it.
    set_pdeathsig(Signal::SIGKILL).expect("Linux supports PR_SET_PDEATHSIG");
    let mut limits = Limits::default();
    limits.max_frame = options.max_frame.unwrap_or(limits.max_frame);
    // Chat servers have a protocol of their own.
    let protocol = (options.protocol != CHAT).then(|| {
        let protocol = options.protocol.parse();
        protocol.expect("the suite wrote the option")
    });
    let serve_options = ServeOptions {
        listen: options.listen.parse().expect("the suite wrote the option"),
        protocol: protocol.unwrap_or_default(),
        workers: NonZero::new(options.workers),
        max_connections: options.max_connections,
        grace: Duration::from_secs(options.grace_seconds),
        idle_timeout: options.idle_timeout,
        limits,
        ..ServeOptions::default()
    };
    let ready = |address: &Listen| println!("ready {address}");
    let room = find_room(model).expect("the suite has the same registry");
    let served = if let Some(room) = room {
        serve_rooms(room, &serve_options, ready)
    } else {
        let model = find(model).expect("the suite has the same registry");
        echo_server::serve(model, &serve_options, ready)
    };
    match served {
        Ok(report) => {
            let report = serde_json::to_string(&report).expect("a report is numbers and names");
            println!("stats {report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(REFUSED as u8)
        }
    }
}
