//! Cases about stops: a server ends when it is asked to, and not before its clients have ended.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use echo_protocol::{Protocol, Work};
use model::Stats;

use super::patience::OFFERED;

use crate::client::Client;
use crate::finding::{Checked, ensure, ensure_eq};
use crate::frame::Frame;
use crate::options::Options;
use crate::server::Server;
use crate::subject::Subject;

/// A server without open conversations ends when it is asked to.
pub fn stop_while_idle(subject: &Subject) -> Checked {
    if !subject.keeps_contract() {
        return a_signal_ends_it(subject);
    }
    let never_had_a_client = subject.serve(subject.plain())?;
    never_had_a_client.end()?;

    let had_clients = subject.serve(subject.plain())?;
    let clients = had_clients.connect_and_meet(subject.at_once(3))?;
    clients.into_iter().try_for_each(Client::leave)?;
    had_clients.interrupt();
    had_clients.ended()?.check(none_is_cut_off)
}

fn none_is_cut_off(stats: &Stats) -> Checked {
    ensure_eq!(stats.cut_off, 0, "conversations cut off");
    Ok(())
}

/// A server that does not keep our contract ends at SIGTERM, also while a client is connected, and gives its port back.
fn a_signal_ends_it(subject: &Subject) -> Checked {
    for leaves in [true, false] {
        let server = subject.serve(subject.plain())?;
        let mut clients = server.connect_and_meet(1)?;
        if leaves {
            clients.drain(..).try_for_each(Client::leave)?;
        }
        server.settles();
        server.stop();
        server.is_gone()?;
        server.finish();
    }
    Ok(())
}

/// The server is stopped while it has a client, and is started again at once on the same port. It serves.
///
/// The end of a server that has clients leaves connections behind that wait some time (TIME-WAIT). Without SO_REUSEADDR, its
/// port counts as in use until they are gone.
pub fn starts_again_on_the_same_port(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let mut clients = server.connect_and_meet(1)?;
    server.stop();
    if subject.keeps_contract() {
        // A model waits for its clients; the second signal ends that.
        server.refuses_to_connect()?;
        server.stop();
    }
    for client in &mut clients {
        client.expect_to_be_cut_off()?;
    }
    server.is_gone()?;
    // The server has ended the connections first, so it is its side that waits.
    drop(clients);
    let server = server.start_again()?;
    server.serves_a_new_client()?;
    server.end()?;
    Ok(())
}

/// The server gets a stop while clients wait for echoes. They get them and go on, and no new client is served.
///
/// Conversations continue after a stop, but no new one begins. A server without room for further clients, which may not
/// watch its listener, must notice the stop too.
pub fn stop_under_traffic(subject: &Subject) -> Checked {
    let at_once = subject.at_once(4);
    for (stop, limit) in [(STOP, None), (INTERRUPT, None), (STOP, Some(at_once))] {
        let server = subject.start(Options {
            max_connections: limit.and_then(|limit| NonZero::new(limit as u64)),
            ..subject.options(subject.richest_protocol())
        })?;
        let mut clients = server.connect_and_meet(at_once)?;
        let messages: Vec<Vec<u8>> = clients
            .iter_mut()
            .map(|client| client.message(LONG))
            .collect();
        for (client, message) in clients.iter_mut().zip(&messages) {
            client.send(message)?;
        }
        stop(&server);
        server.refuses_to_connect()?;
        for (mut client, message) in clients.into_iter().zip(&messages) {
            client.expect(message)?;
            client.round_trip(10)?;
            client.leave()?;
        }
        server.ended()?.check(none_is_cut_off)?;
    }
    Ok(())
}

/// Longer than a session, shorter than a receive window.
const LONG: usize = 40_000;

/// After a stop, the server waits for the grace period. Then it cuts off the clients that have not left.
pub fn the_grace_period_cuts_off_a_silent_client(subject: &Subject) -> Checked {
    for (grace_seconds, client) in [(0, SILENT), (0, NEVER_READS), (1, SILENT)] {
        let server = subject.start(Options {
            grace_seconds,
            ..subject.options(subject.plain())
        })?;
        let clients = clients_that_stay(&server, subject, client)?;
        server.stop();
        are_cut_off(server, clients)?;
    }
    Ok(())
}

/// A second signal ends the grace period: the server cuts off the clients that have not left.
pub fn a_second_signal_ends_the_grace_period(subject: &Subject) -> Checked {
    for (stop, client) in [(STOP, SILENT), (INTERRUPT, NEVER_READS)] {
        let server = subject.serve(subject.plain())?;
        let clients = clients_that_stay(&server, subject, client)?;
        stop(&server);
        server.refuses_to_connect()?;
        stop(&server);
        are_cut_off(server, clients)?;
    }
    Ok(())
}

const STOP: fn(&Server) = |server| server.stop();
const INTERRUPT: fn(&Server) = |server| server.interrupt();

/// The behaviour of a client that never leaves.
type Behaviour = fn(&Server, &mut Client) -> Checked;
const SILENT: Behaviour = |_, _| Ok(());
const NEVER_READS: Behaviour = |server, client| {
    let message = client.message(1_000);
    client.fill(server, &message, OFFERED).map(drop)
};

/// Two clients that never leave, or one if the model serves only one.
fn clients_that_stay(
    server: &Server,
    subject: &Subject,
    behave: Behaviour,
) -> Checked<Vec<Client>> {
    let mut clients = server.connect_and_meet(subject.at_once(2))?;
    for client in &mut clients {
        behave(server, client)?;
    }
    Ok(clients)
}

fn are_cut_off(server: Server, clients: Vec<Client>) -> Checked {
    let stayed = clients.len() as u64;
    for mut client in clients {
        client.expect_to_be_cut_off()?;
    }
    let cut_off = server.ended()?.stats().cut_off;
    // `refuses_to_connect` may have connected one more client while the server was stopping.
    ensure!(
        cut_off >= stayed,
        "the server counts {cut_off} conversations as cut off, and {stayed} were"
    );
    Ok(())
}

/// Number of requests that a client sends at once.
const BATCH: u64 = 12;

/// Work that takes longer than any deadline.
const ENDLESS: Duration = Duration::from_secs(16);

/// Clients have asked for hours of work. The server ends with the grace period all the same.
///
/// Ten clients each send twelve requests in one write. The first asks for a moment of work, and its reply shows that the
/// server has the batch; the others ask for 16 s each. When the grace period ends, some of this work is under way in a
/// loop, a thread, a pool or a process, and the rest waits in sessions and queues.
pub fn queued_work_ends_with_the_grace_period(subject: &Subject) -> Checked {
    for work in [Work::Sleep(ENDLESS), Work::Spin(ENDLESS)] {
        let server = subject.start(Options {
            grace_seconds: 0,
            ..subject.options(Protocol::Framed)
        })?;
        let mut clients = server.connect_and_meet(subject.at_once(10))?;
        let first = Frame::with_work(0, Work::Sleep(Duration::from_millis(1)));
        let later = (1..BATCH).map(|id| Frame::with_work(id, work));
        let batch = [first].into_iter().chain(later);
        let batch: Vec<u8> = batch.flat_map(|frame| frame.request()).collect();
        for client in &mut clients {
            client.send(&batch)?;
        }
        server.until("the server works", || clients.iter().any(Client::has_news))?;
        server.stop();
        are_cut_off(server, clients)?;
    }
    Ok(())
}

/// A stop comes at the moment at which the server is ready, or up to 2 ms later. The server ends.
///
/// A stop between two looks of a server at its state must not leave it in a wait that nothing ends.
pub fn a_stop_right_after_ready(subject: &Subject) -> Checked {
    for start in 0..10 {
        let server = subject.serve(subject.plain())?;
        thread::sleep(Duration::from_micros(200 * start)); // the time is the input here; nothing waits for the server
        server.end()?;
    }
    Ok(())
}

/// All processes of the server but the first are suspended. The end of the grace period ends them too.
pub fn a_suspended_process_does_not_hold_the_stop(subject: &Subject) -> Checked {
    let server = subject.start(Options {
        grace_seconds: 0,
        ..subject.options(subject.plain())
    })?;
    let clients = server.connect_and_meet(subject.at_once(2))?;
    server.freeze_children()?;
    server.stop();
    are_cut_off(server, clients)?;
    Ok(())
}
