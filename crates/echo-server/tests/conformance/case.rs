//! The list of cases, and to whom each applies.

use echo_protocol::Protocol;
use echo_server::{Capacity, WorkPlace};
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::select::FD_SETSIZE;

use crate::cases::{bounds, bytes, crowds, datagrams, endings, stopping, work};
use crate::subject::Subject;

/// One thing that every model must do.
pub struct Case {
    pub name: &'static str,
    pub run: fn(&Subject),
    /// Why it says nothing about this model, if so.
    exempt: fn(&Subject) -> Option<&'static str>,
}

impl Case {
    /// Why there is no such test for this model, which can run here; `None` if there is one.
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
    (@exempt) => { nobody };
    (@exempt $exempt:ident) => { $exempt };
}

/// All cases for models that serve streams, from the plainest to the most demanding.
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
    stopping::stop_while_idle,
    stopping::stop_under_traffic,
    stopping::the_grace_period_cuts_off_a_silent_client,
    stopping::a_second_signal_ends_the_grace_period,
    crowds::two_hundred_at_once_in_random_order,
    crowds::serves_as_many_at_once_as_it_declares unless out_of_reach,
    crowds::serves_no_more_than_it_declares unless no_limit_to_reach,
    crowds::max_connections_makes_others_wait,
    bounds::a_client_that_never_reads_is_bounded unless the_kernel_takes_it_all,
    bounds::an_eight_mebibyte_reply_read_slowly_harms_nobody unless it_speaks_no_frames,
    bounds::running_out_of_descriptors_drops_nobody,
    bounds::waiting_costs_no_cpu_time,
    bounds::descriptors_and_processes_return,
    bounds::leaves_no_zombie,
    work::work_is_done unless it_speaks_no_frames,
    work::work_delays_whom_it_declares unless not_for_two_clients_to_see,
];

/// Those for models that serve datagrams.
pub const DATAGRAM_CASES: &[Case] = cases![
    datagrams::one_datagram,
    datagrams::many_datagrams_one_after_another,
    datagrams::every_size_up_to_the_limit,
    datagrams::a_datagram_over_the_limit_is_reported,
    datagrams::two_sources_are_kept_apart,
    datagrams::a_burst_is_answered_whole,
    datagrams::replies_have_the_size_that_was_asked_for,
    datagrams::garbage_harms_nobody,
    datagrams::a_client_that_is_gone_harms_nobody,
    datagrams::datagram_work_is_done,
    datagrams::datagram_work_delays_whom_it_declares,
    datagrams::what_is_counted_of_datagrams,
    datagrams::what_is_lost_is_counted,
    datagrams::a_datagram_server_stops_while_idle,
    datagrams::a_stop_answers_what_has_come,
    datagrams::who_goes_on_sending_does_not_keep_it_alive,
    datagrams::the_grace_period_ends_the_draining,
    datagrams::waiting_for_datagrams_costs_no_cpu_time,
];

fn nobody(_: &Subject) -> Option<&'static str> {
    None
}

fn no_limit_to_reach(subject: &Subject) -> Option<&'static str> {
    let by_the_system_only = subject.about().capacity == Capacity::System;
    let why = by_the_system_only.then_some("it declares no limit of its own");
    why.or_else(|| out_of_reach(subject))
}

/// The clients of a thousand conversations are in one process with those of the tests beside them.
fn out_of_reach(subject: &Subject) -> Option<&'static str> {
    let needed = 2 * FD_SETSIZE as u64;
    let too_few = getrlimit(Resource::RLIMIT_NOFILE).is_ok_and(|(_, hard)| hard < needed);
    (too_few && subject.about().capacity == Capacity::FdSetSize).then_some(
        "its limit is beyond that of descriptors here; raise it to 2048 or more (`ulimit -Hn`)",
    )
}

fn it_speaks_no_frames(subject: &Subject) -> Option<&'static str> {
    let none = !subject.about().speaks(Protocol::Framed);
    none.then_some(
        "it sends back bytes and speaks no frames, which could ask for a size or for work",
    )
}

fn it_serves_tcp_only(subject: &Subject) -> Option<&'static str> {
    let only = !subject.about().serves_unix_sockets();
    only.then_some(
        "it is declared to be led by the kernel, which counts for TCP only what came and went",
    )
}

/// A reference line is not asked for what only a program between request and reply can do.
fn the_kernel_takes_it_all(subject: &Subject) -> Option<&'static str> {
    let kernel = subject.about().is_reference_line();
    kernel.then_some(
        "it is declared to be led by the kernel, which queues what it passes on without a bound",
    )
}

fn not_for_two_clients_to_see(subject: &Subject) -> Option<&'static str> {
    let about = subject.about();
    let alone = about.capacity == Capacity::One && about.work == WorkPlace::Loop;
    let alone = alone
        .then_some("one client at a time: nobody else is being served, so work delays nobody else");
    alone.or_else(|| it_speaks_no_frames(subject))
}
