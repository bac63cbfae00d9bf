//! Tests of load documents: reading, writing and error messages.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::plan::behaviour::{Behaviour, Ending, NAMED, Pace, Receiving, Sending};
use crate::plan::class::Class;
use crate::plan::http::Http;
use crate::plan::target::Target;
use crate::request::sizes::Sizes;
use crate::request::times::Times;
use crate::request::work::WorkTimes;
use crate::timing::rate::Rate;
use crate::timing::schedule::{Schedule, Spacing};

#[test]
fn an_empty_document_is_the_default_load() {
    for text in ["", "{}", " {} "] {
        assert_eq!(text.parse(), Ok(Load::default()));
    }
}

#[test]
fn a_document_sets_every_field_of_a_load() {
    let load = Load::from_toml(
        r#"
        duration = "30s"
        warmup = "2s"
        protocol = "framed"
        threads = 2
        seed = 9
        busy = true
        timeline = 8

        [[class]]
        name = "users"
        connections = 64
        rate = 20000
        arrivals = "poisson"
        payload = "exp:1KiB"
        work = "spin:exp:20us"

        [[class]]
        behaviour = "short"
        conversation = 3
        ending = "reset"
        pause = "5ms"
        think = "1ms"
        pipeline = 2

        [[class]]
        name = "slow"
        connections = 20
        send = "drip:1/100ms"
        receive = "never"
        connect-at = "3s"
        connect-rate = 10.5
        "#,
    )
    .unwrap();
    load.check().unwrap();
    assert_eq!(
        (load.duration, load.threads, load.busy, load.timeline),
        (Duration::from_secs(30), 2, true, 8)
    );
    let [users, short, slow] = &load.classes[..] else {
        panic!("three classes")
    };
    assert_eq!(
        (users.schedule.clone(), users.connections),
        (Schedule::poisson(20e3), 64)
    );
    assert_eq!(users.payload, Sizes::Exponential(1024));
    assert_eq!(
        (short.name.as_str(), short.behaviour.conversation),
        ("class 2", Some(3))
    );
    assert_eq!((short.behaviour.ending, short.pipeline), (Ending::Reset, 2));
    assert_eq!(
        slow.behaviour.to_string(),
        "sends drip:1/100ms, receives never"
    );
    assert_eq!(
        (slow.connect_at, slow.connect_rate),
        (Some(Duration::from_secs(3)), Some(10.5))
    );
}

#[test]
fn a_mistake_is_reported_with_its_place_and_a_correction() {
    for (text, line, column, words) in [
        (
            "duratoin = \"1s\"",
            1,
            1,
            "there is no key `duratoin` here; did you mean `duration`?",
        ),
        (
            "[[class]]\nname = \"a\"\nconections = 3",
            3,
            1,
            "did you mean `connections`?",
        ),
        ("[[class]]\nzzzzzz = 3", 2, 1, "there are name, connections"),
        ("[[class]]\n  rate = 0", 2, 10, "`0` is not a rate"),
        ("[[class]]\nrate = \"fast\"", 2, 8, "20000"),
        ("duration = \"soon\"", 1, 12, "250us, 10ms or 30s"),
        (
            "[[class]]\nbehaviour = \"idel\"",
            2,
            13,
            "did you mean `idle`?",
        ),
        ("protocol = \"htpp\"", 1, 12, "`http` or `line`"),
        (
            "[[class]]\nconnections = -1",
            2,
            15,
            "write a whole number that is not negative",
        ),
        ("duration = ", 1, 12, ""),
    ] {
        let error = Load::from_toml(text).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_mistake_in_json_is_reported_with_its_place() {
    for (text, line, words) in [
        (
            "{\n\"duratoin\": \"1s\"}",
            2,
            "there is no key `duratoin` here; did you mean `duration`?",
        ),
        (
            "{\"class\": [\n{\"rate\": \"fast\"}]}",
            2,
            "write for example 20000",
        ),
        (
            "{\"threads\": \"two\"}",
            1,
            "this is string \"two\"; write a whole number that is not negative",
        ),
        ("{\"seed\": 1", 1, "EOF while parsing an object"),
    ] {
        let error = text.parse::<Load>().unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert!(!error.message.contains("at line"), "{error}");
    }
}

#[test]
fn keys_that_contradict_each_other_are_refused_with_a_remedy() {
    for (class, remedy) in [
        ("think = \"1ms\"\nrate = 5", "remove one of them"),
        ("arrivals = \"poisson\"", "add a rate"),
    ] {
        let error = Load::from_toml(&format!("seed = 2\n[[class]]\n{class}")).unwrap_err();
        assert_eq!(error.line, 2, "{error}");
        assert!(error.message.contains(remedy), "{error}");
    }
}

/// A time to the nanosecond, up to days.
fn times() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0_u64..1 << 48).prop_map(Duration::from_nanos),
        (0_u64..100_000).prop_map(Duration::from_micros),
        (0_u64..100).prop_map(Duration::from_secs),
    ]
}

fn long_times() -> impl Strategy<Value = Duration> {
    times().prop_map(|time| time + Duration::from_nanos(1))
}

fn rates() -> impl Strategy<Value = Rate> {
    let number = || 1e-3..Rate::HIGHEST;
    prop_oneof![
        number().prop_map(Rate::Constant),
        (1_u32..100_000).prop_map(|rate| Rate::Constant(rate.into())),
        (number(), number(), long_times()).prop_map(|(from, to, over)| Rate::Ramp {
            from,
            to,
            over
        }),
        (prop::collection::vec(number(), 1..4), long_times())
            .prop_map(|(rates, every)| Rate::Steps { rates, every }),
        (number(), long_times(), long_times()).prop_map(|(rate, on, off)| Rate::Bursts {
            rate,
            on,
            off
        }),
    ]
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let spacing = prop::sample::select(vec![Spacing::Constant, Spacing::Poisson]);
    prop_oneof![
        times().prop_map(|think| Schedule::Closed { think }),
        (rates(), spacing).prop_map(|(rate, spacing)| Schedule::Open { rate, spacing }),
    ]
}

fn behaviours() -> impl Strategy<Value = Behaviour> {
    let pace = || (1_u32..100, long_times()).prop_map(|(bytes, every)| Pace { bytes, every });
    let sending = prop_oneof![
        Just(Sending::AtOnce),
        pace().prop_map(Sending::Drip),
        any::<u32>().prop_map(|after| Sending::Stop { after }),
    ];
    let receiving = prop_oneof![
        Just(Receiving::AtOnce),
        pace().prop_map(Receiving::Sip),
        Just(Receiving::Never),
    ];
    let ending = prop::sample::select(vec![
        Ending::Close,
        Ending::HalfClose,
        Ending::Reset,
        Ending::AwaitServer,
    ]);
    let any = (sending, receiving, any::<Option<u64>>(), ending, times()).prop_map(
        |(sending, receiving, conversation, ending, pause)| Behaviour {
            sending,
            receiving,
            conversation,
            ending,
            pause,
        },
    );
    let named = prop::sample::select(NAMED.map(|(_, behaviour)| behaviour).to_vec());
    prop_oneof![named, any]
}

fn sizes() -> impl Strategy<Value = Sizes> {
    prop_oneof![
        any::<u32>().prop_map(Sizes::Fixed),
        (0_u32..1000, 1000_u32..9999).prop_map(|(least, most)| Sizes::Uniform { least, most }),
        prop::collection::vec((any::<u32>(), 1e-3..1e3), 1..4)
            .prop_map(|weights| Sizes::choice(&weights).unwrap()),
        any::<u32>().prop_map(Sizes::Exponential),
        (1_u32..9999, 1e-3..1e3).prop_map(|(least, shape)| Sizes::Pareto { least, shape }),
    ]
}

fn works() -> impl Strategy<Value = WorkTimes> {
    let short = || (0_u64..1 << 33).prop_map(Duration::from_nanos);
    let times = prop_oneof![
        short().prop_map(Times::Fixed),
        prop::collection::vec((short(), 1e-3..1e3), 1..4).prop_map(Times::Choice),
        short().prop_map(Times::Exponential),
        (short(), 1e-3..1e3).prop_map(|(least, shape)| Times::Pareto { least, shape }),
    ];
    (times, any::<bool>()).prop_map(|(times, spins)| {
        let work = if spins {
            WorkTimes::Spin
        } else {
            WorkTimes::Sleep
        };
        work(times)
    })
}

prop_compose! {
    fn classes()(
        name in "[a-z][a-z \"\\\\é]{0,9}",
        connections in 0..100_000_usize,
        schedule in schedules(),
        behaviour in behaviours(),
        payload in sizes(),
        work in prop::option::of(works()),
        reply_size in any::<Option<u32>>(),
        (pipeline, queue, reconnects) in (0..9_usize, 0..2_usize << 20, 0..3_u32),
        connect_rate in prop::option::of(1e-3..1e6),
        connect_at in prop::option::of(times()),
    ) -> Class {
        Class {
            name, connections, schedule, behaviour, payload, work, reply_size, pipeline, queue, connect_rate, connect_at,
            reconnects,
        }
    }
}

fn targets() -> impl Strategy<Value = Target> {
    let address = || any::<std::net::SocketAddrV4>().prop_map(Into::into);
    prop_oneof![
        address().prop_map(Target::Tcp),
        address().prop_map(Target::Udp),
        "/[a-z/]{1,20}".prop_map(|path| Target::Unix(path.into())),
    ]
}

prop_compose! {
    fn https()(path in "/[a-z{}\\?%]{0,9}", host in prop::option::of("[a-z.]{1,9}"), status in 200..=599_u16) -> Http {
        Http { path, host, status }
    }
}

prop_compose! {
    fn loads()(
        target in targets(),
        protocol in prop::sample::select(echo_protocol::Protocol::ALL.to_vec()),
        classes in prop::collection::vec(classes(), 0..4),
        [duration, warmup, connect_timeout, reply_timeout] in [times(), times(), times(), times()],
        requests in any::<Option<u32>>(),
        sources in prop::collection::vec(any::<std::net::IpAddr>(), 0..3),
        (threads, timeline) in (0..9_usize, 0..99_usize),
        // TOML integers are signed.
        seed in 0..=i64::MAX as u64,
        (verify, busy) in any::<(bool, bool)>(),
        http in https(),
    ) -> Load {
        Load {
            target, protocol, classes, duration, warmup, connect_timeout, reply_timeout, sources, threads, timeline, seed, verify,
            busy, http,
            requests: requests.map(u64::from),
            ..Load::default()
        }
    }
}

/// A rate of a plan: a share of a peak that is not measured yet.
#[derive(Clone, Debug, PartialEq)]
struct Share(f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = text.strip_suffix(" of peak").ok_or("write a share")?;
        share
            .parse()
            .map(Self)
            .map_err(|_| "write a number".to_owned())
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of peak", self.0)
    }
}

#[test]
fn a_plan_can_use_its_own_type_of_rate() {
    let json = r#"{"name":"users","connections":9,"rate":"0.5 of peak","arrivals":"poisson","payload":"64"}"#;
    let planned: Class<Share> = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&planned).unwrap(), json);
    let class = planned.map_rate(|Share(share)| Rate::Constant(share * 30e3));
    assert_eq!(class.schedule, Schedule::poisson(15e3));
    assert_eq!((class.name.as_str(), class.connections), ("users", 9));
    let error = serde_json::from_str::<Class<Share>>(r#"{"rate":"half"}"#).unwrap_err();
    assert!(error.to_string().contains("write a share"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_load_survives_toml_and_json(load in loads()) {
        let json = serde_json::to_string(&load).unwrap();
        prop_assert_eq!(json.parse(), Ok(load.clone()), "{}", json);
        let toml = toml::to_string(&load).unwrap();
        prop_assert_eq!(toml.parse(), Ok(load), "{}", toml);
    }
}
