//! Counts the pages of memory that a server touches for one request, in the process that answers it.
//!
//! A process that is woken after another one ran begins with an empty TLB, so it walks the page table for each page that it
//! touches. The kernel clears the mark "referenced" of all pages on request (proc(5), `clear_refs`), and shows which have it
//! again (`smaps`).

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgid};

/// Counted requests, of which the median counts.
const REQUESTS: usize = 11;
/// Time in which the server goes back to sleep.
const SETTLES: Duration = Duration::from_millis(20);
/// Attempts to connect to a server that starts, with a pause of [`SETTLES`] after each.
const ATTEMPTS: usize = 200;

/// Pages that a request touches: the median of several requests of one client. The process that touches most answers it.
///
/// # Errors
/// The server does not start or does not answer, or the kernel has no `clear_refs`.
pub fn pages(command: &mut Command, address: SocketAddr) -> io::Result<usize> {
    let server = Group(command.process_group(0).spawn()?);
    let mut client = connect(address)?;
    for _ in 0..REQUESTS {
        ask(&mut client)?;
    }
    let mut counts = Vec::new();
    for _ in 0..REQUESTS {
        thread::sleep(SETTLES);
        let members = server.members()?;
        for member in &members {
            fs::write(member.join("clear_refs"), "1")?;
        }
        ask(&mut client)?;
        thread::sleep(SETTLES);
        let touched = members.iter().map(|member| referenced(member));
        let touched = touched.collect::<io::Result<Vec<usize>>>()?;
        counts.extend(touched.into_iter().max());
    }
    counts.sort_unstable();
    let median = counts.get(counts.len() / 2).copied();
    median.ok_or_else(|| io::Error::other("the server has ended"))
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let mut result = TcpStream::connect(address);
    for _ in 0..ATTEMPTS {
        if result.is_ok() {
            break;
        }
        thread::sleep(SETTLES);
        result = TcpStream::connect(address);
    }
    result
}

fn ask(client: &mut TcpStream) -> io::Result<()> {
    client.write_all(&[7; 64])?;
    client.read_exact(&mut [0; 64])
}

/// The pages of a process that have the mark.
fn referenced(process: &Path) -> io::Result<usize> {
    let maps = fs::read_to_string(process.join("smaps"))?;
    let values = maps.lines().filter_map(|line| {
        let value = line.strip_prefix("Referenced:")?.strip_suffix("kB")?;
        value.trim().parse::<usize>().ok()
    });
    Ok(values.sum::<usize>() / 4)
}

/// A server with all its processes, which end when this is dropped.
struct Group(Child);

impl Group {
    fn leader(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }

    /// The folders of its processes in `/proc`.
    fn members(&self) -> io::Result<Vec<PathBuf>> {
        let mut members = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            let group = pid.and_then(|pid| getpgid(Some(Pid::from_raw(pid))).ok());
            if group == Some(self.leader()) {
                members.push(entry.path());
            }
        }
        Ok(members)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = killpg(self.leader(), Signal::SIGKILL);
        let _ = self.0.wait();
    }
}
