//! Counts system calls by name with `strace -c`, if the kernel does not permit counting with tracepoints.
//!
//! `strace` stops each call twice, which makes a server many times slower. So it needs an extra trial, of which only the
//! calls and the requests are stored. In this trial fewer events are ready at once than under full load.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::Process;

/// Maximum time for a tracer to attach or to end.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Time between two checks whether it has.
const STEP: Duration = Duration::from_millis(2);

/// Maximum number of processes to trace.
const MOST_PROCESSES: usize = 1000;
/// Message of strace, once for each process, when it has attached to all its threads.
const ATTACHED: &str = " attached";

/// A running `strace -c`.
#[derive(Debug)]
pub struct Strace {
    child: Child,
    table: PathBuf,
}

impl Strace {
    /// Attaches to all threads of these processes and to all that they start later, and waits until strace has attached.
    /// strace writes its result to the file `table`, and its messages to a file beside it.
    ///
    /// # Errors
    /// strace is not installed, or may not trace. The error is a sentence with what the user can do.
    pub fn attach(pids: &[Pid], table: &Path) -> Result<Self, String> {
        if pids.len() > MOST_PROCESSES {
            return Err(format!(
                "strace can trace at most {MOST_PROCESSES} processes, and the server has {}; count with fewer --connections",
                pids.len()
            ));
        }
        let log = table.with_extension("log");
        let messages = File::create(&log).map_err(|error| {
            format!(
                "`{}` cannot be written ({error}); check the permissions of its folder",
                log.display()
            )
        })?;
        let child = Command::new("strace")
            .args(["-f", "-c", "-o"])
            .arg(table)
            .args(pids.iter().map(|pid| format!("--attach={pid}")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(messages)
            .spawn()
            .map_err(|error| format!("strace cannot be started ({error}); try `strace -V`"))?;
        let mut strace = Self {
            child,
            table: table.to_owned(),
        };
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let messages = fs::read_to_string(&log).unwrap_or_default();
            if messages.matches(ATTACHED).count() >= pids.len() {
                return Ok(strace);
            }
            let ended = strace.child.try_wait().is_ok_and(|ended| ended.is_some());
            if ended || Instant::now() > deadline {
                let messages = messages.split_whitespace().collect::<Vec<_>>().join(" ");
                return Err(format!(
                    "strace cannot attach to the server (`{messages}`); as root, run `sysctl kernel.yama.ptrace_scope=0`"
                ));
            }
            thread::sleep(STEP);
        }
    }

    /// True if strace is installed.
    pub fn is_installed() -> bool {
        let version = Command::new("strace").arg("-V").output();
        version.is_ok_and(|version| version.status.success())
    }

    /// True if a tracer is attached to this process.
    pub fn traces(pid: Pid) -> bool {
        let status = Process::new(pid.as_raw()).and_then(|process| process.status());
        status.is_ok_and(|status| status.tracerpid != 0)
    }

    /// Detaches from the processes, and returns the number of calls by name.
    ///
    /// # Errors
    /// strace wrote no table.
    pub fn detach(mut self) -> Result<BTreeMap<String, u64>, String> {
        // If the server has ended, strace has ended too, and has already written its table.
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT);
        let deadline = Instant::now() + TIMEOUT;
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline
        {
            thread::sleep(STEP);
        }
        let text = fs::read_to_string(&self.table).unwrap_or_default();
        let calls = by_name(&text);
        if calls.is_empty() {
            return Err(
                "strace counted nothing; run `strace -f -c -p PID` yourself to see why".to_owned(),
            );
        }
        Ok(calls)
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // strace may have ended already. The server goes on without its tracer.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for file in [self.table.with_extension("log"), self.table.clone()] {
            // A file that cannot be removed does no harm.
            let _ = fs::remove_file(file);
        }
    }
}

/// The calls by name. A row of the table has share, seconds, time per call, calls, errors if there were any, name.
fn by_name(table: &str) -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.first()?.parse::<f64>().ok()?;
        let name = words.last().filter(|&&name| name != "total")?;
        Some(((*name).to_owned(), words.get(3)?.parse().ok()?))
    };
    table.lines().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    const TABLE: &str = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 66.51    0.010001           4      2500           read
 33.49    0.005036           2      2400        12 write
  0.00    0.000000           0         1           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.015037           3      4901        12 total
";

    #[test]
    fn rows_with_and_without_errors_are_read() {
        let calls = by_name(TABLE);
        assert_eq!(calls.len(), 3);
        assert_eq!(
            (calls["read"], calls["write"], calls["epoll_wait"]),
            (2500, 2400, 1)
        );
        assert!(by_name("").is_empty());
    }

    #[test]
    fn the_calls_of_a_traced_child_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut ask, mut answer) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let pid = Pid::from_raw(child.id() as i32);
        let tracer = Strace::attach(&[pid], &folder.path().join("table"));
        assert_eq!(Strace::traces(pid), tracer.is_ok());
        for _ in 0..10 {
            ask.write_all(b"x").unwrap();
            answer.read_exact(&mut [0]).unwrap();
        }
        let counted = tracer.and_then(Strace::detach);
        drop(ask);
        child.wait().unwrap();
        match counted {
            Ok(calls) => assert!(calls["write"] >= 9, "{calls:?}"),
            Err(reason) => eprintln!("not tested here: {reason}"),
        }
    }
}
