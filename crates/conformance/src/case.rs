//! The list of cases, and the servers to which each applies.

use echo_protocol::Protocol;
use model::Workers;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::select::FD_SETSIZE;
use nix::unistd::Uid;

use crate::cases::{
    bytes, crowds, datagram_stops, datagrams, endings, limits, patience, processes, protocols,
    stopping, thousands, waiting, work,
};
use crate::expect::{Beyond, Crowd, Delays};
use crate::explain::explained;
use crate::finding::Checked;
use crate::group::{Group, Needs};
use crate::subject::{Access, Subject};
use crate::texts::{self, Text};

/// A case: something that a server must do.
pub struct Case {
    /// Its name, in the words of a sentence.
    pub name: &'static str,
    /// Its topic.
    pub group: Group,
    /// What the suite must know of the server to try it.
    pub needs: Needs,
    /// The cases on which it builds: if one of them fails, this one would fail for the same reason.
    pub after: &'static [&'static str],
    /// True if it must have the machine for itself.
    pub alone: bool,
    pub(crate) run: fn(&Subject) -> Checked,
    pub(crate) exempt: fn(&Subject) -> Option<&'static str>,
}

impl Case {
    /// Why the case does not apply to this subject; `None` if it applies.
    pub fn not_applicable(&self, subject: &Subject) -> Option<String> {
        let lacking = self.needs.lacking(subject);
        lacking.or_else(|| (self.exempt)(subject)).map(String::from)
    }

    /// What the case says to a reader.
    pub fn text(&self) -> &'static Text {
        texts::of(self.name).expect("every case has texts, as a test checks")
    }

    /// Tries the case.
    ///
    /// # Errors
    /// The server does not do what it must.
    pub fn check(&self, subject: &Subject) -> Checked {
        explained(|| (self.run)(subject))
    }
}

/// A list of cases: `topic::name: group needs after [cases] unless exemption, alone;`.
macro_rules! cases {
    ($($place:ident::$name:ident: $group:ident $needs:ident $(after [$($after:ident)*])? $(unless $exempt:ident)? $(, $alone:ident)?;)*) => {
        &[$(Case {
            name: stringify!($name),
            group: Group::$group,
            needs: Needs::$needs,
            after: &[$($(stringify!($after)),*)?],
            alone: cases!(@alone $($alone)?),
            run: $place::$name,
            exempt: cases!(@exempt $($exempt)?),
        }),*]
    };
    (@alone) => { false };
    (@alone alone) => { true };
    (@exempt) => { applies };
    (@exempt $exempt:ident) => { $exempt };
}

/// The cases for stream servers, from the simplest to the most demanding.
#[rustfmt::skip]
pub static CASES: &[Case] = cases![
    bytes::one_byte: Bytes Address;
    bytes::many_messages_one_after_another: Bytes Address after [one_byte];
    bytes::many_messages_in_one_segment: Bytes Address after [many_messages_one_after_another];
    bytes::one_message_in_many_segments: Bytes Address after [many_messages_one_after_another];
    bytes::a_large_message_after_a_small_one: Bytes Address after [many_messages_in_one_segment];
    bytes::one_mebibyte: Bytes Address after [a_large_message_after_a_small_one];
    bytes::pipelined_frames: Bytes Address after [one_byte] unless it_speaks_no_frames;
    protocols::the_server_speaks_first: Bytes Contract after [one_byte] unless it_only_echoes;
    protocols::http_requests_are_answered_in_their_order: Bytes Contract after [many_messages_in_one_segment one_mebibyte] unless it_only_echoes;
    bytes::unix_domain_listener: Bytes Contract after [one_byte] unless it_serves_tcp_only;
    endings::the_next_client_is_served: Endings Address after [many_messages_one_after_another];
    endings::half_close_gets_everything: Endings Address after [a_message_with_the_end_behind_it one_mebibyte];
    endings::a_message_with_the_end_behind_it: Endings Address after [the_next_client_is_served a_large_message_after_a_small_one];
    endings::connect_and_leave: Endings Address after [the_next_client_is_served];
    endings::a_reset_harms_nobody: Endings Address after [two_clients_at_once many_messages_in_one_segment connect_and_leave];
    endings::a_malformed_frame_ends_its_connection_only: Endings Address after [the_next_client_is_served] unless it_speaks_no_frames;
    protocols::the_server_closes_first: Endings Contract after [the_server_speaks_first the_next_client_is_served] unless it_only_echoes;
    protocols::a_wrong_http_request_ends_its_connection_only: Endings Contract after [the_next_client_is_served] unless it_only_echoes;
    endings::opened_equals_closed: Endings Contract after [the_next_client_is_served];
    endings::a_silent_client_is_sent_away_after_the_idle_timeout: Endings Contract after [the_next_client_is_served];
    stopping::stop_while_idle: Stopping Process after [one_byte];
    stopping::starts_again_on_the_same_port: Stopping Process after [stop_while_idle the_next_client_is_served];
    stopping::stop_under_traffic: Stopping Contract after [stop_while_idle];
    stopping::the_grace_period_cuts_off_a_silent_client: Stopping Contract after [stop_while_idle];
    stopping::a_second_signal_ends_the_grace_period: Stopping Contract after [stop_while_idle];
    stopping::queued_work_ends_with_the_grace_period: Stopping Contract after [stop_while_idle] unless it_speaks_no_frames;
    stopping::a_stop_right_after_ready: Stopping Contract after [stop_while_idle];
    stopping::a_suspended_process_does_not_hold_the_stop: Stopping Contract after [stop_while_idle];
    processes::children_die_with_their_parent: Processes Contract after [the_next_client_is_served];
    processes::a_child_obeys_a_signal_that_it_gets_alone: Processes Contract after [the_next_client_is_served] unless it_has_one_process;
    processes::a_killed_child_gives_its_place_back: Processes Contract after [the_next_client_is_served] unless it_has_one_process;
    processes::too_few_threads_are_said_before_ready: Processes Contract after [the_next_client_is_served] unless it_cannot_be_tried;
    processes::a_killed_worker_is_replaced: Processes Contract after [the_next_client_is_served] unless it_has_no_child_before_its_clients;
    crowds::two_clients_at_once: Crowds Address after [the_next_client_is_served many_messages_one_after_another] unless it_serves_one;
    crowds::two_hundred_at_once_in_random_order: Crowds Address after [two_clients_at_once a_message_with_the_end_behind_it];
    crowds::serves_as_many_at_once_as_it_declares: Crowds Address after [two_clients_at_once] unless out_of_reach;
    crowds::serves_no_more_than_it_declares: Crowds Address after [the_next_client_is_served many_messages_one_after_another] unless no_limit_to_reach;
    crowds::clients_beyond_the_limit_stay_in_the_accept_queue: Crowds Contract after [the_next_client_is_served] unless it_leaves_no_client_waiting;
    crowds::max_connections_makes_others_wait: Crowds Contract after [the_next_client_is_served];
    thousands::ten_thousand_at_once: Crowds Address after [two_hundred_at_once_in_random_order serves_as_many_at_once_as_it_declares] unless thousands_are_out_of_reach, alone;
    patience::a_slow_client_delays_nobody: Patience Address after [a_client_that_never_reads_delays_nobody one_mebibyte two_clients_at_once] unless it_serves_one;
    patience::a_client_that_never_reads_is_bounded: Patience Address after [one_mebibyte] unless the_kernel_takes_it_all;
    patience::a_client_that_never_reads_delays_nobody: Patience Address after [two_clients_at_once one_mebibyte] unless another_case_shows_it;
    patience::an_eight_mebibyte_reply_read_slowly_harms_nobody: Patience Address after [one_mebibyte] unless it_speaks_no_frames;
    limits::running_out_of_descriptors_drops_no_client: Limits Process after [the_next_client_is_served two_hundred_at_once_in_random_order waiting_costs_no_cpu_time];
    limits::descriptors_and_processes_return: Limits Process after [leaves_no_zombie];
    limits::leaves_no_zombie: Limits Process after [connect_and_leave a_reset_harms_nobody];
    waiting::waiting_costs_no_cpu_time: Waiting Process after [one_byte two_clients_at_once];
    waiting::a_full_connection_costs_no_cpu_time: Waiting Process after [waiting_costs_no_cpu_time a_client_that_never_reads_is_bounded] unless it_waits_elsewhere;
    work::work_is_done: Work Process after [one_byte] unless it_speaks_no_frames;
    work::work_delays_whom_it_declares: Work Address after [work_is_done] unless two_clients_cannot_show_it;
    work::a_batch_of_work_delays_others_by_one_request: Work Address after [work_is_done] unless two_clients_cannot_show_it;
    work::waiting_after_work_costs_no_cpu_time: Work Process after [work_is_done] unless it_speaks_no_frames;
];

/// The cases for datagram servers.
#[rustfmt::skip]
pub static DATAGRAM_CASES: &[Case] = cases![
    datagrams::one_datagram: Bytes Address;
    datagrams::many_datagrams_one_after_another: Bytes Address after [one_datagram];
    datagrams::every_size_up_to_the_limit: Bytes Address after [many_datagrams_one_after_another];
    datagrams::a_datagram_over_the_limit_is_reported: Bytes Contract after [one_datagram];
    datagrams::two_sources_are_kept_apart: Bytes Address after [one_datagram];
    datagrams::a_burst_is_answered_whole: Bytes Address after [two_sources_are_kept_apart];
    datagrams::replies_have_the_requested_size: Bytes Address after [one_datagram] unless it_speaks_no_frames;
    datagrams::garbage_is_counted_and_not_answered: Bytes Address after [one_datagram] unless it_speaks_no_frames;
    datagrams::datagrams_are_counted: Bytes Contract after [one_datagram];
    datagrams::dropped_datagrams_are_counted: Bytes Contract after [one_datagram];
    datagrams::a_reply_to_a_client_that_has_left_does_no_harm: Endings Address after [two_sources_are_kept_apart];
    datagram_stops::a_datagram_server_stops_while_idle: Stopping Process after [one_datagram];
    datagram_stops::datagrams_that_came_before_a_stop_are_answered: Stopping Contract after [a_datagram_server_stops_while_idle];
    datagram_stops::a_client_that_continues_to_send_does_not_keep_the_server_running: Stopping Contract after [a_datagram_server_stops_while_idle];
    datagram_stops::the_end_of_the_grace_period_ends_the_answering: Stopping Contract after [a_datagram_server_stops_while_idle];
    datagram_stops::the_end_of_the_grace_period_ends_work_under_way: Stopping Contract after [a_datagram_server_stops_while_idle];
    datagram_stops::waiting_for_datagrams_costs_no_cpu_time: Waiting Process after [one_datagram];
    datagrams::datagram_work_is_done: Work Process after [one_datagram] unless it_speaks_no_frames;
    datagrams::datagram_work_delays_whom_it_declares: Work Address after [datagram_work_is_done] unless it_speaks_no_frames;
];

fn applies(_: &Subject) -> Option<&'static str> {
    None
}

fn it_serves_one(subject: &Subject) -> Option<&'static str> {
    (!subject.serves_two()).then_some("the server claims to serve one client at a time")
}

fn no_limit_to_reach(subject: &Subject) -> Option<&'static str> {
    let unlimited = subject.expect().crowd == Crowd::Unlimited;
    let reason = unlimited.then_some("it declares no limit of its own");
    reason.or_else(|| out_of_reach(subject))
}

fn it_leaves_no_client_waiting(subject: &Subject) -> Option<&'static str> {
    match subject.expect().crowd {
        Crowd::Unlimited => Some("it declares no limit of its own"),
        Crowd::Limited { beyond, .. } => (beyond == Beyond::Refused)
            .then_some("it refuses clients beyond its limit, and leaves none waiting"),
    }
}

/// This process has the clients of all cases that run at the same time, so a thousand clients need a high limit.
fn out_of_reach(subject: &Subject) -> Option<&'static str> {
    let needed = 2 * subject.expect().limit().unwrap_or(0).min(FD_SETSIZE) as u64;
    let too_few = getrlimit(Resource::RLIMIT_NOFILE).is_ok_and(|(_, hard)| hard < needed);
    too_few.then_some(
        "its limit is above the limit of descriptors here; raise that to 2048 or more (`ulimit -Hn`)",
    )
}

fn thousands_are_out_of_reach(subject: &Subject) -> Option<&'static str> {
    let limited = subject.expect().crowd != Crowd::Unlimited;
    let limited = limited.then_some("the server declares a lower limit of its own");
    let few = thousands::allowed() < thousands::FEWEST;
    limited.or(few.then_some(
        "the limit of descriptors or processes is too low here; raise it (`ulimit -n`, `ulimit -u`)",
    ))
}

fn another_case_shows_it(subject: &Subject) -> Option<&'static str> {
    let ours = subject.keeps_contract();
    let ours = ours.then_some("`a_client_that_never_reads_is_bounded` shows it for a model");
    ours.or_else(|| it_serves_one(subject))
}

fn it_waits_elsewhere(subject: &Subject) -> Option<&'static str> {
    let ours = subject.keeps_contract();
    let ours = ours.then_some("`waiting_costs_no_cpu_time` shows it for a model");
    let spins = subject.expect().spins;
    ours.or_else(|| spins.then_some("the server claims that it never waits"))
}

fn it_speaks_no_frames(subject: &Subject) -> Option<&'static str> {
    (!subject.speaks_frames()).then_some(
        "it only sends back bytes; it speaks no frames, which could ask for a size or for work",
    )
}

fn it_only_echoes(subject: &Subject) -> Option<&'static str> {
    let speaks = |protocol| subject.about().speaks(protocol);
    let both = subject.keeps_contract() && speaks(Protocol::Http) && speaks(Protocol::Line);
    (!both).then_some("it speaks neither `http` nor `line`")
}

fn it_has_one_process(subject: &Subject) -> Option<&'static str> {
    (!subject.forks()).then_some("it has one process")
}

fn it_cannot_be_tried(subject: &Subject) -> Option<&'static str> {
    let one = subject.about().workers == Workers::Fixed;
    let one = one.then_some("its number of workers is fixed");
    let limits =
        matches!(subject.access(), Access::Model { launch, .. } if launch.limits_processes());
    let limits =
        (!limits).then_some("only the suite of the models starts a server as another user");
    let root = Uid::effective().is_root();
    let root = (!root).then_some("only root can start a server as a user without other processes");
    one.or(limits).or(root)
}

fn it_has_no_child_before_its_clients(subject: &Subject) -> Option<&'static str> {
    let no_workers = subject.about().workers == Workers::Fixed;
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
    let kernel = subject.is_reference_line();
    kernel.then_some("the kernel moves its bytes, and queues them without a bound")
}

fn two_clients_cannot_show_it(subject: &Subject) -> Option<&'static str> {
    let in_loop = subject.expect().work == Some(Delays::All);
    let alone = !subject.serves_two() && (in_loop || !subject.keeps_contract());
    let alone = alone.then_some("it serves one client at a time, so work cannot delay another one");
    it_speaks_no_frames(subject).or(alone)
}
