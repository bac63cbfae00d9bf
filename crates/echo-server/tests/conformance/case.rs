//! The list of cases, and the models to which each applies.

use echo_protocol::Protocol;
use echo_server::{Capacity, WorkPlace, Workers};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::select::FD_SETSIZE;
use nix::unistd::Uid;

use crate::cases::{bounds, bytes, crowds, datagrams, endings, processes, stopping, work};
use crate::subject::Subject;

/// A case: something that every model must do.
pub struct Case {
    pub name: &'static str,
    pub run: fn(&Subject),
    /// Returns the reason why the case does not apply to a model.
    exempt: fn(&Subject) -> Option<&'static str>,
}

impl Case {
    /// Why the case does not apply to this model; `None` if it applies.
    pub fn not_applicable(&self, subject: &Subject) -> Option<String> {
        (self.exempt)(subject).map(String::from)
    }
}

macro_rules! cases {
    ($($place:ident::$name:ident $(unless $exempt:ident)?),* $(,)?) => {
        &[$(Case {
            name: stringify!($name),
            run: $place::$name,
            exempt: cases!(@exempt $($exempt)?),
        }),*]
    };
    (@exempt) => { applies };
    (@exempt $exempt:ident) => { $exempt };
}

/// The cases for stream models, from the simplest to the most demanding.
pub const CASES: &[Case] = cases![
    bytes::one_byte,
    bytes::many_messages_one_after_another,
    bytes::many_messages_in_one_segment,
    bytes::one_message_in_many_segments,
    bytes::a_large_message_after_a_small_one,
    bytes::one_mebibyte,
    bytes::pipelined_frames unless it_speaks_no_frames,
    bytes::unix_domain_listener unless it_serves_tcp_only,
    endings::half_close_gets_everything,
    endings::a_message_with_the_end_behind_it,
    endings::connect_and_leave,
    endings::a_reset_harms_nobody,
    endings::a_malformed_frame_ends_its_connection_only unless it_speaks_no_frames,
    endings::opened_equals_closed,
    endings::a_silent_client_is_sent_away_after_the_idle_timeout,
    stopping::stop_while_idle,
    stopping::stop_under_traffic,
    stopping::the_grace_period_cuts_off_a_silent_client,
    stopping::a_second_signal_ends_the_grace_period,
    stopping::queued_work_ends_with_the_grace_period unless it_speaks_no_frames,
    stopping::a_stop_right_after_ready,
    stopping::a_suspended_process_does_not_hold_the_stop,
    processes::children_die_with_their_parent,
    processes::a_child_obeys_a_signal_that_it_gets_alone unless it_has_one_process,
    processes::a_killed_child_gives_its_place_back unless it_has_one_process,
    processes::too_few_threads_are_said_before_ready unless it_cannot_be_tried,
    processes::a_killed_worker_is_replaced unless it_has_no_child_before_its_clients,
    crowds::two_hundred_at_once_in_random_order,
    crowds::serves_as_many_at_once_as_it_declares unless out_of_reach,
    crowds::serves_no_more_than_it_declares unless no_limit_to_reach,
    crowds::clients_beyond_the_limit_stay_in_the_accept_queue unless it_leaves_no_client_waiting,
    crowds::max_connections_makes_others_wait,
    bounds::a_client_that_never_reads_is_bounded unless the_kernel_takes_it_all,
    bounds::an_eight_mebibyte_reply_read_slowly_harms_nobody unless it_speaks_no_frames,
    bounds::running_out_of_descriptors_drops_no_client,
    bounds::waiting_costs_no_cpu_time,
    bounds::descriptors_and_processes_return,
    bounds::leaves_no_zombie,
    work::work_is_done unless it_speaks_no_frames,
    work::work_delays_whom_it_declares unless two_clients_cannot_show_it,
    work::a_batch_of_work_delays_others_by_one_request unless two_clients_cannot_show_it,
    work::waiting_after_work_costs_no_cpu_time unless it_speaks_no_frames,
];

/// The cases for datagram models.
pub const DATAGRAM_CASES: &[Case] = cases![
    datagrams::one_datagram,
    datagrams::many_datagrams_one_after_another,
    datagrams::every_size_up_to_the_limit,
    datagrams::a_datagram_over_the_limit_is_reported,
    datagrams::two_sources_are_kept_apart,
    datagrams::a_burst_is_answered_whole,
    datagrams::replies_have_the_requested_size,
    datagrams::garbage_is_counted_and_not_answered,
    datagrams::a_reply_to_a_client_that_has_left_does_no_harm,
    datagrams::datagram_work_is_done,
    datagrams::datagram_work_delays_whom_it_declares,
    datagrams::datagrams_are_counted,
    datagrams::dropped_datagrams_are_counted,
    datagrams::a_datagram_server_stops_while_idle,
    datagrams::datagrams_that_came_before_a_stop_are_answered,
    datagrams::a_client_that_continues_to_send_does_not_keep_the_server_running,
    datagrams::the_end_of_the_grace_period_ends_the_answering,
    datagrams::the_end_of_the_grace_period_ends_work_under_way,
    datagrams::waiting_for_datagrams_costs_no_cpu_time,
];

fn applies(_: &Subject) -> Option<&'static str> {
    None
}

fn no_limit_to_reach(subject: &Subject) -> Option<&'static str> {
    let unlimited = subject.about().capacity == Capacity::System;
    let reason = unlimited.then_some("it declares no limit of its own");
    reason.or_else(|| out_of_reach(subject))
}

fn it_leaves_no_client_waiting(subject: &Subject) -> Option<&'static str> {
    match subject.about().capacity {
        Capacity::One | Capacity::OnePerWorker => None,
        Capacity::FdSetSize => Some("it refuses clients beyond its limit, and leaves none waiting"),
        Capacity::System => Some("it declares no limit of its own"),
    }
}

/// This process has the clients of all tests that run at the same time, so a thousand clients need a high limit.
fn out_of_reach(subject: &Subject) -> Option<&'static str> {
    let needed = 2 * FD_SETSIZE as u64;
    let too_few = getrlimit(Resource::RLIMIT_NOFILE).is_ok_and(|(_, hard)| hard < needed);
    (too_few && subject.about().capacity == Capacity::FdSetSize).then_some(
        "its limit is above the limit of descriptors here; raise that to 2048 or more (`ulimit -Hn`)",
    )
}

fn it_speaks_no_frames(subject: &Subject) -> Option<&'static str> {
    let echo_only = !subject.about().speaks(Protocol::Framed);
    echo_only.then_some(
        "it only sends back bytes; it speaks no frames, which could ask for a size or for work",
    )
}

fn it_has_one_process(subject: &Subject) -> Option<&'static str> {
    (!subject.forks()).then_some("it has one process")
}

fn it_cannot_be_tried(subject: &Subject) -> Option<&'static str> {
    let one = subject.about().workers == Workers::Fixed;
    let one = one.then_some("its number of workers is fixed");
    let root = Uid::effective().is_root();
    one.or((!root).then_some("only root can start a server as a user without other processes"))
}

fn it_has_no_child_before_its_clients(subject: &Subject) -> Option<&'static str> {
    let no_workers = subject.about().capacity == Capacity::System;
    let reason = no_workers.then_some("it has no children that wait for clients");
    it_has_one_process(subject).or(reason)
}

fn it_serves_tcp_only(subject: &Subject) -> Option<&'static str> {
    let tcp_only = !subject.about().serves_unix_sockets();
    tcp_only
        .then_some("the kernel moves its bytes, and counts the bytes of a connection only for TCP")
}

/// Only a program between request and reply can bound what a client may send.
fn the_kernel_takes_it_all(subject: &Subject) -> Option<&'static str> {
    let kernel = subject.about().is_reference_line();
    kernel.then_some("the kernel moves its bytes, and queues them without a bound")
}

fn two_clients_cannot_show_it(subject: &Subject) -> Option<&'static str> {
    let about = subject.about();
    let alone = about.capacity == Capacity::One && about.work == WorkPlace::Loop;
    let alone = alone.then_some("it serves one client at a time, so work cannot delay another one");
    alone.or_else(|| it_speaks_no_frames(subject))
}
