//! The case of ten thousand clients, and how many of them this machine allows.

use std::fs;
use std::time::Instant;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::Uid;
use procfs::Current as _;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::crowds::send_in_random_order;
use crate::client::Client;
use crate::finding::Checked;
use crate::server::Server;
use crate::subject::Subject;

/// Number of clients in the largest crowd.
const TEN_THOUSAND: usize = 10_000;
/// Number of clients in a crowd that stands for it. Limits of the machine that allow fewer exempt the server.
pub const FEWEST: usize = 2_000;
/// Number of clients that connect one after another before the next look. Fewer than the accept queue of a server usually
/// holds.
const STEP: usize = 100;
/// Number of descriptors, processes and threads for anything but clients.
const OTHERS: usize = 500;
/// The crowd grows for at most this part of a deadline, if it is large enough then: the last client of a server that asks all
/// others in turn takes long.
const ENOUGH: u32 = 2;
/// A smaller crowd grows for at most this number of deadlines. A server that starts a program for each client is slow, and not
/// wrong.
const SLOW: u32 = 2;
/// The crowd grows while this part of the memory is available, so that the machine stays usable.
const MEMORY_LEFT: u64 = 4;

/// Ten thousand clients are connected at the same time, and each of them is served.
///
/// The crowd is smaller where the limits of the machine, or its memory, do not allow ten thousand.
pub fn ten_thousand_at_once(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut clients = as_many_as_possible(&server)?;
    let mut random = ChaCha8Rng::seed_from_u64(10_000);
    for (client, message) in send_in_random_order(&mut clients, &mut random)? {
        client.expect(&message)?;
    }
    clients.into_iter().try_for_each(Client::leave)?;
    server.serves_a_new_client()?;
    server.end()?;
    Ok(())
}

fn as_many_as_possible(server: &Server) -> Checked<Vec<Client>> {
    let begun = Instant::now();
    let descriptors = || {
        server
            .known_group()
            .map_or(0, |group| group.descriptors_of_one())
    };
    let mut clients = server.connect_and_meet(1)?;
    let before = descriptors();
    clients.extend(server.connect_and_meet(STEP)?);
    let cost = descriptors().saturating_sub(before);
    let most = allowed().min(descriptors_allow(cost));
    while clients.len() < most && memory_is_left() {
        let patience = if clients.len() < FEWEST {
            SLOW * server.deadline()
        } else {
            server.deadline() / ENOUGH
        };
        if begun.elapsed() > patience {
            break;
        }
        clients.extend(server.connect_and_meet(STEP)?);
    }
    Ok(clients)
}

/// Number of clients for which the server has descriptors, if [`STEP`] clients cost it this number of them. Some languages need
/// more than one for each client.
fn descriptors_allow(cost: usize) -> usize {
    limit_of_descriptors().saturating_sub(OTHERS) / cost.div_ceil(STEP).max(1)
}

/// Number of clients that the limits of this machine allow: ten thousand, or fewer. A server may need a descriptor, a process or
/// a thread for each.
pub fn allowed() -> usize {
    let limit = limit_of_descriptors().min(limit_of_tasks());
    TEN_THOUSAND.min(limit.saturating_sub(OTHERS))
}

fn limit_of_descriptors() -> usize {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or_default();
    hard as usize
}

/// The limit of processes and threads: of the kernel, of the user, and of this control group (`pids.max`).
fn limit_of_tasks() -> usize {
    let number =
        |path: &str| -> Option<usize> { fs::read_to_string(path).ok()?.trim().parse().ok() };
    let (of_user, _) = getrlimit(Resource::RLIMIT_NPROC).unwrap_or((u64::MAX, 0));
    let of_user = (!Uid::effective().is_root()).then_some(of_user as usize);
    let of_group = || {
        let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
        let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
        number(&format!("/sys/fs/cgroup{path}/pids.max"))
    };
    let limits = [
        number("/proc/sys/kernel/pid_max"),
        number("/proc/sys/kernel/threads-max"),
        of_user,
        of_group(),
    ];
    limits.into_iter().flatten().min().unwrap_or(usize::MAX)
}

fn memory_is_left() -> bool {
    let Ok(memory) = procfs::Meminfo::current() else {
        return true;
    };
    memory
        .mem_available
        .is_none_or(|available| available > memory.mem_total / MEMORY_LEFT)
}
