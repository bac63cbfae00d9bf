//! Cases about waiting: a server that has nothing to do uses no CPU time.

use std::hint;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::patience::OFFERED;
use crate::client::Client;
use crate::finding::{Checked, ensure, ensure_eq};
use crate::server::Server;
use crate::subject::Subject;

/// Number of looks at a server, in one round, to see if it spins.
const LOOKS: usize = 20;
/// Number of rounds, because the server may still have something to do in the first ones.
const ROUNDS: usize = 10;
/// CPU time that this thread uses between two looks.
const BETWEEN: Duration = Duration::from_millis(5);

/// More than the kernel takes for a client that receives little. A server that stores the rest has read the client's end, while
/// one whose connection is full has not.
const A_LITTLE_MORE: usize = 150_000;

/// CPU time that a spinning server uses in all rounds at least: a tenth of what this thread uses.
const SPINNING: Duration = Duration::from_millis(100);

/// A server that waits uses no CPU time: with silent clients, with a client that reads nothing, and after a stop.
///
/// Sockets that are always ready must not keep a server busy. The socket of a silent client is always ready for
/// writing, that of a client that has ended its half is always ready for reading, and the listener is always ready
/// after a stop. A client has come and left before: what is left of it in a list of sockets must not keep the server busy.
pub fn waiting_costs_no_cpu_time(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let by_design = spins_by_design(&server)?;
    let mut clients = server.connect_and_meet(subject.at_once(2))?;
    if subject.at_once(3) == 3 {
        // Its descriptor is not given to another client, which would hide what is left of it.
        server.serves_a_new_client()?;
    }
    does_not_spin(&server, by_design, "with silent clients")?;
    if subject.keeps_contract() {
        let slow = clients.pop().expect("at least one client has connected");
        let slow = fill_and_finish(&server, slow)?;
        does_not_spin(&server, by_design, "with a client that receives nothing")?;
        server.stop();
        server.refuses_to_connect()?;
        does_not_spin(&server, by_design, "after a stop")?;
        slow.reset();
        clients.into_iter().try_for_each(Client::leave)?;
        return server.ended()?.check(|stats| {
            ensure_eq!(stats.cut_off, 0, "conversations cut off");
            Ok(())
        });
    }
    clients.into_iter().try_for_each(Client::leave)?;
    server.end()?;
    Ok(())
}

/// A client reads nothing and has ended its half of the connection. The server waits for it without using CPU time.
pub fn a_full_connection_costs_no_cpu_time(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let client = server.connect()?;
    let client = fill_and_finish(&server, client)?;
    does_not_spin(&server, false, "with a client that receives nothing")?;
    client.reset();
    let mut client = server.connect_narrow()?;
    let message = client.message(A_LITTLE_MORE);
    client.send(&message)?;
    client.finish_writing()?;
    does_not_spin(
        &server,
        false,
        "with a client that has ended its half and receives little",
    )?;
    client.reset();
    server.end()?;
    Ok(())
}

fn fill_and_finish(server: &Server, mut client: Client) -> Checked<Client> {
    let message = client.message(1_000);
    client.fill(server, &message, OFFERED)?;
    client.finish_writing()?;
    Ok(client)
}

/// True if the server spins without any client. One of ours may do so by its design. Another one may only if it says so, and
/// must then.
pub fn spins_by_design(server: &Server) -> Checked<bool> {
    let subject = server.subject();
    if subject.keeps_contract() {
        return Ok(spins(server));
    }
    let claims = subject.expect().spins;
    ensure!(
        !claims || spins(server),
        BeyondLimit,
        "the server claims to spin, but it waits"
    );
    Ok(claims)
}

/// Asserts that the server does not spin, unless it does so by design, that is, without any client.
pub fn does_not_spin(server: &Server, by_design: bool, when: &str) -> Checked {
    let but = if server.subject().keeps_contract() {
        ", but not without clients"
    } else {
        ""
    };
    ensure!(
        by_design || !spins(server),
        Spins,
        "the server spins {when}{but}"
    );
    Ok(())
}

/// True if a thread of the server runs, or is ready to run, at half of the looks or more, in every round, and the server uses CPU
/// time meanwhile. A thread that spins is found at every look, however busy the machine is, and gets about as much CPU time as
/// this thread, which computes; but only in the long run, so that the time counts over all rounds. A server that waits comes to
/// rest. Some runtimes yield often when they wake up: then their threads are ready to run on a busy machine, and use no time.
fn spins(server: &Server) -> bool {
    let look = |_: &usize| {
        compute(BETWEEN);
        !server.group().is_at_rest()
    };
    let before = server.group().cpu_time();
    let busy = (0..ROUNDS).all(|_| (0..LOOKS).filter(look).count() >= LOOKS / 2);
    busy && server.group().cpu_time().saturating_sub(before) >= SPINNING
}

/// Computes for this CPU time.
fn compute(duration: Duration) {
    let used = || {
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
        Duration::from(time.expect("Linux has this clock"))
    };
    let end = used() + duration;
    while used() < end {
        hint::spin_loop();
    }
}
