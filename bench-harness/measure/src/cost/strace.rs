//! Counts system calls by name with `strace -c`, where the kernel does not let its tracepoints be counted.
//!
//! Each call is stopped twice for it, which makes a server many times slower. So this needs a trial of its own, of which
//! only the calls and the requests are kept, and its events come together in smaller batches than under full load.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::Process;

/// How long it is waited for a tracer to begin or to end.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked whether it has.
const STEP: Duration = Duration::from_millis(2);

/// Processes that are traced at the same time at most.
const MOST: usize = 1000;
/// What strace says once for each process when it has all its threads.
const ATTACHED: &str = " attached";

/// A tracer that counts.
#[derive(Debug)]
pub struct Strace {
    child: Child,
    table: PathBuf,
}

impl Strace {
    /// Attaches to all threads of these processes and to all that they start later, and waits until it has. The table is
    /// written to that file, and what strace says beside it.
    ///
    /// # Errors
    /// A sentence with what can be done: the program is not installed, or may not trace.
    pub fn attach(pids: &[Pid], table: &Path) -> Result<Self, String> {
        if pids.len() > MOST {
            return Err(format!(
                "strace would have to trace {} processes; count with fewer --connections",
                pids.len()
            ));
        }
        let log = table.with_extension("log");
        let said = File::create(&log).map_err(|error| {
            format!(
                "{} cannot be written ({error}); check the folder",
                log.display()
            )
        })?;
        let child = Command::new("strace")
            .args(["-f", "-c", "-o"])
            .arg(table)
            .args(pids.iter().map(|pid| format!("--attach={pid}")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .map_err(|error| format!("strace cannot be started ({error}); try it by hand"))?;
        let mut strace = Self {
            child,
            table: table.to_owned(),
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.matches(ATTACHED).count() >= pids.len() {
                return Ok(strace);
            }
            let ended = strace.child.try_wait().is_ok_and(|ended| ended.is_some());
            if ended || Instant::now() > deadline {
                let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
                return Err(format!(
                    "strace cannot attach (`{said}`); as root, run `sysctl kernel.yama.ptrace_scope=0`"
                ));
            }
            thread::sleep(STEP);
        }
    }

    /// Whether there is such a program.
    pub fn is_installed() -> bool {
        let version = Command::new("strace").arg("-V").output();
        version.is_ok_and(|version| version.status.success())
    }

    /// Whether anybody traces that process.
    pub fn traces(pid: Pid) -> bool {
        let status = Process::new(pid.as_raw()).and_then(|process| process.status());
        status.is_ok_and(|status| status.tracerpid != 0)
    }

    /// Lets go of the processes, and tells how often which call was made.
    ///
    /// # Errors
    /// The tracer left no table.
    pub fn detach(mut self) -> Result<BTreeMap<String, u64>, String> {
        // It may have ended with what it traced; then its table is there already.
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT);
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < deadline
        {
            thread::sleep(STEP);
        }
        let text = fs::read_to_string(&self.table).unwrap_or_default();
        let calls = by_name(&text);
        if calls.is_empty() {
            return Err("strace counted nothing; try `strace -f -c -p PID` by hand".to_owned());
        }
        Ok(calls)
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // One that has ended needs neither; a traced process goes on when its tracer is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for file in [self.table.with_extension("log"), self.table.clone()] {
            // It was for this program only; that it stays is no harm.
            let _ = fs::remove_file(file);
        }
    }
}

/// The rows of the table: share, seconds, time a call, calls, errors where there were any, name.
fn by_name(table: &str) -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words[..1.min(words.len())].first()?.parse::<f64>().ok()?;
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
    fn a_table_is_read_with_and_without_errors() {
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
