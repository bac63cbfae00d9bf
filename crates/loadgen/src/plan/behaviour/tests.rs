//! Tests of behaviours: their text and the steps of their conversations.

use super::*;

#[test]
fn every_named_behaviour_writes_its_name() {
    for (name, behaviour) in NAMED {
        assert_eq!(behaviour.to_string(), name);
        assert_eq!(Behaviour::named(name), Some(behaviour));
    }
    assert_eq!(Behaviour::named("polite"), None);
    assert!(Behaviour::default().is_honest());
}

#[test]
fn parts_of_behaviours_are_read_and_written_the_same_way() {
    for text in ["at-once", "drip:1/100ms", "stop:32"] {
        assert_eq!(text.parse::<Sending>().unwrap().to_string(), text);
    }
    for text in ["at-once", "sip:16/1s", "never"] {
        assert_eq!(text.parse::<Receiving>().unwrap().to_string(), text);
    }
    for text in ["close", "half-close", "reset", "await-server"] {
        assert_eq!(text.parse::<Ending>().unwrap().to_string(), text);
    }
}

#[test]
fn other_texts_are_refused_with_an_example() {
    for text in ["slowly", "drip:0/1s", "drip:1/0s", "drip:1", "stop:x"] {
        let error = text.parse::<Sending>().unwrap_err().to_string();
        assert!(error.contains("drip:1/100ms"), "{text}: {error}");
    }
    for text in ["slowly", "sip:0/1s", "sip:1"] {
        let error = text.parse::<Receiving>().unwrap_err().to_string();
        assert!(error.contains("sip:1/100ms"), "{text}: {error}");
    }
    let error = "leave".parse::<Ending>().unwrap_err().to_string();
    assert!(
        error.contains("close, half-close, reset or await-server"),
        "{error}"
    );
}

#[test]
fn a_conversation_follows_its_ending() {
    let two_requests = |ending| Behaviour {
        conversation: Some(2),
        ending,
        ..Behaviour::default()
    };
    assert_eq!(Behaviour::default().next(99, 99, true), Next::Send);
    assert_eq!(two_requests(Ending::Close).next(1, 1, true), Next::Send);
    assert_eq!(two_requests(Ending::Close).next(2, 1, true), Next::Wait);
    assert_eq!(two_requests(Ending::Close).next(2, 2, true), Next::Close);
    assert_eq!(
        two_requests(Ending::AwaitServer).next(2, 2, true),
        Next::Wait
    );
    assert_eq!(
        two_requests(Ending::HalfClose).next(2, 0, false),
        Next::Wait
    );
    assert_eq!(
        two_requests(Ending::HalfClose).next(2, 0, true),
        Next::ShutDown
    );
    assert_eq!(two_requests(Ending::Reset).next(2, 0, true), Next::Reset);
}

#[test]
fn an_idle_client_sends_nothing() {
    let idle = Behaviour::named("idle").unwrap();
    assert_eq!(idle.next(0, 0, true), Next::Wait);
    assert!(idle.is_idle() && !idle.is_honest());
}

#[test]
fn a_slow_sender_sends_little_and_half_a_request_stays_half() {
    let drip: Sending = "drip:3/1s".parse().unwrap();
    assert_eq!(
        (drip.allows(64, 60), drip.pause()),
        (3, Some(Duration::from_secs(1)))
    );
    let stop: Sending = "stop:32".parse().unwrap();
    assert_eq!(
        [stop.allows(64, 0), stop.allows(64, 30), stop.allows(64, 32)],
        [32, 2, 0]
    );
    assert_eq!(stop.pause(), None);
}
