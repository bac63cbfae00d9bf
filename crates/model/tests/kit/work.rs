//! Tests of work: it is done, request by request, until the grace period is over.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use echo_protocol::Work as Task;
use model::{Conn, Context, Io, Protocol, Stop, perform};

use crate::conversation::frame;
use crate::{config, conversation, until};

/// Work that takes longer than any deadline.
const ENDLESS: Duration = Duration::from_secs(16);

/// A conversation whose client has sent a request for each of these tasks, and the stop of its server.
fn conversation_with(tasks: &[Task]) -> (Context, &'static Stop, UnixStream, Conn) {
    let stop = Stop::leak().unwrap();
    let cx = Context::new(config(Protocol::Framed, None), stop).unwrap();
    let (mut client, mut conn) = conversation(&cx);
    let frames = tasks.iter().map(|&task| frame(Some(task), 0));
    let bytes: Vec<u8> = frames.flatten().collect();
    client.write_all(&bytes).unwrap();
    assert_eq!(conn.read(), Io::Moved(bytes.len()));
    (cx, stop, client, conn)
}

#[test]
fn after_the_work_of_one_request_comes_its_reply_and_then_the_next_work() {
    let (_cx, _stop, _client, mut conn) = conversation_with(&[Task::Spin(Duration::ZERO); 2]);
    for more in [true, false] {
        assert!(conn.wants_work() && conn.wants_room() && !conn.wants_read());
        perform(conn.work().unwrap());
        conn.worked();
        assert!(conn.wants_write() && conn.wants_room());
        conn.write();
        assert_eq!(conn.wants_work(), more);
    }
    assert!(conn.wants_read() && !conn.wants_room() && !conn.is_done());
}

#[test]
fn the_end_of_the_grace_period_ends_work_under_way_without_a_reply() {
    for task in [Task::Sleep(ENDLESS), Task::Spin(ENDLESS)] {
        let (cx, stop, _client, mut conn) = conversation_with(&[task; 2]);
        let work = conn.work().unwrap();
        let worker = thread::spawn(move || perform(work));
        stop.end_grace();
        until("the work ends", || worker.is_finished());
        conn.worked();
        assert!(conn.is_done() && !conn.wants_work() && !conn.wants_write() && !conn.wants_read());
        drop(conn);
        let stats = cx.stats();
        assert_eq!((stats.cut_off, stats.broken, stats.bytes_out), (1, 0, 0));
    }
}

#[test]
fn after_the_grace_period_there_is_no_work_and_the_conversation_is_over() {
    let (_cx, stop, _client, mut conn) = conversation_with(&[Task::Sleep(ENDLESS)]);
    stop.end_grace();
    assert!(
        conn.wants_work() && !conn.is_done(),
        "nothing changes without a call"
    );
    assert!(conn.work().is_none());
    assert!(conn.is_done() && !conn.wants_work() && !conn.wants_room());
}

#[test]
fn a_sleep_is_naps_of_at_most_100_ms_until_the_grace_period_is_over() {
    let (_cx, stop, _client, mut conn) = conversation_with(&[Task::Sleep(ENDLESS)]);
    let mut naps = conn.work().unwrap().naps().unwrap();
    assert_eq!(naps.next(), Some(Duration::from_millis(100)));
    stop.end_grace();
    assert_eq!(naps.next(), None);
}

#[test]
fn a_computation_has_no_naps_and_slices_that_make_up_the_whole() {
    let whole = Duration::from_micros(250);
    let (_cx, stop, _client, mut conn) = conversation_with(&[Task::Spin(whole)]);
    let work = conn.work().unwrap();
    assert!(work.naps().is_none());
    let slices = work.slices(Duration::from_micros(100));
    let slices: Vec<String> = slices.map(|slice| format!("{slice:?}")).collect();
    assert_eq!(slices, ["Spin(100µs)", "Spin(100µs)", "Spin(50µs)"]);
    stop.end_grace();
    assert_eq!(work.slices(whole).count(), 0);
}
