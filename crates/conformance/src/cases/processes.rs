//! Cases about child processes: they end with their server, and the server notices the end of each.

use std::num::NonZero;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::client::Client;
use crate::finding::{Checked, Finding, ensure, ensure_eq};
use crate::options::Options;
use crate::options::WORKERS;
use crate::server::Server;
use crate::subject::Subject;

/// The main process is killed. All its children end, and the port is free.
///
/// A process that dies cannot tell its children. If they live on, they keep the port, and a new server cannot listen on it.
pub fn children_die_with_their_parent(subject: &Subject) -> Checked {
    let server = subject.serve(subject.plain())?;
    let _clients = server.connect_and_meet(subject.at_once(2))?;
    server.kill_main_process()?;
    server.until("no process of the killed server lives", || {
        server.group().living().is_empty()
    })?;
    // A moment later, if the listener belonged to a ring: the kernel takes that apart after the end of the process.
    server.refuses_to_connect()?;
    server.finish();
    Ok(())
}

/// A signal is sent to the children and not to the server. A child without a client ends at once, and one with a client when
/// the client leaves. A second signal ends the conversation. The server goes on, and counts all of that.
pub fn a_child_obeys_a_signal_that_it_gets_alone(subject: &Subject) -> Checked {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let server = subject.serve(subject.plain())?;
        let (first, first_child) = connect_and_find_child(&server)?;
        let (second, second_child) = connect_and_find_child(&server)?;
        let mut clients = [first, second];
        let children = server.group().children();
        send(signal, &children);
        server.until("each child without a client has ended", || {
            let mut living = living(&server, &children);
            living.retain(|&child| child != first_child && child != second_child);
            living.is_empty()
        })?;
        for client in &mut clients {
            client.round_trip(10)?;
        }
        let [mut first, second] = clients;
        second.leave()?;
        server.until("the child ends with its client", || {
            living(&server, &children) == [first_child]
        })?;
        send(signal, &[first_child]);
        first.expect_to_be_cut_off()?;
        server.until("all children have ended", || {
            living(&server, &children).is_empty()
        })?;
        server.serves_a_new_client()?;
        server.stop();
        let stats = server.ended()?.stats();
        ensure_eq!(
            (stats.opened, stats.cut_off, stats.broken),
            (3, 1, 0),
            "accepted, cut off and broken"
        );
    }
    Ok(())
}

/// Children are killed while they have clients. New clients get the places of the old ones, also below `--max-connections`.
pub fn a_killed_child_gives_its_place_back(subject: &Subject) -> Checked {
    let limit = subject.at_once(2);
    let server = subject.start(Options {
        max_connections: NonZero::new(limit as u64),
        ..subject.options(subject.plain())
    })?;
    for _ in 0..2 {
        let clients = server.connect_and_meet(limit)?;
        let killed = server.group().children();
        send(Signal::SIGKILL, &killed);
        for mut client in clients {
            client.expect_to_be_cut_off()?;
        }
        // An idle child that is still dying could get a client.
        server.until("the killed children have ended", || {
            let living = server.group().living();
            killed.iter().all(|child| !living.contains(child))
        })?;
    }
    let clients = server.connect_and_meet(limit)?;
    clients.into_iter().try_for_each(Client::leave)?;
    let stats = server.end()?.stats();
    let lost = 2 * limit as u64;
    ensure_eq!(
        (stats.opened, stats.broken),
        (lost + limit as u64, lost),
        "accepted and broken"
    );
    Ok(())
}

/// Children are killed while they wait for clients. Others take their places, and the server serves as many as before.
pub fn a_killed_worker_is_replaced(subject: &Subject) -> Checked {
    let server = subject.start(Options {
        max_connections: NonZero::new(WORKERS as u64),
        ..subject.options(subject.plain())
    })?;
    server.until("all workers wait", || server.group().is_at_rest())?;
    let children = server.group().children();
    ensure_eq!(children.len(), WORKERS, "worker processes");
    send(Signal::SIGKILL, &children);
    server.until("all workers are replaced", || {
        living(&server, &children).is_empty() && server.group().children().len() == WORKERS
    })?;
    let clients = server.connect_and_meet(WORKERS)?;
    clients.into_iter().try_for_each(Client::leave)?;
    let stats = server.end()?.stats();
    ensure_eq!(
        (stats.replaced, stats.broken),
        (WORKERS as u64, 0),
        "workers replaced and conversations broken"
    );
    Ok(())
}

/// The user may have fewer processes and threads than the server needs for its workers. It says so before `ready`, or serves.
pub fn too_few_threads_are_said_before_ready(subject: &Subject) -> Checked {
    let options = Options {
        workers: 16,
        processes: Some(8),
        ..subject.options(subject.richest_protocol())
    };
    match Server::try_start(subject, options)? {
        Ok(server) => {
            for mut client in server.connect_and_meet(subject.at_once(4))? {
                client.round_trip(100)?;
                client.leave()?;
            }
            server.end()?;
        }
        Err(error) => {
            ensure!(error.contains("(`ulimit -u`, here 8)"), "{error}");
            ensure!(error.trim().ends_with("or use fewer --workers"), "{error}");
        }
    }
    Ok(())
}

/// Connects a client that is served once, and finds the child that serves it: the child has one more descriptor then.
fn connect_and_find_child(server: &Server) -> Checked<(Client, Pid)> {
    server.until("all processes wait", || server.group().is_at_rest())?;
    let before = server.group().descriptors_of_children();
    let mut client = server.connect()?;
    client.round_trip(1)?;
    let now = server.group().descriptors_of_children().into_iter();
    let mut grown = now.filter(|(child, open)| before.get(child).is_none_or(|had| open > had));
    match grown.next() {
        Some((child, _)) => Ok((client, child)),
        None => Err(Finding::new(
            "no child has the connection of a client that is served",
        )),
    }
}

fn send(signal: Signal, children: &[Pid]) {
    for &child in children {
        kill(child, signal).expect("the child was not waited for yet");
    }
}

/// The children among these that have not ended.
fn living(server: &Server, children: &[Pid]) -> Vec<Pid> {
    let mut living = server.group().living();
    living.retain(|pid| children.contains(pid));
    living
}
